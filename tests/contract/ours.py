"""Our own client behind the interface of the suite: what the wizard itself uses, with waits that a test can bear."""

from __future__ import annotations

from typing import Any

from trainpkg_widgets.hub import errors
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.client import HubClient
from trainpkg_widgets.hub.models import ModelBrowser
from trainpkg_widgets.search_filters import SearchFilters
from trainpkg_widgets.settings import load_settings

from .client import Client, ClientFacts, FailedError, Row, Said

_SORT = {"trendingScore": "trending", "downloads": "downloads", "likes": "likes", "lastModified": "recent"}
_MISSING: dict[str, Said] = {"repository": "missing", "revision": "no_revision", "file": "no_file"}
_SAID: dict[type[errors.HubError], Said] = {
    errors.GatedError: "gated",
    errors.DisabledError: "disabled",
    errors.BadTokenError: "bad_token",
    errors.RateLimitedError: "rate_limited",
    errors.NotJsonError: "not_json",
    errors.HubTroubleError: "unavailable",
    errors.HubTimeoutError: "unavailable",
    errors.HubUnreachableError: "unavailable",
}


class OurClient(Client):
    """`ModelBrowser` and `HubClient`, without a cache, so that each claim sees the server."""

    name = "ours"
    facts = ClientFacts(
        names_refusals=True,
        bare_401="missing",
        retries=True,
        survives_malformed_rows=True,
        relative_link="followed",
        drops_repeated_rows=True,
        drops_a_refused_token=True,
        cannot=frozenset({"download", "weights", "tree", "whoami", "tags", "task", "short_names"}),
    )

    def list(self, endpoint: str, *, token: str | None = None, **asked: Any) -> list[Row]:
        browser = self._browser(endpoint, token)
        limit = asked.get("limit") or 10_000
        filters = SearchFilters(author=asked.get("author"))
        rows: list[Row] = []
        cursor = None
        while len(rows) < limit:
            page = self._said(
                browser.search_models,
                asked.get("search") or "",
                filters,
                _SORT[asked.get("sort") or "trendingScore"],
                cursor=cursor,
                limit=min(limit - len(rows), 1000),
            )
            rows += [
                {"id": one.id, "gated": _gated(one.gate.value), "downloads": one.downloads.value} for one in page.models
            ]
            cursor = page.next_cursor
            if cursor is None:
                break
        return rows

    def model(self, endpoint: str, id: str, *, revision: str | None = None, token: str | None = None) -> Row:
        info = self._said(self._browser(endpoint, token).open_model, id, revision)
        return {
            "id": info.id,
            "sha": info.revision.value,
            "gated": _gated(info.gate.value),
            "downloads": info.downloads.value,
            "parameters": dict(info.parameters_by_dtype),
        }

    def config(self, endpoint: str, id: str, *, revision: str | None = None, token: str | None = None) -> Row:
        path = f"/{id}/resolve/{revision or 'main'}/config.json"
        return dict(self._said(self._client(endpoint, token).get_json, path).body)

    def _client(self, endpoint: str, token: str | None) -> HubClient:
        hub = load_settings().model.hub
        update = {"endpoint": endpoint, "first_wait_seconds": 0.01, "longest_wait_seconds": 2, "timeout_seconds": 5}
        return HubClient(hub.model_copy(update=update), token=token or False)

    def _browser(self, endpoint: str, token: str | None) -> ModelBrowser:
        settings = load_settings().model
        search = settings.search.model_copy(update={"max_results": 10_000, "max_looked_at": 10_000, "page_size": 100})
        client = self._client(endpoint, token)
        return ModelBrowser(settings.model_copy(update={"search": search}), client, Catalogue())

    def _said(self, call: Any, *arguments: Any, **more: Any) -> Any:
        try:
            return call(*arguments, **more)
        except errors.NotFoundError as error:
            raise FailedError(_MISSING[error.what], type(error).__name__, None, str(error)) from error
        except errors.HubError as error:
            raise FailedError(_SAID.get(type(error), "other"), type(error).__name__, None, str(error)) from error


def _gated(gate: str | None) -> bool | str | None:
    return False if gate == "open" else gate

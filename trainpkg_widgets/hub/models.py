"""The models of the Hub: the popular ones, a page of a search, one opened whole. Reading a body is `model_body.py`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ..facts import Fact, Frozen, unknown
from ..logs import get_logger
from ..model_info import ModelInfo
from ..search_filters import SearchFilters, SortOrder
from .config_facts import with_config
from .errors import HubCancelledError, HubError, NotJsonError
from .model_body import read_model_body
from .model_filters import keeps
from .model_query import detail_params, list_params
from .model_reference import ModelReference, checked_id, parse_model_reference
from .popular import popular_models
from .weight_files import file_sizes

if TYPE_CHECKING:
    from ..settings.model_settings import ModelSettings
    from .catalogue import Catalogue
    from .client import HubAnswer, HubClient

__all__ = ["ModelBrowser", "ModelReference", "SearchPage", "config_path", "parse_model_reference"]

_log = get_logger("hub.models")


class SearchPage(Frozen):
    """Models found, in the Hub's order.

    `looked_at` is how many rows were looked at to find them, `unreadable` how many of these could not be read.
    `next_cursor` asks for what follows, None where there is nothing or the search has reached its bound.
    `stale_seconds` is the age of an old answer that stood in, None where the Hub answered. `token_ignored` says that
    the Hub refused the token and showed what everyone sees.
    """

    models: tuple[ModelInfo, ...] = ()
    unreadable: int = 0
    looked_at: int = 0
    next_cursor: str | None = None
    stale_seconds: float | None = None
    token_ignored: bool = False


class _Place(Frozen):
    """Where a search goes on: the page to ask for, rows of it already looked at, rows in all, and the ids shown."""

    link: str
    skip: int = 0
    looked_at: int = 0
    shown: tuple[str, ...] = ()


class ModelBrowser:
    """Searches and opens models. It keeps nothing between calls: what a search remembers is in its cursor."""

    def __init__(self, settings: ModelSettings, client: HubClient, catalogue: Catalogue) -> None:
        self._settings = settings
        self._client = client
        self._catalogue = catalogue

    def get_popular_models(self) -> list[ModelInfo]:
        """The models of the settings, with what the catalogue knows of them. No request is made."""
        return popular_models(self._settings.popular, self._catalogue)

    def search_models(
        self,
        query: str,
        filters: SearchFilters | None = None,
        sort: SortOrder = "downloads",
        *,
        cursor: str | None = None,
        limit: int | None = None,
        cancelled: threading.Event | None = None,
    ) -> SearchPage:
        """At most `limit` models whose id holds every word of `query`; one request, more only where filters drop rows.

        `limit` None is the page size of the settings. All pages of one search look at no more rows than
        `search.max_results`. A `cursor` is the `next_cursor` of a page of the same search.

        Raises:
            HubError: the Hub gave no page, and none is kept.
            ValueError: the cursor is not one of ours.
        """
        filters = filters or SearchFilters()
        search = self._settings.search
        wanted = limit or search.page_size
        place = _Place.model_validate_json(cursor) if cursor else self._first(query, filters, sort, wanted)
        shown, models, answers = set(place.shown), list[ModelInfo](), list["HubAnswer"]()
        looked_at = unreadable = 0
        link, skip = None, 0
        rows = islice(self._walk(place, answers, cancelled), search.max_results - place.looked_at)
        try:
            for row, following in rows:
                looked_at += 1
                link, skip = following
                info = _read_row(row, answers[-1])
                if info is None:
                    unreadable += 1
                elif info.id not in shown and keeps(info, filters, self._settings.size_categories):
                    shown.add(info.id)
                    models.append(info)
                    if len(models) == wanted:
                        break
        except HubError as error:
            if not models or isinstance(error, HubCancelledError):
                raise
            # What was found is worth showing; asking for more meets the error again.
            _log.warning("a further page did not come", extra={"context": {"why": str(error)}})
        after = None
        if link is not None and place.looked_at + looked_at < search.max_results:
            after = _Place(link=link, skip=skip, looked_at=place.looked_at + looked_at, shown=tuple(sorted(shown)))
        return SearchPage(
            models=tuple(models),
            unreadable=unreadable,
            looked_at=looked_at,
            next_cursor=after.model_dump_json() if after else None,
            stale_seconds=max((a.age_seconds for a in answers if a.stale), default=None),
            token_ignored=any(a.token_ignored for a in answers),
        )

    def open_model(
        self, repo_id: str, revision: str | None = None, *, cancelled: threading.Event | None = None
    ) -> ModelInfo:
        """Everything known of one model at one commit, in at most two requests.

        The second reads config.json, which counts as a download of the model. Where it is refused or missing, the
        dimensions are the catalogue's, or unknown and say why.

        Raises:
            HubError: there is no such model or revision, or the Hub gave no answer.
            ValueError: `repo_id` can't be an id.
        """
        path = f"/api/models/{checked_id(repo_id)}"
        if revision:
            path += f"/revision/{quote(revision, safe='')}"
        answer = self._client.get_json(path, detail_params(), cancelled=cancelled)
        try:
            info = _read(answer.body, answer)
        except ValueError as error:
            raise _not_what_was_asked("a model", answer.body) from error
        if "config.json" not in file_sizes(answer.body.get("siblings")):
            return self._without_config(info, "the repository has no config.json")
        try:
            config = self._client.get_json(config_path(info), cancelled=cancelled).body
        except HubCancelledError:
            raise
        except HubError as error:
            return self._without_config(info, f"config.json was not read: {error.message} {error.evidence}".strip())
        return with_config(info, config)

    def _without_config(self, info: ModelInfo, why: str) -> ModelInfo:
        known = self._catalogue.get(info.id)
        found: dict[str, Fact[Any]] = {}
        for name in ("architecture", "context_length"):
            if not getattr(info, name).known:
                fact = getattr(known, name, None)
                found[name] = fact if fact is not None and fact.known else unknown(why)
        return info.model_copy(update=found)

    def _first(self, query: str, filters: SearchFilters, sort: SortOrder, wanted: int) -> _Place:
        rows = min(wanted, self._settings.search.max_results)
        params = list_params(" ".join(query.split()), filters, sort, rows, self._settings.size_categories)
        return _Place(link=f"/api/models?{urlencode(params)}")

    def _walk(
        self, place: _Place, answers: list[HubAnswer], cancelled: threading.Event | None
    ) -> Iterator[tuple[Any, tuple[str | None, int]]]:
        """The rows from a place on, page after page as they are needed, each with the link and skip of what follows."""
        link, skip = place.link, place.skip
        while True:
            answer = self._client.get_json(link, cancelled=cancelled)
            answers.append(answer)
            if not isinstance(answer.body, list):
                raise _not_what_was_asked("a list of models", answer.body)
            for number, row in enumerate(answer.body[skip:], skip + 1):
                # A page that is cut is asked for again: the cache has it.
                yield row, (link, number) if number < len(answer.body) else (answer.next_link, 0)
            if answer.next_link is None or not answer.body:
                return
            link, skip = answer.next_link, 0


def config_path(info: ModelInfo) -> str:
    """Where the Hub serves a model's config.json, at the commit that `info` was read from."""
    return f"/{quote(info.id)}/resolve/{quote(info.revision.value or 'main', safe='')}/config.json"


def _read_row(row: Any, answer: HubAnswer) -> ModelInfo | None:
    try:
        return _read(row, answer)
    except ValueError as error:
        name = row.get("id") if isinstance(row, dict) else None
        _log.warning("a row could not be read", extra={"context": {"id": str(name)[:100], "why": str(error)[:300]}})
        return None


def _read(body: Any, answer: HubAnswer) -> ModelInfo:
    info = read_model_body(body)
    as_of = datetime.fromisoformat(info.as_of) - timedelta(seconds=answer.age_seconds)
    return info.model_copy(update={"as_of": as_of.isoformat(timespec="seconds")})


def _not_what_was_asked(wanted: str, body: Any) -> NotJsonError:
    return NotJsonError(
        f"What came is not {wanted}.",
        evidence=f"JSON that begins {json.dumps(body)[:60]}",
        hint="Check hub.endpoint in the settings: it may not be a Hub.",
    )

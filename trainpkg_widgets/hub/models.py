"""The models of the Hub: the popular ones, a page of a search, one opened whole. Reading a body is `model_body.py`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..facts import Frozen
from ..logs import get_logger
from ..model_info import ModelInfo
from ..search_filters import SearchFilters, SortOrder
from .errors import HubCancelledError, HubError
from .model_answers import not_what_was_asked, read_model
from .model_filters import Keep, keeps, left_to_us
from .model_opening import open_model
from .model_query import list_params
from .model_reference import ModelReference, parse_model_reference
from .popular import popular_models

if TYPE_CHECKING:
    from ..settings.model_settings import ModelSettings
    from .catalogue import Catalogue
    from .client import HubAnswer, HubClient
    from .seen_models import SeenModels

__all__ = ["ModelBrowser", "ModelReference", "SearchPage", "parse_model_reference"]

_log = get_logger("hub.models")


class SearchPage(Frozen):
    """Models found, in the Hub's order.

    `looked_at` is how many rows were looked at to find them, `unreadable` how many of these could not be read.
    `next_cursor` asks for what follows, None where there is nothing or the search has reached its bound, which
    `bounded` then says.
    `stale_seconds` is the age of an old answer that stood in, None where the Hub answered. `token_ignored` says that
    the Hub refused the token and showed what everyone sees.
    """

    models: tuple[ModelInfo, ...] = ()
    unreadable: int = 0
    looked_at: int = 0
    next_cursor: str | None = None
    bounded: bool = False
    stale_seconds: float | None = None
    token_ignored: bool = False


class _Place(Frozen):
    """Where a search goes on: the page to ask for, rows of it already looked at, rows in all, and the ids shown."""

    link: str
    skip: int = 0
    looked_at: int = 0
    shown: tuple[str, ...] = ()


class ModelBrowser:
    """Searches and opens models. What a search remembers is in its cursor; `seen` is told of every model shown."""

    def __init__(
        self, settings: ModelSettings, client: HubClient, catalogue: Catalogue, seen: SeenModels | None = None
    ) -> None:
        self._settings = settings
        self._client = client
        self._catalogue = catalogue
        self._seen = seen
        # The page in which the last search stopped, which going on begins with: it is not asked for again.
        self._cut: tuple[str, HubAnswer] | None = None

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
        also: Keep | None = None,
        cancelled: threading.Event | None = None,
    ) -> SearchPage:
        """At most `limit` models whose id holds every word of `query`; one request, more only where filters drop rows.

        `limit` None is the page size of the settings. All pages of one search look at no more rows than
        `search.max_looked_at`. A `cursor` is the `next_cursor` of a page of the same search. `also` has the last word
        on each model, and has to be given for `filters.fits_gpu`.

        Raises:
            HubError: the Hub gave no page, and none is kept.
            ValueError: the cursor is not one of ours.
        """
        filters = filters or SearchFilters()
        search = self._settings.search
        wanted = limit or search.page_size
        asked = max(wanted, search.filtered_page_size) if left_to_us(filters, also) else wanted
        place = _Place.model_validate_json(cursor) if cursor else self._first(query, filters, sort, asked)
        shown, models, answers = set(place.shown), list[ModelInfo](), list["HubAnswer"]()
        public: list[ModelInfo] = []
        looked_at = unreadable = 0
        link, skip = None, 0
        rows = islice(self._walk(place, answers, cancelled), search.max_looked_at - place.looked_at)
        try:
            for row, following in rows:
                looked_at += 1
                link, skip = following
                info = _read_row(row, answers[-1])
                if info is None:
                    unreadable += 1
                    continue
                if row.get("private") is False:
                    public.append(info)
                if info.id not in shown and keeps(info, filters, self._settings.size_categories, also):
                    shown.add(info.id)
                    models.append(info)
                    if len(models) == wanted:
                        break
        except HubError as error:
            if not models or isinstance(error, HubCancelledError):
                raise
            # What was found is worth showing; asking for more meets the error again.
            _log.warning("a further page did not come", extra={"context": {"why": str(error)}})
        self._cut = (link, answers[-1]) if link is not None and skip else None
        if self._seen is not None:
            self._seen.put(self._settings.hub.endpoint, public)
        after = None
        bounded = link is not None and place.looked_at + looked_at >= search.max_looked_at
        if link is not None and not bounded:
            after = _Place(link=link, skip=skip, looked_at=place.looked_at + looked_at, shown=tuple(sorted(shown)))
        return SearchPage(
            models=tuple(models),
            unreadable=unreadable,
            looked_at=looked_at,
            next_cursor=after.model_dump_json() if after else None,
            bounded=bounded,
            stale_seconds=max((a.age_seconds for a in answers if a.stale), default=None),
            token_ignored=any(a.token_ignored for a in answers),
        )

    def open_model(
        self, repo_id: str, revision: str | None = None, *, cancelled: threading.Event | None = None
    ) -> ModelInfo:
        """The facts of one model at one commit; see `model_opening.open_model`."""
        return open_model(self._client, self._catalogue, repo_id, revision, cancelled=cancelled).info

    def _first(self, query: str, filters: SearchFilters, sort: SortOrder, wanted: int) -> _Place:
        rows = min(wanted, self._settings.search.max_looked_at)
        params = list_params(" ".join(query.split()), filters, sort, rows, self._settings.size_categories)
        return _Place(link=f"/api/models?{urlencode(params)}")

    def _walk(
        self, place: _Place, answers: list[HubAnswer], cancelled: threading.Event | None
    ) -> Iterator[tuple[Any, tuple[str | None, int]]]:
        """The rows from a place on, page after page as they are needed, each with the link and skip of what follows."""
        link, skip = place.link, place.skip
        while True:
            cut, self._cut = self._cut, None
            answer = cut[1] if cut and cut[0] == link else self._client.get_json(link, cancelled=cancelled)
            answers.append(answer)
            if not isinstance(answer.body, list):
                raise not_what_was_asked("a list of models", answer.body)
            for number, row in enumerate(answer.body[skip:], skip + 1):
                yield row, (link, number) if number < len(answer.body) else (answer.next_link, 0)
            if answer.next_link is None or not answer.body:
                return
            link, skip = answer.next_link, 0


def _read_row(row: Any, answer: HubAnswer) -> ModelInfo | None:
    try:
        return read_model(row, answer)
    except ValueError as error:
        name = row.get("id") if isinstance(row, dict) else None
        _log.warning("a row could not be read", extra={"context": {"id": str(name)[:100], "why": str(error)[:300]}})
        return None

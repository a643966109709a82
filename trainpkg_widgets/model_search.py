"""The search of the model step: the catalogue's answer at once, the Hub's merged into it when it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import TYPE_CHECKING

from .advice.cards import card_of
from .facts import Finding
from .hub.popular import popular_models
from .logs import get_logger
from .screens import ResultsView
from .search_filters import SearchFilters, SortOrder

if TYPE_CHECKING:
    from .hub.catalogue import Catalogue
    from .hub.errors import HubError
    from .hub.models import ModelBrowser, SearchPage
    from .model_info import ModelInfo
    from .settings.model_settings import ModelSettings

_log = get_logger("model_search")


@dataclass(frozen=True)
class _Found:
    """What one search has found so far. `number` tells a late answer from the latest search."""

    number: int
    query: str = ""
    filters: SearchFilters = field(default_factory=SearchFilters)
    sort: SortOrder = "downloads"
    models: tuple[ModelInfo, ...] = ()
    cursor: str | None = None
    looked_at: int = 0
    stale_seconds: float | None = None
    searching: bool = False
    notice: Finding | None = None

    @property
    def asks_nothing(self) -> bool:
        return not self.query and self.filters == SearchFilters()


class ModelSearch:
    """One search at a time. `changed` is called, from whichever thread found something, after every step forward."""

    def __init__(
        self,
        settings: ModelSettings,
        browser: Callable[[], ModelBrowser],
        catalogue: Catalogue,
        changed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._browser = browser
        self._catalogue = catalogue
        self._changed = changed
        self._lock = Lock()
        self._found = _Found(number=0, sort=settings.search.default_sort, models=self._popular())

    @property
    def found(self) -> object:
        """What `view` draws: another object whenever something was found."""
        return self._found

    @property
    def query(self) -> str:
        """What was asked for."""
        return self._found.query

    @property
    def filters(self) -> SearchFilters:
        """What the search keeps."""
        return self._found.filters

    @property
    def sort(self) -> SortOrder:
        """How the results are ordered."""
        return self._found.sort

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """Everything found so far, in the order shown."""
        return self._found.models

    def find(self, repo_id: str) -> ModelInfo | None:
        """A model among those shown."""
        return next((m for m in self._found.models if m.id == repo_id), None)

    def start(
        self,
        query: str,
        filters: SearchFilters,
        sort: SortOrder,
        cancelled: Event | None = None,
        *,
        ask_hub: bool = True,
    ) -> int | None:
        """Show what needs no network. Returns the number to `finish` with, None where the Hub has nothing to add."""
        search = self._settings.search
        query = query.strip()
        if len(query) < search.min_characters:
            query = ""
        with self._lock:
            if cancelled is not None and cancelled.is_set():
                return None  # a newer search has begun, whichever thread comes first
            found = _Found(number=self._found.number + 1, query=query, filters=filters, sort=sort)
            if found.asks_nothing:
                found = replace(found, models=self._popular())
            elif self._settings.features.catalogue:
                found = replace(found, models=self._from_catalogue(found, search.page_size))
            ask_hub = ask_hub and self._settings.features.hub_search and not found.asks_nothing
            self._found = replace(found, searching=ask_hub)
        self._changed()
        return found.number if ask_hub else None

    def finish(self, number: int, cancelled: Event | None = None) -> None:
        """Ask the Hub for the first page of search `number` and merge it; a later search makes this one void."""
        self._ask(number, None, cancelled)

    def more(self, cancelled: Event | None = None) -> None:
        """Ask for the next page of the current search. Does nothing where there is none."""
        with self._lock:
            found = self._found
            if found.cursor is None or found.searching:
                return
            self._found = replace(found, searching=True)
        self._changed()
        self._ask(found.number, found.cursor, cancelled)

    def view(self) -> ResultsView:
        """The results as the browser draws them."""
        found = self._found
        settings = self._settings
        from_catalogue = sum(m.origin == "catalogue" for m in found.models)
        return ResultsView(
            query=found.query,
            cards=tuple(card_of(m, settings.size_rules, settings.display) for m in found.models),
            from_catalogue=from_catalogue,
            from_hub=sum(m.origin == "hub" for m in found.models),
            looked_at=found.looked_at,
            catalogue_date=self._catalogue.date if from_catalogue else "",
            searching=found.searching,
            more=found.cursor is not None and len(found.models) < settings.search.max_results,
            stale_seconds=found.stale_seconds,
            notice=found.notice,
        )

    def _popular(self) -> tuple[ModelInfo, ...]:
        return tuple(popular_models(self._settings.popular, self._catalogue))

    def _from_catalogue(self, found: _Found, limit: int) -> tuple[ModelInfo, ...]:
        return tuple(
            self._catalogue.search(found.query, found.filters, found.sort, limit, self._settings.size_categories)
        )

    def _ask(self, number: int, cursor: str | None, cancelled: Event | None) -> None:
        from .hub.errors import HubError

        asked = self._found
        if asked.number != number:
            return
        page: SearchPage | None = None
        notice: Finding | None = None
        try:
            page = self._browser().search_models(
                asked.query, asked.filters, asked.sort, cursor=cursor, cancelled=cancelled
            )
        except HubError as error:
            _log.warning("search failed", extra={"context": {"query": asked.query, "code": error.code}})
            notice = _notice(error, shown=len(asked.models))
        finally:
            self._settle(number, page, notice)

    def _settle(self, number: int, page: SearchPage | None, notice: Finding | None) -> None:
        with self._lock:
            if self._found.number != number:
                return
            found = replace(self._found, searching=False, notice=notice)
            if page is not None:
                limit = self._settings.search.max_results
                found = replace(
                    found,
                    models=_merge(found.models, page.models)[:limit],
                    cursor=page.next_cursor,
                    looked_at=found.looked_at + page.looked_at,
                    stale_seconds=page.stale_seconds,
                )
            self._found = found
        self._changed()


def _merge(shown: tuple[ModelInfo, ...], arrived: tuple[ModelInfo, ...]) -> tuple[ModelInfo, ...]:
    """The Hub's facts take the place of what was shown, and new models follow, so that no card moves."""
    newer = {model.id: model for model in arrived}
    kept = tuple(newer.pop(model.id, model) for model in shown)
    return kept + tuple(newer.values())


def _notice(error: HubError, shown: int) -> Finding:
    return Finding(
        severity="warning",
        step="model",
        field="model.search",
        code=error.code,
        message=error.message,
        evidence=error.hint if not shown else f"What is shown is from the built-in catalogue. {error.hint}",
    )

"""The search of the model step: what is known here at once, the Hub's answer merged into it when it comes.

A card that is shown keeps its place for as long as the search stands. The Hub's facts take the place of older ones
where the card is, and models that it adds follow. So the list never jumps under a pointer, at the price that a number
which the Hub has newer can be out of order beside its neighbours; the next search puts it right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import TYPE_CHECKING

from .advice.cards import card_of
from .facts import Finding
from .hub.popular import popular_models
from .logs import get_logger
from .model_sources import LastWord, ModelSources, no_card_known
from .screens import Badge, ResultsView
from .search_filters import SearchFilters, SortOrder

if TYPE_CHECKING:
    from .hub.errors import HubError
    from .hub.model_reference import ModelReference
    from .hub.models import SearchPage
    from .model_choice import ModelChooser
    from .model_info import ModelInfo
    from .screens import Card
    from .settings.config_settings import Gpu
    from .settings.schema import Settings

_log = get_logger("model_search")


@dataclass(frozen=True)
class _Found:
    """What one search has found so far. `number` tells a late answer from the latest search.

    `here` says that the catalogue may hold more than is shown, `asked` that the Hub or the disk was asked already.
    `reference` is the one model that was pasted.
    """

    number: int
    last: LastWord
    query: str = ""
    filters: SearchFilters = field(default_factory=SearchFilters)
    sort: SortOrder = "downloads"
    models: tuple[ModelInfo, ...] = ()
    corrected: str = ""
    reference: ModelReference | None = None
    here: bool = False
    asked: bool = False
    cursor: str | None = None
    bounded: bool = False
    looked_at: int = 0
    stale_seconds: float | None = None
    searching: bool = False
    notice: Finding | None = None

    @property
    def asks_nothing(self) -> bool:
        return not self.query and self.filters == SearchFilters()

    def asks_for(self, query: str, filters: SearchFilters, sort: SortOrder) -> bool:
        return (self.query, self.filters, self.sort) == (query, filters, sort)


class ModelSearch:
    """One search at a time. `changed` is called, from whichever thread found something, after every step forward."""

    def __init__(
        self, settings: Settings, models: ModelChooser, gpu: Callable[[], Gpu | None], changed: Callable[[], None]
    ) -> None:
        self._settings = settings.model
        self._all_settings = settings
        self._models = models
        self._gpu = gpu
        self._sources = ModelSources(settings, models)
        self._changed = changed
        self._lock = Lock()
        last = LastWord(SearchFilters(), settings, models, None)
        self._found = _Found(number=0, last=last, sort=settings.model.search.default_sort, models=self._popular(last))

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

    def revision_of(self, repo_id: str) -> str | None:
        """The revision that a model was pasted with; None where it is not the one that was."""
        reference = self._found.reference
        return reference.revision if reference is not None and reference.repo_id == repo_id else None

    def start(
        self,
        query: str,
        filters: SearchFilters,
        sort: SortOrder,
        cancelled: Event | None = None,
        *,
        ask_hub: bool = True,
    ) -> int | None:
        """Show what needs no network. Returns the number to `finish` with, None where nobody else has to be asked.

        With `ask_hub` off only this is done, as for every key that is typed; a later call for the same search then
        goes on from what is shown.
        """
        query = query.strip()
        if len(query) < self._settings.search.min_characters:
            query = ""
        gpu = self._gpu() if filters.fits_gpu else None
        with self._lock:
            if cancelled is not None and cancelled.is_set():
                return None  # a newer search has begun, whichever thread comes first
            before = self._found
            same = before.number > 0 and before.asks_for(query, filters, sort)
            if same and not ask_hub:
                return None  # shown already, and the Hub may be on its way
            if same and not before.asked and before.notice is None:
                found = replace(before, number=before.number + 1)
            else:
                found = self._begun(_Found(before.number + 1, self._last_word(filters, gpu), query, filters, sort))
            if filters.fits_gpu and gpu is None:
                found = replace(found, notice=no_card_known())
            outside = filters.on_disk or self._settings.features.hub_search
            asks = ask_hub and outside and not found.asks_nothing and found.notice is None
            self._found = replace(found, searching=asks, asked=found.asked or asks)
        self._changed()
        return found.number if asks else None

    def finish(self, number: int, cancelled: Event | None = None) -> None:
        """Ask the Hub, or look on the disk, for search `number` and merge it; a later search makes this one void."""
        found = self._found
        if found.number != number:
            return
        if found.filters.on_disk:
            self._look_on_disk(found)
        else:
            self._ask(number, None, cancelled)

    def more(self, cancelled: Event | None = None) -> None:
        """Ask for the next page of the current search. Does nothing where there is none."""
        with self._lock:
            found = self._found
            if found.searching or not self._has_more(found):
                return
            if found.cursor is None:
                limit = min(len(found.models) + self._settings.search.page_size, self._settings.search.max_results)
                more, _ = self._sources.at_once(found.query, found.filters, found.sort, limit, found.last)
                models = _merge(found.models, tuple(more), self._settings.search.max_results)
                self._found = replace(found, models=models, here=len(more) == limit)
            else:
                self._found = replace(found, searching=True)
        self._changed()
        if found.cursor is not None:
            self._ask(found.number, found.cursor, cancelled)

    def view(self) -> ResultsView:
        """The results as the browser draws them."""
        found = self._found
        origins = [model.origin for model in found.models]
        return ResultsView(
            query=found.query,
            cards=tuple(self._card(model) for model in found.models),
            from_catalogue=origins.count("catalogue"),
            from_seen=origins.count("seen"),
            from_hub=origins.count("hub"),
            from_disk=origins.count("cached") + origins.count("folder"),
            looked_at=found.looked_at,
            bounded=found.bounded,
            hidden=len(found.last.hidden),
            corrected=found.corrected,
            catalogue_date=self._models.catalogue.date if "catalogue" in origins else "",
            searching=found.searching,
            more=self._has_more(found),
            stale_seconds=found.stale_seconds,
            notice=found.notice,
        )

    def _has_more(self, found: _Found) -> bool:
        return (found.cursor is not None or found.here) and len(found.models) < self._settings.search.max_results

    def _card(self, model: ModelInfo) -> Card:
        card = card_of(model, self._settings.size_rules, self._settings.display)
        broken = self._models.outside(model)
        if not broken:
            return card
        why = " ".join(f"{finding.message} {finding.evidence}" for finding in broken)
        mark = Badge(text="Not allowed here", tone="bad", why=why)
        return card.model_copy(update={"badges": (mark, *card.badges)})

    def _last_word(self, filters: SearchFilters, gpu: Gpu | None) -> LastWord:
        return LastWord(filters, self._all_settings, self._models, gpu)

    def _popular(self, last: LastWord) -> tuple[ModelInfo, ...]:
        models = popular_models(self._settings.popular, self._models.catalogue)
        return tuple(models if last.test is None else filter(last.test, models))

    def _begun(self, found: _Found) -> _Found:
        """What can be shown of a search that has just been asked for."""
        if found.asks_nothing:
            return replace(found, models=self._popular(found.last))
        reference = _pasted(found.query, self._settings.hub.endpoint)
        if reference is not None and _names_one(found.query, reference):
            # Who pastes an address means that model, whatever the filters keep.
            known = self._sources.known(reference.repo_id)
            return replace(found, reference=reference, models=(known,) if known else ())
        if not self._settings.features.catalogue and not found.filters.on_disk:
            return found
        limit = self._settings.search.page_size
        models, corrected = self._sources.at_once(found.query, found.filters, found.sort, limit, found.last)
        here = len(models) == limit and not found.filters.on_disk
        known = self._sources.known(reference.repo_id) if reference is not None else None
        if known is not None and self._sources.keeps(known, found.filters, found.last):
            models = [known, *(m for m in models if m.id != known.id)]
        return replace(found, models=tuple(models), corrected=corrected, here=here)

    def _look_on_disk(self, asked: _Found) -> None:
        models: list[ModelInfo] = []
        try:
            models = self._sources.on_disk(asked.query, asked.filters, asked.sort, asked.last)
        finally:
            with self._lock:
                current = self._found.number == asked.number
                if current:
                    kept = tuple(models[: self._settings.search.max_results])
                    self._found = replace(self._found, searching=False, models=kept)
            if current:
                self._changed()

    def _ask(self, number: int, cursor: str | None, cancelled: Event | None) -> None:
        from .hub.errors import HubError
        from .hub.models import SearchPage

        asked = self._found
        if asked.number != number:
            return
        page: SearchPage | None = None
        notice: Finding | None = None
        try:
            if asked.reference is not None:
                one, revision = asked.reference.repo_id, asked.reference.revision
                opened = self._models.browser.open_model(one, revision, cancelled=cancelled)
                page = SearchPage(models=(opened,))
            else:
                filters = asked.last.narrowed(asked.filters)
                page = self._models.browser.search_models(
                    asked.query, filters, asked.sort, cursor=cursor, also=asked.last.test, cancelled=cancelled
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
                found = replace(
                    found,
                    models=_merge(found.models, page.models, self._settings.search.max_results),
                    here=False,
                    cursor=page.next_cursor,
                    bounded=page.bounded,
                    looked_at=found.looked_at + page.looked_at,
                    stale_seconds=page.stale_seconds,
                )
            self._found = found
        self._changed()


def _merge(shown: tuple[ModelInfo, ...], arrived: tuple[ModelInfo, ...], limit: int) -> tuple[ModelInfo, ...]:
    newer = {model.id: model for model in arrived}
    # A name that was typed in other capitals is answered with the Hub's own.
    kept = tuple(newer.pop(model.id, model) for model in shown)
    return (kept + tuple(newer.values()))[:limit]


def _pasted(query: str, endpoint: str) -> ModelReference | None:
    """The model that a query names; None where it is words to search for."""
    from .hub.model_reference import parse_model_reference

    if " " in query or "/" not in query:
        return None
    try:
        return parse_model_reference(query, endpoint)
    except ValueError:
        return None


def _names_one(query: str, reference: ModelReference) -> bool:
    """Whether a query can mean this one model only: an address, or a revision. An id alone is also part of others."""
    return reference.revision is not None or query.strip() != reference.repo_id


def _notice(error: HubError, shown: int) -> Finding:
    return Finding(
        severity="warning",
        step="model",
        field="model.search",
        code=error.code,
        message=error.message,
        evidence=error.hint if not shown else f"What is shown is from the built-in catalogue. {error.hint}",
    )

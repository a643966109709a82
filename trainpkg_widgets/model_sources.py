"""Where found models come from without the Hub, and what has the last word on each: the card, and the rules.

The catalogue and what the Hub has shown before answer at once; this machine's own models are looked up in the
background. The Hub itself is asked by `model_search.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .facts import Finding
from .search_filters import SearchFilters, SortOrder

if TYPE_CHECKING:
    from .model_choice import ModelChooser
    from .model_info import ModelInfo
    from .settings.config_settings import Gpu
    from .settings.schema import Settings


# A weight of four bits is the smallest that is trained.
_LEAST_BYTES = 0.5


class LastWord:
    """What no index and no Hub can say of a model: whether it fits the card, and whether the rules allow it.

    `hidden` are the ids that the organisation's rules kept back. It is made for one search.
    """

    def __init__(self, filters: SearchFilters, settings: Settings, models: ModelChooser, gpu: Gpu | None) -> None:
        self._fits = _fit_test(settings, gpu) if filters.fits_gpu else None
        self._most_parameters = int(gpu.memory_mib * 2**20 / _LEAST_BYTES) if filters.fits_gpu and gpu else None
        self._outside = models.outside if settings.model.policy.outside == "hide" and models.has_rules else None
        self.hidden: set[str] = set()

    @property
    def test(self) -> Callable[[ModelInfo], bool] | None:
        """Keeps or drops a model; None where everything is kept."""
        return self._keeps if self._fits or self._outside else None

    def narrowed(self, filters: SearchFilters) -> SearchFilters:
        """The filters, with a bound that nothing which fits the card is beyond: indexes and the Hub can go by it."""
        if self._most_parameters is None:
            return filters
        most = min(self._most_parameters, filters.parameters_to or self._most_parameters)
        return filters.model_copy(update={"parameters_to": most})

    def _keeps(self, info: ModelInfo) -> bool:
        if self._fits is not None and not self._fits(info):
            return False
        if self._outside is not None and self._outside(info):
            self.hidden.add(info.id)
            return False
        return True


class ModelSources:
    """The catalogue, the models seen before, and this machine's."""

    def __init__(self, settings: Settings, models: ModelChooser) -> None:
        self._settings = settings.model
        self._models = models
        self._on_disk: list[ModelInfo] = []

    def at_once(
        self, query: str, filters: SearchFilters, sort: SortOrder, limit: int, last: LastWord
    ) -> tuple[list[ModelInfo], str]:
        """The first models of the order, and the word that was looked for beside a mistyped one, empty without one."""
        if filters.on_disk:
            return self._kept_on_disk(query, filters, sort, last)[:limit], ""
        found = self._search(query, filters, sort, limit, last)
        if len(found) < self._settings.search.typo_below:
            for corrected in self._models.catalogue.corrections(query):
                more = self._search(corrected, filters, sort, limit, last)
                if more:
                    ids = {model.id for model in found}
                    return (found + [m for m in more if m.id not in ids])[:limit], corrected
        return found, ""

    def on_disk(self, query: str, filters: SearchFilters, sort: SortOrder, last: LastWord) -> list[ModelInfo]:
        """The models of this machine, looked up anew. Many files are read: not on the thread that answers keys."""
        from .hub.models_on_disk import models_on_disk

        self._on_disk = models_on_disk(self._settings.disk)
        return self._kept_on_disk(query, filters, sort, last)

    def known(self, repo_id: str) -> ModelInfo | None:
        """What the catalogue knows of a model."""
        return self._models.catalogue.get(repo_id) if self._settings.features.catalogue else None

    def keeps(self, info: ModelInfo, filters: SearchFilters, last: LastWord) -> bool:
        """Whether a model passes the filters and the last word."""
        from .hub.model_filters import keeps

        return keeps(info, filters, self._settings.size_categories, last.test)

    def _search(
        self, query: str, filters: SearchFilters, sort: SortOrder, limit: int, last: LastWord
    ) -> list[ModelInfo]:
        sizes, test = self._settings.size_categories, last.test
        listed = self._models.catalogue.search(query, last.narrowed(filters), sort, limit, sizes, test)

        if self._models.seen is None:
            return listed
        seen = self._models.seen.search(
            self._settings.hub.endpoint, query, sort, limit, lambda info: self.keeps(info, filters, last)
        )
        if not seen:
            return listed
        # What the Hub said last is newer than the catalogue.
        newest = {model.id: model for model in (*listed, *seen)}
        return _ordered(list(newest.values()), sort)[:limit]

    def _kept_on_disk(self, query: str, filters: SearchFilters, sort: SortOrder, last: LastWord) -> list[ModelInfo]:
        words = query.lower().split()
        kept = [
            model
            for model in self._on_disk
            if all(word in model.id.lower() for word in words) and self.keeps(model, filters, last)
        ]
        # Files say neither downloads nor likes: only the order by parameters means something here.
        return _ordered(kept, sort) if sort == "parameters" else kept


def _ordered(models: list[ModelInfo], sort: SortOrder) -> list[ModelInfo]:
    """Largest first, what is unknown last."""

    def number(model: ModelInfo) -> float:
        fact = {"likes": model.likes, "parameters": model.parameters}.get(sort, model.downloads)
        return -1 if fact.value is None else fact.value

    if sort == "recent":
        return sorted(models, key=lambda m: m.last_modified.value or m.created.value or "", reverse=True)
    return sorted(models, key=number, reverse=True)


def _fit_test(settings: Settings, gpu: Gpu | None) -> Callable[[ModelInfo], bool]:
    from .advice.fits import fits_card
    from .advice.knobs import default_config

    fits = settings.model.fits
    config = default_config(settings.config, fits.tuning)
    return lambda info: fits_card(info, config, gpu, fits).value is True


def no_card_known() -> Finding:
    """What is said where models that fit are wanted and there is no card."""
    return Finding(
        severity="warning",
        step="model",
        field="model.search",
        code="card-unknown",
        message="No graphics card was found here, so no model is known to fit one.",
        evidence="Choose the card to hold memory against, or take the filter away.",
    )

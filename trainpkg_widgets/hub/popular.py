"""The popular models: ids from the settings, facts from the built-in catalogue. No request is made for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model_info import ModelInfo

if TYPE_CHECKING:
    from ..settings.model_settings import PopularModel
    from .catalogue import Catalogue


def popular_models(chosen: list[PopularModel], catalogue: Catalogue) -> list[ModelInfo]:
    """The models of the settings in their order, with what the catalogue knows of each."""
    return [_popular(model, catalogue) for model in chosen]


def _popular(model: PopularModel, catalogue: Catalogue) -> ModelInfo:
    known = catalogue.get(model.id)
    if known is None:
        author = model.id.partition("/")[0] if "/" in model.id else ""
        known = ModelInfo(id=model.id, origin="popular", as_of=catalogue.date, author=author)
    return known.model_copy(update={"origin": "popular", "note": model.note})

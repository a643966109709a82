"""What a search of models asks for: what it keeps, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from .facts import Frozen

SortOrder = Literal["trending", "downloads", "likes", "recent"]
SizeCategory = Literal["small", "medium", "large"]


class SearchFilters(Frozen):
    """What a search keeps. None or False keeps everything."""

    chat: bool = False
    lora: bool = False
    not_gated: bool = False
    open_licence: bool = False
    size: SizeCategory | None = None
    author: str | None = Field(default=None, max_length=100)


def read_filters(given: Mapping[str, Any]) -> SearchFilters:
    """Filters given by name.

    Raises:
        ValueError: there is no such filter, or its value does not fit.
    """
    try:
        return SearchFilters(**given)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        known = ", ".join(SearchFilters.model_fields)
        raise ValueError(f"{wrong['loc'][0]}: {wrong['msg']}. Filters are {known}.") from None

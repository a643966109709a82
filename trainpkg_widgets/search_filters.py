"""What a search of models asks for: what it keeps, and in which order."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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

"""What is asked of the Hub about models: the query strings, and no more fields than are read."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from ..search_filters import SearchFilters, SizeCategory, SortOrder

if TYPE_CHECKING:
    from ..settings.model_settings import SizeCategories

# In a list the Hub refuses baseModels, childrenModelCount and usedStorage with a 400 (huggingface_hub PR #3182), and a
# card's metadata is heavy: what a row needs of it is in the tags.
_ROW_FIELDS = (
    "author", "gated", "disabled", "downloads", "likes", "lastModified", "createdAt", "pipeline_tag", "library_name",
    "tags", "safetensors", "gguf", "config", "siblings", "sha",
)  # fmt: skip
_DETAIL_FIELDS = (*_ROW_FIELDS, "cardData", "baseModels")

# The REST API's own names: it answers snake case with a 400.
_SORT = {"trending": "trendingScore", "downloads": "downloads", "likes": "likes", "recent": "lastModified"}


def list_params(
    query: str, filters: SearchFilters, sort: SortOrder, limit: int, sizes: SizeCategories
) -> list[tuple[str, str]]:
    """One page of `GET /api/models`: everything a card shows, in one request.

    Only what the Hub filters exactly is left to it. The size it narrows, by bounds that no model of that size can be
    beyond; `model_filters.py` does the rest.
    """
    params = [("search", query)] if query else []
    if filters.author:
        params.append(("author", filters.author))
    if filters.not_gated:
        params.append(("gated", "false"))
    if filters.size is not None:
        params.append(("num_parameters", _parameter_bounds(filters.size, sizes)))
    params += [("sort", _SORT[sort]), ("limit", str(limit))]
    return params + [("expand", field) for field in _ROW_FIELDS]


def detail_params() -> list[tuple[str, str]]:
    """`GET /api/models/{id}` with the size of every file, which no list gives."""
    return [("blobs", "true"), *(("expand", field) for field in _DETAIL_FIELDS)]


def _parameter_bounds(size: SizeCategory, sizes: SizeCategories) -> str:
    above = {"small": 0.0, "medium": sizes.small_gb, "large": sizes.medium_gb}[size]
    up_to = {"small": sizes.small_gb, "medium": sizes.medium_gb, "large": sizes.large_gb}[size]
    # A parameter takes between one bit and eight bytes: N GB hold from N/8 to 8 N billion of them. A model of which the
    # Hub has no count, or an absurd one (ZonglinY/MOOSE-Star-R1D-7B: 333,312), is missed.
    return f"min:{floor(above / 8 * 1000)}M,max:{ceil(up_to * 8 * 1000)}M"

"""What is asked of the Hub about models: the query strings, and no more fields than are read."""

from __future__ import annotations

from math import ceil, floor, inf
from typing import TYPE_CHECKING

from ..search_filters import SearchFilters, SortOrder
from .model_filters import weight_bounds

if TYPE_CHECKING:
    from ..settings.model_settings import SizeCategories

# In a list the Hub refuses baseModels, childrenModelCount and usedStorage with a 400 (huggingface_hub PR #3182), and a
# card's metadata is heavy: what a row needs of it is in the tags.
_ROW_FIELDS = (
    "author", "gated", "private", "disabled", "downloads", "likes", "lastModified", "createdAt", "pipeline_tag",
    "library_name", "tags", "safetensors", "gguf", "config", "siblings", "sha",
)  # fmt: skip
_DETAIL_FIELDS = (*_ROW_FIELDS, "cardData", "baseModels", "childrenModelCount", "usedStorage")

# The REST API's own names: it answers snake case with a 400. `num_parameters` is what the Hub's own pages send
# (huggingface.js 2.17, listModels); huggingface_hub's list does not name it.
_SORT = {
    "trending": "trendingScore",
    "downloads": "downloads",
    "likes": "likes",
    "recent": "lastModified",
    "parameters": "num_parameters",
}
# Formats for which the Hub puts a tag on every repository that holds them.
_TAGGED_FORMATS = ("safetensors", "gguf", "onnx", "mlx")


def list_params(
    query: str, filters: SearchFilters, sort: SortOrder, limit: int, sizes: SizeCategories
) -> list[tuple[str, str]]:
    """One page of `GET /api/models`: everything a card shows, in one request.

    Only what the Hub filters exactly is left to it. Sizes and formats it narrows, by what every model that is wanted
    has; `model_filters.py` does the rest.
    """
    params = [("search", query)] if query else []
    if filters.author:
        params.append(("author", filters.author))
    if filters.task:
        params.append(("pipeline_tag", filters.task))
    if filters.gate:
        params.append(("gated", "true" if filters.gate == "gated" else "false"))
    if len(filters.formats) == 1 and filters.formats[0] in _TAGGED_FORMATS:
        params.append(("filter", filters.formats[0]))
    if bounds := _parameter_bounds(filters, sizes):
        params.append(("num_parameters", bounds))
    params += [("sort", _SORT[sort]), ("limit", str(limit))]
    return params + [("expand", field) for field in _ROW_FIELDS]


def detail_params() -> list[tuple[str, str]]:
    """`GET /api/models/{id}` with the size of every file, which no list gives."""
    return [("blobs", "true"), *(("expand", field) for field in _DETAIL_FIELDS)]


def _parameter_bounds(filters: SearchFilters, sizes: SizeCategories) -> str:
    """Bounds on the Hub's own count that no model which is wanted can be beyond; empty where there are none."""
    above, up_to = weight_bounds(filters, sizes)
    # A parameter takes between one bit and eight bytes: N bytes hold from N/8 to 8 N of them. A model of which the
    # Hub has no count, or an absurd one (ZonglinY/MOOSE-Star-R1D-7B: 333,312), is missed.
    low = max(filters.parameters_from or 0, above / 8)
    high = min(filters.parameters_to or inf, up_to * 8)
    bounds = [f"min:{floor(low / 1000)}K"] if low >= 1000 else []
    if high < inf:
        bounds.append(f"max:{ceil(high / 1000)}K")
    return ",".join(bounds)

"""Which models a search keeps. A filter on a fact that is unknown of a model does not keep it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from ..search_filters import SearchFilters, SizeCategory

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.model_settings import SizeCategories

Keep = Callable[["ModelInfo"], bool]


def keeps(info: ModelInfo, filters: SearchFilters, sizes: SizeCategories, also: Keep | None = None) -> bool:
    """Whether a model passes every filter that is set.

    `also` has the last word, and has to be given for `filters.fits_gpu`: what fits the card of a session is known
    there and not here.
    """
    weights_above, weights_up_to = weight_bounds(filters, sizes)
    return (
        (filters.task is None or info.pipeline_tag.value == filters.task)
        and _within(info.parameters.value, (filters.parameters_from or 0) - 1, filters.parameters_to or inf)
        and _within(info.weight_bytes.value, weights_above, weights_up_to)
        and (not filters.chat or info.chat.value in ("template", "likely"))
        and (not filters.lora or can_take_lora(info))
        and (not filters.licences or (info.licence_class.value or "unknown") in filters.licences)
        and (filters.gate is None or gate_of(info) == filters.gate)
        and (not filters.author or info.author.lower() == filters.author.lower())
        and (not filters.formats or info.weight_format.value in filters.formats)
        and (not filters.on_disk or info.origin in ("folder", "cached"))
        # Last, for it is the dearest to find out.
        and (not filters.fits_gpu if also is None else also(info))
    )


def left_to_us(filters: SearchFilters, also: Keep | None) -> bool:
    """Whether some of what is asked can't be asked of the Hub, so that rows which come have to be dropped here."""
    bytes_asked = filters.size or filters.weight_bytes_from or filters.weight_bytes_to
    return bool(bytes_asked or filters.chat or filters.lora or filters.licences or filters.formats or also)


def can_take_lora(info: ModelInfo) -> bool:
    """Whether the repository holds whole PyTorch weights: PEFT can then name targets, or take every linear layer.

    GGUF, ONNX and MLX files, and adapters, are no base for training (facts of PEFT 0.21).
    """
    return info.weight_format.value in ("safetensors", "pytorch")


def gate_of(info: ModelInfo) -> str | None:
    """`open` or `gated`, whichever way access is granted; None when unknown."""
    return "gated" if info.gate.value in ("auto", "manual") else info.gate.value


def weight_bounds(filters: SearchFilters, sizes: SizeCategories | None) -> tuple[float, float]:
    """Bytes of weights that are kept: above the first, up to the second. (-1, inf) where nothing is asked.

    Raises:
        ValueError: `filters.size` is set and `sizes` is not given.
    """
    above, up_to = float((filters.weight_bytes_from or 0) - 1), float(filters.weight_bytes_to or inf)
    if filters.size is None:
        return above, up_to
    if sizes is None:
        raise ValueError("A size was asked for without the bounds of the size categories.")
    low, high = category_bounds(filters.size, sizes)
    return max(above, low), min(up_to, high)


def category_bounds(size: SizeCategory, sizes: SizeCategories) -> tuple[float, float]:
    """Bytes of weights of a category: above the first, up to the second."""
    low = {"small": -1e-9, "medium": sizes.small_gb, "large": sizes.medium_gb}[size]
    high = {"small": sizes.small_gb, "medium": sizes.medium_gb, "large": sizes.large_gb}[size]
    return low * 1e9, high * 1e9


def _within(value: int | None, above: float, up_to: float) -> bool:
    if above <= -1 and up_to == inf:
        return True
    return value is not None and above < value <= up_to

"""Which models a search keeps. A filter on a fact that is unknown of a model does not keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..search_filters import SearchFilters, SizeCategory

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.model_settings import SizeCategories


def keeps(info: ModelInfo, filters: SearchFilters, sizes: SizeCategories) -> bool:
    """Whether a model passes every filter that is set."""
    return (
        (not filters.chat or info.chat.value in ("template", "likely"))
        and (not filters.lora or can_take_lora(info))
        and (not filters.not_gated or info.gate.value == "open")
        and (not filters.open_licence or info.licence_class.value == "open")
        and (filters.size is None or size_category(info, sizes) == filters.size)
        and (not filters.author or info.author.lower() == filters.author.lower())
    )


def can_take_lora(info: ModelInfo) -> bool:
    """Whether the repository holds whole PyTorch weights: PEFT can then name targets, or take every linear layer.

    GGUF, ONNX and MLX files, and adapters, are no base for training (facts of PEFT 0.21).
    """
    return info.weight_format.value in ("safetensors", "pytorch")


def size_category(info: ModelInfo, sizes: SizeCategories) -> SizeCategory | None:
    """The category of a model's weights; None when their size is unknown or above the largest category."""
    if info.weight_bytes.value is None:
        return None
    gigabytes = info.weight_bytes.value / 1e9
    if gigabytes <= sizes.small_gb:
        return "small"
    if gigabytes <= sizes.medium_gb:
        return "medium"
    return "large" if gigabytes <= sizes.large_gb else None

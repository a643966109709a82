"""Which weights can be a base to train on, by their format and by how they are quantised."""

from __future__ import annotations

from ..facts import Fact, unknown
from ..model_info import ModelInfo

# What these files are made for is to run a model; PEFT and TRL start from none of them.
_NO_BASE = {
    "gguf": "GGUF",
    "onnx": "ONNX",
    "mlx": "MLX",
    "adapter": "an adapter",
    "other": "no PyTorch weights",
}


def untrainable_format(info: ModelInfo) -> Fact[str]:
    """The name of a format that no training can start from; unknown where there is no such obstacle."""
    form = info.weight_format
    if form.value in _NO_BASE:
        return Fact(value=_NO_BASE[form.value], source=form.source)
    if info.quantised.value is not None and "fp4" in info.quantised.value and not _is_bitsandbytes(info):
        return Fact(value="packed FP4", source=f"{info.quantised.value}, {info.quantised.source}")
    return unknown("nothing found that stops training")


def foreign_quantisation(info: ModelInfo) -> Fact[str]:
    """A quantisation that a package's environment has no library for: all but bitsandbytes'."""
    if info.quantised.value is None or _is_bitsandbytes(info) or untrainable_format(info).known:
        return unknown("nothing found that stops training")
    return info.quantised


def bitsandbytes_quantisation(info: ModelInfo) -> Fact[str]:
    """The quantisation of weights that QLoRA takes as they are."""
    return info.quantised if _is_bitsandbytes(info) else unknown("not quantised by bitsandbytes")


def is_guess(fact: Fact[str]) -> bool:
    """Whether a fact only follows from a name."""
    return "guess" in fact.source


def _is_bitsandbytes(info: ModelInfo) -> bool:
    return (info.quantised.value or "").startswith(("bitsandbytes", "bnb"))

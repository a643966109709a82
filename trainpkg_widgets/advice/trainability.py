"""Which weights can be a base to train on, by their format and by how they are quantised."""

from __future__ import annotations

from ..facts import Fact, unknown
from ..model_details import LoraAnswers
from ..model_info import ModelInfo

# What these files are made for is to run a model; PEFT and TRL start from none of them.
_NO_BASE = {
    "gguf": "GGUF",
    "onnx": "ONNX",
    "mlx": "MLX",
    "adapter": "an adapter",
    "other": "no PyTorch weights",
}
# Dtypes of weights that are not packed and not narrowed: what a trainer reads as it is.
_PLAIN = ("BF16", "F16", "F32", "F64")


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


def quantisation_of(info: ModelInfo) -> Fact[str]:
    """How the weights are quantised, `none` where they are plain floats; unknown where nothing says either."""
    if info.quantised.known:
        return info.quantised
    dtypes = tuple(info.parameters_by_dtype)
    if dtypes and info.weight_format.value == "safetensors" and set(dtypes) <= set(_PLAIN):
        return Fact(value="none", source=f"its weights are stored as {', '.join(dtypes)}")
    return info.quantised


def lora_answers(info: ModelInfo) -> LoraAnswers:
    """LoRA's three questions. No default of PEFT's means that the modules must be named, not that it can't be done."""
    form, no_base, foreign = info.weight_format, untrainable_format(info), foreign_quantisation(info)
    trainable: Fact[bool] = unknown(form.source)
    if no_base.known or foreign.known:
        stops = no_base if no_base.known else foreign
        trainable = Fact(value=False, source=f"{stops.value}: {stops.source}")
    elif info.remote_code.value:
        trainable = Fact(value=False, source=f"needs code of its own, which a package does not run: {form.source}")
    elif form.known:
        how = "on the modules PEFT names" if info.lora_targets.known else "on every linear layer, or modules you name"
        trainable = Fact(value=True, source=f"{how}; whole PyTorch weights ({form.source})")
    adapter: Fact[bool] = (
        Fact(value=form.value == "adapter", source=form.source) if form.known else unknown(form.source)
    )
    return LoraAnswers(is_adapter=adapter, default_targets=info.lora_targets, trainable=trainable)


def is_guess(fact: Fact[str]) -> bool:
    """Whether a fact only follows from a name."""
    return "guess" in fact.source


def _is_bitsandbytes(info: ModelInfo) -> bool:
    return (info.quantised.value or "").startswith(("bitsandbytes", "bnb"))

"""Models and runs that the tests of memory, of costs and of the config's run share."""

from __future__ import annotations

from typing import Any

from trainpkg_widgets.advice.memory import GIB, Run
from trainpkg_widgets.architecture import Architecture, Experts
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.model_info import ModelInfo

LLAMA_8B = Architecture(
    model_type="llama",
    hidden_size=4096,
    layers=32,
    heads=32,
    kv_heads=8,
    head_dim=128,
    vocab_size=128256,
    intermediate_size=14336,
    tied_embeddings=False,
    gated_mlp=True,
)
QWEN_1_5B = Architecture(
    model_type="qwen2",
    hidden_size=1536,
    layers=28,
    heads=12,
    kv_heads=2,
    head_dim=128,
    vocab_size=151936,
    intermediate_size=8960,
    tied_embeddings=True,
    gated_mlp=True,
)
EXPERTS = QWEN_1_5B.model_copy(update={"experts": Experts(total=60, active=4)})


def run(**changes: Any) -> Run:
    """A LoRA run of TRL's, with changes."""
    values = {"tuning": "lora", "batch": 2, "length": 1024, "lora_rank": 16, "lora_targets": ("all-linear",)}
    return Run.model_validate(values | changes)


def full(**changes: Any) -> Run:
    return run(tuning="full", lora_rank=0, lora_targets=(), **changes)


def known(architecture: Architecture, **facts: Any) -> ModelInfo:
    """A model of which these things are known."""
    given = {"architecture": architecture} | facts
    values = {name: Fact(value=value, source="config.json") for name, value in given.items()}
    return ModelInfo(id="a/b", origin="hub", as_of="2026-01-01", **values)


def gib(bytes_: float) -> float:
    return bytes_ / GIB

"""The modules that LoRA is put on when nobody names any: PEFT's own list, by model type."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ..facts import Fact, unknown

PEFT = "PEFT 0.21.2"


def default_lora_targets(model_type: Fact[str]) -> Fact[tuple[str, ...]]:
    """PEFT's default targets for a model type. Unknown does not mean untrainable: the modules must then be named.

    A single entry may be a pattern that the whole path of a module must match (gemma4).
    """
    if model_type.value is None:
        return unknown(f"the model type is not known: {model_type.source}")
    targets = _defaults().get(model_type.value)
    if targets is None:
        return unknown(f"{PEFT} has no default for {model_type.value}: name the modules, or use all-linear")
    kind = "a pattern, " if isinstance(targets, str) else ""
    found = (targets,) if isinstance(targets, str) else tuple(targets)
    return Fact[tuple[str, ...]](value=found, source=f"{kind}{PEFT}'s default for {model_type.value}")


@cache
def _defaults() -> dict[str, list[str] | str]:
    text = Path(__file__).with_name("peft_lora_target_modules.json").read_text(encoding="utf-8")
    known: dict[str, list[str] | str] = json.loads(text)
    return known

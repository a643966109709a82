"""Everything that is known of one opened model: its facts, its files, what was made from it. Opening is in `hub/`."""

from __future__ import annotations

from typing import Literal

from .facts import Fact, Frozen
from .model_info import ModelInfo
from .steps import Access

FileRole = Literal["weights", "read", "other"]


class RepoFile(Frozen):
    """One file: its path, its bytes (None where nobody said), and whether loading reads it."""

    path: str
    bytes: int | None
    role: FileRole


class LoraAnswers(Frozen):
    """LoRA's three questions, apart: is this an adapter, which modules does PEFT take by itself, can it be trained."""

    is_adapter: Fact[bool]
    default_targets: Fact[tuple[str, ...]]
    trainable: Fact[bool]


class ModelDetails(Frozen):
    """A model as it was opened: `info` with its facts, and what is too much for a card.

    `access` is what the Hub said to this token. `made_from_it` counts models by how they were made from this one
    (`adapter`, `finetune`, `merge`, `quantized`). `stored_bytes` is the whole history of the repository.
    """

    info: ModelInfo
    access: Fact[Access]
    files: tuple[RepoFile, ...]
    made_from_it: Fact[dict[str, int]]
    stored_bytes: Fact[int]
    lora: LoraAnswers
    quantised: Fact[str]

    @property
    def unknowns(self) -> dict[str, str]:
        """What is not known of it, by the fact's name, and why."""
        named = {name: getattr(self.info, name) for name in type(self.info).model_fields}
        own = {"access": self.access, "made_from_it": self.made_from_it, "stored_bytes": self.stored_bytes}
        return {k: fact.source for k, fact in {**named, **own}.items() if isinstance(fact, Fact) and not fact.known}

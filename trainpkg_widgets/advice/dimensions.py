"""How many parameters each part of a decoder has, and which matrices LoRA is put on, from its dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ..architecture import Architecture


class OutOfScope(ValueError):
    """Raised where nothing is known that an estimate could rest on. The message says what is missing."""


class Dimensions(NamedTuple):
    """A decoder of identical layers, all counts. `q` and `k` are the widths of all query and of all key heads."""

    d: int
    q: int
    k: int
    f: int
    heads: int
    layers: int
    vocabulary: int
    gated: bool
    tied: bool

    @property
    def layer_linear(self) -> int:
        """Weights of the matrices of one layer."""
        return self.d * (2 * self.q + 2 * self.k) + (3 if self.gated else 2) * self.d * self.f

    @property
    def linear(self) -> int:
        """Weights of the matrices of all layers: what bitsandbytes quantises."""
        return self.layers * self.layer_linear

    @property
    def embedding(self) -> int:
        """Weights of the input embedding."""
        return self.vocabulary * self.d

    @property
    def head(self) -> int:
        """Weights of an output head of its own; 0 where it is the input embedding."""
        return 0 if self.tied else self.vocabulary * self.d

    @property
    def norms(self) -> int:
        """Weights of the norms."""
        return (2 * self.layers + 1) * self.d

    @property
    def parameters(self) -> int:
        """All weights."""
        return self.linear + self.embedding + self.head + self.norms

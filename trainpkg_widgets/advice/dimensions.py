"""How many weights each part of a decoder has, and which matrices LoRA is put on, from the decoder's dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from ..architecture import Architecture
from .decoder_families import (
    FLOAT_NORMS,
    FOUR_NORMS,
    FUSED_GATE,
    FUSED_QKV,
    GELU_IN_PARTS,
    HEAD_NORMS,
    LAYER_NORM,
    OTHER_LAYERS,
    PARALLEL,
    VALUE_IS_VIEW,
)

Input = Literal["attention", "attention_out", "mlp", "mlp_out", "head"]


class OutOfScopeError(ValueError):
    """Raised where nothing is known that an estimate could rest on. The message says what is missing."""


class Matrix(NamedTuple):
    """A matrix that LoRA can be put on: its width in and out, and the tensor it reads."""

    inputs: int
    outputs: int
    reads: Input


class Dimensions(NamedTuple):
    """A decoder of identical layers, all counts. `q` and `k` are the widths of all query and of all key heads."""

    model_type: str
    d: int
    q: int
    k: int
    f: int
    heads: int
    layers: int
    vocabulary: int
    gated: bool
    tied: bool
    layer_norm: bool
    parallel: bool
    norms_per_layer: int
    head_norms: bool
    float_norms: bool
    fused_qkv: bool
    value_is_view: bool
    gelu_in_parts: bool
    layer_matrices: int
    embedding: int

    @property
    def matrices(self) -> int:
        """Weights of the matrices of all layers: what bitsandbytes quantises."""
        return self.layers * self.layer_matrices

    @property
    def head(self) -> int:
        """Weights of an output head of its own; 0 where it is the input embedding."""
        return 0 if self.tied else self.embedding

    @property
    def norms(self) -> int:
        """Weights of the norms."""
        return (self.norms_per_layer * self.layers + 1) * self.d

    @property
    def parameters(self) -> int:
        """All weights."""
        return self.matrices + self.embedding + self.head + self.norms


@lru_cache(maxsize=512)
def dimensions_of(architecture: Architecture) -> Dimensions:
    """The dimensions that the formulas are written in.

    Raises:
        OutOfScopeError: the architecture is not one of identical dense layers, or does not say enough.
    """
    a = architecture
    if a.experts is not None:
        raise OutOfScopeError("It is a mixture of experts, and no published run backs an estimate for those.")
    if a.model_type in OTHER_LAYERS:
        raise OutOfScopeError(
            f"The layers of {a.model_type} are not all attention and MLP, which the formulas are for."
        )
    if a.intermediate_size is None or a.tied_embeddings is None or a.gated_mlp is None:
        missing = [
            words
            for words, value in (
                ("how wide the MLP is", a.intermediate_size),
                ("whether the output head is the embedding", a.tied_embeddings),
                ("whether the MLP has a gate", a.gated_mlp),
            )
            if value is None
        ]
        raise OutOfScopeError(f"The model's config does not say {' nor '.join(missing)}.")
    parallel = a.model_type in PARALLEL
    q, k = a.heads * a.head_dim, a.kv_heads * a.head_dim
    mlp = (3 if a.gated_mlp else 2) * a.hidden_size * a.intermediate_size
    return Dimensions(
        model_type=a.model_type,
        d=a.hidden_size,
        q=q,
        k=k,
        f=a.intermediate_size,
        heads=a.heads,
        layers=a.layers,
        vocabulary=a.vocab_size,
        gated=a.gated_mlp,
        tied=a.tied_embeddings,
        layer_norm=a.model_type in LAYER_NORM,
        parallel=parallel,
        norms_per_layer=4 if a.model_type in FOUR_NORMS else 1 if parallel else 2,
        head_norms=a.model_type in HEAD_NORMS,
        float_norms=a.model_type in FLOAT_NORMS,
        fused_qkv=a.model_type in FUSED_QKV,
        value_is_view=a.model_type in VALUE_IS_VIEW,
        gelu_in_parts=a.model_type in GELU_IN_PARTS,
        layer_matrices=2 * a.hidden_size * (q + k) + mlp,
        embedding=a.vocab_size * a.hidden_size,
    )


@lru_cache(maxsize=512)
def lora_matrices(dims: Dimensions, targets: tuple[str, ...]) -> tuple[Matrix, ...]:
    """The matrices of one layer that LoRA is put on, by the names PEFT is given.

    Raises:
        OutOfScopeError: a name is none that is known for a matrix of a decoder layer.
    """
    known = _matrices(dims)
    if list(targets) == ["all-linear"]:
        return tuple(known[name] for name in _all_linear(dims))
    found: list[Matrix] = []
    for target in targets:
        names = _names(dims, target.rsplit(".", 1)[-1])
        if not names:
            raise OutOfScopeError(
                f"LoRA is put on “{target}”, whose size is not known for {dims.model_type or 'this model'}."
            )
        found += [known[name] for name in names]
    return tuple(found)


def lora_weights(matrices: Iterable[Matrix], rank: int, layers: int) -> int:
    """Weights of LoRA: two matrices of `rank` for each one that it is put on; the output head counts once."""
    return sum(rank * (m.inputs + m.outputs) * (1 if m.reads == "head" else layers) for m in matrices)


def _matrices(dims: Dimensions) -> dict[str, Matrix]:
    d, q, k, f = dims.d, dims.q, dims.k, dims.f
    return {
        "q": Matrix(d, q, "attention"),
        "k": Matrix(d, k, "attention"),
        "v": Matrix(d, k, "attention"),
        "qkv": Matrix(d, q + 2 * k, "attention"),
        "o": Matrix(q, d, "attention_out"),
        "gate": Matrix(d, f, "mlp"),
        "up": Matrix(d, f, "mlp"),
        "gate_up": Matrix(d, 2 * f, "mlp"),
        "down": Matrix(f, d, "mlp_out"),
        "head": Matrix(d, dims.vocabulary, "head"),
    }


def _all_linear(dims: Dimensions) -> tuple[str, ...]:
    attention = ("qkv", "o") if dims.fused_qkv else ("q", "k", "v", "o")
    if not dims.gated:
        return (*attention, "up", "down")
    return (*attention, "gate_up", "down") if dims.model_type in FUSED_GATE else (*attention, "gate", "up", "down")


# Names of modules in transformers 5.23 and in the repositories of Qwen 1, Baichuan 2 and ChatGLM 3.
_BY_NAME: dict[str, tuple[str, ...]] = {
    "q_proj": ("q",),
    "k_proj": ("k",),
    "v_proj": ("v",),
    "qkv_proj": ("qkv",),
    "query_key_value": ("qkv",),
    "c_attn": ("qkv",),
    "Wqkv": ("qkv",),
    "W_pack": ("qkv",),
    "o_proj": ("o",),
    "out_proj": ("o",),
    "dense": ("o",),
    "gate_proj": ("gate",),
    "up_proj": ("up",),
    "gate_up_proj": ("gate_up",),
    "dense_h_to_4h": ("up",),
    "fc1": ("up",),
    "fc_in": ("up",),
    "c_fc": ("up",),
    "down_proj": ("down",),
    "dense_4h_to_h": ("down",),
    "fc2": ("down",),
    "fc_out": ("down",),
    "lm_head": ("head",),
}


def _names(dims: Dimensions, name: str) -> tuple[str, ...]:
    # GPT-2 calls the last matrix of attention and of the MLP by one name; Phi calls that of attention dense.
    if name == "c_proj":
        return ("o", "down")
    found = _BY_NAME.get(name, ())
    return () if found == ("gate",) and not dims.gated else found

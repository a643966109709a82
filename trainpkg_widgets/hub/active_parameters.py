"""How many parameters of a mixture of experts each token uses, computed from `config.json`.

Only for the families below, whose layers the dimensions tell wholly, and only where the same count of all parameters
agrees with that of the weights. Norms and biases are left out: they are less than a thousandth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..architecture import Architecture, Experts
from ..facts import Fact, unknown
from ..model_info import ModelInfo

_SOURCE = "computed from {source}: embeddings, attention, shared experts, and of the others the {active} a token uses"
# How far the count of all parameters may be from that of the weights.
_TOLERANCE = 0.02
_NAMED = re.compile(r"(?<![a-z0-9])a(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])", re.IGNORECASE)
_UNITS = {"b": 1e9, "m": 1e6}

# transformers 5.23.0, modeling_<type>.py: which layers hold experts.
_EVERY = ("mixtral", "olmoe", "phimoe", "granitemoe", "gpt_oss", "minimax_m2")
_STEPPED = ("qwen2_moe", "qwen3_moe", "qwen3_vl_moe_text", "qwen3_omni_moe_text")
_AFTER_DENSE = ("deepseek_v2", "deepseek_v3", "glm4_moe", "dots1")
_WITH_SHARED = ("qwen2_moe", *_AFTER_DENSE)


class Counted(NamedTuple):
    """Parameters of a model: all, and those that one token passes through."""

    total: float
    active: float


def read_active_parameters(info: ModelInfo, values: Mapping[str, Any], source: str) -> Fact[int]:
    """The active parameters of a model whose dimensions are known; `values` is the part of its config that writes."""
    architecture = info.architecture.value
    if architecture is None or architecture.experts is None:
        return unknown("not a mixture of experts" if architecture else info.architecture.source)
    counted = count(architecture, architecture.experts, values)
    if counted is None:
        return in_name(info.id, f"{source} does not tell all of a {architecture.model_type}")
    weights = info.parameters.value
    if weights and not info.quantised.known and abs(counted.total - weights) > _TOLERANCE * weights:
        why = f"the dimensions in {source} make {counted.total / 1e9:.1f} B and the weights hold {weights / 1e9:.1f} B"
        return in_name(info.id, why)
    said = _SOURCE.format(source=source, active=f"{architecture.experts.active} of {architecture.experts.total}")
    return Fact(value=round(counted.active), source=said)


def in_name(repo_id: str, why_not: str) -> Fact[int]:
    """What a name says is active ("30B-A3B"), which is a guess."""
    named = _NAMED.search(repo_id.rpartition("/")[2])
    if named is None:
        return unknown(why_not)
    return Fact(value=round(float(named[1]) * _UNITS[named[2].lower()]), source=f"guess from name: {why_not}")


def count(a: Architecture, experts: Experts, values: Mapping[str, Any]) -> Counted | None:
    """All parameters and the active ones; None where a family or one of its dimensions is not known."""
    with_experts = _layers_with_experts(a, values)
    attention = _attention(a, values)
    shared = _shared_width(a.model_type, values, experts)
    width, active = experts.intermediate_size, experts.active
    if with_experts is None or attention is None or shared is None or a.tied_embeddings is None:
        return None
    if width is None or active is None:
        return None
    dense = a.layers - with_experts
    if dense and a.intermediate_size is None:
        return None
    one_expert = 3 * a.hidden_size * width
    always = a.vocab_size * a.hidden_size * (1 if a.tied_embeddings else 2)
    always += a.layers * attention + dense * 3 * a.hidden_size * (a.intermediate_size or 0)
    always += with_experts * a.hidden_size * (experts.total + 3 * shared)
    return Counted(*(always + with_experts * one_expert * used for used in (experts.total, active)))


def _layers_with_experts(a: Architecture, values: Mapping[str, Any]) -> int | None:
    if a.model_type in _EVERY:
        return a.layers
    if a.model_type in _STEPPED:
        step, plain = values.get("decoder_sparse_step"), values.get("mlp_only_layers") or []
        if not isinstance(step, int) or step < 1 or not isinstance(plain, list):
            return None
        return sum(1 for layer in range(a.layers) if (layer + 1) % step == 0 and layer not in plain)
    first = values.get("first_k_dense_replace")
    if a.model_type not in _AFTER_DENSE or not isinstance(first, int) or values.get("moe_layer_freq", 1) != 1:
        return None
    return max(a.layers - first, 0)


def _attention(a: Architecture, values: Mapping[str, Any]) -> int | None:
    """The matrices of one layer's attention."""
    ranked = values.get("kv_lora_rank")
    if not ranked:
        return 2 * a.hidden_size * a.head_dim * (a.heads + a.kv_heads)
    names = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    given = [number for name in names if isinstance(number := values.get(name), int)]
    if len(given) < len(names):
        return None
    rank, plain, rotary, value = given
    queries, query_rank = a.heads * (plain + rotary), values.get("q_lora_rank")
    to_queries = (a.hidden_size + queries) * query_rank if isinstance(query_rank, int) else a.hidden_size * queries
    compressed = a.hidden_size * (rank + rotary) + rank * a.heads * (plain + value)
    return to_queries + compressed + a.heads * value * a.hidden_size


def _shared_width(model_type: str, values: Mapping[str, Any], experts: Experts) -> int | None:
    """How wide what every token passes beside its experts is."""
    wide = values.get("shared_expert_intermediate_size")
    if isinstance(wide, int):
        return wide
    shared = values.get("n_shared_experts")
    if shared is None:
        return None if model_type in _WITH_SHARED else 0
    return shared * experts.intermediate_size if isinstance(shared, int) and experts.intermediate_size else None

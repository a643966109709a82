"""What a model's `config.json` says of its dimensions and its configured context, with the place each was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..architecture import Architecture, Experts
from ..facts import Fact, unknown
from .model_types import LIBRARY, ModelType, known_type

# Where a model that also sees or hears keeps the configuration of the part that writes.
_TEXT_PARTS = ("text_config", "llm_config", "language_config", "thinker_config")

# Names that families give one dimension in their own config.json, beside those transformers itself maps.
_NAMES = {
    "hidden_size": ("hidden_size", "n_embd", "d_model", "dim"),
    "num_hidden_layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "num_attention_heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "num_key_value_heads": ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"),
    "head_dim": ("head_dim", "d_kv", "kv_channels"),
    "vocab_size": ("vocab_size", "padded_vocab_size"),
    "intermediate_size": ("intermediate_size", "n_inner", "ffn_hidden_size", "ffn_dim", "d_ff"),
    "num_experts": ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    "num_experts_per_tok": (
        *("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_k"),
        *("moe_top_k", "experts_per_token"),
    ),
    "moe_intermediate_size": ("moe_intermediate_size", "expert_ffn_hidden_size", "moe_ffn_hidden_size"),
    "max_position_embeddings": (
        *("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "max_seq_len", "seq_length"),
    ),
}
# transformers 5.23: the MLP of these is four times as wide as the model unless their config says otherwise.
_FOUR_TIMES = ("gpt2", "gptj", "gpt_neo", "gpt_bigcode", "bloom", "codegen", "falcon", "mpt")
# transformers 5.23: positions are relative in these; `n_positions` limits nothing.
_NO_LIMIT = ("t5", "mt5", "umt5", "longt5", "switch_transformers", "bloom")


class _Part(NamedTuple):
    """The configuration of the part that writes text, and what the library knows of its type."""

    values: Mapping[str, Any]
    model_type: str
    known: ModelType | None
    nested: bool


def read_architecture(config: Any, source: str) -> Fact[Architecture]:
    """The dimensions of the decoder in a `config.json`; unknown says which one is missing.

    What the file leaves out takes the default of transformers' own class, and is named as such in the source.
    """
    if not isinstance(config, Mapping):
        return unknown(f"{source} is not a mapping")
    part = _text_part(config)
    if not part.model_type:
        return unknown(f"{source} names no model_type")
    if part.values.get("is_encoder_decoder") is True or (part.known and _answers_only(part.known)):
        return unknown(f"{part.model_type} is an encoder and a decoder: its dimensions are not those of one stack")
    reading = _Reading(part)
    values: dict[str, Any] = {
        "model_type": part.model_type,
        "hidden_size": reading.dimension("hidden_size"),
        "layers": reading.dimension("num_hidden_layers"),
        "heads": reading.dimension("num_attention_heads"),
        "vocab_size": reading.dimension("vocab_size"),
    }
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return unknown(f"{source} gives no {', '.join(missing)}")
    hidden, heads = values["hidden_size"], values["heads"]
    values["kv_heads"] = reading.kv_heads(heads)
    values["head_dim"] = reading.head_dim(hidden, heads)
    values["experts"] = reading.experts()
    values["intermediate_size"] = reading.intermediate_size(hidden)
    values["tied_embeddings"] = _tied(config, part, reading)
    values["gated_mlp"] = part.known.gated_mlp if part.known else None
    try:
        found = Architecture.model_validate(values)
    except ValidationError as error:
        wrong = ", ".join(str(e["loc"][0]) for e in error.errors() if e["loc"])
        return unknown(f"{source} gives no usable {wrong}")
    return Fact(value=found, source="; ".join([_place(source, part), *reading.notes()]))


def read_context_length(config: Any, source: str) -> Fact[int]:
    """The longest input a model is configured for, in tokens: a configured maximum, not what it was trained on."""
    if not isinstance(config, Mapping):
        return unknown(f"{source} is not a mapping")
    part = _text_part(config)
    if part.model_type in _NO_LIMIT:
        return unknown(f"positions of {part.model_type} are relative: it has no configured maximum")
    reading = _Reading(part)
    length = reading.dimension("max_position_embeddings")
    if length is None:
        return unknown(f"{source} gives no max_position_embeddings")
    said = [f"configured maximum, {_place(source, part)}", *reading.notes()]
    scaling = part.values.get("rope_scaling") or part.values.get("rope_parameters")
    if isinstance(scaling, Mapping) and isinstance(scaling.get("factor"), (int, float)):
        said.append(f"positions stretched {scaling['factor']:g} times")
    window = part.values.get("sliding_window")
    if isinstance(window, int) and 0 < window < length and part.values.get("use_sliding_window") is not False:
        said.append(f"some layers look back {window:,} tokens")
    return Fact(value=length, source="; ".join(said))


def part_that_writes(config: Any) -> Mapping[str, Any]:
    """Of a `config.json` what configures the part that writes text; nothing where it is no mapping."""
    return _text_part(config).values if isinstance(config, Mapping) else {}


class _Reading:
    """One pass over a configuration: values by any of their names, and which of them the library had to give."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._defaulted: list[str] = []
        self._derived: list[str] = []

    def dimension(self, name: str) -> int | None:
        """A dimension the file states, else the library's default for the type."""
        part = self._part
        own_name = part.known.names.get(name) if part.known else None
        names = (own_name, *_NAMES[name]) if own_name else _NAMES[name]
        stated = _first(part.values, names)
        # An explicit null is no omission: the library then computes the value and does not take its default.
        if part.known is None or any(n in part.values for n in names):
            return stated
        default = _first(part.known.defaults, names)
        if default is not None:
            self._defaulted.append(name)
        return default

    def kv_heads(self, heads: int) -> int | None:
        values = self._part.values
        inner = values.get("attn_config")
        if isinstance(inner, Mapping) and (grouped := _first(inner, ("kv_n_heads",))) is not None:
            return grouped
        # Falcon and GPT-BigCode share one key-value head where they say multi_query; the newer Falcons count them.
        if values.get("multi_query") is True and values.get("new_decoder_architecture") is not True:
            return 1
        stated = self.dimension("num_key_value_heads")
        if stated is None and self._part.known is not None:
            self._derived.append("one key-value head for each head")
            return heads
        return stated

    def head_dim(self, hidden: int, heads: int) -> int | None:
        values = self._part.values
        rope, plain = (_first(values, (name,)) for name in ("qk_rope_head_dim", "qk_nope_head_dim"))
        if rope and plain:
            self._derived.append("multi-head latent attention: a head is its rotary and its other part")
            return rope + plain
        stated = self.dimension("head_dim")
        if stated is None and hidden % heads == 0:
            self._derived.append("head_dim is hidden_size / heads")
            return hidden // heads
        return stated

    def intermediate_size(self, hidden: int) -> int | None:
        # Lfm2: the width is adjusted when the model is built, so that config.json does not hold the real one.
        if self._part.values.get("block_auto_adjust_ff_dim") is True:
            self._derived.append("the MLP's width is computed when the model is built")
            return None
        stated = self.dimension("intermediate_size")
        if stated is None and self._part.model_type in _FOUR_TIMES:
            self._derived.append("the MLP is 4 x hidden_size, as the library makes it")
            return 4 * hidden
        return stated

    def experts(self) -> Experts | None:
        values = self._part.values
        inner = values.get("ffn_config")
        holder = inner if isinstance(inner, Mapping) else values
        if values.get("enable_moe_block") is False:
            return None
        total = _first(holder, _NAMES["num_experts"]) or self.dimension("num_experts")
        if total is None or total < 2:
            return None
        width = self.dimension("moe_intermediate_size") or self.dimension("intermediate_size")
        active = _first(holder, _NAMES["num_experts_per_tok"]) or self.dimension("num_experts_per_tok")
        return Experts(total=total, active=active, intermediate_size=width)

    def note_default(self, name: str) -> None:
        self._defaulted.append(name)

    def notes(self) -> list[str]:
        """What of this reading was not in the file, and where the dimensions do not tell all."""
        defaulted = ", ".join(dict.fromkeys(self._defaulted))
        kinds = self._part.values.get("layer_types")
        if isinstance(kinds, list) and any(isinstance(k, str) and not k.endswith("attention") for k in kinds):
            self._derived.append("not every layer is attention")
        elif isinstance(kinds, list) and "linear_attention" in kinds:
            self._derived.append("some layers are linear attention")
        return [*self._derived, *([f"{defaulted}: library default ({LIBRARY})"] if defaulted else [])]


def _text_part(config: Mapping[str, Any]) -> _Part:
    outer = config.get("model_type")
    model_type = outer if isinstance(outer, str) else ""
    values, nested = config, False
    for _ in range(2):  # thinker_config.text_config is the deepest that is known
        inner = next((v for k in _TEXT_PARTS if isinstance(v := values.get(k), Mapping)), None)
        if inner is None:
            break
        values, nested = inner, True
    inner_type = values.get("model_type")
    if nested and isinstance(inner_type, str) and inner_type:
        model_type = inner_type
    return _Part(values, model_type, known_type(model_type), nested)


def _tied(config: Mapping[str, Any], part: _Part, reading: _Reading) -> bool | None:
    for holder in (config, part.values):
        if isinstance(holder.get("tie_word_embeddings"), bool):
            return bool(holder["tie_word_embeddings"])
    for known in (known_type(_text(config.get("model_type"))), part.known):
        if known is not None and "tie_word_embeddings" in known.defaults:
            reading.note_default("tie_word_embeddings")
            return bool(known.defaults["tie_word_embeddings"])
    return None


def _answers_only(known: ModelType) -> bool:
    return bool(known.encoder_decoder) and not known.causal_lm


def _place(source: str, part: _Part) -> str:
    return f"the text part of a multimodal model, from {source}" if part.nested else f"from {source}"


def _first(values: Mapping[str, Any], names: Iterable[str]) -> int | None:
    return next((values[name] for name in names if _is_dimension(values.get(name))), None)


def _is_dimension(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""One row of the built-in catalogue as facts, each with its source. What the source itself only guessed stays unknown.

llmfit's own `format`, `quantization` and memory figures are guesses and are not in the catalogue at all; a context of
4096 beside a config.json that it could not read is its fallback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..architecture import Architecture, Experts
from ..facts import Fact, unknown
from ..model_info import ChatEvidence, Gate, ModelInfo, WeightFormat
from .active_parameters import in_name
from .chat_evidence import instruct_in_name
from .licences import licence_class, named_licence
from .lora_targets import default_lora_targets
from .model_types import known_type
from .quantisation import quantisation_in_name

# The columns of the table, in its order. `dimensions_from` and `parameters_from` are keys of `_FROM`.
COLUMNS = (
    *("id", "parameters", "parameters_from", "model_type", "pipeline_tag", "licence", "licence_from"),
    *("downloads", "likes", "created", "context_length", "hidden_size", "layers", "heads", "kv_heads", "head_dim"),
    *("vocab_size", "intermediate_size", "experts", "active_experts", "expert_size", "tied", "dimensions_from"),
    *("config_read", "chats", "neighbour"),
)

_FROM = {
    "llmfit": "llmfit 1.1.17",
    "both": "llmfit 1.1.17 and xinference 4.1.0",
    "litgpt": "LitGPT 0.5.13",
    "litgpt, counted": "LitGPT 0.5.13, borne out by the parameter count",
    "rounded": "llmfit 1.1.17, a rounded count",
    "computed": "computed from LitGPT 0.5.13's dimensions",
}
# Naming a generic type anew costs as much as making a fact of it, and a model copies a fact that is not of its own
# field's type.
_Int, _Str, _FormatFact, _ChatFact, _GateFact = Fact[int], Fact[str], Fact[WeightFormat], Fact[ChatEvidence], Fact[Gate]

_FORMAT_IN_NAME = re.compile(r"(?:^|[-_./])(gguf|mlx|onnx)(?=$|[-_./])")
# The makers publish these in fewer bits than sixteen (openai's MXFP4, DeepSeek's FP8).
_NOT_SIXTEEN_BIT = ("gpt_oss", "deepseek_v3", "deepseek_v32", "deepseek_v4")


def model_of(row: Mapping[str, Any], date: str) -> ModelInfo:
    """The model of one row. `date` is that of the catalogue, ISO 8601."""
    book = f"built-in catalogue of {date}"
    repo_id = row["id"]
    author, _, name = repo_id.rpartition("/")
    parameters = _known(_Int, row["parameters"], f"{book} ({_FROM[row['parameters_from']]})")
    model_type: Fact[str] = _known(_Str, row["model_type"], f"{book} (llmfit 1.1.17)")
    licence = _licence(row, book)
    form = _weight_format(repo_id, parameters)
    quantised = quantisation_in_name(name)
    instruct = _instruct(row, name, book)
    return ModelInfo(
        id=repo_id,
        origin="catalogue",
        as_of=date,
        author=author,
        parameters=parameters,
        active_parameters=_active(row, book),
        weight_bytes=_sixteen_bit(parameters, form, quantised, row["model_type"]),
        weight_format=form,
        quantised=quantised,
        model_type=model_type,
        architecture=_architecture(row, book),
        context_length=_known(
            _Int, row["context_length"], f"configured maximum, {book}", "its config.json was not read"
        ),
        chat=_chat(row, instruct, book),
        instruct=instruct,
        lora_targets=default_lora_targets(model_type),
        licence=licence,
        licence_class=licence_class(licence),
        gate=_gate(row, book),
        pipeline_tag=_known(_Str, row["pipeline_tag"], f"{book} (llmfit 1.1.17)"),
        downloads=_known(_Int, row["downloads"], f"{book} (llmfit 1.1.17)"),
        likes=_known(_Int, row["likes"], f"{book} (llmfit 1.1.17)"),
        created=_known(_Str, row["created"], f"{book} (llmfit 1.1.17)"),
        **_never_known(book),
    )


@cache
def _never_known(book: str) -> dict[str, Fact[Any]]:
    """What the catalogue does not hold for any model."""
    says_not = f"the {book} does not say"
    return {
        "download_bytes": _Int(source=f"the {book} holds no file sizes"),
        "architectures": Fact[tuple[str, ...]](source=f"the {book} holds no class names"),
        "chat_template": _Str(source=f"the {book} holds no templates"),
        "remote_code": Fact[bool](source=says_not),
        "base_model": _Str(source=says_not),
        "last_modified": _Str(source=says_not),
        "revision": _Str(source=f"the {book} names no commits"),
    }


def _licence(row: Mapping[str, Any], book: str) -> Fact[str]:
    if row["licence_from"]:
        return Fact(value=row["licence"], source=f"{book} ({row['licence_from']})")
    return named_licence(row["licence"], f"{book} (llmfit 1.1.17)")


def _architecture(row: Mapping[str, Any], book: str) -> Fact[Architecture]:
    known = known_type(row["model_type"])
    if known is None or not known.generates_text:
        return unknown(
            f"transformers knows no “{row['model_type']}” that writes text" if row["model_type"] else "no model type"
        )
    needed = ("hidden_size", "layers", "heads", "kv_heads", "head_dim", "vocab_size")
    missing = [column for column in needed if not row[column]]
    if missing:
        return unknown(f"the {book} has no {', '.join(missing)}")
    experts = None
    if row["experts"]:
        experts = Experts(total=row["experts"], active=row["active_experts"], intermediate_size=row["expert_size"])
    found = Architecture(
        model_type=row["model_type"],
        **{column: row[column] for column in needed},
        intermediate_size=row["intermediate_size"],
        tied_embeddings=None if row["tied"] is None else bool(row["tied"]),
        gated_mlp=known.gated_mlp,
        experts=experts,
    )
    said = [f"{book} ({_FROM[row['dimensions_from']]})"]
    if known.image_text and row["pipeline_tag"] != "text-generation":
        said.append("the text part of a multimodal model")
    if row["tied"] is not None:
        said.append("tied embeddings follow from the parameter count")
    return Fact(value=found, source="; ".join(said))


def _active(row: Mapping[str, Any], book: str) -> Fact[int]:
    if row["experts"]:
        return in_name(row["id"], f"the {book} does not say which layers hold experts")
    return _no_experts(book)


@cache
def _no_experts(book: str) -> Fact[int]:
    return unknown(f"the {book} names no experts")


def _weight_format(repo_id: str, parameters: Fact[int]) -> Fact[WeightFormat]:
    if match := _FORMAT_IN_NAME.search(repo_id.lower()):
        return _FormatFact.model_validate({"value": match[1], "source": "guess from name"})
    if parameters.known:
        return _FormatFact(value="safetensors", source="guess: nothing in its name says another format")
    return unknown("nothing says it")


def _sixteen_bit(
    parameters: Fact[int], form: Fact[WeightFormat], quantised: Fact[str], model_type: str | None
) -> Fact[int]:
    if parameters.value is None:
        return unknown("the parameters are not known")
    if quantised.known or form.value not in ("safetensors", "pytorch") or model_type in _NOT_SIXTEEN_BIT:
        return unknown("it is likely stored in fewer bits than 16")
    return Fact(value=2 * parameters.value, source="estimate: parameters × 2 bytes, if stored in 16 bits")


def _chat(row: Mapping[str, Any], instruct: Fact[bool], book: str) -> Fact[ChatEvidence]:
    if row["chats"]:
        return _ChatFact(value="likely", source=f"{book} (xinference 4.1.0 lists it for chat)")
    if instruct.value:
        return _ChatFact(value="likely", source=instruct.source)
    return unknown(f"the {book} holds no templates")


def _instruct(row: Mapping[str, Any], name: str, book: str) -> Fact[bool]:
    by_name = instruct_in_name(name)
    if by_name.known:
        return by_name
    if row["chats"] is not None:
        listed = "for chat" if row["chats"] else "for completing text, not for chat"
        return Fact(value=bool(row["chats"]), source=f"{book} (xinference 4.1.0 lists it {listed})")
    if row["neighbour"]:
        tuned = bool(instruct_in_name(row["neighbour"]).value)
        return Fact(value=not tuned, source=f"guess: {row['neighbour']} stands beside it")
    return by_name


def _gate(row: Mapping[str, Any], book: str) -> Fact[Gate]:
    if row["config_read"]:
        # The Hub serves no file of a gated repository to who has not accepted its terms.
        return _GateFact(value="open", source=f"guess: llmfit could read its config.json ({book})")
    if row["config_read"] is None:
        return unknown(f"the {book} does not say")
    return unknown(f"the {book} does not say; its config.json could not be read, as with gated models")


def _known(kind: type[Fact[Any]], value: Any, source: str, why_not: str = "") -> Fact[Any]:
    return kind(value=value, source=source if value is not None else why_not or f"not in the {source}")

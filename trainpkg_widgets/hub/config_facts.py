"""What a configuration means for training: type and class, code of its own, LoRA's targets, what stops a launch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..facts import Fact, unknown
from ..model_info import ModelInfo
from .active_parameters import read_active_parameters
from .lora_targets import default_lora_targets
from .model_config import part_that_writes, read_architecture, read_context_length
from .model_types import LIBRARY, encoder_decoder_classes, generating_classes, known_type
from .quantisation import read_quantisation

# TRL 1.16 loads `getattr(transformers, config.architectures[0])`. Of these, none has what SFT needs: each was run.
_NOT_GENERATING = re.compile(
    r"For(MaskedLM|PreTraining|SequenceClassification|TokenClassification|QuestionAnswering|MultipleChoice"
    r"|NextSentencePrediction|ImageClassification)$|[a-z0-9]Model$"
)


def config_facts(config: Any, source: str, *, whole: bool) -> dict[str, Any]:
    """Fields of `ModelInfo` that a configuration decides.

    `whole` tells a `config.json` from the few of its keys that the Hub puts in a body: only of a whole one does what
    is not there say anything.
    """
    values = config if isinstance(config, Mapping) else {}
    model_type = _model_type(values, source)
    classes = values.get("architectures")
    names = tuple(c for c in classes if isinstance(c, str)) if isinstance(classes, list) else ()
    quantised = read_quantisation(values) if values else unknown(f"{source} was not given")
    remote = _remote_code(values, model_type.value, source)
    return {
        "model_type": model_type,
        "architectures": Fact[tuple[str, ...]](value=names, source=f"from {source}")
        if names
        else unknown(f"{source} names no class"),
        "quantised": quantised,
        "remote_code": remote,
        "lora_targets": default_lora_targets(model_type),
        "problems": _problems(values, model_type.value, names, remote.value is True, source, whole=whole),
    }


def with_config(info: ModelInfo, config: Any, source: str = "config.json") -> ModelInfo:
    """A model with what its whole `config.json` adds: dimensions, context, and every fact that the file decides."""
    facts = {k: v for k, v in config_facts(config, source, whole=True).items() if not isinstance(v, Fact) or v.known}
    facts["architecture"] = read_architecture(config, source)
    facts["context_length"] = read_context_length(config, source)
    facts["problems"] = tuple(dict.fromkeys((*info.problems, *facts["problems"])))
    found = info.model_copy(update=facts)
    active = read_active_parameters(found, part_that_writes(config), source)
    return found.model_copy(update={"active_parameters": active})


def _model_type(values: Mapping[str, Any], source: str) -> Fact[str]:
    given = values.get("model_type")
    if isinstance(given, str) and given:
        return Fact(value=given, source=f"from {source}")
    return unknown(f"{source} names no model_type")


def _remote_code(values: Mapping[str, Any], model_type: str | None, source: str) -> Fact[bool]:
    if not values:
        return unknown(f"{source} was not given")
    if not values.get("auto_map"):
        return Fact(value=False, source=f"no auto_map in {source}")
    if known_type(model_type) is not None:
        # transformers 5: without trust_remote_code a type that the library has is built from the library's own class.
        return Fact(
            value=False, source=f"{source} names code of its own (auto_map), and {LIBRARY} has its own for {model_type}"
        )
    return Fact(value=True, source=f"auto_map in {source}")


def _problems(
    values: Mapping[str, Any],
    model_type: str | None,
    classes: tuple[str, ...],
    remote: bool,
    source: str,
    *,
    whole: bool,
) -> tuple[str, ...]:
    if model_type is None:
        return (f"{source} names no model_type, so that transformers can't tell what the model is.",) if whole else ()
    found: list[str] = []
    if known_type(model_type) is None and not remote:
        found.append(f"{LIBRARY} does not know the model type “{model_type}”.")
    if not classes and whole:
        found.append(
            f"{source} names no class under “architectures”; TRL 1.16 takes the first one and stops without it."
        )
    if classes and not remote and not _continues_text(classes[0], values):
        found.append(f"“{classes[0]}” does not continue text, so that SFT can't train it.")
    return tuple(found)


def _continues_text(name: str, values: Mapping[str, Any]) -> bool:
    if name in generating_classes():
        return True
    if name in encoder_decoder_classes() or values.get("is_encoder_decoder") is True:
        return False
    return not _NOT_GENERATING.search(name)

"""Looking at the model folder that a trainer's config names, as the trainer will: small files and headers only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ... import hub
from ...advice.as_written.evidence import ModelEvidence, ModelKind, Tokenizer
from ...hub.byte_pairs import encoder
from ...hub.chat_evidence import template_text
from ...hub.model_types import generating_classes, known_type
from ...hub.safetensors_header import BadHeaderError, read_safetensors_header
from ...hub.tokenizer_files import has_tokenizer

_LONGEST_JSON = 200_000_000
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


def model_evidence(named: Any, folder: Path, depth: int = 0) -> ModelEvidence:
    """What is at the place that `model_name_or_path` names; relative paths start from `folder`."""
    if not isinstance(named, str) or not named.strip():
        return ModelEvidence(named="", place="none")
    place = Path(named).expanduser()
    place = place if place.is_absolute() else folder / place
    if not place.is_dir():
        # transformers takes for a Hub id what is no folder; an absolute path, or one with a dot first, is none.
        is_path = Path(named).is_absolute() or named.startswith((".", "~")) or named.count("/") > 1
        return ModelEvidence(named=named, place="missing" if is_path else "elsewhere")
    files = frozenset(path.name for path in place.iterdir() if path.is_file())
    tensors, damage = _weights(place, files)
    config, adapter = read_json(place / "config.json"), read_json(place / "adapter_config.json")
    base = None
    if isinstance(adapter, Mapping) and depth == 0:
        base = model_evidence(adapter.get("base_model_name_or_path"), folder, depth + 1)
    config = config if isinstance(config, Mapping) else None
    return ModelEvidence(
        named=named,
        place="folder",
        files=files,
        config=config,
        tokenizer=tokenizer_evidence(place) if has_tokenizer(files) else None,
        tensors=tensors,
        damage=damage,
        base=base,
        kind=_kind(config or {}),
    )


def _kind(config: Mapping[str, Any]) -> ModelKind:
    name, classes = str(config.get("model_type") or ""), config.get("architectures")
    known = known_type(name)
    usual = _usual_targets().get(name)
    return ModelKind(
        known=known is not None,
        causal_lm=known.causal_lm if known else "",
        encoder_decoder=bool(known and known.encoder_decoder),
        writes_text=isinstance(classes, list) and bool(classes) and classes[0] in generating_classes(),
        usual_targets=tuple(usual) if usual is not None else None,
    )


@cache
def _usual_targets() -> dict[str, list[str]]:
    text = Path(hub.__file__).with_name("peft_lora_target_modules.json").read_text(encoding="utf-8")
    usual: dict[str, list[str]] = json.loads(text)
    return usual


def tokenizer_evidence(place: Path) -> Tokenizer:
    """The tokenizer in a model's folder."""
    content = read_json(place / "tokenizer.json")
    settings = read_json(place / "tokenizer_config.json")
    settings = settings if isinstance(settings, Mapping) else {}
    content = content if isinstance(content, Mapping) else {}
    special = read_json(place / "special_tokens_map.json")
    special = special if isinstance(special, Mapping) else {}
    ids = _tokens(content)
    eos, pad = (_token(settings.get(name, special.get(name))) for name in ("eos_token", "pad_token"))
    generation = read_json(place / "generation_config.json")
    config = read_json(place / "config.json")
    holder = generation if isinstance(generation, Mapping) else config if isinstance(config, Mapping) else {}
    stop_ids = _ids(holder.get("eos_token_id"))
    by_id = {number: token for token, number in ids.items()}
    stops = dict.fromkeys([*([eos] if eos else []), *(by_id[n] for n in stop_ids if n in by_id)])
    if eos in ids:
        stop_ids = tuple(dict.fromkeys([ids[eos], *stop_ids]))
    template = template_text(settings.get("chat_template"))
    if (place / "chat_template.jinja").is_file():
        template = (place / "chat_template.jinja").read_text(encoding="utf-8", errors="replace") or template
    return Tokenizer(
        eos=eos,
        pad=pad,
        stops=tuple(stops),
        stop_ids=stop_ids,
        highest=max(ids.values(), default=None),
        template=template,
        knows=(lambda token: token in ids) if ids else (lambda token: True),
        encode=encoder(content),
    )


def read_json(path: Path) -> Any:
    """A JSON file's content, None where it is none."""
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= _LONGEST_JSON else None
    except (OSError, ValueError, RecursionError):
        return None


def _weights(place: Path, files: frozenset[str]) -> tuple[frozenset[str] | None, str]:
    """The names of all tensors (None: not known) and why they can't be loaded."""
    shards = sorted(name for name in files if name.endswith(".safetensors"))
    for index in _INDEXES:
        content = read_json(place / index) if index in files else None
        listed = content.get("weight_map") if isinstance(content, Mapping) else None
        if isinstance(listed, Mapping) and not {"model.safetensors", "pytorch_model.bin"} & files:
            missing = sorted({str(name) for name in listed.values()} - files)
            if missing:
                return None, f"{index} names {missing[0]}, which is not there"
            shards = sorted({str(name) for name in listed.values()})
    if "model.safetensors" in files:
        shards = ["model.safetensors"]
    if not shards:
        loads = any(re.fullmatch(r"pytorch_model.*\.bin|.*\.h5|.*\.msgpack", name) for name in files)
        return None, "" if loads else "there is no model.safetensors and no pytorch_model.bin"
    try:
        headers = [read_safetensors_header(place / name) for name in shards if name.endswith(".safetensors")]
    except (BadHeaderError, OSError) as error:
        return None, str(error).rstrip(".")
    return frozenset(name for header in headers for name in header.tensors), ""


def _tokens(content: Mapping[str, Any]) -> dict[str, int]:
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, Mapping) else None
    ids: dict[str, int] = {}
    if isinstance(vocabulary, Mapping):
        ids.update({str(token): number for token, number in vocabulary.items() if isinstance(number, int)})
    elif isinstance(vocabulary, list):
        ids.update({str(entry[0]): number for number, entry in enumerate(vocabulary) if isinstance(entry, list)})
    for entry in content.get("added_tokens") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), int):
            ids[str(entry.get("content"))] = entry["id"]
    return ids


def _token(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("content")
    return value if isinstance(value, str) else None


def _ids(value: Any) -> tuple[int, ...]:
    return tuple(n for n in (value if isinstance(value, list) else [value]) if isinstance(n, int))

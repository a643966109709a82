"""A model in a folder of this disk, from its own files: configuration, weight headers, tokenizer. Nothing is run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from ..architecture import Architecture
from ..facts import Fact, unknown
from ..model_info import Gate, ModelInfo, WeightFormat
from .chat_evidence import chat_evidence, instruct_in_name, template_text
from .config_facts import with_config
from .licences import licence_class, licence_of_card
from .parameter_count import is_packed
from .safetensors_header import BadHeaderError, SafetensorsHeader, read_safetensors_header
from .tokenizer_files import has_tokenizer, highest_token
from .weight_files import INDEX_FILES, canonical_files, canonical_weights, repository_size, weight_format_of

# A configuration is kilobytes and a tokenizer some tens of megabytes. What is longer is not read, and said not to be.
_LONGEST_JSON = 200_000_000
_LONGEST_TEXT = 5_000_000

_LAYER = re.compile(r"^(.*?)(?:layers|layer|blocks|block|h)\.(\d+)\.")


class NotAModel(ValueError):  # noqa: N818 - named by the session, which shows its message as it is
    """The folder holds no model that could be loaded; the message says what is missing."""


def read_local_model(folder: Path) -> ModelInfo:
    """The facts of a model in a folder. Its id is the folder's absolute path.

    Raises:
        NotAModel: there is no such folder, or no configuration, or weights are missing or damaged.
    """
    folder = folder.expanduser().absolute()
    sizes = _files_of(folder)
    form = weight_format_of(sizes)
    siblings = [{"rfilename": name, "size": size} for name, size in sizes.items()]
    gate: Fact[Gate] = Fact[Gate](value="open", source="a folder on this disk")
    licence = licence_of_card(_card(folder, sizes))
    info = ModelInfo(
        id=str(folder),
        origin="folder",
        as_of=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        weight_format=form,
        download_bytes=Fact(value=0, source="a folder on this disk: nothing is fetched"),
        repository_bytes=repository_size(siblings),
        licence=licence,
        licence_class=licence_class(licence),
        gate=gate,
        instruct=instruct_in_name(folder.name),
        revision=unknown("a folder has no commit"),
    )
    if form.value == "adapter":
        return _adapter(info, folder, sizes)
    if form.value == "gguf" and "config.json" not in sizes:
        return info.model_copy(update={"weight_bytes": canonical_weights(siblings)})
    if "config.json" not in sizes:
        raise NotAModel(f"{folder.name} has no config.json, so that it can't be told what kind of model it is.")
    config = _json(folder / "config.json")
    if not isinstance(config, Mapping):
        raise NotAModel(f"The config.json in {folder.name} is not a mapping.")
    headers = _weights(folder, sizes, form.value)
    template = _template(folder, sizes)
    info = with_config(info, config).model_copy(
        update={
            "weight_bytes": canonical_weights(siblings),
            "chat_template": template,
            "chat": chat_evidence(folder.name, template, files=sizes, tags=(), looked=True),
            **_counts(headers, config, canonical_weights(siblings)),
        }
    )
    if form.value == "safetensors" and isinstance(config.get("quantization"), Mapping):
        mlx = Fact[WeightFormat](value="mlx", source="“quantization” in config.json, as MLX writes it")
        info = info.model_copy(update={"weight_format": mlx})
    problems = (*info.problems, *_problems(info.architecture.value, headers, folder, sizes))
    return info.model_copy(update={"problems": problems})


def _files_of(folder: Path) -> dict[str, int]:
    """Bytes of every file by its path in the folder. Raises NotAModel where there is no such folder."""
    if not folder.exists():
        raise NotAModel(f"There is no folder {folder}.")
    if not folder.is_dir():
        raise NotAModel(f"{folder} is a file. Give the folder that holds config.json and the weights.")
    try:
        # The checkpoints that training leaves in subfolders are models of their own.
        here = [p for p in sorted(folder.iterdir()) if p.is_file()]
        below = [
            p for d in sorted(folder.iterdir()) if d.is_dir() and d.name in ("onnx", "original") for p in d.iterdir()
        ]
        sizes = {p.relative_to(folder).as_posix(): p.stat().st_size for p in (*here, *below) if p.is_file()}
    except OSError as error:
        raise NotAModel(f"{folder} can't be read: {error.strerror or error}.") from error
    if not sizes:
        raise NotAModel(f"{folder} holds no files.")
    return sizes


def _weights(folder: Path, sizes: Mapping[str, int], form: str | None) -> list[SafetensorsHeader]:
    """The headers of all weight files, none where they are not safetensors. Raises NotAModel for what does not load."""
    missing = sorted({n for index in INDEX_FILES if index in sizes for n in _named_in(folder / index)} - set(sizes))
    if missing and not {"model.safetensors", "pytorch_model.bin"} & set(sizes):
        raise NotAModel(f"The index of {folder.name} names {missing[0]}, which is not there ({len(missing)} missing).")
    files = canonical_files(sizes)
    if files.value is None and form in ("safetensors", "pytorch", "other", None):
        raise NotAModel(f"{folder.name} has no whole set of weights: {files.source}.")
    if form != "safetensors":
        return []
    try:
        return [read_safetensors_header(folder / name) for name in files.value or ()]
    except (BadHeaderError, OSError) as error:
        raise NotAModel(f"The weights of {folder.name} can't be loaded. {error}") from error


def _named_in(index: Path) -> set[str]:
    content = _json(index)
    weights = content.get("weight_map") if isinstance(content, Mapping) else None
    return {n for n in weights.values() if isinstance(n, str)} if isinstance(weights, Mapping) else set()


def _counts(headers: list[SafetensorsHeader], config: Mapping[str, Any], weights: Fact[int]) -> dict[str, Any]:
    if headers:
        counts: dict[str, int] = {}
        for header in headers:
            for dtype, elements in header.elements.items():
                counts[dtype] = counts.get(dtype, 0) + elements
        packed = ", ".join(d for d in counts if is_packed(d))
        source = f"stored numbers, of which {packed} pack several weights" if packed else "from the safetensors headers"
        return {"parameters": Fact(value=sum(counts.values()), source=source), "parameters_by_dtype": counts}
    dtype = str(config.get("dtype") or config.get("torch_dtype") or "")
    width = {"float32": 4, "float16": 2, "bfloat16": 2}.get(dtype.removeprefix("torch."))
    if weights.value is None or width is None:
        return {"parameters": unknown("the weights are not safetensors, and config.json names no dtype")}
    return {"parameters": Fact(value=weights.value // width, source=f"estimate: bytes of weights / {width} ({dtype})")}


def _problems(
    architecture: Architecture | None, headers: list[SafetensorsHeader], folder: Path, sizes: Mapping[str, int]
) -> list[str]:
    found: list[str] = []
    if not has_tokenizer(sizes):
        found.append("The folder has no tokenizer (tokenizer.json or the vocabulary of a slow one).")
    if architecture is None:
        return found
    layers = _layers(headers)
    if 0 < layers < architecture.layers:
        found.append(
            f"The weights hold {layers} of the {architecture.layers} layers that config.json names; "
            "the others would start from random numbers."
        )
    if "tokenizer.json" in sizes:
        highest, embeddings = highest_token(_json(folder / "tokenizer.json")), architecture.vocab_size
        if highest is not None and highest >= embeddings:
            found.append(
                f"The tokenizer gives tokens up to {highest:,}, and the model has {embeddings:,} embeddings: "
                "a row that uses a token beyond them stops the run."
            )
    return found


def _layers(headers: list[SafetensorsHeader]) -> int:
    """How many numbered layers the deepest stack in the weights has, 0 where none are numbered."""
    stacks: dict[str, set[str]] = {}
    for header in headers:
        for name in header.tensors:
            if match := _LAYER.match(name):
                stacks.setdefault(match[1], set()).add(match[2])
    return max((len(numbers) for numbers in stacks.values()), default=0)


def _template(folder: Path, sizes: Mapping[str, int]) -> Fact[str]:
    """The chat template, from the places transformers looks in, in its order."""
    if "chat_template.jinja" in sizes and (text := _text(folder / "chat_template.jinja")):
        return Fact(value=text, source="from chat_template.jinja")
    for name in ("tokenizer_config.json", "chat_template.json", "processor_config.json"):
        content = _json(folder / name) if name in sizes else None
        found = template_text(content.get("chat_template")) if isinstance(content, Mapping) else None
        if found:
            return Fact(value=found, source=f"from {name}")
    return unknown("no chat_template.jinja, and none in tokenizer_config.json")


def _adapter(info: ModelInfo, folder: Path, sizes: Mapping[str, int]) -> ModelInfo:
    config = _json(folder / "adapter_config.json") if "adapter_config.json" in sizes else None
    base = config.get("base_model_name_or_path") if isinstance(config, Mapping) else None
    named = isinstance(base, str) and bool(base)
    return info.model_copy(
        update={
            "base_model": Fact(value=base, source="adapter_config.json")
            if named
            else unknown("adapter_config.json names none"),
            "lora_targets": unknown("an adapter is no base to put LoRA on"),
        }
    )


def _card(folder: Path, sizes: Mapping[str, int]) -> Any:
    """The metadata at the head of README.md, None where there is none."""
    text = _text(folder / "README.md") if "README.md" in sizes else ""
    match = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    if match is None:
        return None
    try:
        return yaml.safe_load(match[1])
    except yaml.YAMLError:
        return None


def _json(path: Path) -> Any:
    """A JSON file's content, None where it is none or too long to be one of a model's."""
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= _LONGEST_JSON else None
    except (ValueError, OSError, RecursionError):
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _LONGEST_TEXT else ""
    except (ValueError, OSError):
        return ""

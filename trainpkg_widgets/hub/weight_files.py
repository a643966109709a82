"""Which files of a repository are its weights, and what they weigh: one canonical set, never the sum of all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..facts import Fact, unknown
from ..model_info import WeightFormat
from .tokenizer_files import has_tokenizer

INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")

_SHARD = re.compile(r"(?P<stem>[^/.]+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.(?P<ending>safetensors|bin|gguf)")
_GGUF_PART = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)", re.IGNORECASE)
_GGUF_QUANT = re.compile(r"(?:UD-)?(?:I?Q\d\w*|T?Q\d_\d|BF16|F16|F32|MXFP4\w*)(?=\.gguf$)", re.IGNORECASE)

# Beside the weights that transformers loads, repositories carry the maker's own format and what training left behind.
_NOT_WEIGHTS = re.compile(
    r"(consolidated|adapter|optimizer|scheduler|training|rng|mmproj|scaler|random_states|global_step)", re.IGNORECASE
)

# transformers 5.23: what from_pretrained of a model and of its tokenizer asks for, beside weights and vocabulary.
_READ_TOO = (
    "config.json", "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "processor_config.json", "preprocessor_config.json",
)  # fmt: skip


def canonical_files(names: Iterable[str]) -> Fact[tuple[str, ...]]:
    """The names of the files that loading reads.

    In the order transformers looks: one `model.safetensors`, its shards, another complete group of shards, then
    `pytorch_model.bin` and its shards, then TensorFlow's or Flax's. A GGUF repository holds one model a quantisation:
    its files are canonical only where there is one. Unknown says why.
    """
    names = set(names)
    top = sorted(n for n in names if "/" not in n and not _NOT_WEIGHTS.match(n))
    for single, ending in (("model.safetensors", "safetensors"), ("pytorch_model.bin", "bin")):
        if single in top:
            return _found((single,), single)
        groups = _shard_groups(top, ending)
        for count, files in groups:
            if len(files) == count:
                return _found(files, f"{count} shards, {files[0]} and on")
        if groups:
            count, files = groups[0]
            return unknown(f"{len(files)} of {count} shards are there ({files[0]})")
        if ending == "safetensors" and (alone := _single_file(top)).source:
            return alone
    for other in ("tf_model.h5", "flax_model.msgpack"):
        if other in top:
            return _found((other,), other)
    return _gguf(names)


def canonical_weights(siblings: Iterable[Mapping[str, Any]]) -> Fact[int]:
    """Bytes that loading the model reads: the canonical files only. `siblings` are rows with `rfilename` and `size`."""
    sizes = file_sizes(siblings)
    if not sizes:
        return unknown("the file names were not asked for")
    files = canonical_files(sizes)
    if files.value is None:
        return unknown(files.source)
    known = [size for size in (sizes[name] for name in files.value) if size is not None]
    if len(known) < len(files.value):
        return unknown("the file sizes were not asked for")
    return Fact(value=sum(known), source=f"file sizes: {files.source}")


def read_beside_weights(name: str) -> bool:
    """Whether transformers reads this file too when it loads a model: configuration, index, tokenizer, template."""
    return has_tokenizer((name,)) or name in INDEX_FILES or name in _READ_TOO


def download_size(siblings: Iterable[Mapping[str, Any]]) -> Fact[int]:
    """Bytes that loading the model fetches: its canonical weights, and the small files that are read beside them."""
    weights = canonical_weights(siblings)
    if weights.value is None:
        return weights
    sizes = file_sizes(siblings)
    beside = [size for name, size in sizes.items() if read_beside_weights(name) and size is not None]
    return Fact(value=weights.value + sum(beside), source=f"{weights.source}, and {len(beside)} files read beside them")


def repository_size(siblings: Iterable[Mapping[str, Any]]) -> Fact[int]:
    """Bytes of the whole repository at this revision: every file, in every format."""
    sizes = file_sizes(siblings)
    known = [size for size in sizes.values() if size is not None]
    if not sizes or len(known) < len(sizes):
        return unknown("the file sizes were not asked for")
    return Fact(value=sum(known), source=f"file sizes: all {len(known)} files of the repository")


def weight_format_of(names: Iterable[str]) -> Fact[WeightFormat]:
    """The format of the weights that loading reads. An adapter's file beside whole weights makes no adapter of them."""
    names = set(names)
    if not names:
        return unknown("the file names were not asked for")
    found: WeightFormat = "other"
    files = canonical_files(names)
    evidence = files.source
    endings = {n.rpartition(".")[2].lower() for n in files.value or ()} or {
        n.rpartition(".")[2].lower() for n in names if "/" not in n and not _NOT_WEIGHTS.match(n)
    }
    if "safetensors" in endings and not (files.value is None and _adapter_file(names)):
        found = "safetensors"
    elif "bin" in endings and any(n.startswith("pytorch_model") for n in names):
        found = "pytorch"
    elif adapter := _adapter_file(names):
        found, evidence = "adapter", adapter
    elif any(n.lower().endswith(".gguf") for n in names):
        count = sum(n.lower().endswith(".gguf") for n in names)
        found, evidence = "gguf", f"{count} GGUF file{'s' * (count != 1)}"
    elif "weights.npz" in names:
        found, evidence = "mlx", "weights.npz"
    elif onnx := [n for n in sorted(names) if n.endswith(".onnx")]:
        found, evidence = "onnx", onnx[0]
    elif "model_index.json" in names:
        evidence = "a pipeline of several models (model_index.json)"
    return Fact[WeightFormat](value=found, source=f"file names: {evidence}")


def file_sizes(siblings: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Name → bytes of each file; None where no size was given. What is no file is left out."""
    sizes: dict[str, int | None] = {}
    for row in siblings if isinstance(siblings, Iterable) else ():
        if not isinstance(row, Mapping) or not isinstance(row.get("rfilename"), str):
            continue
        lfs = row.get("lfs")
        size = row.get("size")
        if not _is_size(size) and isinstance(lfs, Mapping):
            size = lfs.get("size")
        sizes[row["rfilename"]] = size if _is_size(size) else None
    return sizes


def _shard_groups(names: list[str], ending: str) -> list[tuple[int, tuple[str, ...]]]:
    """How many shards each group has and which are there; transformers' own names first."""
    found: dict[tuple[str, int], list[str]] = {}
    for name in names:
        match = _SHARD.fullmatch(name)
        if match and match["ending"] == ending:
            found.setdefault((match["stem"], int(match["count"])), []).append(name)
    ours_first = sorted(found, key=lambda key: (key[0] not in ("model", "pytorch_model"), key))
    return [(key[1], tuple(sorted(found[key]))) for key in ours_first]


def _single_file(names: list[str]) -> Fact[tuple[str, ...]]:
    """The one safetensors file with a name of its own. A second dot marks a variant (`model.fp16.safetensors`)."""
    alone = tuple(n for n in names if n.endswith(".safetensors") and n.count(".") == 1)
    if len(alone) == 1:
        return _found(alone, alone[0])
    return unknown(f"{len(alone)} files of weights, and no index that says which belong together" if alone else "")


def _gguf(names: Iterable[str]) -> Fact[tuple[str, ...]]:
    models: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        if name.lower().endswith(".gguf") and not _NOT_WEIGHTS.match(name.rpartition("/")[2]):
            models.setdefault(_GGUF_PART.sub("", name), []).append(name)
    if not models:
        return unknown("no file of weights among the file names")
    if len(models) == 1:
        files = next(iter(models.values()))
        return _found(tuple(files), files[0])
    quants = ", ".join(sorted({_quant(model) for model in models}))
    return unknown(f"{len(models)} GGUF models, each one a choice of its own: {quants}")


def _quant(model: str) -> str:
    match = _GGUF_QUANT.search(model)
    return match[0] if match else model.rpartition("/")[2]


def _adapter_file(names: set[str]) -> str:
    return next(
        (n for n in ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin") if n in names), ""
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _found(files: tuple[str, ...], why: str) -> Fact[tuple[str, ...]]:
    return Fact[tuple[str, ...]](value=files, source=why)

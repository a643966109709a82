"""The files of a model whose listing gives names only: true contents where the body tells them, else a size by rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .contents import DTYPE_BITS, File, declared_file, json_file, text_file, weights_file
from .fields import number_of_parameters
from .repository import Body

_SHARD = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.safetensors")
_LARGEST_SHARD = 5 * 10**9
_WEIGHTS = (".safetensors", ".bin", ".h5", ".msgpack", ".ot", ".onnx", ".pt", ".pth")
_SMALL_FILE = 812
# For chat models whose own template is in no source we have.
CHATML = (
    "{# synthetic #}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Bits a weight in llama.cpp's quantisations, scales included, rounded.
_GGUF_BITS = {
    "Q2_K": 3.2, "Q3_K_M": 3.9, "Q4_0": 4.5, "Q4_K_M": 4.85, "Q5_K_M": 5.7, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16,
    "BF16": 16,
}  # fmt: skip
_PLAIN_SIZES = {
    ".gitattributes": 1519, "LICENSE": 11343, "tokenizer.json": 7031645, "vocab.json": 2776833,
    "merges.txt": 1671853, "vocab.txt": 231508, "tokenizer.model": 499723, "generation_config.json": 138,
    "special_tokens_map.json": 296, "training_args.bin": 5240,
}  # fmt: skip


def weight_names(bytes_of_weights: int) -> list[str]:
    """The safetensors files of a model of this size, as `save_pretrained` would shard them."""
    count = -(-bytes_of_weights // _LARGEST_SHARD)
    if count <= 1:
        return ["model.safetensors"]
    return [
        *(f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)),
        "model.safetensors.index.json",
    ]


def bytes_of(parameters: Mapping[str, int]) -> int:
    """What a map of elements by dtype takes."""
    return sum(elements * DTYPE_BITS[dtype] // 8 for dtype, elements in parameters.items())


def files_by_rule(
    body: Body,
    names: Iterable[str],
    raw_config: Mapping[str, Any] | None,
    stored: Mapping[str, int] | None = None,
) -> dict[str, File]:
    """Each of `names` with its contents or its size.

    `stored` maps dtypes to the elements in the weights, where the body's map counts something else.
    """
    names = list(names)
    stored = stored or _parameters(body)
    shards = [name for name in names if _SHARD.fullmatch(name)]
    tensors = {shard: _tensors(stored, number, len(shards)) for number, shard in enumerate(shards)}
    files = {shard: weights_file(shard, of) for shard, of in tensors.items()}
    for name in names:
        if name == "model.safetensors.index.json":
            weight_map = {tensor: shard for shard, of in tensors.items() for tensor in of}
            files[name] = json_file(name, {"metadata": {"total_size": bytes_of(stored)}, "weight_map": weight_map})
        elif name.endswith(".safetensors") and name not in files and stored:
            files[name] = weights_file(name, _tensors(stored, 0, 1))
        elif name not in files:
            files[name] = _file(body, name, raw_config)
    return files


def _parameters(body: Body) -> dict[str, int]:
    """The map of elements by dtype, {} where the body has none that can be read."""
    stated = body.get("safetensors")
    parameters = stated.get("parameters") if isinstance(stated, dict) else None
    if not isinstance(parameters, dict):
        return {}
    return {dtype: count for dtype, count in parameters.items() if dtype in DTYPE_BITS and isinstance(count, int)}


def _tensors(parameters: Mapping[str, int], number: int, count: int) -> dict[str, tuple[str, int]]:
    """The part of all elements that shard `number` of `count` holds, one tensor a dtype."""
    part = {}
    for dtype, elements in parameters.items():
        here = elements * (number + 1) // count - elements * number // count
        part[f"model.part{number}.{dtype.lower()}.weight"] = (dtype, here)
    return part


def _file(body: Body, name: str, raw_config: Mapping[str, Any] | None) -> File:
    stated = body.get("config")
    config: Body = stated if isinstance(stated, dict) else {}
    if name == "config.json" and raw_config is not None:
        return json_file(name, raw_config)
    if name == "tokenizer_config.json":
        return json_file(name, {"tokenizer_class": "PreTrainedTokenizerFast", **(config.get("tokenizer_config") or {})})
    if name == "chat_template.jinja":
        return text_file(name, config.get("chat_template_jinja") or CHATML)
    if name == "adapter_config.json":
        return json_file(name, {"peft_type": "LORA", "r": 16, "lora_alpha": 32, **(config.get("peft") or {})})
    if name == "README.md":
        return text_file(name, _card(body))
    if name.endswith(".gguf"):
        return File(name, _gguf_bytes(body, name))
    base = name.rsplit("/", 1)[-1]
    if base in _PLAIN_SIZES:
        return declared_file(name, _PLAIN_SIZES[base])
    return declared_file(name, _weight_bytes(body) if name.endswith(_WEIGHTS) else _SMALL_FILE)


def _weight_bytes(body: Body) -> int:
    return bytes_of(_parameters(body)) or 2 * (number_of_parameters(body) or 500_000_000)


def _gguf_bytes(body: Body, name: str) -> int:
    upper = name.upper()
    quant = next((quant for quant in sorted(_GGUF_BITS, key=len, reverse=True) if quant in upper), "Q4_K_M")
    stated = body.get("gguf")
    if quant in ("F16", "BF16") and isinstance(stated, dict) and isinstance(stated.get("totalFileSize"), int):
        return int(stated["totalFileSize"])
    return int((number_of_parameters(body) or 10**9) * _GGUF_BITS[quant] / 8)


def _card(body: Body) -> str:
    data = body.get("cardData") if isinstance(body.get("cardData"), dict) else {}
    # JSON is YAML: the front matter needs no YAML writer.
    return f"---\n{json.dumps(data, indent=2)}\n---\n\n# {body['id']}\n\nA synthetic card of a server for tests.\n"

"""Small model folders for the tests: real files, with weights of zeros."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 300,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "dtype": "float32",
}
WIDTHS = {"F32": 4, "BF16": 2, "U32": 4}


def tensors(layers: int = 2, dtype: str = "F32") -> dict[str, tuple[str, list[int]]]:
    found = {"model.embed_tokens.weight": (dtype, [300, 64]), "lm_head.weight": (dtype, [300, 64])}
    for layer in range(layers):
        found[f"model.layers.{layer}.mlp.up_proj.weight"] = (dtype, [128, 64])
    return found


def write_safetensors(path: Path, held: dict[str, tuple[str, list[int]]]) -> int:
    """Write a file as the safetensors format has it and return its length."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in held.items():
        start, end = end, end + math.prod(shape) * WIDTHS[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))
    return path.stat().st_size


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def write_model(folder: Path, *, drop: tuple[str, ...] = (), **config: Any) -> Path:
    """A whole tiny Llama; `config` changes its configuration, `drop` leaves files out."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG | config)
    write_safetensors(folder / "model.safetensors", tensors())
    write_json(folder / "tokenizer.json", {"model": {"vocab": {"a": 0, "b": 299}}, "added_tokens": []})
    write_json(folder / "tokenizer_config.json", {"eos_token": "b"})
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    for name in drop:
        (folder / name).unlink()
    return folder

"""A tiny chat model, rows and a TRL config that trains, to be spoilt by the tests: no library of models is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.model_folders import CONFIG, write_json, write_safetensors
from trainpkg_widgets.hub.byte_pairs import _letters
from trainpkg_widgets.session import Session
from trainpkg_widgets.settings import load_settings

SETTINGS = load_settings(model={"hub": {"retries": 0, "endpoint": "http://127.0.0.1:9"}, "cache": {"enabled": False}})
MARKS = ("<|end|>", "<|start|>", "<|stop|>")
TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|stop|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj")
CHATS = [
    {"messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}]}
    for n in range(40)
]
PAIRS = [{"prompt": f"What is {n}?", "chosen": f" It is {n}.", "rejected": " I do not know."} for n in range(40)]


def model(folder: Path, template: str | None = TEMPLATE, eos: str | None = "<|stop|>", **config: Any) -> Path:
    """A whole Llama of two layers with a byte-level tokenizer; `template` and `eos` may be left out."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG | config)
    held: dict[str, tuple[str, list[int]]] = {
        "model.embed_tokens.weight": ("F32", [300, 64]),
        "model.norm.weight": ("F32", [64]),
        "lm_head.weight": ("F32", [300, 64]),
    }
    for layer in range(2):
        held[f"model.layers.{layer}.input_layernorm.weight"] = ("F32", [64])
        held |= {f"model.layers.{layer}.self_attn.{name}.weight": ("F32", [64, 64]) for name in LAYERS}
        held |= {
            f"model.layers.{layer}.mlp.{name}.weight": ("F32", [128, 64])
            for name in ("gate_proj", "up_proj", "down_proj")
        }
    write_safetensors(folder / "model.safetensors", held)
    vocabulary = {letter: byte for byte, letter in _letters().items()}
    added = [{"id": 256 + n, "content": mark, "special": True} for n, mark in enumerate(MARKS)]
    tokenizer = {
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
        "pre_tokenizer": {"type": "ByteLevel"},
        "added_tokens": added,
    }
    write_json(folder / "tokenizer.json", tokenizer)
    write_json(folder / "tokenizer_config.json", {"eos_token": eos, "pad_token": "<|end|>"})
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def rows(path: Path, held: list[Any]) -> Path:
    """Rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in held), encoding="utf-8")
    return path


def keys(folder: Path, held: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A TRL config on a model and rows in `folder`; a change of None leaves a key out."""
    if not (folder / "model").exists():
        model(folder / "model")
    file = rows(folder / "rows.jsonl", CHATS if held is None else held)
    made: dict[str, Any] = {
        "model_name_or_path": str(folder / "model"),
        "datasets": [{"path": "json", "data_files": str(file)}],
        "max_steps": 2,
        "per_device_train_batch_size": 2,
        "learning_rate": 0.001,
        "bf16": False,
        "use_cpu": True,
        "report_to": "none",
        "output_dir": str(folder / "out"),
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def imported(given: Any, method: str = "sft", folder: Path | None = None) -> Session:
    """A session made of a config."""
    session = Session(SETTINGS, token=False, autosave=False)
    session.import_config(given, method=method, folder=folder)
    return session


def said(session: Session) -> dict[str, str]:
    """Code to severity of all that is more than good to know."""
    return {f.code: f.severity for f in session.findings if f.severity != "info"}

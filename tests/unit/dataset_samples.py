"""Rows and settings that the tests of the dataset side share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.dataset_settings import DatasetSettings
from trainpkg_widgets.steps import DatasetStep

SETTINGS = load_settings().dataset

Turn = dict[str, Any]

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Refuses what Gemma's refuses.
ALTERNATING = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "<turn>{{ m['role'] }}\n{{ m['content'] }}</turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<turn>assistant\n{% endif %}"
)


def user(text: Any) -> Turn:
    return {"role": "user", "content": text}


def assistant(text: Any) -> Turn:
    return {"role": "assistant", "content": text}


def system(text: Any) -> Turn:
    return {"role": "system", "content": text}


def chat(*turns: Turn) -> dict[str, Any]:
    return {"messages": list(turns)}


def chats(count: int) -> list[dict[str, Any]]:
    return [chat(user(f"What is {n} plus {n}?"), assistant(f"The answer is {2 * n}.")) for n in range(count)]


def limited(**limits: Any) -> DatasetSettings:
    """The settings that ship, with other limits."""
    return load_settings({"dataset": {"limits": limits}}).dataset


def profile(rows: Iterable[dict[str, Any]], **wanted: Any) -> DatasetStep:
    return profile_dataset(open_variable("rows", list(rows), SETTINGS), SETTINGS, **wanted)


def codes(step: DatasetStep) -> list[str]:
    return [problem.code for problem in step.problems]


def model(template: str | None = CHATML) -> ModelInfo:
    """A model with a chat template, or known to have none."""
    source = "from tokenizer_config.json"
    known = Fact[str](value=template, source=source)
    evidence = Fact[Any](value="template" if template else "none_found", source=source)
    return ModelInfo(id="a/b", origin="hub", as_of="2026-01-01", chat=evidence, chat_template=known)


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path

"""Packages written for tiny models, in an environment made of their own requirements."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session

SCRIPTS = Path(__file__).parent

QUESTIONS = [(f"What is {n} plus {n}?", f"The answer is {2 * n}.", f"I do not know {n}.") for n in range(40)]


def _turn(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


ROWS: dict[str, list[dict[str, Any]]] = {
    "messages": [{"messages": [_turn("user", q), _turn("assistant", a)]} for q, a, _ in QUESTIONS],
    "prompt_completion": [{"prompt": q, "completion": f" {a}"} for q, a, _ in QUESTIONS],
    "text": [{"text": f"{q} {a}"} for q, a, _ in QUESTIONS],
    "preference": [{"prompt": q, "chosen": f" {a}", "rejected": f" {b}"} for q, a, b in QUESTIONS],
    "preference_turns": [
        {"chosen": [_turn("user", q), _turn("assistant", a)], "rejected": [_turn("user", q), _turn("assistant", b)]}
        for q, a, b in QUESTIONS
    ],
    "kto": [
        {"prompt": q, "completion": f" {a if n % 2 else b}", "label": bool(n % 2)}
        for n, (q, a, b) in enumerate(QUESTIONS)
    ],
    "prompts": [{"prompt": q, "solution": a} for q, a, _ in QUESTIONS],
    "asked": [{"prompt": q} for q, _, _ in QUESTIONS],
}
# A few steps that a processor makes in less than a second, each with its loss.
SHORT: dict[str, Any] = {
    "precision": "fp32",
    "learning_rate": 5e-3,
    "max_steps": 8,
    "logging_steps": 1,
    "max_length": 128,
    "accumulation": 1,
}


@dataclass(frozen=True)
class Workshop:
    """Where packages are written to, the programs of their environment, and the tiny models made there."""

    folder: Path
    programs: Path
    models: dict[str, Path]

    def package(
        self, name: str, rows: str = "messages", family: str = "qwen2", held_back: float = 0, **config: Any
    ) -> Path:
        return write_package(self.folder, self.models[family], name, rows, held_back, **config)


def write_package(folder: Path, model: Path, name: str, rows: str, held_back: float, **config: Any) -> Path:
    session = Session(autosave=False)
    for findings in (
        session.select_model(str(model)),
        session.configure(**{**SHORT, **config}),
        session.use_dataset(ROWS[rows], name="rows", eval_share=held_back),
        session.deploy_to(name=name),
    ):
        assert not errors_in(findings), findings
    place = session.write_package(folder)
    assert verify_package(place) == []
    return place


def losses(log: str) -> list[float]:
    """The losses of the steps, as the trainer logged them."""
    entries = [ast.literal_eval(found) for found in re.findall(r"\{'loss'.*?\}", log)]
    return [float(entry["loss"]) for entry in entries]

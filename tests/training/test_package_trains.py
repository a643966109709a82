"""The proof: packages are written, their own environment is made, and TRL takes their configs and trains.

python -m pytest -m trains tests/training        about 3 minutes the first time, then half a minute
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.environment import environment_of, run
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.targets import trl
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.trains

SCRIPTS = Path(__file__).parent

QUESTIONS = [(f"What is {n} plus {n}?", f"The answer is {2 * n}.") for n in range(40)]
ROWS: dict[str, list[dict[str, Any]]] = {
    "messages": [
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in QUESTIONS
    ],
    "prompt_completion": [{"prompt": q, "completion": f" {a}"} for q, a in QUESTIONS],
    "text": [{"text": f"{q} {a}"} for q, a in QUESTIONS],
}
# A few steps that a processor makes in less than a second, each with its loss.
SHORT = {
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


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The environment is made from the requirements of a package, and the models are made in the environment."""
    from tests.unit.package_samples import sample_package

    folder = tmp_path_factory.mktemp("trained")
    programs = environment_of(sample_package().write(folder / "first"))
    models = {family: folder / "models" / family for family in ("llama", "qwen2", "bare")}
    for family, place in models.items():
        run(str(programs / "python"), str(SCRIPTS / "tiny_model.py"), str(place), family)
    yield Workshop(folder, programs, models)


def losses(log: str) -> list[float]:
    """The losses of the steps, as the trainer logged them."""
    entries = [ast.literal_eval(found) for found in re.findall(r"\{'loss'.*?\}", log)]
    return [float(entry["loss"]) for entry in entries]


CASES: dict[str, dict[str, Any]] = {
    "lora": {"tuning": "lora"},
    "full": {"tuning": "full", "learning_rate": 1e-3},
    "lora-on-llama-with-rows-held-back": {"tuning": "lora", "family": "llama", "held_back": 0.1},
    "one-target-with-packing": {"tuning": "lora", "lora_targets": ["q_proj"], "packing": True, "learning_rate": 2e-2},
    "prompts-in-full-without-a-template": {
        "tuning": "full",
        "family": "bare",
        "rows": "prompt_completion",
        "gradient_checkpointing": False,
        "learning_rate": 1e-3,
    },
    "qlora": {"tuning": "qlora", "optimizer": "paged_adamw_8bit"},
    "text": {"tuning": "lora", "rows": "text", "train_on": "everything", "max_steps": None, "epochs": 0.5},
}


@pytest.mark.parametrize("case", CASES)
def test_a_written_package_trains(workshop: Workshop, case: str) -> None:
    config = CASES[case]
    place = workshop.package(case, **config)
    programs = environment_of(place, beside=workshop.programs)
    log = run(str(programs / "trl"), *trl.COMMAND.split()[1:], cwd=place)
    found = losses(log)
    print(f"\n{case}: loss {' '.join(f'{loss:g}' for loss in found)}")
    assert len(found) >= SHORT["max_steps"]
    assert all(math.isfinite(loss) for loss in found)
    assert found[-1] < found[0], "a run that learns nothing is no run"
    saved = {path.name for path in (place / "output").iterdir()}
    assert ("model.safetensors" if config["tuning"] == "full" else "adapter_model.safetensors") in saved
    assert ("eval_loss" in log) == ("held_back" in config)
    keys = yaml.safe_load((place / trl.CONFIG_FILE).read_text(encoding="utf-8"))
    assert not [key for key in keys if f"`{key}` is deprecated" in log]
    assert verify_package(place) == []


MATRIX: dict[str, dict[str, Any]] = {
    "lora": {},
    "full": {"tuning": "full"},
    "qlora": {"tuning": "qlora", "precision": "bf16"},
    "qlora-fp32": {"tuning": "qlora"},
    "bf16": {"precision": "bf16"},
    "full-bf16": {"tuning": "full", "precision": "bf16"},
    "fp16": {"precision": "fp16"},
    "full-fp16": {"tuning": "full", "precision": "fp16"},
    "packing": {"packing": True, "max_steps": None},
    "held-back": {"held_back": 0.2},
    "prompts": {"rows": "prompt_completion"},
    "prompts-without-a-template": {"rows": "prompt_completion", "family": "bare"},
    "text": {"rows": "text", "train_on": "everything"},
    "everything": {"train_on": "everything"},
    "epochs": {"max_steps": None, "epochs": 1.5},
    "no-checkpointing": {"gradient_checkpointing": False},
    "one-target": {"lora_targets": ["q_proj"]},
    "two-targets": {"lora_targets": ["q_proj", "v_proj"]},
    "small-rate": {"learning_rate": 1e-5, "weight_decay": 0.01},
    **{
        f"optimizer-{name}": {"optimizer": name}
        for name in ("adamw_torch", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "adafactor")
    },
    **{f"schedule-{name}": {"scheduler": name} for name in ("linear", "constant_with_warmup", "constant")},
}


def test_the_parser_of_the_trainer_takes_every_config(workshop: Workshop) -> None:
    configs = {str(workshop.package(f"parsed-{name}", **case) / trl.CONFIG_FILE): name for name, case in MATRIX.items()}
    said = json.loads(run(str(workshop.programs / "python"), str(SCRIPTS / "ask_parser.py"), *configs).splitlines()[-1])
    assert {configs[path]: answer for path, answer in said["answers"].items()} == dict.fromkeys(MATRIX, "ok")
    assert set(said["keys"]) == trl.known_keys()


def test_the_parser_refuses_a_key_that_it_does_not_know(workshop: Workshop) -> None:
    place = workshop.package("typo")
    with (place / trl.CONFIG_FILE).open("a", encoding="utf-8") as config:
        config.write("learning_rte: 1\n")
    path = str(place / trl.CONFIG_FILE)
    said = json.loads(run(str(workshop.programs / "python"), str(SCRIPTS / "ask_parser.py"), path).splitlines()[-1])
    assert "learning_rte" in said["answers"][path]

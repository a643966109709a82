"""The proof: packages are written, their own environment is made, and TRL takes their configs and trains.

python -m pytest -m trains tests/training        about 3 minutes the first time, then half a minute
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml

from tests.training.environment import environment_of, run
from tests.training.workshop import SCRIPTS, SHORT, Workshop, losses
from trainpkg_widgets.advice.trl_keys import known_keys
from trainpkg_widgets.package.verify import verify_package

pytestmark = pytest.mark.trains

COMMAND = "trl sft --config sft.yaml"

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
    log = run(str(programs / "trl"), *COMMAND.split()[1:], cwd=place)
    found = losses(log)
    print(f"\n{case}: loss {' '.join(f'{loss:g}' for loss in found)}")
    assert len(found) >= SHORT["max_steps"]
    assert all(math.isfinite(loss) for loss in found)
    assert found[-1] < found[0], "a run that learns nothing is no run"
    saved = {path.name for path in (place / "output").iterdir()}
    assert ("model.safetensors" if config["tuning"] == "full" else "adapter_model.safetensors") in saved
    assert ("eval_loss" in log) == ("held_back" in config)
    keys = yaml.safe_load((place / "sft.yaml").read_text(encoding="utf-8"))
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
    "marked": {"train_on": "marked"},
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
    configs = {str(workshop.package(f"parsed-{name}", **case) / "sft.yaml"): name for name, case in MATRIX.items()}
    said = json.loads(
        run(
            str(workshop.programs / "python"), str(SCRIPTS / "ask_parser.py"), *(f"sft={path}" for path in configs)
        ).splitlines()[-1]
    )
    assert {configs[path]: answer for path, answer in said["answers"].items()} == dict.fromkeys(MATRIX, "ok")
    assert {method: set(keys) for method, keys in said["keys"].items()} == {
        method: set(known_keys(method)) for method in said["keys"]
    }


def test_the_parser_refuses_a_key_that_it_does_not_know(workshop: Workshop) -> None:
    place = workshop.package("typo")
    with (place / "sft.yaml").open("a", encoding="utf-8") as config:
        config.write("learning_rte: 1\n")
    path = str(place / "sft.yaml")
    said = json.loads(
        run(str(workshop.programs / "python"), str(SCRIPTS / "ask_parser.py"), f"sft={path}").splitlines()[-1]
    )
    assert "learning_rte" in said["answers"][path]

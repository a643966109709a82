"""Every method, with every weight and with an adapter: TRL's parsers take what is written, and a tiny model trains.

python -m pytest -m trains tests/training/test_every_method.py       the parsers, and one run of each kind of trainer
python -m pytest -m prove tests/training/test_every_method.py        every method × tuning, and every knob
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.environment import environment_of, run
from tests.training.workshop import SCRIPTS, Workshop, losses
from trainpkg_widgets.advice.trl_keys import PARSERS
from trainpkg_widgets.package.manifest import read_manifest
from trainpkg_widgets.package.targets.trl import config_file
from trainpkg_widgets.package.verify import verify_package

# What each method is trained with here: rows, and knobs that a processor is done with in seconds.
METHODS: dict[str, dict[str, Any]] = {
    "sft": {"rows": "messages"},
    "cpt": {"rows": "text", "max_length": 64},
    "dpo": {"rows": "preference", "batch_size": 4},
    "kto": {"rows": "kto", "batch_size": 8, "epochs": 2, "max_steps": None},
    "orpo": {"rows": "preference", "batch_size": 4},
    "reward": {"rows": "preference", "batch_size": 4},
    "grpo": {
        "rows": "prompts",
        "batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 12,
        "max_steps": 3,
        "reward_functions": ["rewards.prefers_short", "rewards.matches_solution"],
    },
}
KINDS = [(method, tuning) for method in METHODS for tuning in ("full", "lora")]

# bf16 is refused on a machine without a GPU, unless it is told that the processor is meant.
ON_A_PROCESSOR: dict[str, Any] = {"precision": "bf16", "trainer_keys": {"use_cpu": True}}

# Each knob that becomes a key, changed where it means something.
KNOBS: dict[str, dict[str, Any]] = {
    "sft-marked": {"train_on": "marked"},
    "sft-packed": {"packing": True, "packing_strategy": "wrapped", "padding_free": True},
    "sft-noise": {"neftune_alpha": 5, "max_grad_norm": 0.3, "attention": "eager", "liger": True},
    "sft-uncut": {"padding_free": True, "batch_size": 2},
    "sft-saved": {
        "tuning": "qlora",
        "save_strategy": "steps",
        "save_steps": 4,
        "save_limit": 2,
        "report_to": "tensorboard",
    },
    "sft-best": {"held_back": 0.2, "keep_best": True},
    "sft-best-steps": {
        "held_back": 0.2,
        "keep_best": True,
        "eval_strategy": "steps",
        "eval_steps": 2,
        "save_strategy": "steps",
        "save_steps": 4,
    },
    "sft-unmeasured": {"held_back": 0.2, "eval_strategy": "no"},
    "sft-rslora": {"lora_variant": "rslora"},
    "sft-dora": {"lora_variant": "dora", "lora_modules_to_save": ["embed_tokens"]},
    "sft-8bit": {"tuning": "qlora", "quantisation_bits": 8},
    "sft-own-keys": {"trainer_keys": {"adam_beta2": 0.95, "train_sampling_strategy": "group_by_length"}},
    "dpo-ipo": {"dpo_loss": "ipo", "beta": 0.3, "precompute_reference": True},
    "dpo-robust": {"dpo_loss": "robust", "label_smoothing": 0.1},
    "kto-apo": {"kto_loss": "apo_zero_unpaired", "batch_size": 1, "desirable_weight": 2, "undesirable_weight": 0.5},
    "orpo-beta": {"beta": 0.2, "held_back": 0.2},
    "dpo-8bit": {"tuning": "qlora", "quantisation_bits": 8},
    "reward-8bit": {"tuning": "qlora", "quantisation_bits": 8, **ON_A_PROCESSOR},
    "grpo-grpo": {"grpo_loss": "dr_grpo", "beta": 0.04, "temperature": 0.7, "held_back": 0.2},
}


def package_of(workshop: Workshop, name: str, method: str, **config: Any) -> Path:
    return workshop.package(name, **{"method": method, **METHODS[method], **config})


@pytest.mark.trains
def test_the_parsers_of_the_trainer_take_every_method_and_knob(workshop: Workshop) -> None:
    written: dict[str, tuple[str, dict[str, Any]]] = {
        f"{method}-{tuning}": (method, {"tuning": tuning}) for method, tuning in KINDS
    }
    written |= {f"{method}-held-back": (method, {"held_back": 0.2}) for method in METHODS}
    written |= {name: (name.split("-", 1)[0], config) for name, config in KNOBS.items()}
    asked = {}
    for name, (method, config) in written.items():
        place = package_of(workshop, f"asked-{name}", method, **config)
        asked[f"{place / config_file(method)}"] = (name, PARSERS[method])
    arguments = [f"{parser}={path}" for path, (_, parser) in asked.items()]
    answers = json.loads(
        run(str(workshop.programs / "python"), str(SCRIPTS / "ask_parser.py"), *arguments).splitlines()[-1]
    )["answers"]
    assert {asked[path][0]: answer for path, answer in answers.items()} == dict.fromkeys(written, "ok")


def train(workshop: Workshop, place: Path) -> str:
    """Run the command of a package in the environment it asks for, and give what it printed."""
    programs = environment_of(place, beside=workshop.programs)
    program, *arguments = read_manifest((place / "package.yaml").read_text(encoding="utf-8")).command.split()
    return run(str(programs / program), *arguments, cwd=place)


def check(place: Path, log: str, method: str, tuning: str) -> None:
    found = losses(log)
    print(f"\n{place.name}: loss {' '.join(f'{loss:g}' for loss in found)}")
    assert found and all(math.isfinite(loss) for loss in found)
    if method == "grpo":
        # Its loss says nothing; what was paid for has to differ within a group, or nothing could be learnt.
        entries = [ast.literal_eval(entry) for entry in re.findall(r"\{'loss'.*?\}", log)]
        assert any(float(entry["frac_reward_zero_std"]) < 1 for entry in entries)
        assert any(float(entry["grad_norm"]) > 0 for entry in entries)
    else:
        assert min(found[1:]) < found[0], "a run that learns nothing is no run"
    saved = {path.name for path in (place / "output").iterdir()}
    assert ("model.safetensors" if tuning == "full" else "adapter_model.safetensors") in saved
    keys = yaml.safe_load((place / config_file(method)).read_text(encoding="utf-8"))
    assert not [key for key in keys if f"`{key}` is deprecated" in log]
    assert verify_package(place) == []


def rate(tuning: str) -> dict[str, Any]:
    return {"tuning": tuning, "learning_rate": 1e-3 if tuning == "full" else 5e-3}


# One of each trainer that the light runs of SFT do not start.
LIGHT = [("dpo", "lora"), ("orpo", "full"), ("grpo", "lora")]


@pytest.mark.trains
@pytest.mark.parametrize(("method", "tuning"), LIGHT)
def test_a_package_of_each_kind_trains(workshop: Workshop, method: str, tuning: str) -> None:
    place = package_of(workshop, f"trained-{method}-{tuning}", method, **rate(tuning))
    check(place, train(workshop, place), method, tuning)


# What differs in the rows or the model, or takes another road through the trainer.
OTHERS: dict[str, dict[str, Any]] = {
    **{f"{method}-without-a-template": {"family": "bare"} for method in ("dpo", "kto", "orpo", "reward", "grpo")},
    **{f"{method}-turns": {"rows": "preference_turns"} for method in ("dpo", "orpo", "reward")},
    **{f"{method}-measured": {"held_back": 0.2} for method in ("dpo", "kto", "orpo", "reward", "grpo")},
    "kto-pairs": {"rows": "preference"},
    "grpo-messages": {"rows": "messages"},
    **{name: config for name, config in KNOBS.items() if name != "sft-noise"},
    "sft-noise": {"neftune_alpha": 5, "max_grad_norm": 0.3, "attention": "eager"},
}


# Every method × tuning, and every knob where it means something.
PROVED: dict[str, dict[str, Any]] = {
    **{f"{method}-{tuning}": {"tuning": tuning} for method, tuning in KINDS},
    **{f"{method}-qlora": {"tuning": "qlora", **(ON_A_PROCESSOR if method == "reward" else {})} for method in METHODS},
    **OTHERS,
}


@pytest.fixture(scope="module")
def proved(workshop: Workshop) -> dict[str, tuple[Path, str]]:
    """All packages of the proof, run in one process: the folder of each, and what came of it."""
    places = {}
    for name, config in PROVED.items():
        method = name.split("-", 1)[0]
        places[name] = package_of(
            workshop, f"proved-{name}", method, **{**rate(str(config.get("tuning", "lora"))), **config}
        )
    # Others ask for the same packages or fewer: this one for bitsandbytes and TensorBoard.
    programs = environment_of(places["sft-saved"], beside=workshop.programs)
    arguments = [f"{PARSERS[name.split('-', 1)[0]]}={place}" for name, place in places.items()]
    said = json.loads(run(str(programs / "python"), str(SCRIPTS / "run_many.py"), *arguments).splitlines()[-1])
    return {name: (place, said[str(place)]) for name, place in places.items()}


@pytest.mark.prove
@pytest.mark.parametrize("name", PROVED)
def test_every_method_and_every_knob_trains(
    proved: dict[str, tuple[Path, str]], proves: Callable[[str, str, str, str], None], name: str
) -> None:
    method, _, tuning = name.partition("-")
    if tuning in ("full", "lora", "qlora"):
        proves("trl", method, tuning, "ran")
    place, outcome = proved[name]
    config = PROVED[name]
    assert outcome == "ok"
    log = Path(f"{place}.log").read_text(encoding="utf-8", errors="replace")
    check(place, log, name.split("-", 1)[0], str(config.get("tuning", "lora")))
    assert ("eval_loss" in log) == ("held_back" in config and config.get("eval_strategy") != "no")

"""What the config step says would stop a run stops it in TRL, and with the fix that it offers the same run trains.

python -m pytest -m prove tests/training/test_what_stops.py

What needs a CUDA card to be seen is not here: QLoRA in fp16, flash attention in fp32 or on an old card, 8-bit weights
split among GPUs. Their findings rest on the trainer's code, which they name.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.training.environment import environment_of, run
from tests.training.test_every_method import METHODS, ON_A_PROCESSOR
from tests.training.workshop import ROWS, SCRIPTS, SHORT, Workshop
from trainpkg_widgets.advice.trl_keys import PARSERS
from trainpkg_widgets.advice.trl_run_keys import run_keys
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.targets.trl import config_file
from trainpkg_widgets.session import Session


class Case(NamedTuple):
    """Knobs of one method that do not go together: the code of the finding, and what TRL stops with."""

    method: str
    code: str
    stops: str
    config: dict[str, Any]
    rows: str = ""
    family: str = "qwen2"
    held_back: float = 0


CASES = {
    "exo": Case("dpo", "exo-needs-smoothing", "Label smoothing must be greater", {"dpo_loss": "exo_pair"}),
    "one-row": Case("kto", "kto-batch-one", "batch size", {"batch_size": 1}),
    "wide-head": Case(
        "reward", "reward-qlora-fp32", "dtype", {**ON_A_PROCESSOR, "tuning": "qlora", "precision": "fp32"}
    ),
    "head": Case("sft", "lora-lm-head", "lm_head", {"lora_targets": ["q_proj", "lm_head"]}),
    "no-such-layer": Case("sft", "lora-targets-missing", "c_attn", {"lora_targets": ["c_attn"]}),
    "groups": Case("grpo", "grpo-group-batch", "num_generations", {"batch_size": 4, "num_generations": 8}),
    "patterns": Case("sft", "lora-pattern-in-list", "not found", {"lora_targets": [".*q_proj", ".*k_proj"]}),
    "no-such-reward": Case(
        "grpo", "reward-unknown", "no attribute 'matches_solutoin'", {"reward_functions": ["rewards.matches_solutoin"]}
    ),
    "no-solution": Case(
        "grpo",
        "reward-needs-solution",
        "argument: 'solution'",
        {"reward_functions": ["rewards.matches_solution"]},
        rows="asked",
    ),
    "best-between": Case(
        "sft",
        "best-steps",
        "round multiple",
        {"keep_best": True, "eval_strategy": "steps", "eval_steps": 3, "save_strategy": "steps", "save_steps": 4},
        held_back=0.2,
    ),
    "best-unmeasured": Case(
        "sft",
        "best-strategies",
        "requires the save and eval strategy to match",
        {"keep_best": True, "eval_strategy": "no"},
        held_back=0.2,
    ),
    "no-marks": Case("sft", "marks-missing", "generation", {"train_on": "marked"}, family="unmarked"),
    "own-key": Case("sft", "key-renamed", "max_seq_length", {"trainer_keys": {"max_seq_length": 64}}),
    "typo": Case("sft", "key-unknown", "adam_beta3", {"trainer_keys": {"adam_beta3": 0.9}}),
}


# What trains, and otherwise than was asked: each is a warning, and the adapter is on the layers named here alone.
LEFT_OUT = {
    "all-and-one": (Case("sft", "lora-all-linear-mixed", "", {"lora_targets": ["all-linear", "q_proj"]}), {"q_proj"}),
    "pattern-and-name": (Case("sft", "lora-pattern-in-list", "", {"lora_targets": ["v_proj", "k_.*"]}), {"v_proj"}),
    "half-there": (Case("sft", "lora-targets-partly-missing", "", {"lora_targets": ["o_proj", "c_fc"]}), {"o_proj"}),
}


class Made(NamedTuple):
    """Two packages of a case: as it was asked for, and with the fix that was offered."""

    broken: Path
    mended: Path


def made(workshop: Workshop, name: str, case: Case) -> Made:
    session = Session(autosave=False)
    settings = {**SHORT, "method": case.method, **{k: v for k, v in METHODS[case.method].items() if k != "rows"}}
    rows = ROWS[case.rows or METHODS[case.method]["rows"]]
    session.select_model(str(workshop.models[case.family]))
    session.configure(**{**settings, **case.config})
    session.use_dataset(rows, name="rows", eval_share=case.held_back)
    session.deploy_to(name=name)
    asked = session.state.config
    assert asked is not None
    found = [finding for finding in session.findings if finding.code == case.code]
    assert found, [finding.code for finding in session.findings]
    assert found[0].severity == ("error" if case.stops else "warning")
    fix = found[0].fix
    assert fix is not None
    getattr(session, fix.verb)(**fix.arguments)
    assert errors_in(list(session.findings)) == []
    mended = session.write_package(workshop.folder)
    fixed = session.state.config
    assert fixed is not None
    broken = workshop.folder / f"{name}-as-asked"
    shutil.copytree(mended, broken)
    file = broken / config_file(case.method)
    keys = yaml.safe_load(file.read_text(encoding="utf-8"))
    measured = case.held_back > 0
    right, wrong = (run_keys(config, len(rows), measured=measured) for config in (fixed, asked))
    kept = {key: value for key, value in keys.items() if key not in right and key not in fixed.trainer_keys}
    if asked.train_on == "marked":
        kept = {key: value for key, value in kept.items() if not key.endswith("_only_loss")}
        kept["assistant_only_loss"] = True
    file.write_text(yaml.safe_dump({**kept, **wrong, **asked.trainer_keys}), encoding="utf-8")
    return Made(broken, mended)


@pytest.fixture(scope="module")
def outcomes(workshop: Workshop) -> dict[str, tuple[str, str, str]]:
    """What came of both packages of each case, run in one process, "ok" or not, and the log of the one that stops."""
    cases = CASES | {name: case for name, (case, _) in LEFT_OUT.items()}
    packages = {name: made(workshop, f"stops-{name}", case) for name, case in cases.items()}
    # Its requirements ask for bitsandbytes, and for nothing that the others lack.
    programs = environment_of(packages["wide-head"].mended, beside=workshop.programs)
    places = [(PARSERS[cases[name].method], place) for name, both in packages.items() for place in both]
    arguments = [f"{parser}={place}" for parser, place in places]
    said = json.loads(run(str(programs / "python"), str(SCRIPTS / "run_many.py"), *arguments).splitlines()[-1])
    logs = {name: Path(f"{broken}.log").read_text(encoding="utf-8") for name, (broken, _) in packages.items()}
    return {name: (said[str(broken)], said[str(mended)], logs[name]) for name, (broken, mended) in packages.items()}


@pytest.mark.prove
@pytest.mark.parametrize("name", CASES)
def test_what_would_stop_stops_and_its_fix_trains(outcomes: dict[str, tuple[str, str, str]], name: str) -> None:
    as_asked, mended, log = outcomes[name]
    end = log[-3000:]
    print(f"\n{name}: {end}")
    assert as_asked != "ok" and CASES[name].stops in end
    assert mended == "ok"


@pytest.mark.prove
@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_without_a_word_trains_on_the_rest(
    workshop: Workshop, outcomes: dict[str, tuple[str, str, str]], name: str
) -> None:
    as_asked, mended, _ = outcomes[name]
    assert (as_asked, mended) == ("ok", "ok")
    weights = workshop.folder / f"stops-{name}-as-asked" / "output" / "adapter_model.safetensors"
    head = weights.read_bytes()
    names = json.loads(head[8 : 8 + int.from_bytes(head[:8], "little")])
    assert {key.split(".lora_")[0].split(".")[-1] for key in names if ".lora_" in key} == LEFT_OUT[name][1]

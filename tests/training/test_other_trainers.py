"""Packages for Axolotl, LLaMA-Factory and Unsloth, held against these trainers themselves.

python -m pytest -m prove tests/training/test_other_trainers.py        about fifteen minutes and ten gigabytes at first

Each has an environment of its own, kept in .venvs: see environment.py.
"""

from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.environment import (
    UNSLOTH,
    environment_of,
    llamafactory_programs,
    run,
    unsloth_configs_python,
    unsloth_source,
)
from tests.training.workshop import ROWS, SCRIPTS, SHORT, Workshop
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.prove

Proves = Callable[[str, str, str, str], None]
TUNINGS = ("full", "lora", "qlora")


def package(
    folder: Path, model: Path, target: str, method: str, rows: str, held_back: float = 0.2, **config: Any
) -> Path:
    keys = {}
    if (method, config["tuning"]) == ("reward", "qlora"):
        # In fp32 it stops; bf16 is refused without a GPU, unless the trainer is told that the processor is meant.
        config["precision"], keys = "bf16", {"use_cpu": True}
    session = Session({"deploy": {"targets": {target: {"extra_keys": keys}}}}, autosave=False)
    name = f"{target}-{method}-{rows}-{config['tuning']}".replace("_", "-")
    for findings in (
        session.select_model(str(model)),
        session.configure(method=method),
        # What is held back fills a block of this length.
        session.configure(**{**SHORT, **({"max_length": 64} if method == "cpt" else {}), **config}),
        session.use_dataset(ROWS[rows], name="rows", eval_share=held_back),
        session.deploy_to(name=name, target=target),
    ):
        assert not errors_in(findings), findings
    place = session.write_package(folder)
    assert verify_package(place) == []
    return place


def check(place: Path, log: str, tuning: str) -> None:
    """It learnt, and it saved."""
    found = [float(loss) for loss in re.findall(r"'loss': '?([-\d.e]+)", log)]
    print(f"\n{place.name}: loss {' '.join(f'{loss:g}' for loss in found)}")
    assert found and all(math.isfinite(loss) for loss in found)
    assert min(found[1:]) < found[0], "a run that learns nothing is no run"
    keys = yaml.safe_load((place / f"{place.name.partition('-')[0]}.yaml").read_text(encoding="utf-8"))
    assert ("eval_loss" in log) == bool({"test_datasets", "eval_dataset"} & set(keys))
    saved = {path.name for path in (place / "output").iterdir()}
    assert ("model.safetensors" if tuning == "full" else "adapter_model.safetensors") in saved


def trained_by_its_command(place: Path, programs: Path) -> str:
    """What the command of a package printed, with the environment's programs first."""
    command = re.findall(r"^command: (.*)$", (place / "package.yaml").read_text(encoding="utf-8"), re.MULTILINE)[0]
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "AXOLOTL_DO_NOT_TRACK": "1"}
    environment |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command.split(), cwd=place, env=environment, capture_output=True, text=True, check=False)
    log = done.stdout + done.stderr
    assert done.returncode == 0, log[-4000:]
    return log


# ---------------------------------------------------------------- Axolotl

AXOLOTL = [
    ("sft", "messages", "qwen2", "lora"),
    ("sft", "prompt_completion", "bare", "full"),
    ("sft", "messages", "qwen2", "qlora"),
    ("cpt", "text", "bare", "full"),
    ("cpt", "text", "bare", "lora"),
    ("cpt", "text", "bare", "qlora"),
    ("dpo", "preference_turns", "qwen2", "lora"),
    ("dpo", "preference", "bare", "full"),
    ("dpo", "preference", "bare", "qlora"),
]


@pytest.mark.parametrize(("method", "rows", "family", "tuning"), AXOLOTL)
def test_axolotl_takes_what_was_written(
    tmp_path: Path, workshop: Workshop, proves: Proves, method: str, rows: str, family: str, tuning: str
) -> None:
    proves("axolotl", method, tuning, "parsed")
    place = package(tmp_path, workshop.models[family], "axolotl", method, rows, tuning=tuning)
    assert verify_package(place, trainer=environment_of(place) / "python") == []


@pytest.mark.parametrize(("method", "rows", "family", "tuning"), AXOLOTL)
def test_axolotl_trains_what_was_written(
    tmp_path: Path, workshop: Workshop, proves: Proves, method: str, rows: str, family: str, tuning: str
) -> None:
    proves("axolotl", method, tuning, "ran")
    # bitsandbytes 0.50 packs weights of 4 bits for a processor when they are first evaluated, which Axolotl does before
    # it trains, and they learn nothing through that.
    held_back = 0 if tuning == "qlora" else 0.2
    place = package(tmp_path, workshop.models[family], "axolotl", method, rows, held_back, tuning=tuning)
    check(place, trained_by_its_command(place, environment_of(place)), tuning)


def test_axolotl_is_asked_and_a_key_that_it_would_drop_is_told(tmp_path: Path, workshop: Workshop) -> None:
    place = package(tmp_path, workshop.models["qwen2"], "axolotl", "sft", "messages", tuning="lora")
    assert spoilt(place, "axolotl.yaml", "learning_rte: 1", environment_of(place)) == ["learning_rte"]


# ---------------------------------------------------------------- LLaMA-Factory

LLAMAFACTORY = [
    ("sft", "messages", "qwen2"),
    ("sft", "prompt_completion", "bare"),
    ("cpt", "text", "bare"),
    ("dpo", "preference", "bare"),
    ("orpo", "preference", "bare"),
    ("reward", "preference", "untied"),
    ("kto", "kto", "bare"),
]
LLAMAFACTORY_KINDS = [(*kind, tuning) for kind in LLAMAFACTORY for tuning in TUNINGS]


@pytest.fixture(scope="module")
def by_llamafactory(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, ...], tuple[Path, str]]:
    """All packages, run in one process: the folder of each, and what came of it."""
    folder = tmp_path_factory.mktemp("llamafactory")
    untied = folder / "models" / "untied"
    run(str(workshop.programs / "python"), str(SCRIPTS / "tiny_model.py"), str(untied), "untied")
    models = {**workshop.models, "untied": untied}
    places = {
        (method, rows, family, tuning): package(folder, models[family], "llamafactory", method, rows, tuning=tuning)
        for method, rows, family, tuning in LLAMAFACTORY_KINDS
    }
    python = str(llamafactory_programs() / "python")
    said = json.loads(run(python, str(SCRIPTS / "run_llamafactory.py"), *map(str, places.values())).splitlines()[-1])
    return {kind: (place, said[str(place)]) for kind, place in places.items()}


@pytest.mark.parametrize(("method", "rows", "family", "tuning"), LLAMAFACTORY_KINDS)
def test_llamafactory_trains_what_was_written(
    by_llamafactory: dict[tuple[str, ...], tuple[Path, str]],
    proves: Proves,
    method: str,
    rows: str,
    family: str,
    tuning: str,
) -> None:
    proves("llamafactory", method, tuning, "ran")
    place, outcome = by_llamafactory[method, rows, family, tuning]
    assert outcome == "ok"
    check(place, Path(f"{place}.log").read_text(encoding="utf-8", errors="replace"), tuning)


def test_llamafactory_trains_by_its_own_command(tmp_path: Path, workshop: Workshop) -> None:
    place = package(tmp_path, workshop.models["qwen2"], "llamafactory", "sft", "messages", tuning="lora")
    check(place, trained_by_its_command(place, llamafactory_programs()), "lora")


def test_llamafactory_stops_where_packed_rows_fill_no_block(tmp_path: Path, workshop: Workshop) -> None:
    session = Session(autosave=False)
    session.select_model(str(workshop.models["bare"]))
    session.configure(method="cpt", **{**SHORT, "max_length": 1024})
    session.use_dataset(ROWS["text"][:10], name="rows", eval_share=0.2)
    stops = {finding.code for finding in errors_in(session.deploy_to(name="no-block", target="llamafactory"))}
    assert stops == {"packing-fills-nothing"}
    # What the finding keeps from being written: a package of short blocks, with this length in its config.
    place = package(tmp_path, workshop.models["bare"], "llamafactory", "cpt", "text", tuning="lora")
    config = place / "llamafactory.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("cutoff_len: 64\n", "cutoff_len: 1024\n"))
    python = str(llamafactory_programs() / "python")
    said = json.loads(run(python, str(SCRIPTS / "run_llamafactory.py"), str(place)).splitlines()[-1])[str(place)]
    log = Path(f"{place}.log").read_text(encoding="utf-8", errors="replace")
    assert said != "ok" and "Cannot find sufficient samples" in said + log


def test_llamafactory_is_asked_and_a_value_of_another_type_is_told(tmp_path: Path, workshop: Workshop) -> None:
    place = package(tmp_path, workshop.models["qwen2"], "llamafactory", "sft", "messages", tuning="lora")
    python = llamafactory_programs()
    assert verify_package(place, trainer=python / "python") == []
    assert spoilt(place, "llamafactory.yaml", "lora_rank: eight", python) == ["lora_rank"]


def spoilt(place: Path, config: str, line: str, programs: Path) -> list[str]:
    """What the trainer says against a config with one line more, held to what the line is about."""
    from trainpkg_widgets.package.reading import open_package
    from trainpkg_widgets.package.trainer_parser import refused_by_trainer
    from trainpkg_widgets.package.verify import load_package

    key = line.partition(":")[0]
    text = "".join(
        kept
        for kept in (place / config).read_text(encoding="utf-8").splitlines(keepends=True)
        if not kept.startswith(f"{key}:")
    )
    (place / config).write_text(f"{text}{line}\n", encoding="utf-8")
    with open_package(place) as reader:
        found = list(refused_by_trainer(reader, load_package(place), programs / "python"))
    assert [finding.code for finding in found] == ["config-refused"]
    return [key for finding in found if key in finding.evidence]


# ---------------------------------------------------------------- what is not installed here, since it is for CUDA


@pytest.mark.parametrize("target", ["llamafactory", "unsloth"])
def test_the_pins_can_be_had_together(tmp_path: Path, workshop: Workshop, target: str) -> None:
    place = package(tmp_path, workshop.models["qwen2"], target, "sft", "messages", tuning="qlora")
    pip = (sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed")
    run(*pip, "-r", str(place / "requirements.txt"))


# ---------------------------------------------------------------- Unsloth, which starts on a GPU only


def arguments_of(source: Path, owner: str, function: str) -> set[str]:
    """The arguments of a method, read without importing it."""
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name == function:
                    return {argument.arg for argument in (*one.args.args, *one.args.kwonlyargs)}
    raise AssertionError(f"{owner}.{function} is not in {source}")


@pytest.mark.parametrize("tuning", TUNINGS)
@pytest.mark.parametrize(("method", "rows", "family"), [("sft", "messages", "qwen2"), ("cpt", "text", "bare")])
def test_the_script_for_unsloth_calls_functions_that_are_there(
    tmp_path: Path, workshop: Workshop, proves: Proves, method: str, rows: str, family: str, tuning: str
) -> None:
    proves("unsloth", method, tuning, "checked")
    place = package(tmp_path, workshop.models[family], "unsloth", method, rows, tuning=tuning)
    compile((place / "train.py").read_text(encoding="utf-8"), "train.py", "exec")
    keys = yaml.safe_load((place / "unsloth.yaml").read_text(encoding="utf-8"))
    models = unsloth_source() / "unsloth" / "models"
    taken = arguments_of(models / "loader.py", "FastLanguageModel", "from_pretrained")
    assert set(keys["model"]) <= taken
    assert set(keys.get("adapter", {})) <= arguments_of(models / "llama.py", "FastLlamaModel", "get_peft_model")
    # The rest goes to SFTConfig of the TRL that this Unsloth goes with.
    asked = "import yaml, trl; trl.SFTConfig(**yaml.safe_load(open('unsloth.yaml'))['training'], use_cpu=True)"
    run(str(unsloth_configs_python(workshop.programs)), "-c", asked, cwd=place)
    recorded = json.loads(
        (SCRIPTS.parent / "recorded" / "trainers" / f"unsloth_{UNSLOTH}.json").read_text(encoding="utf-8")
    )["functions"]
    assert set(recorded["from_pretrained"]) == taken, "what the light tests hold the script against"

"""Packages for Axolotl and LLaMA-Factory, held against these trainers themselves.

python -m pytest -m prove tests/training/test_other_trainers.py        about ten minutes and ten gigabytes at first

Each has an environment of its own, kept in .venvs. Axolotl's is made of a package's own requirements.txt.
LLaMA-Factory's is what its `get_train_args` imports: its runs import torchaudio and torchvision too, whose builds go
with a CUDA torch.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.training.environment import PROGRAMS, REPOSITORY, environment_of, run
from tests.training.workshop import ROWS, SHORT, Workshop
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.prove

LLAMAFACTORY = (
    *("torch==2.13.0", "transformers==5.6.0", "datasets==4.0.0", "peft==0.18.1", "trl==0.24.0", "accelerate==1.11.0"),
    *(
        "omegaconf",
        "pyyaml",
        "sentencepiece",
        "tiktoken",
        "protobuf",
        "einops",
        "scipy",
        "fire",
        "tyro<0.9.0",
        "av<=16.0.0",
    ),
    *("packaging", "matplotlib"),
)
ARGUMENTS = """
import json, os, sys, yaml
from llamafactory.hparams import get_train_args
for folder in sys.argv[1:]:
    os.chdir(folder)
    _, data, training, tuning, _ = get_train_args(yaml.safe_load(open("llamafactory.yaml")))
    read = [tuning.stage, tuning.finetuning_type, training.max_steps, data.dataset, data.eval_dataset]
    print("READ", json.dumps(read))
"""
VALIDATED = """
import os, sys, yaml
from axolotl.utils.config import validate_config
from axolotl.utils.dict import DictDefault
for folder in sys.argv[1:]:
    os.chdir(folder)
    taken = validate_config(DictDefault(yaml.safe_load(open("axolotl.yaml"))))
    print("VALID", taken.max_steps)
"""


def package(folder: Path, model: Path, target: str, method: str, rows: str, **config: Any) -> Path:
    session = Session(autosave=False)
    name = f"{target}-{method}-{rows}-{config['tuning']}".replace("_", "-")
    for findings in (
        session.select_model(str(model)),
        session.configure(method=method),
        session.configure(**{**SHORT, **config}),
        session.use_dataset(ROWS[rows], name="rows", eval_share=0.2),
        session.deploy_to(name=name, target=target),
    ):
        assert not errors_in(findings), findings
    place = session.write_package(folder)
    assert verify_package(place) == []
    return place


KINDS = [
    ("sft", "messages", "qwen2", "lora"),
    ("sft", "prompt_completion", "bare", "full"),
    ("cpt", "text", "bare", "full"),
    ("dpo", "preference_turns", "qwen2", "lora"),
    ("dpo", "preference", "bare", "full"),
]


@pytest.mark.parametrize(("method", "rows", "family", "tuning"), KINDS)
def test_axolotl_trains_what_was_written(
    tmp_path: Path, workshop: Workshop, method: str, rows: str, family: str, tuning: str
) -> None:
    place = package(tmp_path, workshop.models[family], "axolotl", method, rows, tuning=tuning)
    programs = environment_of(place)
    assert "VALID 8" in run(str(programs / "python"), "-c", VALIDATED, str(place))
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "AXOLOTL_DO_NOT_TRACK": "1"}
    environment |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        ["axolotl", "train", "axolotl.yaml"], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log[-4000:]
    found = [float(loss) for loss in re.findall(r"'loss': '?([-\d.e]+)", log)]
    print(f"\n{place.name}: loss {' '.join(f'{loss:g}' for loss in found)}")
    assert found and all(math.isfinite(loss) for loss in found)
    saved = {path.name for path in (place / "output").iterdir()}
    assert ("model.safetensors" if tuning == "full" else "adapter_model.safetensors") in saved


def llamafactory_python() -> Path:
    folder = REPOSITORY / ".venvs" / "llamafactory-arguments"
    python = folder / PROGRAMS / "python"
    if not (folder / "installed").exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        run(str(python), "-m", "pip", "install", "-q", *LLAMAFACTORY)
        run(str(python), "-m", "pip", "install", "-q", "--no-deps", "llamafactory==0.9.5")
        (folder / "installed").touch()
    return python


def test_llamafactory_reads_what_was_written(tmp_path: Path, workshop: Workshop) -> None:
    kinds = [
        ("sft", "messages", "qwen2"),
        ("sft", "prompt_completion", "bare"),
        ("cpt", "text", "bare"),
        ("dpo", "preference", "bare"),
        ("orpo", "preference", "bare"),
        ("reward", "preference", "bare"),
        ("kto", "kto", "bare"),
    ]
    places = [
        package(tmp_path, workshop.models[family], "llamafactory", method, rows, tuning=tuning)
        for method, rows, family in kinds
        for tuning in ("lora", "full")
    ]
    told = run(str(llamafactory_python()), "-c", ARGUMENTS, *map(str, places))
    read = [json.loads(line) for line in re.findall(r"READ (.*)", told)]
    stages = [stage for stage in ("sft", "sft", "pt", "dpo", "dpo", "rm", "kto") for _ in range(2)]
    assert read == [[s, t, 8, ["train"], ["test"]] for s, t in zip(stages, ["lora", "full"] * len(kinds), strict=True)]

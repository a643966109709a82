"""Packages for Axolotl and LLaMA-Factory launched from a session: followed, stopped, taken up, by the settings.

python -m pytest -m prove tests/training/test_other_launches.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.environment import environment_of, llamafactory_programs
from tests.training.test_launchers import until_step
from tests.training.workshop import ROWS, Workshop
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.launch.environment import environment_folder
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.prove

# Enough that a stop comes before the end: Axolotl makes many steps a second here, LLaMA-Factory about one.
STEPS = {"axolotl": 600, "llamafactory": 80}


def session_of(workshop: Workshop, folder: Path, target: str) -> Session:
    """A session whose package finds its environment made, since LLaMA-Factory's is not quite what it asks for."""
    runs = {"folder": str(folder / "runs"), "environments": str(folder / "environments")}
    settings: dict[str, Any] = {"deploy": {"folder": str(folder / "packages"), "runs": runs}}
    session = Session(settings, autosave=False, token=False)
    for findings in (
        session.select_model(str(workshop.models["qwen2"])),
        session.configure(precision="fp32", max_steps=STEPS[target], logging_steps=1, max_length=64, accumulation=1),
        session.configure(save_strategy="steps", save_steps=STEPS[target] // 8, save_limit=3),
        session.use_dataset(ROWS["messages"], name="rows", eval_share=0),
        session.deploy_to(name=f"launched-{target}", target=target),
    ):
        assert not errors_in(findings), findings
    place = session.write_package(folder / "packages")
    programs = llamafactory_programs() if target == "llamafactory" else environment_of(place)
    wanted = (place / "requirements.txt").read_text(encoding="utf-8")
    made = environment_folder(runs["environments"], target, wanted)
    made.parent.mkdir(parents=True)
    made.symlink_to(programs.parent, target_is_directory=True)
    return session


@pytest.mark.parametrize("target", ["axolotl", "llamafactory"])
def test_a_run_is_followed_stopped_and_taken_up(
    workshop: Workshop, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "AXOLOTL_DO_NOT_TRACK": "1"}.items():
        monkeypatch.setenv(name, value)
    session = session_of(workshop, tmp_path, target)
    run = session.launch()
    until_step(run, STEPS[target] // 8 + 5)
    run.stop()
    assert run.wait(200) == "stopped", run.log(40)
    saved = int(run.state.checkpoint.removeprefix("checkpoint-"))
    assert 0 < saved < STEPS[target]
    run.resume()
    assert run.wait(600) == "finished", run.log(40)
    steps = [point.step for point in run.points if point.loss is not None]
    assert steps == list(range(1, STEPS[target] + 1)), "every step is told once"
    commands = [line for line in run.folder.log.read_text(encoding="utf-8").splitlines() if line.startswith("$ ")]
    assert f"checkpoint-{saved}" in commands[-1]
    assert run.output is not None
    assert (run.output / "adapter_model.safetensors").exists(), "it saves where the launcher told it to"

"""From the cell to the loss curve of a real run of a tiny model, stopped and taken up: by mouse and by keyboard."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen
from tests.browser.test_the_road import press
from tests.training.environment import REPOSITORY, environment_of, run
from tests.unit.package_samples import sample_package

pytestmark = pytest.mark.browser

Opened = Callable[..., Screen]

# A trainer that has to import PyTorch first, on a machine that does other things as well.
STARTS = 240_000


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that a processor trains, made in the environment that the package asks for."""
    folder = tmp_path_factory.mktemp("tiny")
    programs = environment_of(sample_package().write(folder / "package"))
    run(str(programs / "python"), str(REPOSITORY / "tests/training/tiny_model.py"), str(folder / "model"), "qwen2")
    return folder / "model"


def settings(folder: Path) -> dict[str, Any]:
    runs = {"folder": str(folder / "runs"), "environments": str(REPOSITORY / ".venvs"), "refresh_seconds": 0.5}
    return {"deploy": {"runs": runs}}


def to_deploy(screen: Screen, page: Page, model: Path, name: str) -> None:
    """All choices made, by Python, and the deploy step on screen."""
    chosen = run_code(
        page,
        "import os; os.environ['HF_HUB_OFFLINE'] = '1'\n"
        f"wizard.select_model({str(model)!r})\n"
        "wizard.configure(precision='fp32', tuning='lora', max_steps=400, logging_steps=4, max_length=64,\n"
        "                 accumulation=1, batch_size=2, learning_rate=5e-3)\n"
        "wizard.use_dataset('chats.jsonl', eval_share=0.1)\n"
        f"wizard.deploy_to(name={name!r})\n"
        "wizard.step = 'deploy'\n"
        "print(wizard.step)",
    )
    assert "deploy" in chosen, chosen
    screen.wait_for_step("deploy")
    expect(screen.frame.get_by_text("package.yaml").first).to_be_visible(timeout=15_000)


def curve_of(screen: Screen) -> Any:
    return screen.frame.get_by_role("img", name=re.compile(r"Training loss from .* at step \d+ to"))


@pytest.mark.skipif(sys.platform == "win32", reason="runs are launched on POSIX systems only")
def test_by_mouse_to_a_loss_curve_then_stopped_and_taken_up(
    open_wizard: Opened, page: Page, folder: Path, tiny_model: Path
) -> None:
    screen = open_wizard(settings=settings(folder))
    to_deploy(screen, page, tiny_model, "mouse-run")
    screen.frame.get_by_label("Written into").fill(str(folder / "launched"))
    screen.button("Launch").click()
    expect(curve_of(screen)).to_be_visible(timeout=STARTS)
    screen.sees(re.compile(r"Step \d+ of 400"))
    assert screen.axe_violations() == []
    screen.button("Show the log").click()
    expect(screen.frame.get_by_label("Log of the run")).to_contain_text("trl sft", timeout=15_000)
    # The kernel was free all the while.
    assert "training" in run_code(page, "print(wizard.run.status)")
    screen.button("Stop and save").click()
    screen.sees("Saving a checkpoint".lower()) if screen.button("End it without saving").is_visible() else None
    expect(screen.button("Resume")).to_be_visible(timeout=STARTS)
    screen.sees(re.compile(r"can go on from checkpoint-\d+"))
    screen.button("Resume").click()
    screen.sees(re.compile(r"Step \d+ of 400"), timeout=STARTS)
    screen.sees("✓ Trained", timeout=STARTS)
    steps = run_code(page, "print([m['step'] for m in wizard.run.metrics])")
    assert steps.strip().endswith("400]"), steps
    assert screen.axe_violations() == []


@pytest.mark.skipif(sys.platform == "win32", reason="runs are launched on POSIX systems only")
def test_by_keyboard_to_a_loss_curve_then_stopped_and_taken_up(
    open_wizard: Opened, page: Page, folder: Path, tiny_model: Path
) -> None:
    screen = open_wizard(settings=settings(folder))
    to_deploy(screen, page, tiny_model, "keyboard-run")
    press(screen, "Launch")
    expect(curve_of(screen)).to_be_visible(timeout=STARTS)
    press(screen, "Stop and save")
    expect(screen.button("Resume")).to_be_visible(timeout=STARTS)
    press(screen, "Resume")
    screen.sees(re.compile(r"Step \d+ of 400"), timeout=STARTS)
    # A kernel that is started anew finds the run by its id, and what it shows goes on.
    run_code(page, "print(wizard.run.stop(now=True))")
    expect(screen.button("Resume")).to_be_visible(timeout=STARTS)

"""The script that trains a package elsewhere, run as it is against the Hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.unit.package_samples import SETTINGS, sample_state
from trainpkg_widgets.package.launch.files import SCRIPT, ToLaunch, launch_files
from trainpkg_widgets.steps import LaunchChoices

# Says how it was called; that a real trainer pushes its checkpoints is shown in tests/training.
TRAINER = "import json, pathlib, sys; pathlib.Path('called.json').write_text(json.dumps(sys.argv[1:]))"
REPOSITORY = "ada/support-bot"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def trained(hub: HubServer, package: Path, manifest: str) -> list[str]:
    """What the trainer was told when this package was trained there."""
    step = sample_state().deploy
    assert step is not None
    step = step.model_copy(update={"launcher": "skypilot", "launch": LaunchChoices(hub_repo=REPOSITORY)})
    run = ToLaunch("python trainer.py", "", ">=3.10", ())
    words = SETTINGS.deploy.targets["trl"].launch
    for file in launch_files(step, run, words, SETTINGS.deploy.cluster):
        (package / file.path).parent.mkdir(parents=True, exist_ok=True)
        (package / file.path).write_bytes(b"".join(file.chunks()))
    (package / "trainer.py").write_text(TRAINER)
    (package / "package.yaml").write_text(manifest)
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": GOOD_TOKEN, "HF_HOME": str(package / "home")}
    command = [sys.executable, SCRIPT, "--here"]
    ended = subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    called: list[str] = json.loads((package / "called.json").read_text())
    return called


def push_checkpoint(hub: HubServer) -> None:
    """As a trainer with `hub_strategy: checkpoint` does."""
    hub.push(REPOSITORY, {"last-checkpoint/trainer_state.json": b'{"global_step": 5}'})


def test_started_again_a_package_goes_on_from_its_own_checkpoint(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    assert "--resume_from_checkpoint" not in trained(hub, tmp_path / "first", "name: one\n")
    push_checkpoint(hub)
    again = trained(hub, tmp_path / "second", "name: one\n")
    assert again[-2:] == ["--resume_from_checkpoint", "output/last-checkpoint"]
    assert (tmp_path / "second" / "output" / "last-checkpoint" / "trainer_state.json").is_file()


def test_another_package_in_the_same_repository_starts_from_the_beginning(hub: HubServer, tmp_path: Path) -> None:
    for name in ("one", "other", "other-again"):
        (tmp_path / name).mkdir()
    trained(hub, tmp_path / "one", "name: one\n")
    push_checkpoint(hub)
    assert "--resume_from_checkpoint" not in trained(hub, tmp_path / "other", "name: other\n")
    held = hub.store.held("models", REPOSITORY)
    assert held is not None
    assert not any(path.startswith("last-checkpoint/") for path in held.commits[-1].files)
    assert "--resume_from_checkpoint" not in trained(hub, tmp_path / "other-again", "name: other\n")

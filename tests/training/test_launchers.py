"""The proof of the launchers: clients take their files, two processes train together, a job goes on where it was.

python -m pytest -m prove tests/training/test_launchers.py      some minutes, most of them for environments
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.training.environment import REPOSITORY, environment_of, llamafactory_programs, run
from tests.unit.package_samples import CHATS, sample_package, sample_state
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.launch import processes
from trainpkg_widgets.package.launch.files import KUBERNETES, SCRIPT, SKYPILOT
from trainpkg_widgets.package.launch.run import Run
from trainpkg_widgets.session import Session
from trainpkg_widgets.steps import LaunchChoices

pytestmark = pytest.mark.prove

SCRIPTS = Path(__file__).parent
CLIENTS = ("skypilot==0.14.1", "kubernetes==37.0.2", "kubeflow-trainer-api==2.3.0")
ROWS = CHATS * 6


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The programs of the package's environment, and a tiny model."""
    folder = tmp_path_factory.mktemp("launched")
    programs = environment_of(sample_package().write(folder / "first"))
    run(str(programs / "python"), str(SCRIPTS / "tiny_model.py"), str(folder / "model"), "qwen2")
    return folder, programs


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def session_of(model: str, folder: Path, name: str, steps: int, hub: HubServer | None = None, **launch: Any) -> Session:
    settings: dict[str, Any] = {
        "model": {"cache": {"enabled": False}},
        "deploy": {
            "folder": str(folder / "packages"),
            "runs": {"folder": str(folder / "runs"), "environments": str(REPOSITORY / ".venvs")},
        },
    }
    token = GOOD_TOKEN if hub else False
    session = Session(settings, autosave=False, token=token, endpoint=hub.url if hub else None)
    for findings in (
        session.select_model(model),
        session.configure(precision="fp32", max_steps=steps, logging_steps=1, max_length=64, accumulation=1),
        session.use_dataset(ROWS, name="chats", eval_share=0),
        session.deploy_to(name=name, **launch),
    ):
        assert not errors_in(findings), findings
    return session


def until_step(run: Run, step: int, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while (run.state.step or 0) < step:
        assert not run.is_over, (run.findings, run.log(40))
        assert time.monotonic() < deadline, run.log(40)
        time.sleep(0.2)


def test_two_processes_train_together_through_accelerate(
    workshop: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = workshop
    # No card here, so they meet by gloo; this is how transformers is told that the processor is meant.
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    session = session_of(str(folder / "model"), folder, "two", 12, processes=2)
    launched = session.launch()
    assert "--num_processes 2" in " ".join(launched.spec.command)
    assert launched.wait(400) == "finished", launched.log(60)
    assert [point.step for point in launched.points if point.loss is not None] == list(range(1, 13))
    # Two processes of two rows each see as many tokens a step as one process of four would.
    one = session_of(str(folder / "model"), folder, "one", 12)
    alone = one.launch()
    assert alone.wait(400) == "finished", alone.log(60)
    ratio = (launched.points[-1].tokens or 0) / (alone.points[-1].tokens or 1)
    assert ratio == pytest.approx(2, rel=0.1)


def test_a_real_run_killed_in_its_middle_goes_on_from_its_checkpoint(
    workshop: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = workshop
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    session = session_of(str(folder / "model"), folder, "killed", 600)
    session.configure(save_strategy="steps", save_steps=10)
    launched = session.launch()
    until_step(launched, 35)
    state = launched.state
    assert state.trainer is not None
    assert state.supervisor is not None
    processes.send([state.supervisor.pid, *processes.tree(state.trainer.pid)], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while launched.status != "lost":
        assert time.monotonic() < deadline, launched.state
        time.sleep(0.1)
    saved = int(launched.state.checkpoint.removeprefix("checkpoint-"))
    assert saved >= 30
    launched.resume()
    until_step(launched, saved + 5)
    launched.stop()
    assert launched.wait(300) == "stopped"
    steps = [point.step for point in launched.points if point.loss is not None]
    assert steps == list(range(1, steps[-1] + 1)), "every step is told once"
    assert re.search(rf"--resume_from_checkpoint output/\S+/checkpoint-{saved}\n", launched.folder.log.read_text())


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


# What each is told on its command line. Axolotl is told nothing of the Hub: what it trained is uploaded at the end.
WORDS = {
    "axolotl": ("$ axolotl train", "--resume-from-checkpoint {}"),
    "trl": ("--push_to_hub true", "--resume_from_checkpoint {}"),
    "llamafactory": ("push_to_hub=true", "resume_from_checkpoint={}"),
}


@pytest.mark.parametrize("target", WORDS)
def test_the_script_for_elsewhere_fetches_trains_pushes_and_goes_on(
    workshop: tuple[Path, Path], hub: HubServer, tmp_path: Path, target: str
) -> None:
    folder, programs = workshop
    pushes, resumes = WORDS[target]
    if target == "llamafactory":
        programs = llamafactory_programs()
    files = {path.name: path.read_bytes() for path in (folder / "model").iterdir() if path.is_file()}
    config = json.loads(files["config.json"])
    tokenizer = json.loads(files["tokenizer_config.json"])
    body = {
        "id": "ada/tiny",
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "tags": ["transformers", "safetensors"],
        "gated": False,
        "private": False,
        "config": {"architectures": config["architectures"], "model_type": config["model_type"]},
    }
    body["config"]["tokenizer_config"] = tokenizer
    hub.add_model(body, files)
    session = session_of("ada/tiny", tmp_path, "there", 12, hub, launcher="hf_jobs", target=target)
    if target == "axolotl":
        programs = environment_of(session.write_package(tmp_path / "asks"))
    session.launch()
    [job] = hub.jobs.held.values()
    # What the job's machine is told to run after `uv run --with …`, with the secret it is given.
    command = job.spec["command"][job.spec["command"].index("python") + 1 :]

    def on_the_machine(name: str) -> str:
        (tmp_path / name).mkdir()
        done = subprocess.run(
            [str(programs / "python"), *command],
            cwd=tmp_path / name,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(("HF_", "PYTHONPATH"))},
                **job.spec["secrets"],
                "HF_ENDPOINT": hub.url,
                "HF_HOME": str(tmp_path / name / "hf"),
                # Xet is a service of its own, which is not on loopback.
                "HF_HUB_DISABLE_XET": "1",
                "AXOLOTL_DO_NOT_TRACK": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    first = on_the_machine("first")
    assert pushes in first
    assert resumes.format("") not in first
    held = hub.store.held("models", "ada/there")
    assert held is not None
    there = held.commits[-1].files
    assert {"adapter_model.safetensors", "training-package/package.yaml"} <= set(there)
    assert held.private
    pushed = "last-checkpoint/trainer_state.json" in there
    assert pushed == (target != "axolotl")
    assert (resumes.format("output/last-checkpoint") in on_the_machine("second")) == pushed
    for path, file in there.items():
        assert GOOD_TOKEN.encode() not in file.head, path


def test_the_clients_take_the_files_that_are_for_them(tmp_path: Path) -> None:
    clients = REPOSITORY / ".venvs" / "launch-clients"
    python = clients / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (clients / "installed").exists():
        run(sys.executable, "-m", "venv", "--clear", str(clients))
        run(str(python), "-m", "pip", "install", "-q", *CLIENTS)
        (clients / "installed").touch()
    written: dict[str, str] = {}
    for name, launcher, launch in (
        ("Sky_One.2", "skypilot", LaunchChoices()),
        ("sky-many", "skypilot", LaunchChoices(accelerators="A100-80GB:8")),
        ("job", "kubernetes", LaunchChoices(gpus=2, timeout_hours=3)),
        ("job-without-cards", "kubernetes", LaunchChoices(gpus=0)),
        ("1-trainjob", "kubernetes", LaunchChoices(kind="trainjob", timeout_hours=1)),
    ):
        state = sample_state(name)
        assert state.deploy is not None
        deploy = state.deploy.model_copy(update={"launcher": launcher, "launch": launch})
        place = sample_package(state.model_copy(update={"deploy": deploy})).write(tmp_path / "packages")
        assert (place / SCRIPT).is_file()
        written[str(place / (SKYPILOT if launcher == "skypilot" else KUBERNETES))] = name
    said = json.loads(run(str(python), str(SCRIPTS / "check_launch_files.py"), *written).splitlines()[-1])
    assert {written[path]: answer for path, answer in said.items()} == dict.fromkeys(written.values(), "ok")
    broken = tmp_path / "broken.yaml"
    broken.write_text("resourcess: {}\nrun: echo\n")
    job = tmp_path / "job.yaml"
    job.write_text("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {templat: {}, template: {spec: {}}}\n")
    said = json.loads(run(str(python), str(SCRIPTS / "check_launch_files.py"), str(broken), str(job)).splitlines()[-1])
    assert all(answer != "ok" for answer in said.values()), "a check that can't fail is none"

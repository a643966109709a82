"""The deploy step's own choices: launchers and what is said to them, launching from a session, and being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.unit.model_folders import write_model
from tests.unit.package_samples import CHATS, sample_package
from tests.unit.run_samples import TRAINER, until
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.hub.uploads import UploadCancelledError
from trainpkg_widgets.package.launch.start import CannotLaunchError
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.readiness import NotReadyError
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs are launched on POSIX systems only")


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def settings(folder: Path, **runs: Any) -> dict[str, Any]:
    runs = {
        "folder": str(folder / "runs"),
        "environments": str(folder / "environments"),
        "refresh_seconds": 0.1,
        **runs,
    }
    return {
        "model": {"cache": {"enabled": False}},
        "deploy": {"folder": str(folder / "packages"), "runs": runs},
    }


def ready(hub: HubServer, folder: Path, name: str = "support-bot", **runs: Any) -> Session:
    # How much room the disk of the machine that tests has is no part of what is tested.
    session = Session(
        settings(folder, **{"free_gb": 0.001, **runs}), autosave=False, token=GOOD_TOKEN, endpoint=hub.url
    )
    for findings in (
        session.select_model("Qwen/Qwen2.5-0.5B-Instruct"),
        session.configure(precision="fp32"),
        session.use_dataset(CHATS, name="chats"),
        session.deploy_to(name=name),
    ):
        assert not errors_in(findings), findings
    return session


def environment(session: Session) -> None:
    """The environment that the session's package asks for, with the trainer of the samples in it."""
    from trainpkg_widgets.package.launch.environment import environment_folder

    text = session.package.preview("requirements.txt")[0]
    place = environment_folder(session.settings.deploy.runs.environments, "trl", text)
    program = place / "bin" / "trl"
    program.parent.mkdir(parents=True)
    # Its words are pairs; the sub-command and what has no value are passed over.
    text = TRAINER.format(python=sys.executable).replace(
        "sys.argv[1::2], sys.argv[2::2]", "sys.argv[2::2], sys.argv[3::2]"
    )
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    (place / "installed").touch()


# ---------------------------------------------------------------- choices


def test_what_a_launcher_is_told_is_kept_and_what_is_not_given_stays(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    session.deploy_to(launcher="hf_jobs", flavor="a100-large", timeout_hours=6)
    session.deploy_to(private=False)
    deploy = session.state.deploy
    assert deploy is not None
    assert (deploy.launcher, deploy.launch.flavor, deploy.launch.timeout_hours) == ("hf_jobs", "a100-large", 6)
    assert not deploy.launch.private


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"launcher": "moon"}, "deploy.launcher"),
        ({"processes": 0}, "deploy.launch.processes"),
        ({"processes": "many"}, "deploy.launch.processes"),
        ({"timeout_hours": -1}, "deploy.launch.timeout_hours"),
        ({"hub_repo": "a/b/c"}, "deploy.launch.hub_repo"),
        ({"kind": "cronjob"}, "deploy.launch.kind"),
        ({"colour": "red"}, "deploy.launch.colour"),
    ],
)
def test_what_a_launcher_can_not_be_told_is_refused_and_nothing_changes(
    hub: HubServer, tmp_path: Path, wrong: dict[str, Any], field: str
) -> None:
    session = ready(hub, tmp_path)
    before = session.state.deploy
    said = errors_in(session.deploy_to(**wrong))
    assert [finding.field for finding in said] == [field]
    assert session.state.deploy == before


@pytest.mark.parametrize("launcher", ["local", "hf_jobs", "skypilot", "kubernetes"])
def test_each_launcher_gets_its_files_and_no_other(hub: HubServer, tmp_path: Path, launcher: str) -> None:
    session = ready(hub, tmp_path)
    session.deploy_to(launcher=launcher)
    files = {file.path for file in session.package.files if file.path.startswith("launch/")}
    expected = {
        "local": set(),
        "hf_jobs": {"launch/train_there.py"},
        "skypilot": {"launch/train_there.py", "launch/skypilot.yaml"},
        "kubernetes": {"launch/train_there.py", "launch/kubernetes.yaml"},
    }
    assert files == expected[launcher]
    assert verify_package(session.write_package(tmp_path / launcher)) == []


def test_a_model_on_this_disk_is_not_launched_elsewhere(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    session.select_model(str(write_model(tmp_path / "model")))
    assert not errors_in(session.deploy_to(launcher="local"))
    [finding] = [f for f in session.deploy_to(launcher="hf_jobs") if f.severity == "error"]
    assert finding.code == "model-not-there"
    assert finding.fix is not None
    assert finding.fix.arguments == {"launcher": "local"}


@pytest.mark.parametrize("launcher", ["skypilot", "kubernetes"])
def test_without_the_client_the_command_is_given(
    hub: HubServer, tmp_path: Path, launcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    session = ready(hub, tmp_path)
    session.deploy_to(launcher=launcher)
    with pytest.raises(CannotLaunchError, match=r"run: cd .*support-bot && (sky launch|kubectl apply)"):
        session.launch()
    assert verify_package(tmp_path / "packages" / "support-bot") == []


def test_with_the_client_it_is_launched_and_followed_and_ended_by_it(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    sky = programs / "sky"
    bar = " 10%|#  | 1/10 [00:00<00:01, 9.9it/s]"
    sky.write_text(f'#!/bin/sh\necho "sky $*"\n[ "$1" = down ] || {{ echo "{bar}"; exec sleep 60; }}\n')
    sky.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    session = ready(hub, tmp_path)
    session.deploy_to(launcher="skypilot")
    run = session.launch()
    until(lambda: run.state.step == 1)
    run.stop()
    assert run.wait(60) == "stopped"
    assert "sky launch --yes --down --secret HF_TOKEN -c support-bot launch/skypilot.yaml" in run.log()
    assert "sky down --yes support-bot" in run.log()
    assert GOOD_TOKEN not in run.log_path.read_text()


# ---------------------------------------------------------------- launching


def test_a_launch_writes_the_package_and_the_run_goes_with_the_session(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPS", "12")
    session = ready(hub, tmp_path)
    environment(session)
    run = session.launch()
    assert verify_package(tmp_path / "packages" / "support-bot") == []
    assert session.state.deploy is not None
    assert session.state.deploy.run == run.id
    later = Session(settings(tmp_path), session.state, autosave=False, token=False, endpoint=hub.url)
    assert later.run is not None
    assert later.run.wait(60) == "finished"
    view = later.launching.view()
    assert (view.id, view.status, view.step, len(view.curve)) == (run.id, "finished", 12, 12)
    assert later.measured is not None
    assert later.measured.seconds_per_step
    assert [one.id for one in later.runs] == [run.id]


def test_the_package_is_written_once_and_a_second_run_saves_elsewhere(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPS", "3")
    session = ready(hub, tmp_path)
    environment(session)
    first, second = session.launch(), session.launch()
    assert first.wait(60) == second.wait(60) == "finished"
    assert first.spec.package == second.spec.package
    assert first.output != second.output


def test_another_package_of_that_name_is_left_alone(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    session.write_package(tmp_path / "packages")
    session.configure(learning_rate=1e-3)
    with pytest.raises(NotReadyError) as refused:
        session.launch(tmp_path / "packages")
    [finding] = refused.value.findings
    assert finding.code == "package-exists"
    assert finding.fix is not None
    assert session.deploy_to(**finding.fix.arguments) is not None


def test_a_precision_that_this_machine_can_not_train_in_is_refused_before_it_starts(
    hub: HubServer, tmp_path: Path
) -> None:
    if Session().gpu is not None:
        pytest.skip("this machine has a GPU")
    session = ready(hub, tmp_path)
    session.configure(precision="bf16")
    with pytest.raises(NotReadyError) as refused:
        session.launch()
    assert [finding.code for finding in refused.value.findings] == ["no-gpu-here"]
    assert list(tmp_path.rglob("run.json")) == []


def test_a_disk_without_room_for_the_environment_is_said_before_it_starts(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path, free_gb=1e9)
    with pytest.raises(NotReadyError) as refused:
        session.launch()
    assert [finding.code for finding in refused.value.findings] == ["no-room"]


def test_a_run_on_screen_is_told_at_a_bounded_rate_and_to_its_end(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPS", "50")
    session = ready(hub, tmp_path)
    environment(session)
    told: list[str] = []
    session.launching.watch = lambda: told.append(session.launching.view().status)
    session.launch()
    until(lambda: told[-1:] == ["finished"])
    assert len(told) < 50, "each look is one message, however many steps there were"


def test_a_run_that_ends_while_it_is_told_is_told_once_more_as_it_ended(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPS", "20")
    session = ready(hub, tmp_path)
    environment(session)
    told: list[str] = []

    def look() -> None:
        told.append(session.launching.view().status)
        if session.run is not None and len(told) > 1:
            session.run.wait(60)

    session.launching.watch = look
    session.launch()
    until(lambda: told[-1:] == ["finished"])


# ---------------------------------------------------------------- killed


def killed_while(code: str, *arguments: str, ready_file: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", code, *arguments, str(ready_file)])
    until(ready_file.exists)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def test_a_write_that_is_killed_leaves_nothing_under_its_name_and_is_done_again(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tests.unit.package_samples import sample_package\n"
        "from trainpkg_widgets.package import writing\n"
        "pour = writing._pour\n"
        "def slowly(file, out):\n"
        "    pour(file, out)\n"
        "    if file.path == 'sft.yaml': Path(sys.argv[-1]).touch(); time.sleep(60)\n"
        "writing._pour = slowly\n"
        "sample_package().write(sys.argv[1])"
    )
    for ending in ("", "zip"):
        folder = tmp_path / f"written{ending}"
        place = folder / f"support-bot.{ending}" if ending else folder
        killed_while(code, str(place), ready_file=tmp_path / f"reached{ending}")
        assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
        assert verify_package(sample_package().write(place)) == []


def test_an_upload_that_is_killed_shows_nothing_and_is_done_again(hub: HubServer, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from threading import Event\n"
        "from trainpkg_widgets.hub.uploads import upload_folder\n"
        "def told(done, total, path):\n"
        "    if path == 'sft.yaml': Path(sys.argv[-1]).touch(); time.sleep(60)\n"
        "upload_folder(Path(sys.argv[1]), ['package.yaml', 'README.md', 'sft.yaml'],\n"
        "              'ada/killed', 'training-package', private=True, endpoint=sys.argv[2],\n"
        "              token=sys.argv[3], progress=told, cancelled=Event())"
    )
    session = ready(hub, tmp_path, name="killed")
    place = session.write_package(tmp_path / "packages")
    killed_while(code, str(place), hub.url, GOOD_TOKEN, ready_file=tmp_path / "reached")
    held = hub.store.held("models", "ada/killed")
    assert held is not None
    assert list(held.commits[-1].files) == [".gitattributes"]
    session.push()
    held = hub.store.held("models", "ada/killed")
    assert held is not None
    assert "training-package/package.yaml" in held.commits[-1].files


def test_a_launch_cancelled_while_the_package_was_written_starts_nothing(hub: HubServer, tmp_path: Path) -> None:
    session, cancelled = ready(hub, tmp_path), Event()
    cancelled.set()
    with pytest.raises(UploadCancelledError, match="nothing was started"):
        session.launching.launch(cancelled=cancelled)
    assert session.runs == []
    assert verify_package(tmp_path / "packages" / "support-bot") == []


def test_reading_what_was_measured_does_not_keep_advice_from_hearing_of_it(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPS", "12")
    session = ready(hub, tmp_path)
    environment(session)
    run = session.launch()
    assert run.wait(60) == "finished"
    advised: list[str] = []
    monkeypatch.setattr(session.choices, "advise_again", advised.append)
    assert session.measured is not None
    session.launching._learn(run)
    session.launching._learn(run)
    assert advised == ["config"], "once"

"""Runs on this machine: they outlive who started them, are found again, stop with a checkpoint, and lose nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.package_samples import sample_state
from tests.unit.run_samples import run_folder, run_spec, until
from trainpkg_widgets.package.launch import local, processes
from trainpkg_widgets.package.launch.checkpoints import last_checkpoint
from trainpkg_widgets.package.launch.run import (
    Run,
    RunFinishedError,
    RunStillOnError,
    RunUnknownError,
    find_run,
    known_runs,
)
from trainpkg_widgets.package.launch.run_folder import RunState

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs are launched on POSIX systems only")


def started(folder: Path, secrets: dict[str, str] | None = None, **spec: object) -> Run:
    run = run_folder(folder)
    local.start(run, run_spec(folder, **spec), secrets or {})
    return Run(run, sample_state(), secrets or {})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "20")
    monkeypatch.setenv("PAUSE", "0.01")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "400")
    monkeypatch.setenv("PAUSE", "0.05")


def test_a_run_reports_each_step_with_its_loss_and_ends_finished(tmp_path: Path, quick: None) -> None:
    run = started(tmp_path)
    assert run.wait(60) == "finished"
    assert [point.step for point in run.points] == list(range(1, 21))
    assert run.metrics[-1] == {
        **run.metrics[-1],
        "step": 20,
        "loss": 4.0,
        "learning_rate": 0.001,
        "tokens": 2000,
        "epoch": 0.1,
    }
    assert (run.state.step, run.state.total, run.state.checkpoint) == (20, 20, "checkpoint-20")
    assert run.findings == []


def test_the_rates_and_the_memory_are_measured(tmp_path: Path, slow: None) -> None:
    run = started(tmp_path)
    until(lambda: (run.state.step or 0) >= 25 and run.state.ram_peak_bytes is not None)
    state = run.state
    run.stop(now=True)
    assert state.seconds_per_step is not None
    assert state.tokens_per_second == pytest.approx(100 / state.seconds_per_step, rel=0.01)
    assert state.ram_peak_bytes is not None
    assert state.ram_peak_bytes > 1_000_000
    assert run.wait(60) == "stopped"


def test_a_stopped_run_has_saved_and_goes_on_from_there(tmp_path: Path, slow: None) -> None:
    run = started(tmp_path)
    until(lambda: (run.state.step or 0) >= 7)
    run.stop()
    assert run.wait(60) == "stopped"
    saved = int(run.state.checkpoint.removeprefix("checkpoint-"))
    assert saved >= 7
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEPS", str(saved + 5))
        run.resume()
        assert run.wait(60) == "finished"
    assert f"--resume_from_checkpoint output/a-run/checkpoint-{saved}" in run.log()
    steps = [point.step for point in run.points]
    assert steps == list(range(1, saved + 6)), "each step once, in order"
    assert run.state.attempt == 2


def test_a_run_that_is_on_is_not_taken_up_and_a_finished_one_neither(tmp_path: Path, quick: None) -> None:
    run = started(tmp_path)
    if not run.is_over:
        with pytest.raises(RunStillOnError, match="stop it first"):
            run.resume()
    run.wait(60)
    with pytest.raises(RunFinishedError, match="launch the package again"):
        run.resume()


def test_a_run_outlives_who_started_it_and_is_found_by_its_id(tmp_path: Path, slow: None) -> None:
    spec = run_spec(tmp_path)
    starter = (
        "import os, sys; from pathlib import Path; from trainpkg_widgets.package.launch import local\n"
        "from trainpkg_widgets.package.launch.run_folder import RunFolder, RunSpec\n"
        "local.start(RunFolder(Path(sys.argv[1])), RunSpec.model_validate_json(sys.argv[2]), {})\n"
        "os.killpg(os.getpgrp(), 9)"  # as a kernel is ended, with all of its process group
    )
    place = run_folder(tmp_path).path
    ended = subprocess.run(
        [sys.executable, "-c", starter, str(place), spec.model_dump_json()], start_new_session=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    run = find_run(place.parent, "a-run", sample_state(), {})
    until(lambda: (run.state.step or 0) >= 5)
    assert run.status == "training"
    assert [one.id for one in known_runs(place.parent, sample_state(), {})] == ["a-run"]
    run.stop()
    assert run.wait(60) == "stopped"


def test_a_killed_supervisor_is_replaced_and_the_trainer_goes_on(tmp_path: Path, slow: None) -> None:
    run = started(tmp_path)
    until(lambda: (run.state.step or 0) >= 5)
    before = run.state
    assert before.supervisor is not None
    assert before.trainer is not None
    os.kill(before.supervisor.pid, signal.SIGKILL)
    until(lambda: not before.supervisor.alive)
    assert before.trainer.alive
    assert run.status == "training"
    run.look_after()
    until(lambda: run.state.supervisor not in (None, before.supervisor))
    step = run.state.step or 0
    until(lambda: (run.state.step or 0) > step)
    run.stop()
    assert run.wait(60) == "stopped"
    steps = [point.step for point in run.points]
    assert steps == list(range(1, steps[-1] + 1)), "no step is lost or told twice"


def test_a_run_killed_whole_is_lost_and_goes_on_from_its_last_whole_checkpoint(tmp_path: Path, slow: None) -> None:
    run = started(tmp_path)
    until(lambda: (run.state.step or 0) >= 12)
    state = run.state
    assert state.supervisor is not None
    assert state.trainer is not None
    processes.send([state.supervisor.pid, *processes.tree(state.trainer.pid)], signal.SIGKILL)
    until(lambda: run.status == "lost")
    [finding] = run.findings
    assert (finding.code, finding.fix.verb if finding.fix else "") == ("run-lost", "resume_run")
    torn = run.output / "checkpoint-9999" if run.output else tmp_path
    torn.mkdir()
    (torn / "trainer_state.json").write_text('{"global_')
    run.resume()
    until(lambda: run.status == "training")
    assert re.search(r"--resume_from_checkpoint output/a-run/checkpoint-\d?[05]\n", run.log())
    run.stop(now=True)
    assert run.wait(60) == "stopped"


def test_a_checkpoint_that_a_stop_is_still_saving_is_not_the_last(tmp_path: Path) -> None:
    for step in (5, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    (tmp_path / "checkpoint-10" / "checkpoint-is-incomplete.txt").touch()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-5"
    assert last_checkpoint(tmp_path / "none") is None


def test_a_trainer_that_does_not_save_in_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "2")
    monkeypatch.setenv("PAUSE", "600")
    run = started(tmp_path, stop_seconds=0.5)
    until(lambda: run.status != "preparing")
    run.stop()
    assert run.wait(60) == "stopped"


def test_what_a_launcher_launched_ends_with_it_where_nothing_is_saved(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    trains = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
    launches = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {trains!r}])"
    run = started(tmp_path, command=(sys.executable, "-c", launches), environment="", stop_seconds=600)
    until(lambda: pid.exists() and pid.read_text() != "")
    run.stop()
    assert run.wait(60) == "stopped"
    assert not processes.process(int(pid.read_text())).alive


def test_a_trainer_that_has_saved_and_stays_is_ended_and_its_run_is_finished(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAYS", "1")
    run = started(tmp_path, linger_seconds=1)
    assert run.wait(60) == "finished"
    assert run.state.step == 20
    assert "did not end by itself" in run.state.note
    assert run.findings == []


def test_an_environment_that_can_not_be_made_fails_the_run_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    run = started(tmp_path, environment=str(tmp_path / "a-file" / "environment"))
    assert run.wait(60) == "failed"
    assert "could not be made" in run.state.note
    [finding] = run.findings
    assert finding.message == run.state.note


def test_an_id_that_is_a_path_finds_nothing(tmp_path: Path) -> None:
    for id in ("..", "../a-run", "", "nothing"):
        with pytest.raises(RunUnknownError):
            find_run(tmp_path, id, sample_state(), {})


def test_a_secret_of_the_environment_is_in_no_file_of_a_run(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "planted-in-the-environment")
    monkeypatch.setenv("SAYS", "the token is hf_plantedInTheSession1234567, the key is planted-in-the-environment")
    run = started(tmp_path, {"HF_TOKEN": "hf_plantedInTheSession1234567"})
    assert run.wait(60) == "finished"
    assert "the token is" in run.log()
    written = [path for path in tmp_path.rglob("*") if path.is_file() and "environment/bin" not in str(path)]
    assert run.log_path in written
    for path in written:
        assert "planted" not in path.read_text(errors="replace"), path


@pytest.mark.parametrize("now", [False, True])
def test_what_a_client_started_elsewhere_is_ended_there_too(tmp_path: Path, slow: None, now: bool) -> None:
    run = started(tmp_path, stop_command=("touch", str(tmp_path / "ended-elsewhere")))
    until(lambda: run.status == "training")
    run.stop(now=now)
    assert run.wait(60) == "stopped"
    assert (tmp_path / "ended-elsewhere").exists()


def test_a_stop_is_seen_where_the_supervisor_was_killed(tmp_path: Path, slow: None) -> None:
    run = started(tmp_path)
    until(lambda: (run.state.step or 0) >= 5)
    supervisor, trainer = run.state.supervisor, run.state.trainer
    assert supervisor is not None
    assert trainer is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: not supervisor.alive)
    run.stop()
    until(lambda: not trainer.alive and run.status == "stopped")


def test_a_stop_is_called_saving_only_where_it_saves(tmp_path: Path) -> None:
    spec = run_spec(tmp_path)
    stopping = RunState(status="stopping")
    assert local.status_words(stopping, spec) == "Stopping"
    assert local.status_words(stopping, spec.model_copy(update={"saves_when_stopped": True})) == "Saving a checkpoint"
    assert local.status_words(stopping, spec.model_copy(update={"launcher": "hf_jobs"})) == "Ending"


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_a_log_that_is_cut_does_not_begin_inside_a_secret(tmp_path: Path, end: str) -> None:
    folder = run_folder(tmp_path)
    folder.create(run_spec(tmp_path))
    secret = "planted-in-the-environment"
    rest = f"{end}a line\n".ljust(64_000 - 10, "x")
    folder.log.write_bytes(f"the key is {secret}{rest}".encode())
    run = Run(folder, sample_state(), {"WANDB_API_KEY": secret})
    assert "environment" not in run.log()
    assert run.log().startswith("a line")

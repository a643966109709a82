"""Runs on this machine: starting one that outlives the kernel, finding it again, stopping it, taking it up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import trainpkg_widgets

from .checkpoints import last_checkpoint
from .processes import process
from .run_folder import OVER, RunFolder, RunSpec, RunState, RunStatus

# What is not as it is here: nothing is made on this machine, and what ends there saves nothing more.
_ELSEWHERE: dict[RunStatus, str] = {"preparing": "Waiting for its machine", "stopping": "Ending"}


def start(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str]) -> None:
    """Start a run. `secrets` are given to it in its environment, and written nowhere.

    Raises:
        OSError: the disk refuses, or no process can be started.
    """
    folder.create(spec)
    folder.save(RunState(updated=time.time()))
    supervise(folder, secrets)


def supervise(folder: RunFolder, secrets: Mapping[str, str]) -> None:
    """Start the process that sees a run through, in a session of its own, so that a kernel's end is not its end."""
    # From the run's own folder: `python -m` looks for modules where it is started first.
    home = Path(trainpkg_widgets.__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(home), os.environ.get("PYTHONPATH", "")]))
    with (folder.path / "supervisor.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.supervise", str(folder.path)],
            cwd=folder.path,
            env={**os.environ, **secrets, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # So that it leaves no remains when it ends before the kernel does.
    Thread(target=child.wait, name="trainpkg-run", daemon=True).start()
    started = process(child.pid)
    while child.poll() is None and folder.state.supervisor != started and not _is_over(folder):
        time.sleep(0.05)


def standing(folder: RunFolder, spec: RunSpec) -> RunState:
    """How a run stands now: what was written down, corrected by which processes are really there."""
    state = folder.state
    if state.status in OVER or spec.host != socket.gethostname():
        return state
    if state.supervisor is None and time.time() - state.updated < spec.start_seconds:
        return state
    if state.supervisor is not None and state.supervisor.alive:
        return state
    if state.trainer is not None and state.trainer.alive:
        return state
    found = last_checkpoint(Path(spec.package) / spec.output)
    return state.model_copy(update={"status": "lost", "checkpoint": found.name if found else ""})


def adopt(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str]) -> None:
    """Give a run whose supervisor was killed, and whose trainer goes on, a new supervisor."""
    state = folder.state
    alone = state.supervisor is None or not state.supervisor.alive
    if spec.host == socket.gethostname() and alone and state.trainer is not None and state.trainer.alive:
        supervise(folder, secrets)


def stop(folder: RunFolder, now: bool) -> None:
    """Ask a run to save a checkpoint and end; with `now`, to end without one."""
    folder.stop_file.write_text("now" if now else "save", encoding="utf-8")


def resume(folder: RunFolder, secrets: Mapping[str, str]) -> None:
    """Take a run up from its last whole checkpoint, or from the beginning where it has none."""
    state = folder.state
    folder.stop_file.unlink(missing_ok=True)
    size = folder.log.stat().st_size if folder.log.exists() else 0
    fresh = RunState(
        attempt=state.attempt + 1,
        updated=time.time(),
        log_read=size,
        checkpoint=state.checkpoint,
        ram_peak_bytes=state.ram_peak_bytes,
        gpu_peak_bytes=state.gpu_peak_bytes,
    )
    folder.save(fresh)
    supervise(folder, secrets)


def status_words(state: RunState, spec: RunSpec) -> str:
    """How a run stands, in words."""
    if spec.launcher != "local" and state.status in _ELSEWHERE:
        return _ELSEWHERE[state.status]
    words: dict[RunStatus, str] = {
        "preparing": "Making its environment",
        "starting": "Starting",
        "training": "Training",
        "stopping": "Saving a checkpoint" if spec.saves_when_stopped else "Stopping",
        "stopped": "Stopped",
        "finished": "Finished",
        "failed": "Failed",
        "lost": "Ended without saying so",
    }
    return words[state.status]


def _is_over(folder: RunFolder) -> bool:
    return folder.state.status in OVER

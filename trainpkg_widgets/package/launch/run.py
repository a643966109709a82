"""A run, wherever it is: how it stands, what it reported, what ended it, and stopping it and taking it up."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...facts import Finding
from . import local
from .failures import failure_findings, point_findings
from .progress import Point, readable
from .run_folder import OVER, RunFolder, RunSpec, RunState, RunStatus, run_folders
from .secrets_kept import hide, secrets_in

if TYPE_CHECKING:
    from ...steps import SessionState

_LOOK_EVERY = 0.5


class RunUnknownError(KeyError):
    """Raised when no run has an id."""

    def __str__(self) -> str:
        return str(self.args[0])


class Run:
    """One run. Its properties are read anew from disk each time, so that any kernel tells the same.

    Args:
        folder: where the run is kept.
        choices: what it was launched with, for the fixes of what ended it.
        secrets: what it is given in its environment when it is taken up; kept in memory only.
    """

    def __init__(self, folder: RunFolder, choices: SessionState, secrets: Mapping[str, str]) -> None:
        spec = folder.spec
        if spec is None:
            raise RunUnknownError(f"There is no run in {folder.path}.")
        self.folder = folder
        self.spec: RunSpec = spec
        self.choices = choices
        self._secrets = dict(secrets)

    def __repr__(self) -> str:
        state = self.state
        steps = f", step {state.step:,} of {state.total:,}" if state.step is not None and state.total else ""
        return f"Run({self.id!r}, {state.status}{steps})"

    @property
    def id(self) -> str:
        """What it is found by, in this kernel and in others."""
        return self.spec.id

    @property
    def state(self) -> RunState:
        """How it stands now: status, step, rates, memory, checkpoint."""
        return local.standing(self.folder, self.spec) if self._is_here else self.folder.state

    @property
    def status(self) -> RunStatus:
        """`preparing`, `starting`, `training`, `stopping`, or how it ended: `stopped`, `finished`, `failed`, `lost`."""
        return self.state.status

    @property
    def is_over(self) -> bool:
        """Whether it ended, one way or another."""
        return self.status in OVER

    @property
    def points(self) -> list[Point]:
        """What the trainer reported, in order of steps."""
        return self.folder.points()

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """`points` as plain dicts, for a table: step, loss, eval_loss, learning_rate, epoch, tokens, seconds."""
        return [point.model_dump(exclude={"not_finite", "attempt"}) for point in self.points]

    @property
    def findings(self) -> list[Finding]:
        """What its losses say, and what ended it, each with its evidence and, where there is one, a fix."""
        said = failure_findings(self.state, self.spec, self.log(), self.choices)
        return [*said, *point_findings(self.points)]

    @property
    def output(self) -> Path | None:
        """Where it saves what it trains; None where that is not on this disk."""
        return Path(self.spec.package) / self.spec.output if self.spec.output else None

    @property
    def log_path(self) -> Path:
        """The file of its log, all attempts of it."""
        return self.folder.log

    def log(self, lines: int = 200) -> str:
        """The last lines of its log, as a terminal would show them, with no secret in them."""
        text = hide(self.folder.read_log(), secrets_in({**os.environ, **self._secrets}))
        return "\n".join(readable(text).splitlines()[-lines:])

    def stop(self, now: bool = False) -> None:
        """Ask it to save a checkpoint and end, or to end at once. Returns without waiting; does nothing once over."""
        if self.is_over:
            return
        if self._is_here:
            local.stop(self.folder, now)
            # Nobody would see that it is asked for, where its supervisor was killed.
            local.adopt(self.folder, self.spec, self._secrets)
        else:
            from . import jobs

            jobs.cancel(self.folder, self.spec, self._secrets)

    def resume(self) -> None:
        """Take it up from its last whole checkpoint, under the same id.

        Raises:
            RunStillOnError: it is not over.
            RunFinishedError: there is nothing left to do.
        """
        status = self.status
        if status not in OVER:
            raise RunStillOnError(f"The run {self.id} is still {status}; stop it first.")
        if status == "finished":
            raise RunFinishedError(f"The run {self.id} is finished; launch the package again for another.")
        if self._is_here:
            local.resume(self.folder, self._secrets)
        else:
            from . import jobs

            self.spec = jobs.rerun(self.folder, self.spec, self._secrets)

    def wait(self, timeout: float | None = None) -> RunStatus:
        """Wait until it is over, `timeout` seconds at most; gives how it stands then. The cell waits.

        A network or a Hub that fails for a while is asked again. Raises UploadRefusedError where the Hub refuses.
        """
        from ...hub.uploads import NotReachedError

        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_over and (deadline is None or time.monotonic() < deadline):
            pause = _LOOK_EVERY
            try:
                self.look_after()
            except NotReachedError:
                pause = max(pause, self.spec.memory_seconds)
            time.sleep(pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic())))
        return self.status

    def look_after(self) -> None:
        """Do what a run needs of a kernel now and then: fetch a remote one's news, watch over one left alone."""
        if self._is_here:
            local.adopt(self.folder, self.spec, self._secrets)
        else:
            from . import jobs

            jobs.look(self.folder, self.spec, self._secrets)

    @property
    def _is_here(self) -> bool:
        return not self.spec.job


class RunStillOnError(RuntimeError):
    """Raised when a run is to be taken up that is not over."""


class RunFinishedError(RuntimeError):
    """Raised when a run is to be taken up that has nothing left to do."""


def known_runs(folder: Path, choices: SessionState, secrets: Mapping[str, str]) -> list[Run]:
    """Every run that is kept in `folder`, the newest first."""
    return [Run(run, choices, secrets) for run in run_folders(folder) if run.spec is not None]


def find_run(folder: Path, id: str, choices: SessionState, secrets: Mapping[str, str]) -> Run:
    """The run with this id. Raises RunUnknownError where there is none."""
    # An id may come from a browser, and is a name of a folder here.
    if Path(id).name != id or id in ("", ".", ".."):
        raise RunUnknownError(f"“{id}” is no run's id.")
    place = RunFolder(folder / id)
    if place.spec is None:
        raise RunUnknownError(f"There is no run “{id}” in {folder}.")
    return Run(place, choices, secrets)

"""The verbs of runs, the same on a session and on a wizard: launching a package, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .on_session import OnSession

if TYPE_CHECKING:
    from .hub.uploads import Uploaded
    from .package.launch.run import Run
    from .steps import Measured


class RunVerbs(OnSession):
    """Verbs for whoever has a `launching`."""

    @property
    def run(self) -> Run | None:
        """The run that was launched or attached last: `status`, `metrics`, `log()`, `stop()`, `resume()`, `wait()`."""
        return self.session.launching.run

    @property
    def runs(self) -> list[Run]:
        """Every run that is kept on this machine, the newest first, of whichever notebook launched it."""
        return self.session.launching.runs

    @property
    def measured(self) -> Measured | None:
        """What the run of these choices measured: speed and memory; None until one trained."""
        return self.session.launching.measured

    def launch(self, folder: str | Path | None = None) -> Run:
        """Write the package where it is not written yet (into `folder`, or the settings' folder), and launch it.

        Raises:
            NotReadyError: something would stop the run; its findings say what.
            CannotLaunchError: it can't be launched where the deploy step says; the message says what to do.
        """
        return self.session.launching.launch(folder)

    def push(self, folder: str | Path | None = None) -> Uploaded:
        """Write the package where it is not written yet, and put it into its repository on the Hub, private by default.

        Raises:
            NotReadyError: something would stop the run; its findings say what.
            UploadRefusedError: the Hub refuses or can't be reached; asked again it goes on where it was.
        """
        return self.session.launching.push(folder)

    def plan_launch(self) -> dict[str, Any]:
        """What a launch on HF Jobs would take today: hardware, hours, why, and the command that does it by hand.

        Raises:
            CannotLaunchError: the Hub refuses or can't be reached, or has no such hardware.
        """
        return self.session.launching.plan()

    def attach_run(self, id: str) -> Run:
        """Follow a run by its id, of whichever kernel. Raises KeyError where there is none."""
        return self.session.launching.attach(id)

    def stop_run(self, now: bool = False) -> None:
        """Ask the run to save a checkpoint and end; with `now`, to end at once."""
        self.session.launching.stop(now=now)

    def resume_run(self, id: str | None = None) -> Run:
        """Take a run up from its last checkpoint: the one that is followed, or the one with this id."""
        return self.session.launching.resume(id)

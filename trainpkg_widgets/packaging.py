"""The training package of a session: built when it is asked for, kept while its choices stand, written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .facts import errors_in
from .package_opening import DIFFERS
from .readiness import NotReadyError, what_stops

if TYPE_CHECKING:
    from .package.build import TrainingPackage
    from .session import Session
    from .steps import SessionState


class Packaging:
    """Builds and writes the package of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._built: tuple[SessionState, TrainingPackage] | None = None

    def build(self) -> tuple[SessionState, TrainingPackage]:
        """The package, and the state it was built from.

        Raises:
            NotReadyError: a step is missing or would stop the run.
        """
        from .package.build import PackageRefusedError, build_package

        session, choices = self._session, self._session.choices
        with choices.lock:
            state, rows, known, built = session.state, choices.rows, choices.known, self._built
        if built is not None and built[0] == state.choices:
            return state, built[1]
        if state.imported is not None:
            # What is known of an imported run is about its own file; the package is made from the choices.
            state = state.model_copy(update={"imported": None})
            known = (*errors_in(list(known)), *session.advise(state, None))
        known = tuple(finding for finding in known if finding.code != DIFFERS)
        stops = what_stops(state, known)
        if stops or rows is None:
            raise NotReadyError(stops)
        # Outside the lock: it reads every row, and what the lock keeps waiting is the kernel.
        try:
            package = build_package(state, session.settings, rows, known, before=built[1] if built else None)
        except PackageRefusedError as error:
            choices.add(state, error.findings)
            raise NotReadyError(error.findings) from error
        self._built = state.choices, package
        return state, package

    def write(self, folder: str | Path, *, archive: bool = False) -> Path:
        """Write the package; see `Session.write_package`."""
        from .dataset_choice import rows_changed
        from .package.writing import DataChangedError

        state, package = self.build()
        place = Path(folder).expanduser().resolve()
        try:
            written = package.write(place / f"{package.name}.zip" if archive else place)
        except DataChangedError as error:
            changed = (rows_changed(state.dataset),) if state.dataset else ()
            self._built = None
            self._session.choices.add(state, changed)
            raise NotReadyError(changed) from error
        if state.deploy is not None:
            self._session.choices.note(state, deploy=state.deploy.model_copy(update={"written_to": str(written)}))
        return written

    def suggested_name(self, base: str = "") -> str:
        """A name for the package that is not taken in the folder packages are written to."""
        from .package.names import names_in, suggest_name

        base = base or (self._session.state.model.repo_id if self._session.state.model else "model")
        taken = names_in(Path(self._session.settings.deploy.folder).expanduser())
        return suggest_name(base, taken, date.today(), self._session.settings.deploy.name_pattern)

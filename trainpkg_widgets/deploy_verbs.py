"""The verbs of the deploy step, the same on a session and on a wizard. Launching is `run_verbs.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .on_session import OnSession

if TYPE_CHECKING:
    from .facts import Finding
    from .package.build import TrainingPackage
    from .steps import SessionState


class DeployVerbs(OnSession):
    """Naming the package, saying what it is for, and writing it."""

    @property
    def package(self) -> TrainingPackage:
        """The training package of the choices as they stand.

        Raises:
            NotReadyError: a step is missing or would stop the run.
        """
        return self.session.packaging.build()[1]

    def deploy_to(
        self, name: str | None = None, target: str | None = None, launcher: str | None = None, **launch: Any
    ) -> list[Finding]:
        """Name the package and choose its target and launcher; what is not given stays, or is suggested.

        `launch` are fields of `LaunchChoices`: processes, flavor, timeout_hours, hub_repo, …
        """
        from .deploy_choice import decide_deploy

        session = self.session
        suggested = session.packaging.suggested_name()
        wanted = {"name": str(name) if name else None, "target": target, "launcher": launcher}

        def decide(state: SessionState) -> tuple[Mapping[str, Any] | None, list[Finding]]:
            deploy, said = decide_deploy(state, wanted, launch, session.settings, suggested)
            chosen = {"deploy": deploy, "config": state.config or session.default_config()}
            return chosen if deploy else None, said

        return session.choices.decide("deploy", "package", decide)

    def write_package(self, folder: str | Path, *, archive: bool = False) -> Path:
        """Write the package into `folder` (`folder/<name>`, or a zip of it) and remember where.

        Raises:
            NotReadyError: something would stop the run.
            PackageExists: the place is taken; nothing was changed.
            OSError: the place can't be written to.
        """
        return self.session.packaging.write(folder, archive=archive)

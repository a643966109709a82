"""The deploy step's choices and verbs: naming the package, writing it, launching it, and the run that came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from .facts import Finding, Fix, errors_in
from .logs import call_logged
from .readiness import NotReadyError
from .steps import DeployStep, LaunchChoices, Measured, SessionState

if TYPE_CHECKING:
    from .choices import Choices
    from .deploy_screen import RunView
    from .hub.uploads import Uploaded
    from .machine_offers import Offer
    from .package.launch.run import Run
    from .session import Session
    from .settings.schema import Settings


def decide_deploy(
    state: SessionState, wanted: Mapping[str, str | None], launch: Mapping[str, Any], settings: Settings, suggested: str
) -> tuple[DeployStep | None, list[Finding]]:
    """The deploy step with what is `wanted` of it, or None and why not; what is None stays, or is suggested."""
    from pydantic import ValidationError

    from .advice.findings import offered
    from .advice.launch_choices import launch_choice_findings, launch_choice_wrong
    from .package.names import name_problem, secret_problem

    now = state.deploy
    values: dict[str, Any] = {
        "name": wanted["name"] or (now.name if now else suggested),
        "target": wanted["target"] or (now.target if now else next(iter(settings.deploy.targets))),
        "launcher": wanted["launcher"] or (now.launcher if now else next(iter(settings.deploy.launchers))),
    }
    problem = name_problem(values["name"])
    said = [f for f in (problem, *offered(values["target"], values["launcher"], settings)) if f]
    before = now.launch if now else LaunchChoices()
    try:
        values["launch"] = LaunchChoices.model_validate({**before.model_dump(), **launch}, strict=False)
    except ValidationError as error:
        said += [launch_choice_wrong(str(e["loc"][0]) if e["loc"] else "launch", e["msg"]) for e in error.errors()]
    else:
        said += launch_choice_findings(values["launch"])
        for field, value in launch.items():
            secret = secret_problem("deploy", f"deploy.launch.{field}", "It", str(value))
            said += [secret] if secret else []
    if errors_in(said):
        return None, said
    if now is None:
        return DeployStep.model_validate(values), said
    deploy = now.model_copy(update=values)
    return (deploy.model_copy(update={"written_to": None}) if now.name != deploy.name else deploy), said


class Launching:
    """The runs of a session: it launches them, follows the one on screen, and tells when there is news of it.

    Following is done on a thread of its own, at a bounded rate, and only while somebody watches a run that is on.
    """

    def __init__(self, session: Session, choices: Choices, token: str | bool | None) -> None:
        self._session = session
        self._choices = choices
        self._token = token
        self._settings = session.settings.deploy
        self._lock = Lock()
        self._launching = Lock()
        self._closed = Event()
        self._follower: Thread | None = None
        self._current: Run | None = None
        self._measured: Measured | None = None
        self._advised: str = ""
        self.progress: dict[str, Any] = {}
        self.watch: Callable[[], None] | None = None

    # ---------------------------------------------------------------- reading

    @property
    def runs(self) -> list[Run]:
        """Every run that is kept, of whichever session and kernel, the newest first."""
        from .package.launch.run import known_runs

        return known_runs(self._folder, self._session.state, self._secrets())

    @property
    def run(self) -> Run | None:
        """The run that was launched or attached last, in this session or in one it goes on from; None where none is."""
        deploy = self._session.state.deploy
        if self._current is None and deploy is not None and deploy.run:
            with suppress(KeyError):
                self._take(self._find(deploy.run))
        return self._current

    @property
    def measured(self) -> Measured | None:
        """What the run measured, where it is of the choices as they stand; None until it trained."""
        if self.run is not None:
            self._measure(self.run)
        return self._measured

    def view(self) -> RunView:
        """The run as it is drawn."""
        from .package.launch.drawing import run_view

        return run_view(self.run, self._settings.runs, self._session.costs).model_copy(update=self.progress)

    # ---------------------------------------------------------------- verbs

    def launch(self, folder: str | Path | None = None, cancelled: Event | None = None) -> Run:
        """Write the package where it is not written yet, and launch it where the deploy step says.

        Raises:
            NotReadyError: something would stop the run.
            PackageExists: the place of the package is taken by another.
            CannotLaunchError: it can't be launched this way, or is being launched; the message says what to do.
            UploadCancelledError: `cancelled` was set before anything was started.
        """
        from .package.launch.start import CannotLaunchError

        if not self._launching.acquire(blocking=False):
            raise CannotLaunchError("A launch is under way already; wait for its run, or cancel it first.")
        try:
            return self._launch(folder, cancelled or Event())
        finally:
            self._launching.release()

    def _launch(self, folder: str | Path | None, cancelled: Event) -> Run:
        from .hub.uploads import UploadCancelledError
        from .package.launch.run import Run

        stops = self._stops()
        if stops:
            self._choices.refuse("deploy", stops)
            raise NotReadyError(stops)
        package = self._session.package
        place = self._written(folder)
        state = self._session.state
        deploy = state.deploy
        if deploy is None:
            raise NotReadyError([])
        if cancelled.is_set():
            raise UploadCancelledError(f"The launch was cancelled; the package is at {place}, and nothing was started.")
        if deploy.launcher == "local":
            from .package.launch.start import launch_here

            made = launch_here(place, package.manifest, self._settings, deploy.launch.processes, self._secrets())
        else:
            from .package.launch.remote import launch_there

            made = launch_there(
                place,
                package.manifest,
                deploy,
                self._settings,
                lambda: self._plan(deploy, self._offered())[:2],
                self._secrets(),
                self._told,
                cancelled,
            )
        run = Run(made, state, self._secrets())
        self._note_run(run)
        return run

    def push(self, folder: str | Path | None = None, cancelled: Event | None = None) -> Uploaded:
        """Write the package where it is not written yet, and put it into its repository on the Hub.

        Raises:
            NotReadyError: something would stop the run.
            UploadRefusedError: the Hub refuses or can't be reached; asked again it goes on where it was.
            UploadCancelledError: `cancelled` was set.
        """
        from .hub.uploads import check_token
        from .package.launch.remote import push

        check_token(self._token)
        package, place, deploy = self._session.package, self._written(folder), self._session.state.deploy
        if deploy is None:
            raise NotReadyError([])
        return push(place, package.manifest, deploy, self._secrets(), self._told, cancelled or Event())

    def plan(self) -> dict[str, Any]:
        """What a launch on HF Jobs would take: the hardware, the hours, and why, with today's prices.

        Raises:
            CannotLaunchError: the Hub refuses or can't be reached, or has no such hardware.
        """
        from .package.launch.remote import command_there

        deploy = self._session.state.deploy
        if deploy is None:
            return {}
        offered = self._offered()
        flavor, hours, why = self._plan(deploy, offered)
        command = command_there(deploy, flavor, hours)
        names = [one.name for one in offered]
        return {"flavor": flavor, "hours": hours, "why": why, "flavors": names, "command": command}

    def attach(self, id: str) -> Run:
        """Go on with a run by its id, of whichever kernel. Raises KeyError where there is none."""
        run = self._find(id)
        self._note_run(run)
        return run

    def stop(self, id: str | None = None, now: bool = False) -> None:
        """Ask the run to save a checkpoint and end, or to end at once."""
        self._of(id).stop(now)
        self._tell()

    def resume(self, id: str | None = None) -> Run:
        """Take the run up from its last checkpoint."""
        run = self._of(id)
        run.resume()
        self._note_run(run)
        return run

    def follow(self) -> None:
        """Follow the run while it is on; for whoever has set `watch`."""
        run = self.run
        with self._lock:
            going = self._follower is not None and self._follower.is_alive()
            if run is None or going or self._closed.is_set() or run.is_over:
                return
            self._follower = Thread(target=self._follow, name="trainpkg-follow", daemon=True)
            self._follower.start()

    def close(self) -> None:
        """Stop following; runs go on."""
        self._closed.set()

    # ---------------------------------------------------------------- behind them

    @property
    def _folder(self) -> Path:
        from .package.launch.run_folder import runs_folder

        return runs_folder(self._settings.runs.folder)

    def _find(self, id: str) -> Run:
        from .package.launch.run import find_run

        return find_run(self._folder, id, self._session.state, self._secrets())

    def _of(self, id: str | None) -> Run:
        run = self._find(id) if id else self.run
        if run is None:
            raise KeyError("There is no run yet: launch the package first.")
        return run

    def _offered(self) -> Sequence[Offer]:
        """The machines of HF Jobs, with today's prices."""
        from .hub.errors import HubError
        from .hub.hardware import job_offers
        from .package.launch.start import CannotLaunchError

        try:
            return job_offers(self._session.models.client).offers
        except HubError as error:
            raise CannotLaunchError(f"What HF Jobs offers today is not known. {error}") from error

    def _plan(self, deploy: DeployStep, offered: Sequence[Offer]) -> tuple[str, float, str]:
        from .package.launch.remote import hardware_plan

        return hardware_plan(deploy, self._session.costs, self.measured, self._settings.jobs, offered)

    def _note_run(self, run: Run) -> None:
        self._take(run)
        state = self._session.state
        if state.deploy is not None and state.deploy.run != run.id:
            self._choices.note(state, deploy=state.deploy.model_copy(update={"run": run.id}))
        # Before it is told: a run that ends in between is then told as it ended.
        if self.watch is not None:
            self.follow()
        self._tell()

    def _take(self, run: Run) -> None:
        self._current = run

    def _follow(self) -> None:
        wait = self._settings.runs.refresh_seconds
        while not self._closed.wait(wait):
            run = self._current
            if run is None:
                return
            call_logged(run.look_after)
            # Read before it is told: a run that ends in between is told once more.
            over = run.is_over
            call_logged(self._learn, run)
            self._tell()
            if over:
                return

    def _measure(self, run: Run) -> bool:
        """Take what a run measured, where it is of the package that is being made; says whether there is something."""
        state = run.state
        on_gpu = bool(state.gpu_peak_bytes)
        if state.seconds_per_step is None or run.spec.name != getattr(self._session.state.deploy, "name", None):
            return False
        self._measured = Measured(
            seconds_per_step=round(state.seconds_per_step, 4),
            tokens_per_second=round(state.tokens_per_second, 1) if state.tokens_per_second else None,
            peak_bytes=state.gpu_peak_bytes if on_gpu else state.ram_peak_bytes,
            on="gpu" if on_gpu else "ram",
            steps=state.step or 0,
            source=f"measured by the run {run.id}",
        )
        return True

    def _learn(self, run: Run) -> None:
        """Have advice given anew once when there is something to say, and once when it is final."""
        moment = f"{run.id} {run.state.attempt} {run.is_over}"
        if self._measure(run) and moment != self._advised:
            self._advised = moment
            self._choices.advise_again("config")

    def _told(self, **progress: Any) -> None:
        """News of something long: an upload."""
        self.progress = progress
        self._tell()

    def _tell(self) -> None:
        if self.watch is not None:
            call_logged(self.watch)

    def _written(self, folder: str | Path | None) -> Path:
        """The folder of the package as it stands, written where it is not there yet."""
        from .package.build import PackageExists
        from .package.manifest import ManifestError
        from .package.reading import UnreadablePackageError
        from .package.verify import load_package, verify_package

        package, deploy = self._session.package, self._session.state.deploy
        written = Path(deploy.written_to) if deploy and deploy.written_to else None
        base = Path(folder or self._settings.folder).expanduser().resolve()
        for place in filter(None, (written, base / package.name)):
            with suppress(ManifestError, UnreadablePackageError, OSError):
                # A run leaves files there: rows that it fetched, compiled modules.
                is_it = place.is_dir() and load_package(place) == package.manifest
                if is_it and all(fault.code == "file-extra" for fault in verify_package(place)):
                    return place
        if folder is None and written is not None:
            base = written.parent
        try:
            return self._session.write_package(base)
        except PackageExists as error:
            fix = Fix(label=f"Name it “{error.free.name}”", verb="deploy_to", arguments={"name": error.free.name})
            taken = Finding(
                severity="error",
                step="deploy",
                field="deploy.name",
                code="package-exists",
                message=f"Another package is at {error.path} already, and it was left as it is.",
                evidence=error.hint,
                fix=fix,
            )
            self._choices.refuse("deploy", [taken])
            raise NotReadyError([taken]) from error

    def _stops(self) -> list[Finding]:
        """What would stop a run on this machine that no choice shows before."""
        from .advice.deploy_findings import Machine, machine_findings
        from .gpu import detect_gpu
        from .package.launch.start import room_needed

        state = self._session.state
        if state.deploy is None or state.config is None or state.deploy.launcher != "local":
            return []
        requirements = next((f for f in self._session.package.files if f.path == "requirements.txt"), None)
        text = b"".join(requirements.chunks()).decode() if requirements else ""
        machine = Machine(
            has_processes=os.name == "posix",
            gpu=getattr(detect_gpu(), "name", ""),
            room_gb=room_needed(self._settings, state.deploy.target, text),
        )
        return errors_in(machine_findings(state.config, machine, self._settings.targets[state.deploy.target]))

    def _secrets(self) -> dict[str, str]:
        """What a run is given in its environment, and nowhere else."""
        given: dict[str, str] = {}
        if isinstance(self._token, str):
            given["HF_TOKEN"] = self._token
        elif self._token is False:
            # No secret, but how huggingface_hub is told to look for none.
            given["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = str(1)
        endpoint = self._session.settings.model.hub.endpoint
        if endpoint != "https://huggingface.co":
            given["HF_ENDPOINT"] = endpoint
        return given

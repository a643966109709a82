"""Launching a written package elsewhere: HF Jobs by its API, SkyPilot and Kubernetes by their own clients."""

from __future__ import annotations

import shlex
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from ...advice.hardware import cheapest_that_holds, holds, timeout_hours
from ...machine_offers import Offer
from ..manifest import Manifest
from . import local
from .files import IN_REPOSITORY, KUBERNETES, SCRIPT, SKYPILOT, bootstrap, job_name, repository_of
from .jobs import jobs_of
from .run_folder import RunFolder, RunSpec, RunState, new_run_id, runs_folder
from .start import REQUIREMENTS, CannotLaunchError

if TYPE_CHECKING:
    from ...config_screen import CostsView
    from ...hub.uploads import Uploaded
    from ...settings.deploy_settings import ClusterSettings, DeploySettings, JobSettings
    from ...steps import DeployStep, Measured

Told = Callable[..., None]


def push(
    place: Path,
    manifest: Manifest,
    deploy: DeployStep,
    secrets: Mapping[str, str],
    told: Told,
    cancelled: Event,
) -> Uploaded:
    """Put the package at `place` into its repository on the Hub; `told` hears how far it is.

    Raises:
        UploadRefusedError, UploadCancelledError: see `hub.uploads.upload_folder`.
    """
    from ...hub.uploads import upload_folder

    def progress(done: int, total: int, path: str) -> None:
        share = done / total if total else 1.0
        told(progress=share, progress_words=f"Pushing {path} to the Hub, {share:.0%} there" if path else "")

    token: str | bool | None = secrets.get("HF_TOKEN")
    if token is None and "HF_HUB_DISABLE_IMPLICIT_TOKEN" in secrets:
        token = False
    try:
        return upload_folder(
            place,
            ["package.yaml", *(file.path for file in manifest.files)],
            repository_of(deploy),
            IN_REPOSITORY,
            private=deploy.launch.private,
            endpoint=secrets.get("HF_ENDPOINT", "https://huggingface.co"),
            token=token,
            progress=progress,
            cancelled=cancelled,
        )
    finally:
        told()


def launch_there(
    place: Path,
    manifest: Manifest,
    deploy: DeployStep,
    settings: DeploySettings,
    plan: Callable[[], tuple[str, float]],
    secrets: Mapping[str, str],
    told: Told,
    cancelled: Event,
) -> RunFolder:
    """Launch the package at `place` where `deploy` says. `plan` chooses a job's hardware and its hours.

    Raises:
        CannotLaunchError: the client of that place is not installed; the message has the command.
        UploadRefusedError, UploadCancelledError: the Hub refuses, or it was cancelled.
    """
    from ...hub.uploads import UploadCancelledError

    id = new_run_id(manifest.name)
    folder = RunFolder(runs_folder(settings.runs.folder) / id)
    common: dict[str, Any] = {
        "id": id,
        "name": manifest.name,
        "launcher": deploy.launcher,
        "target": manifest.target.name,
        "package": str(place),
        "created_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "stop_seconds": settings.runs.stop_seconds,
        "start_seconds": settings.runs.start_seconds,
    }
    if deploy.launcher == "hf_jobs":
        jobs = jobs_of(secrets)
        flavor, hours = plan()
        pushed = push(place, manifest, deploy, secrets, told, cancelled)
        if cancelled.is_set():
            raise UploadCancelledError("The launch was cancelled; the package is on the Hub, and no job was started.")
        requirements = (place / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
        arguments = ["-c", bootstrap(pushed.repo_id, pushed.revision)]
        started = jobs.start(
            arguments,
            dependencies=[line for line in requirements if line and not line.startswith("#")],
            flavor=flavor,
            timeout_seconds=round(3600 * hours),
            name=manifest.name,
            image=settings.cluster.image,
        )
        spec = RunSpec(
            **common,
            command=("python", *arguments),
            job=started.id,
            namespace=started.namespace,
            url=started.url,
            memory_seconds=settings.jobs.poll_seconds,
        )
        try:
            folder.create(spec)
            folder.save(RunState(note=f"On {flavor}, for {hours:g} hours at most."))
        except OSError:
            # Nobody would find it again, and it costs.
            jobs.cancel(started.id, started.namespace)
            raise
        return folder
    if deploy.launcher == "kubernetes":
        # The pods fetch it from there.
        _client("kubectl", place, deploy)
        push(place, manifest, deploy, secrets, told, cancelled)
    local.start(folder, client_run(common, place, deploy, settings.cluster), secrets)
    return folder


def command_there(deploy: DeployStep, flavor: str = "", hours: float | None = None) -> str:
    """The command that launches a written package there, in its folder; empty where a choice for it is missing."""
    name = job_name(deploy)
    if deploy.launcher == "hf_jobs" and flavor and hours:
        timeout = f"{round(60 * hours)}m"
        repository = repository_of(deploy)
        return f"hf jobs uv run --flavor {flavor} --timeout {timeout} --secrets HF_TOKEN {SCRIPT} {repository}"
    if deploy.launcher == "skypilot":
        # Without --down the machine stays, and costs, when what it was launched for has ended.
        return f"sky launch --yes --down --secret HF_TOKEN -c {name} {SKYPILOT}"
    if deploy.launcher == "kubernetes":
        return f"kubectl apply -f {KUBERNETES}"
    return ""


def hardware_plan(
    deploy: DeployStep, costs: CostsView, measured: Measured | None, settings: JobSettings, offered: Sequence[Offer]
) -> tuple[str, float, str]:
    """The hardware, the hours and why: what was chosen, else the cheapest that holds the estimate, for as long as it
    is estimated to take and a share more.

    Raises:
        CannotLaunchError: there is no such hardware, or none with a card.
    """
    needed = costs.high_bytes or costs.total_bytes
    seconds = costs.seconds_high
    if measured is not None and measured.seconds_per_step and costs.steps and measured.on == "gpu":
        seconds = measured.seconds_per_step * costs.steps
    hours = deploy.launch.timeout_hours or timeout_hours(
        seconds, settings.spare_share, settings.least_hours, settings.unknown_hours
    )
    wanted = deploy.launch.flavor
    chosen = (
        next((one for one in offered if one.name == wanted), None)
        if wanted
        else cheapest_that_holds(offered, needed, settings.usable_share)
    )
    if chosen is None:
        names = ", ".join(one.name for one in offered)
        raise CannotLaunchError(f"HF Jobs has no hardware “{wanted}” today; it has {names}.")
    price = f"${chosen.per_hour:.2f} an hour today, so ${chosen.per_hour * hours:.2f} at most"
    fits = "" if holds(chosen, needed, settings.usable_share) else " No card holds the estimate; this is the largest."
    return chosen.name, hours, f"{chosen.label}, {hours:g} hours at most: {price}.{fits}"


def client_run(common: dict[str, Any], place: Path, deploy: DeployStep, cluster: ClusterSettings) -> RunSpec:
    """A run that a client on this machine makes and follows; what the client prints is its log."""
    name = job_name(deploy)
    if deploy.launcher == "skypilot":
        sky = _client("sky", place, deploy)
        command = (sky, *command_there(deploy).split()[1:])
        return RunSpec(**common, command=command, stop_command=(sky, "down", "--yes", name))
    kubectl = _client("kubectl", place, deploy)
    quoted = shlex.quote(kubectl)
    seconds = round(3600 * cluster.wait_hours)
    pods = f"job-name={name}" if deploy.launch.kind == "job" else f"jobset.sigs.k8s.io/jobset-name={name}"
    follow = (
        f"{quoted} apply -f {KUBERNETES} && "
        # kubectl wait ends at once, with an error, where nothing has these labels yet.
        f'for n in $(seq {seconds // 2}); do [ -n "$({quoted} get pod -l {pods} -o name)" ] && break; sleep 2; done && '
        f"{quoted} wait --for=condition=Ready pod -l {pods} --timeout={seconds}s && "
        f"{quoted} logs -f -l {pods} --tail=-1"
    )
    return RunSpec(**common, command=("/bin/sh", "-c", follow), stop_command=(kubectl, "delete", "-f", KUBERNETES))


def _client(program: str, place: Path, deploy: DeployStep) -> str:
    found = shutil.which(program)
    if found is None:
        raise CannotLaunchError(
            f"“{program}” is not installed here. The package is written; where it is installed and set up, run: "
            f"cd {place} && {command_there(deploy)}"
        )
    return found

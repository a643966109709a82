"""From a written package to a run on this machine: its command, its environment, where it saves."""

from __future__ import annotations

import shlex
import shutil
import socket
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ..manifest import LEFT_BEHIND, Manifest
from . import local
from .environment import environment_folder, is_ready
from .run_folder import RunFolder, RunSpec, new_run_id, runs_folder

if TYPE_CHECKING:
    from ...settings.deploy_settings import DeploySettings, LaunchWords

REQUIREMENTS = "requirements.txt"


class CannotLaunchError(RuntimeError):
    """Raised when a package can't be launched this way; the message says why and what to do."""


def launch_here(
    place: Path, manifest: Manifest, settings: DeploySettings, processes: int | None, secrets: Mapping[str, str]
) -> RunFolder:
    """Start the package at `place` on this machine.

    Raises:
        CannotLaunchError: the trainer can't be told what was asked for.
        OSError: the disk refuses, or no process can be started.
    """
    words = settings.targets[manifest.target.name].launch
    id = new_run_id(manifest.name)
    output = f"{LEFT_BEHIND[0]}/{id}"
    requirements = (place / REQUIREMENTS).read_text(encoding="utf-8")
    runs = settings.runs
    spec = RunSpec(
        id=id,
        name=manifest.name,
        launcher="local",
        target=manifest.target.name,
        package=str(place),
        command=command_of(manifest.command, words, output, processes, place),
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        host=socket.gethostname(),
        environment=str(environment_folder(runs.environments, manifest.target.name, requirements)),
        requirements=str(place / REQUIREMENTS),
        output=output if words.output else LEFT_BEHIND[0],
        prepare=tuple(shlex.split(manifest.prepare)),
        resume=tuple(shlex.split(words.resume)),
        use_uv=runs.use_uv,
        saves_when_stopped=bool(words.always),
        stop_seconds=runs.stop_seconds,
        memory_seconds=runs.memory_seconds,
        start_seconds=runs.start_seconds,
        linger_seconds=runs.linger_seconds,
    )
    folder = RunFolder(runs_folder(runs.folder) / id)
    local.start(folder, spec, secrets)
    return folder


def command_of(command: str, words: LaunchWords, output: str, processes: int | None, place: Path) -> tuple[str, ...]:
    """The trainer's command with what the launcher adds to it.

    Raises:
        CannotLaunchError: several processes are asked of a trainer that can't be told, or it would write over what
            an earlier run saved.
    """
    added = [*shlex.split(words.always)]
    if words.output:
        added += [word.format(folder=output) for word in shlex.split(words.output)]
    elif (place / LEFT_BEHIND[0]).exists():
        raise CannotLaunchError(
            f"An earlier run has saved to {place / LEFT_BEHIND[0]}, and this trainer can't be told to save elsewhere. "
            "Write the package under a new name."
        )
    program = shlex.split(command)
    if processes is not None and processes > 1:
        if program[0] == "python":
            # A script is told nothing: accelerate starts it as often as is asked.
            program = ["accelerate", "launch", "--multi_gpu", "--num_processes", str(processes), *program[1:]]
        elif not words.several:
            raise CannotLaunchError("This trainer can't be told how many processes to use. Leave it to it.")
        else:
            added += [word.format(count=processes) for word in shlex.split(words.several)]
    return (*program, *added)


def room_needed(settings: DeploySettings, target: str, requirements: str) -> float:
    """GB of room that the first run of an environment still needs; 0 where it is there, or there is room enough."""
    folder = environment_folder(settings.runs.environments, target, requirements)
    if is_ready(folder):
        return 0.0
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    free = shutil.disk_usage(there).free / 1e9 if there else 0.0
    return settings.runs.free_gb if free < settings.runs.free_gb else 0.0

"""The environment that a package's requirements make: one for each text of them, shared by packages, made once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

PROGRAMS = "Scripts" if os.name == "nt" else "bin"

# Written last: without it a folder is what an interrupted installation left.
_DONE = "installed"


class EnvironmentNotMadeError(RuntimeError):
    """Raised when the environment could not be made; the log says why."""


def environment_folder(wanted: str | None, target: str, requirements: str) -> Path:
    """Where the environment of these requirements is, or will be: in `wanted`, or the user's cache folder."""
    base = Path(wanted).expanduser() if wanted else _cache_folder() / "environments"
    return base / f"{target}-{sha256(requirements.encode()).hexdigest()[:12]}"


def is_ready(folder: Path) -> bool:
    """Whether the environment is there, whole."""
    return (folder / _DONE).is_file()


def make_environment(
    folder: Path, requirements: Path, use_uv: bool, log: IO[bytes], run: Callable[[list[str]], int]
) -> None:
    """Make the environment in `folder` where it is not there yet. `run` runs a command, its output into the log.

    Raises:
        EnvironmentNotMadeError: a command failed.
        OSError: the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        if is_ready(folder):
            return
        for command in commands(folder, requirements, shutil.which("uv") if use_uv else None):
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            code = run(command)
            if code:
                raise EnvironmentNotMadeError(f"{command[0]} ended with {code}")
        (folder / _DONE).touch()


def commands(folder: Path, requirements: Path, uv: str | None) -> list[list[str]]:
    """What makes the environment: by uv where there is one, since it takes a tenth of pip's time."""
    python = str(folder / PROGRAMS / "python")
    if uv:
        return [
            [uv, "venv", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", python, "-r", str(requirements)],
        ]
    return [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [python, "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)],
    ]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One maker at a time; the next finds it made."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _cache_folder() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "trainpkg_widgets"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainpkg_widgets"

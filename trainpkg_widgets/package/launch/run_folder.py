"""The folder of a run: what was started (`run.json`), how it stands (`state.json`), its points and its log.

Everything about a run is on disk, so that a kernel that was restarted, or another one, finds it by its id.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ...autosave import state_folder, write_atomically
from ...facts import Frozen
from .processes import Process
from .progress import Point

RunStatus = Literal["preparing", "starting", "training", "stopping", "stopped", "finished", "failed", "lost"]

# A run in one of these is over; it can be taken up again unless it is finished.
OVER: frozenset[RunStatus] = frozenset({"stopped", "finished", "failed", "lost"})


class RunSpec(Frozen):
    """What was started. It holds no secret: those are inherited from the environment of who starts it.

    `command` is run in `package`, by the programs of `environment` where there is one; `output` is where it saves,
    relative to `package`. `prepare` is run there before it. `resume` is what is added to take up a checkpoint, with
    {checkpoint} in it; empty where the target can't. `saves_when_stopped`: a stop makes it save.
    `stop_command` ends what a client started elsewhere. The seconds are those of the settings, `runs`.
    A job of HF Jobs has its id there (`job`), a `namespace` and a `url`, and neither environment nor output here.
    """

    id: str
    name: str
    launcher: str
    target: str
    package: str
    command: tuple[str, ...]
    created_at: str
    host: str = ""
    environment: str = ""
    requirements: str = ""
    output: str = ""
    resume: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    use_uv: bool = True
    saves_when_stopped: bool = False
    stop_seconds: float = 600
    memory_seconds: float = 2
    start_seconds: float = 20
    linger_seconds: float = 60
    stop_command: tuple[str, ...] = ()
    job: str = ""
    namespace: str = ""
    url: str = ""


class RunState(Frozen):
    """How a run stands. Seconds and bytes; None is not known (yet). `attempt` counts from 1, a resumed run goes on."""

    status: RunStatus = "preparing"
    attempt: int = 1
    supervisor: Process | None = None
    trainer: Process | None = None
    attempt_started: float = 0.0
    updated: float = 0.0
    step: int | None = None
    total: int | None = None
    seconds_per_step: float | None = None
    tokens_per_second: float | None = None
    ram_bytes: int | None = None
    ram_peak_bytes: int | None = None
    gpu_bytes: int | None = None
    gpu_peak_bytes: int | None = None
    checkpoint: str = ""
    exit_code: int | None = None
    log_read: int = 0
    note: str = ""


@dataclass(frozen=True)
class RunFolder:
    """Reads and writes the files of one run. A file that is not there, or torn by a crash, is one that says nothing."""

    path: Path

    @property
    def log(self) -> Path:
        """What the run printed, all attempts of it."""
        return self.path / "log.txt"

    @property
    def stop_file(self) -> Path:
        """Where a stop is asked for: `save`, or `now`."""
        return self.path / "stop"

    @property
    def spec(self) -> RunSpec | None:
        """What was started; None where this is no run's folder."""
        try:
            return RunSpec.model_validate_json((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return None

    @property
    def state(self) -> RunState:
        """How the run stood when it was last written down."""
        try:
            return RunState.model_validate_json((self.path / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            return RunState()

    def create(self, spec: RunSpec) -> None:
        """Make the folder. Raises OSError where the disk refuses."""
        self.path.mkdir(mode=0o700, parents=True)
        write_atomically(self.path / "run.json", spec.model_dump_json(indent=1))

    def replace_spec(self, spec: RunSpec) -> None:
        """Write down what was started anew."""
        write_atomically(self.path / "run.json", spec.model_dump_json(indent=1))

    def save(self, state: RunState) -> None:
        """Write down how the run stands."""
        write_atomically(self.path / "state.json", state.model_dump_json(indent=1))

    def add_points(self, points: Iterable[Point]) -> None:
        """Append what the trainer reported."""
        lines = "".join(point.model_dump_json() + "\n" for point in points)
        if lines:
            with (self.path / "points.jsonl").open("a", encoding="utf-8") as file:
                file.write(lines)

    def replace_points(self, points: Iterable[Point]) -> None:
        """Write down all that the trainer reported, anew."""
        write_atomically(self.path / "points.jsonl", "".join(point.model_dump_json() + "\n" for point in points))

    def points(self) -> list[Point]:
        """What the trainer reported, in order of steps. What a resumed run did again replaces what it did before."""
        found: list[Point] = []
        try:
            lines = (self.path / "points.jsonl").read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        for line in lines:
            try:
                point = Point.model_validate(json.loads(line))
            except (ValueError, ValidationError):
                continue
            if found and (found[-1].attempt < point.attempt or found[-1].step > point.step):
                found = [earlier for earlier in found if earlier.step < point.step]
            # A supervisor that takes over may read again what was read, at another time.
            if not any(point == earlier.model_copy(update={"seconds": point.seconds}) for earlier in found[-2:]):
                found.append(point)
        return found

    def read_log(self, limit: int = 64_000, start: int = 0) -> str:
        """The last `limit` bytes of the log, from `start` on, from a line's beginning where something is cut off."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                begin = max(start, size - limit)
                file.seek(begin)
                text = file.read().decode("utf-8", "replace")
                # Half a secret is not found, so it could not be hidden.
                return re.sub(r"\A[^\r\n]*[\r\n]?", "", text) if begin > start else text
        except OSError:
            return ""


def runs_folder(wanted: str | None) -> Path:
    """Where runs are kept: `wanted`, or the user's state folder."""
    return Path(wanted).expanduser() if wanted else state_folder() / "runs"


def new_run_id(name: str) -> str:
    """An id for a run: the package's name, the time (UTC) and four letters."""
    return f"{name}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_folders(folder: Path) -> list[RunFolder]:
    """The runs that are kept in `folder`, the newest first."""
    try:
        found = [RunFolder(path) for path in folder.iterdir() if (path / "run.json").is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda run: (run.path / "run.json").stat().st_mtime, reverse=True)

"""The process that watches a run on this machine: makes its environment, starts the trainer, reads its log, stops it.

`python -m trainpkg_widgets.package.launch.supervise RUN_FOLDER` in a session of its own: it outlives the kernel.
The trainer writes into the log itself, so that it in turn outlives this process; a new one takes the trainer over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from . import processes
from .checkpoints import last_checkpoint, saved_at
from .environment import PROGRAMS, EnvironmentNotMadeError, make_environment
from .progress import LogReader, Point
from .run_folder import RunFolder, RunSpec, RunState
from .secrets_kept import scrub, secrets_in

_LOOK_EVERY = 0.25
_WRITE_EVERY = 1.0
_AFTER_KILL = 10.0
# Steps whose time the rate is told from: enough to be calm, few enough to follow a change.
_RATE_WINDOW = 20

# Lines come as they are printed, and bars at most once a second: a log of a day stays some megabytes.
_QUIET = {"PYTHONUNBUFFERED": "1", "TQDM_MININTERVAL": "1"}


class Stopped(Exception):  # noqa: N818 - no error: a person asked for it
    """Raised inside when a stop is asked for before the trainer runs."""


class NotPreparedError(RuntimeError):
    """Raised inside when what the package fetches before it trains could not be had."""


class Supervisor:
    """Sees one attempt of a run through, from its environment to its end."""

    def __init__(self, folder: RunFolder, spec: RunSpec) -> None:
        self.folder, self.spec = folder, spec
        self.state = folder.state.model_copy(update={"supervisor": processes.process(os.getpid())})
        self.output = Path(spec.package) / spec.output
        self.reader = LogReader(self.state.step, self.state.total, self.state.attempt)
        self._written: RunState | None = None
        self._written_at = 0.0
        self._memory_at = 0.0
        self._family: list[processes.Process] = []
        self._last_points: deque[tuple[int, float, int | None]] = deque(maxlen=_RATE_WINDOW)
        self._told_to_stop = ""
        self._signalled_at = 0.0
        self._heard_at = time.time()
        self._lingered = False

    def run(self) -> None:
        """Take over the trainer where it runs already, else start it, and write down how it ends."""
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGINT, self._asked)
        trainer = self.state.trainer
        if trainer is not None and trainer.alive:
            self._watch(trainer, None)
            return
        try:
            self._prepare()
        except Stopped:
            self._end("stopped", None, "It was stopped before it trained.")
            return
        except NotPreparedError as error:
            self._end("failed", None, f"The rows could not be fetched: {error}.")
            return
        except (EnvironmentNotMadeError, OSError) as error:
            self._end("failed", None, f"The environment could not be made: {error}.")
            return
        try:
            started = self._start()
        except OSError as error:
            self._end("failed", None, f"The trainer could not be started: {error}.")
            return
        self._watch(processes.process(started.pid), started)

    # ---------------------------------------------------------------- before it trains

    def _prepare(self) -> None:
        self._note(status="preparing")
        if not self.spec.environment:
            return
        environment = Path(self.spec.environment)
        with self.folder.log.open("ab") as log:

            def run(command: list[str]) -> int:
                return self._run(command, log, self.spec.environment)

            make_environment(environment, Path(self.spec.requirements), self.spec.use_uv, log, run)
            if self.spec.prepare:
                program = str(environment / PROGRAMS / self.spec.prepare[0])
                log.write(f"$ {' '.join(self.spec.prepare)}\n".encode())
                log.flush()
                if code := self._run([program, *self.spec.prepare[1:]], log, self.spec.package):
                    raise NotPreparedError(f"{' '.join(self.spec.prepare)} ended with {code}")
        if self._stop_wanted():
            raise Stopped

    def _run(self, command: list[str], log: IO[bytes], folder: str) -> int:
        """Run something that comes before the trainer, its output into the log, for as long as no stop is asked for."""
        child = subprocess.Popen(
            command,
            cwd=folder if Path(folder).is_dir() else None,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=_clean_environment(),
        )
        while child.poll() is None:
            if self._stop_wanted():
                processes.send(processes.tree(child.pid), signal.SIGKILL)
                child.wait()
                raise Stopped
            time.sleep(_LOOK_EVERY)
        return child.returncode

    def _start(self) -> subprocess.Popen[bytes]:
        programs = Path(self.spec.environment) / PROGRAMS if self.spec.environment else None
        program = str(programs / self.spec.command[0]) if programs else self.spec.command[0]
        command = [program, *self.spec.command[1:]]
        checkpoint = last_checkpoint(self.output) if self.state.attempt > 1 else None
        if checkpoint is not None:
            place = checkpoint.relative_to(self.spec.package).as_posix()
            command += [word.format(checkpoint=place) for word in self.spec.resume]
        with self.folder.log.open("ab") as log:
            # What was ended may have been in the middle of a line.
            line_end = "\n" if self.state.attempt > 1 else ""
            log.write(f"{line_end}$ {' '.join(command)}\n".encode())
            log.flush()
            self._note(status="starting", attempt_started=time.time())
            return subprocess.Popen(
                command,
                cwd=self.spec.package,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=_clean_environment(programs),
            )

    # ---------------------------------------------------------------- while it trains

    def _watch(self, trainer: processes.Process, started: subprocess.Popen[bytes] | None) -> None:
        self._note(trainer=trainer, status=self.state.status)
        with self._log() as log:
            while (started.poll() is None) if started else trainer.alive:
                self._read(log)
                self._measure(trainer.pid)
                self._stop_where_wanted(trainer.pid)
                self._end_where_done(trainer.pid)
                self._note()
                time.sleep(_LOOK_EVERY)
            # A launcher may end before what it launched has saved.
            self._wait_for_family()
            self._read(log)
        self._add(self.reader.end(self._seconds()))
        self._finish(started.returncode if started else None)

    def _finish(self, code: int | None) -> None:
        done = bool(self.reader.summary) and (code in (0, None))
        if self._lingered:
            self._end("finished", code, "It had saved, and did not end by itself, so it was ended.")
        elif self._told_to_stop:
            self._end("stopped", code, "")
        elif done or code == 0:
            self._end("finished", code, "")
        else:
            self._end("failed", code, "")

    @contextmanager
    def _log(self) -> Iterator[IO[bytes]]:
        with self.folder.log.open("rb") as log:
            log.seek(self.state.log_read)
            yield log

    def _read(self, log: IO[bytes]) -> None:
        text = log.read().decode("utf-8", "replace")
        if text:
            self._heard_at = time.time()
            self._add(self.reader.feed(text, self._seconds()))
            self.state = self.state.model_copy(update={"log_read": log.tell() - self.reader.unread})
        if self.reader.step is not None and self.state.status == "starting":
            self._note(status="training")

    def _add(self, points: list[Point]) -> None:
        self.folder.add_points(points)
        for point in points:
            if point.loss is not None:
                self._last_points.append((point.step, point.seconds, point.tokens))

    def _seconds(self) -> float:
        return time.time() - self.state.attempt_started

    def _rates(self) -> dict[str, float | None]:
        """Seconds a step and tokens a second, over the last points."""
        if len(self._last_points) < 2:
            return {}
        (first, began, first_tokens), (last, ended, last_tokens) = self._last_points[0], self._last_points[-1]
        if last <= first or ended <= began:
            return {}
        rates: dict[str, float | None] = {"seconds_per_step": (ended - began) / (last - first)}
        if first_tokens is not None and last_tokens is not None and last_tokens > first_tokens:
            rates["tokens_per_second"] = (last_tokens - first_tokens) / (ended - began)
        return rates

    def _measure(self, pid: int) -> None:
        if time.time() - self._memory_at < self.spec.memory_seconds:
            return
        self._memory_at = time.time()
        family = processes.tree(pid)
        self._family = [processes.process(member) for member in family]
        ram, gpu = processes.resident_bytes(family), processes.gpu_bytes(family)
        self.state = self.state.model_copy(
            update={
                "ram_bytes": ram,
                "ram_peak_bytes": max(ram, self.state.ram_peak_bytes or 0),
                "gpu_bytes": gpu,
                "gpu_peak_bytes": max(gpu, self.state.gpu_peak_bytes or 0) if gpu is not None else None,
            }
        )

    # ---------------------------------------------------------------- stopping

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self._told_to_stop = self._told_to_stop or "save"

    def _stop_wanted(self) -> str:
        with suppress(OSError):
            self._told_to_stop = self.folder.stop_file.read_text(encoding="utf-8").strip() or "save"
        return self._told_to_stop

    def _stop_where_wanted(self, pid: int) -> None:
        wanted = self._stop_wanted()
        if not wanted:
            return
        overdue = self._signalled_at and time.time() - self._signalled_at > self.spec.stop_seconds
        if wanted == "now" or overdue:
            if self.spec.stop_command and not self._signalled_at:
                self._signalled_at = time.time()
                self._end_elsewhere()
            processes.send(processes.tree(pid), signal.SIGKILL)
        elif not self._signalled_at:
            self._signalled_at = time.time()
            self._note(status="stopping")
            if self.spec.stop_command:
                self._end_elsewhere()
            # One that saves when it is told to is told alone; else a launcher would end and what it launched train on.
            told = processes.workers_of(pid) if self.spec.saves_when_stopped else processes.tree(pid)
            processes.send(told, signal.SIGTERM)

    def _end_where_done(self, pid: int) -> None:
        """End a trainer that is done and stays: it has told its summary, has saved since, and then neither printed nor
        wrote. Processes that train together (gloo) have been seen to wait for one another when all was saved.
        """
        if not self.reader.summary or self.spec.job or self.spec.stop_command or self._told_to_stop:
            return
        since = time.time() - self.spec.linger_seconds
        if self._heard_at < since and self.state.attempt_started < (saved_at(self.output) or 0.0) < since:
            self._lingered = True
            processes.send(processes.tree(pid), signal.SIGKILL)

    def _end_elsewhere(self) -> None:
        """End what a client started on other machines, by that client."""
        with self.folder.log.open("ab") as log:
            log.write(f"$ {' '.join(self.spec.stop_command)}\n".encode())
            log.flush()
            try:
                subprocess.run(
                    self.spec.stop_command,
                    cwd=self.spec.package,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    timeout=self.spec.stop_seconds,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                log.write(f"It could not be ended there: {error}\n".encode())

    def _wait_for_family(self) -> None:
        deadline = time.time() + (self.spec.stop_seconds if self._told_to_stop == "save" else _AFTER_KILL)
        while any(one.alive for one in self._family) and time.time() < deadline:
            time.sleep(_LOOK_EVERY)
        processes.send([one.pid for one in self._family if one.alive], signal.SIGKILL)

    # ---------------------------------------------------------------- writing down

    def _note(self, **changes: Any) -> None:
        """Write down how it stands, where it differs from what was written last."""
        checkpoint = last_checkpoint(self.output)
        self.state = self.state.model_copy(
            update={
                "step": self.reader.step if self.reader.step is not None else self.state.step,
                "total": self.reader.total or self.state.total,
                "checkpoint": checkpoint.name if checkpoint else "",
                **self._rates(),
                **changes,
            }
        )
        due = "status" in changes or time.time() - self._written_at > _WRITE_EVERY
        if due and self.state != self._written:
            self._written, self._written_at = self.state, time.time()
            self.folder.save(self.state.model_copy(update={"updated": self._written_at}))

    def _end(self, status: str, code: int | None, note: str) -> None:
        self.folder.stop_file.unlink(missing_ok=True)
        scrub(self.folder.log, secrets_in(os.environ))
        self._note(status=status, exit_code=code, note=note, trainer=None, supervisor=None)


def _clean_environment(programs: Path | None = None) -> dict[str, str]:
    """The environment of what is started: the kernel's own, without what points into the kernel's Python."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    path = {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"} if programs else {}
    return kept | _QUIET | path


def main(path: str) -> None:
    """Supervise the run in `path`."""
    folder = RunFolder(Path(path))
    spec = folder.spec
    if spec is None:
        raise SystemExit(f"{path} is no run's folder")
    Supervisor(folder, spec).run()


if __name__ == "__main__":
    main(sys.argv[1])

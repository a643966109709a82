"""All rows of a large JSON Lines file looked through by several processes, and put together in the rows' order."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING

import trainpkg_widgets

from .errors import ReadingCancelledError
from .line_scan import Part, Plan, received
from .outcomes import Outcome
from .rows import Features
from .streamed_rows import FileFacts, Place

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetLimits

# How many of the bytes were looked through, and of how many.
Progress = Callable[[int, int], None]

# glibc gives memory back after each part and is asked for it again at the next, which took a tenth of the time.
_KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}
PART = 1 << 19
# The package is found where this one is, and nothing is looked for in the working folder.
_START = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
sys.path[:] = [place for place in sys.path if place]
spec = spec_from_file_location("trainpkg_widgets", sys.argv[1])
sys.modules["trainpkg_widgets"] = package = module_from_spec(spec)
spec.loader.exec_module(package)
from trainpkg_widgets.data.line_scan import main
main()
"""


class NoProcessesError(Exception):
    """Processes can't be started here, or one of them ended."""


class LargeLook:
    """What the rows of a file come to, each by itself: `kinds` are places in `outcomes`. See `line_scan.Part`.

    `broken` are the places of lines that can't be read.
    """

    def __init__(self, limits: DatasetLimits) -> None:
        self.outcomes: list[Outcome] = []
        self.kinds: array[int] = array("I")
        self.keys: array[int] = array("q")
        self.scripts = bytearray()
        self.features = Features(limits.columns)
        self.broken: list[Place] = []
        self.sha256 = ""
        self._numbers: dict[Outcome, int] = {}
        self._rows: list[int] = []
        self._places: list[Place] = []
        self._lines = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.kinds)

    def near(self, row: int) -> tuple[int, Place]:
        """A row not after this one, and the place of its line."""
        found = max(bisect_right(self._rows, row) - 1, 0)
        return (self._rows[found], self._places[found]) if self._rows else (0, Place())

    def add(self, part: Part) -> None:
        """Take in the part that follows.

        Raises:
            DataError: there are more columns by now than the settings allow.
        """
        if len(part.kinds):
            self._rows.append(self.count)
            self._places.append(Place(part.start, self._lines))
        self.broken += [Place(start, self._lines + before) for before, start in part.broken]
        numbers = [self._numbers.setdefault(outcome, len(self._numbers)) for outcome in part.outcomes]
        self.outcomes = list(self._numbers)
        same = numbers == list(range(len(numbers)))
        self.kinds.extend(part.kinds if same else array("I", map(numbers.__getitem__, part.kinds)))
        self.keys.extend(part.keys)
        self.scripts += part.scripts
        self.features.add_seen(len(part.kinds), part.features, part.seen_in)
        self._lines += part.lines


def look_at_all(
    plan: Plan, file: FileFacts, limits: DatasetLimits, cancelled: Event | None, progress: Progress | None
) -> LargeLook:
    """The look at all rows of a file, and its SHA-256.

    Raises:
        DataError: there are too many columns, or the file was changed.
        ReadingCancelledError: `cancelled` was set.
        NoProcessesError: processes can't be started here.
    """
    look, size = LargeLook(limits), file.path.stat().st_size
    parts = -(-size // plan.part)
    readers = max(1, min(limits.readers, _processors(), parts))
    # As many threads as processes: one more could wait for ever beside those that hand a process to themselves.
    with _Readers(plan, readers) as ask, ThreadPoolExecutor(readers) as pool, ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_digest, file.path, lambda: ask.stopped)
        try:
            for number, part in enumerate(pool.map(ask, range(parts)), 1):
                if cancelled is not None and cancelled.is_set():
                    raise ReadingCancelledError
                look.add(part)
                if progress is not None:
                    progress(min(number * plan.part, size), size)
            look.sha256 = digest.result()
        finally:
            ask.stop()
            pool.shutdown(cancel_futures=True)
    file.check()
    return look


class _Readers:
    """Processes that look through parts; called with a part's number, by as many threads as there are processes."""

    def __init__(self, plan: Plan, processes: int) -> None:
        self._idle: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()
        self._all: list[subprocess.Popen[bytes]] = []
        self._plan = json.dumps(plan._asdict()).encode() + b"\n"
        self._processes = processes
        self.stopped = False

    def __enter__(self) -> _Readers:
        if sys.platform == "emscripten" or not sys.executable:
            raise NoProcessesError
        # What is said in rows is known by hash(), which has to be the same in all of them.
        environment = os.environ | {"PYTHONHASHSEED": "0"} | _KEEPS_MEMORY
        command = [sys.executable, "-c", _START, str(trainpkg_widgets.__file__)]
        try:
            for _ in range(self._processes):
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
                self._all.append(child)
                _write(child.stdin, self._plan)
                self._idle.put(child)
        except OSError:
            self.__exit__()
            raise NoProcessesError from None
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for child in self._all:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def __call__(self, number: int) -> Part:
        child = self._idle.get()
        try:
            try:
                _write(child.stdin, f"{number}\n".encode())
                part = received(child.stdout) if child.stdout else None
            except (OSError, ValueError):
                part = None
            if part is None:
                raise NoProcessesError
            return part
        finally:
            self._idle.put(child)

    def stop(self) -> None:
        """End the processes, whatever they are at."""
        self.stopped = True
        for child in self._all:
            child.kill()


def _write(pipe: IO[bytes] | None, what: bytes) -> None:
    if pipe is not None:
        pipe.write(what)
        pipe.flush()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digest(path: Path, stopped: Callable[[], bool]) -> str:
    found, buffer = hashlib.sha256(), bytearray(1 << 20)
    view = memoryview(buffer)
    with path.open("rb") as file:
        while (read := file.readinto(buffer)) and not stopped():
            found.update(view[:read])
    return found.hexdigest()

"""All rows looked through by several processes, and put together in the rows' order."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ReadingCancelledError
from .outcomes import Outcome
from .readers import NoProcessesError, Readers, processors
from .row_scan import BLOCK, Part, Plan
from .rows import Features, Row
from .scan_process import packed
from .streamed_rows import FileFacts, Place

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetLimits

# How many bytes or rows were looked through, and of how many.
Progress = Callable[[int, int], None]

PART = 1 << 19


class LargeLook:
    """What rows come to, each by itself: `kinds` are places in `outcomes`. See `row_scan.Part`.

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
        self._take_in(part)
        self.features.add_seen(len(part.kinds), part.features, part.seen_in)
        self._lines += part.lines

    def add_look(self, other: LargeLook) -> None:
        """Take in rows that follow, of another source."""
        self._take_in(other)

    def _take_in(self, rows: Part | LargeLook) -> None:
        numbers = [self._numbers.setdefault(outcome, len(self._numbers)) for outcome in rows.outcomes]
        self.outcomes = list(self._numbers)
        same = numbers == list(range(len(numbers)))
        self.kinds.extend(rows.kinds if same else array("I", map(numbers.__getitem__, rows.kinds)))
        self.keys.extend(rows.keys)
        self.scripts += rows.scripts


def look_at_file(
    plan: Plan, file: FileFacts, limits: DatasetLimits, cancelled: Event | None, progress: Progress | None
) -> LargeLook:
    """The look at all rows of a JSON Lines file, and its SHA-256. `progress` is told of bytes.

    Raises:
        DataError: there are too many columns, or the file was changed.
        ReadingCancelledError: `cancelled` was set.
        NoProcessesError: processes can't be started here.
    """
    look, size = LargeLook(limits), file.path.stat().st_size
    parts = -(-size // plan.part)
    readers = max(1, min(limits.readers, processors(), parts))
    # As many threads as processes: one more could wait for ever beside those that hand a process to themselves.
    with Readers(plan, readers) as ask, ThreadPoolExecutor(readers) as pool, ThreadPoolExecutor(1) as beside:
        digest = beside.submit(_digest, file.path, lambda: ask.stopped)
        try:
            for number, part in enumerate(pool.map(ask.part_of_file, range(parts)), 1):
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


def look_at_rows(
    plan: Plan,
    rows: Iterable[Row],
    count: int,
    limits: DatasetLimits,
    cancelled: Event | None,
    progress: Progress | None,
) -> LargeLook:
    """The look at `count` rows that are read here, from whatever source. `progress` is told of rows.

    Raises:
        DataError: they can't be read.
        ReadingCancelledError: `cancelled` was set.
        NoProcessesError: processes can't be started here, or a row can't be sent to one.
    """
    look, readers = LargeLook(limits), max(1, min(limits.readers, processors()))
    with Readers(plan, readers) as ask, ThreadPoolExecutor(readers) as pool:
        asked: deque[Future[Part]] = deque()

        def take() -> None:
            look.add(asked.popleft().result())
            if progress is not None:
                progress(look.count, count)
            if cancelled is not None and cancelled.is_set():
                raise ReadingCancelledError

        try:
            for blocks in _blocks(plan, rows):
                asked.append(pool.submit(ask.part_of_rows, blocks))
                # They are read no further ahead than the processes need, which bounds memory.
                if len(asked) > 2 * readers:
                    take()
            while asked:
                take()
        finally:
            ask.stop()
            pool.shutdown(cancel_futures=True)
    return look


def _blocks(plan: Plan, rows: Iterable[Row]) -> Iterator[bytes]:
    """Packed blocks of rows, many at once, with the columns that are looked at."""
    # What stands beside a prompt is part of the example, whatever it is called.
    names = None if plan.row_format == "prompts" else tuple(plan.columns.values())
    left, blocks, size = iter(rows), list[bytes](), 0
    while block := list(islice(left, BLOCK)):
        try:
            blocks.append(packed(block if names is None else [_only(row, names) for row in block]))
        except ValueError:
            raise NoProcessesError from None
        size += len(blocks[-1])
        if size >= PART:
            yield packed(blocks)
            blocks, size = [], 0
    if blocks:
        yield packed(blocks)


def _only(row: Row, names: Sequence[str]) -> Row:
    return {name: row[name] for name in names if name in row}


def _digest(path: Path, stopped: Callable[[], bool]) -> str:
    found, buffer = hashlib.sha256(), bytearray(1 << 20)
    view = memoryview(buffer)
    with path.open("rb") as file:
        while (read := file.readinto(buffer)) and not stopped():
            found.update(view[:read])
    return found.hexdigest()

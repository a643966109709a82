"""A part of a large JSON Lines file looked through: its lines as rows, and those that can't be read."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import DataError
from .json_line import row_of_line
from .row_scan import Part, Plan, RowScan

if TYPE_CHECKING:
    from .ordinary import Ordinary
    from .rows import Row

_loads: Callable[[bytes], Any]
try:
    # It reads a line in a third of the time, and refuses all that json refuses; what it refuses is read by json.
    import orjson

    _loads = orjson.loads
except ImportError:

    def _with_json(line: bytes) -> Any:
        if b"\\ud" in line or b"\\uD" in line:
            raise ValueError("it may hold half a surrogate pair, which orjson refuses as well")
        return json.loads(line.decode())

    _loads = _with_json

_MARK = b"\xef\xbb\xbf"


def part_of_file(plan: Plan, ordinary: Ordinary | None, number: int) -> Part:
    """The part of the file with this number, from 0 on: the lines that begin in it."""
    with Path(plan.path).open("rb") as file:
        start, data = _read(file, plan, number)
    return _Lines(plan, ordinary, start, data).part()


def _read(file: IO[bytes], plan: Plan, number: int) -> tuple[int, bytes]:
    """The byte that the first line begins at, and the lines."""
    start = number * plan.part
    # A line begins where the byte before it ends another.
    before = 1 if start else 0
    file.seek(start - before)
    data = file.read(plan.part + before)
    if before:
        cut = data.find(b"\n") + 1
        if not cut:
            return start, b""
        start, data = start - 1 + cut, data[cut:]
    elif data.startswith(_MARK):
        start, data = len(_MARK), data[len(_MARK) :]
    if data and not data.endswith(b"\n"):
        data += file.readline(plan.longest + 1)
    return start, data


class _Lines:
    """Looks through the lines of one part."""

    def __init__(self, plan: Plan, ordinary: Ordinary | None, start: int, data: bytes) -> None:
        self._plan, self._start, self._data = plan, start, data
        self._scan = RowScan(plan, ordinary)
        self._broken: list[tuple[int, int]] = []
        # A line of the part, by its number, and where it begins: the one that was looked at closely last.
        self._line, self._at = 0, 0

    def part(self) -> Part:
        """What the rows come to."""
        rows = _values(self._data, self._plan.longest)
        self._scan.take(rows, self._row_at)
        return self._scan.part()._replace(start=self._start, lines=len(rows), broken=self._broken)

    def _row_at(self, index: int) -> Row | None:
        """The row of a line; None where there is none, or it can't be read."""
        for _ in range(index - self._line):
            self._at = self._data.index(b"\n", self._at) + 1
        self._line = index
        end = self._data.find(b"\n", self._at)
        try:
            return self._read_closely(self._data[self._at : end if end >= 0 else None], index)
        except DataError:
            self._broken.append((index, self._start + self._at))
            return None

    def _read_closely(self, line: bytes, index: int) -> Row | None:
        if len(line) >= self._plan.longest:
            raise DataError("line-too-long", "")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError("encoding", "") from None
        return None if not text or text.isspace() else row_of_line(text, self._plan.nesting, index + 1)


def _values(data: bytes, longest: int) -> list[Any]:
    """What each line holds; None where it is not read here."""
    if not data:
        return []
    data = data.removesuffix(b"\n")
    breaks = data.count(b"\n")
    if len(data) < longest:
        # All at once is a third quicker than one by one. A number that no file knows lies between each two lines, so
        # that lines which are no rows by themselves can't be read as rows together.
        between = secrets.randbits(52)
        try:
            found = _loads(b"[" + data.replace(b"\n", b",%d," % between) + b"]")
        except (ValueError, RecursionError):
            found = []
        if len(found) == 2 * breaks + 1 and found[1::2].count(between) == breaks:
            return list(found[::2])
    return [_value(line) if len(line) < longest else None for line in data.split(b"\n")]


def _value(line: bytes) -> Any:
    try:
        return _loads(line)
    except (ValueError, RecursionError):
        return None

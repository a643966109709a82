"""A part of a large JSON Lines file looked through, in a process of its own: what each of its rows comes to by itself.

It imports little, so that the process starts quickly; `large_look.py` starts it and puts the parts together.
"""

from __future__ import annotations

import gc
import json
import secrets
import sys
from array import array
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from .errors import DataError
from .json_line import row_of_line
from .mapping import example_of, fingerprint
from .ordinary import Ordinary, key_of
from .outcomes import Outcome, outcome_of
from .row_problems import row_problems, said
from .rows import Features, Row, deeper_than
from .scripts import SCRIPTS, script_of
from .text_problems import text_problems
from .turns import UnfitRowError

if TYPE_CHECKING:
    from ..steps import RowFormat

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
# What was seen in rows is kept of so many kinds of rows a part, which bounds what is sent.
_MOST_SEEN = 1000
_SCRIPT_NUMBERS = {name: number for number, name in enumerate((None, *SCRIPTS))}
# So many rows are told at once: one that is not ordinary has the others of its block looked at one by one.
_BLOCK = 32


class Plan(NamedTuple):
    """How rows are looked at. `row_format` is None where it is not known: then they are counted, and no more.

    `part`, `longest` (of a line) are bytes. `keys` are those of plain turns, empty where there are none.
    """

    path: str
    part: int
    longest: int
    nesting: int
    row_format: RowFormat | None
    columns: dict[str, str]
    roles: dict[str, str]
    keys: tuple[str, ...]
    broken_characters: bool
    secrets: bool
    addresses: bool


class Part(NamedTuple):
    """What the rows of a part come to. `start` is the byte its first line begins at.

    `kinds` gives for each row its place in `outcomes`, `keys` what it shares with a copy (0 where it makes no
    example), `scripts` its script's place in `SCRIPTS` from 1 on, 0 for none. `broken` are lines that can't be read:
    how many lines lie before each in this part, and its first byte.
    """

    start: int
    lines: int
    outcomes: list[Outcome]
    kinds: array[int]
    keys: array[int]
    scripts: bytes
    features: dict[str, list[str]]
    seen_in: dict[str, int]
    broken: list[tuple[int, int]]


class Scan:
    """Looks through parts of a file, one after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ordinary = Ordinary((plan.keys[0], plan.keys[1]), plan, plan.roles) if plan.keys else None

    def part(self, number: int) -> Part:
        """The part with this number, from 0 on: the lines that begin in it."""
        with Path(self._plan.path).open("rb") as file:
            start, data = self._read(file, number)
        return _PartScan(self._plan, self._ordinary, start, data).part()

    def _read(self, file: IO[bytes], number: int) -> tuple[int, bytes]:
        """The byte that the first line begins at, and the lines."""
        size, start = self._plan.part, number * self._plan.part
        # A line begins where the byte before it ends another.
        before = 1 if start else 0
        file.seek(start - before)
        data = file.read(size + before)
        if before:
            cut = data.find(b"\n") + 1
            if not cut:
                return start, b""
            start, data = start - 1 + cut, data[cut:]
        elif data.startswith(_MARK):
            start, data = len(_MARK), data[len(_MARK) :]
        if data and not data.endswith(b"\n"):
            data += file.readline(self._plan.longest + 1)
        return start, data


class _PartScan:
    """Looks through the lines of one part."""

    def __init__(self, plan: Plan, ordinary: Ordinary | None, start: int, data: bytes) -> None:
        self._plan, self._ordinary, self._start, self._data = plan, ordinary, start, data
        self._column = plan.columns.get("messages", "")
        self._turns = itemgetter(self._column)
        self._kinds, self._keys, self._scripts = array("I"), array("q"), bytearray()
        self._numbers: dict[Outcome, int] = {}
        # The place of an outcome among those of ordinary rows → its place here.
        self._places: dict[int, int] = {}
        self._features, self._alone, self._broken = Features(sys.maxsize), 0, list[tuple[int, int]]()
        # A line of the part, by its number, and where it begins: the one that was looked at closely last.
        self._line, self._at = 0, 0

    def part(self) -> Part:
        """What the rows come to."""
        rows = _values(self._data, self._plan.longest)
        for first in range(0, len(rows), _BLOCK):
            block = rows[first : first + _BLOCK]
            if not self._told(block):
                for index, row in enumerate(block, first):
                    if not self._told([row]):
                        self._closely(index)
        words, seen_in = self._features.seen()
        if self._alone:
            # All of these are alike, and the first of them was taken in.
            seen_in[self._column] += self._alone - 1
        outcomes, scripts = list(self._numbers), bytes(self._scripts)
        return Part(self._start, len(rows), outcomes, self._kinds, self._keys, scripts, words, seen_in, self._broken)

    def _told(self, rows: list[Any]) -> bool:
        """Take in rows that are all ordinary; False where one is not."""
        if self._ordinary is None:
            return False
        try:
            turns = list(map(self._turns, rows))
            alone = set(map(len, rows)) == {1}
        except (TypeError, KeyError):
            return False
        if not alone and any(self._may_be_deep(row) for row in rows):
            return False
        told = self._ordinary.look_at(turns)
        if told is None:
            return False
        for place in dict.fromkeys(told.outcomes):
            if place not in self._places:
                self._places[place] = self._numbers.setdefault(self._ordinary.outcomes[place], len(self._numbers))
        self._kinds.extend(map(self._places.__getitem__, told.outcomes))
        self._keys.extend(told.keys)
        self._scripts.extend(map(_SCRIPT_NUMBERS.__getitem__, told.scripts))
        for row in rows if not alone else rows[:1] if not self._alone else ():
            self._features.add(row)
        self._alone += len(rows) if alone else 0
        return True

    def _may_be_deep(self, row: Row) -> bool:
        return sum(isinstance(value, (list, dict)) for value in row.values()) > 1 and deeper_than(
            row, self._plan.nesting
        )

    def _closely(self, index: int) -> None:
        """Look at a line of which a row could not be told quickly."""
        for _ in range(index - self._line):
            self._at = self._data.index(b"\n", self._at) + 1
        self._line = index
        end = self._data.find(b"\n", self._at)
        try:
            row = self._row(self._data[self._at : end if end >= 0 else None], index)
        except DataError:
            self._broken.append((index, self._start + self._at))
            return
        if row is None:
            return
        self._features.add(row)
        outcome, key, script = self._come_to(row)
        if outcome.problems and len(self._numbers) > _MOST_SEEN and outcome not in self._numbers:
            outcome = outcome._replace(problems=tuple((code, "") for code, _ in outcome.problems))
        self._kinds.append(self._numbers.setdefault(outcome, len(self._numbers)))
        self._keys.append(key)
        self._scripts.append(script)

    def _row(self, line: bytes, index: int) -> Row | None:
        if len(line) >= self._plan.longest:
            raise DataError("line-too-long", "")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError("encoding", "") from None
        return None if not text or text.isspace() else row_of_line(text, self._plan.nesting, index + 1)

    def _come_to(self, row: Row) -> tuple[Outcome, int, int]:
        plan = self._plan
        if plan.row_format is None:
            return Outcome(), 0, 0
        try:
            example = example_of(row, plan.row_format, plan.columns, plan.roles)
        except UnfitRowError as unfit:
            return Outcome(problems=((unfit.code, unfit.found),)), 0, 0
        text = said(example)
        problems = {**dict(row_problems(example)), **dict(text_problems(text, plan))}
        key = key_of(example, fingerprint(example))
        return outcome_of(example, tuple(problems.items())), key, _SCRIPT_NUMBERS[script_of(text)]


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


def send(part: Part, out: IO[bytes]) -> None:
    """Write a part: a line of JSON, then its rows as they lie in memory."""
    head = part._replace(kinds=array("I"), keys=array("q"), scripts=b"")._asdict()
    head |= {"kinds": len(part.kinds), "keys": 0, "scripts": 0}
    out.write(json.dumps(head).encode() + b"\n")
    for rows in (part.kinds.tobytes(), part.keys.tobytes(), part.scripts):
        out.write(rows)
    out.flush()


def received(file: IO[bytes]) -> Part | None:
    """A part that `send` wrote; None where there is no whole one."""
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    head: dict[str, Any] = json.loads(line)
    rows, kinds, keys = head["kinds"], array("I"), array("q")
    kinds.frombytes(file.read(rows * kinds.itemsize))
    keys.frombytes(file.read(rows * keys.itemsize))
    scripts = file.read(rows)
    if len(scripts) < rows:
        return None
    outcomes = [Outcome(tuple(map(tuple, problems)), *rest) for problems, *rest in head["outcomes"]]
    return Part(**{**head, "kinds": kinds, "keys": keys, "scripts": scripts, "outcomes": outcomes})


def main() -> None:
    """Look through the parts that are asked for, until there are no more. The first line is the plan."""
    plan: Mapping[str, Any] = json.loads(sys.stdin.buffer.readline())
    scan = Scan(Plan(**plan))
    # Rows hold no circles, and looking for some costs a twentieth of the time.
    gc.disable()
    for line in sys.stdin.buffer:
        send(scan.part(int(line)), sys.stdout.buffer)

"""A part of a large JSON Lines file looked through, in a process of its own: what each of its rows comes to by itself.

It imports little, so that the process starts quickly; `large_look.py` starts it and puts the parts together.
"""

from __future__ import annotations

import gc
import json
import sys
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from .errors import DataError
from .json_line import row_of_line
from .mapping import example_of, fingerprint
from .ordinary import Ordinary, key_of
from .outcomes import Outcome, outcome_of
from .row_problems import row_problems, said
from .rows import Features, Row
from .scripts import FEWEST_LETTERS, SCRIPTS, script_of
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
_LATIN, _BEGINS = _SCRIPT_NUMBERS["Latin"], 2 * FEWEST_LETTERS


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
        self._column = plan.columns.get("messages", "")

    def part(self, number: int) -> Part:
        """The part with this number, from 0 on: the lines that begin in it."""
        with Path(self._plan.path).open("rb") as file:
            start, lines = self._lines(file, number)
        return self._looked_at(start, lines)

    def _lines(self, file: IO[bytes], number: int) -> tuple[int, list[bytes]]:
        size, start = self._plan.part, number * self._plan.part
        # A line begins where the byte before it ends another.
        before = 1 if start else 0
        file.seek(start - before)
        data = file.read(size + before)
        if before:
            cut = data.find(b"\n") + 1
            if not cut:
                return start, []
            start, data = start - 1 + cut, data[cut:]
        elif data.startswith(_MARK):
            start, data = len(_MARK), data[len(_MARK) :]
        if data and not data.endswith(b"\n"):
            data += file.readline(self._plan.longest + 1)
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return start, lines

    def _looked_at(self, start: int, lines: list[bytes]) -> Part:
        plan, ordinary, column = self._plan, self._ordinary, self._column
        kinds, keys, scripts = array("I"), array("q"), bytearray()
        numbers: dict[Outcome, int] = {}
        # Outcomes of ordinary rows are the same objects each time, which are told apart quicker than what is in them.
        known: dict[int, int] = {}
        features, alone, broken = Features(sys.maxsize), 0, list[tuple[int, int]]()
        # What is ordinary has been looked at for what is wrong with its lines, too: these are short.
        short = max(map(len, lines), default=0) < plan.longest
        for index, line in enumerate(lines):
            try:
                row = _loads(line)
                found = ordinary.look_at(row[column]) if ordinary and short else None
                plain = found is not None and len(row) == 1
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                found, plain = None, False
            if found is not None and (plain or line.count(b"[") + line.count(b"{") <= plan.nesting):
                outcome, key, text = found
                kind = known.get(id(outcome))
                if kind is None:
                    kind = known[id(outcome)] = numbers.setdefault(outcome, len(numbers))
                begins = text[:_BEGINS].replace(" ", "")
                if begins.isalpha() and len(begins) >= FEWEST_LETTERS and text.isascii():
                    # As `script_of` says of nearly all ordinary rows, in fewer steps.
                    script = _LATIN
                else:
                    script = _SCRIPT_NUMBERS[script_of(text)]
                if not plain or not alone:
                    features.add(row)
                alone += plain
            else:
                try:
                    read = self._row(line, index)
                except DataError:
                    broken.append((index, start + sum(len(one) + 1 for one in lines[:index])))
                    continue
                if read is None:
                    continue
                features.add(read)
                outcome, key, script = self._closely(read)
                if outcome.problems and len(numbers) > _MOST_SEEN and outcome not in numbers:
                    outcome = outcome._replace(problems=tuple((code, "") for code, _ in outcome.problems))
                kind = numbers.setdefault(outcome, len(numbers))
            kinds.append(kind)
            keys.append(key)
            scripts.append(script)
        words, seen_in = features.seen()
        if alone:
            # All of these are alike, and the first of them was taken in.
            seen_in[column] += alone - 1
        return Part(start, len(lines), list(numbers), kinds, keys, bytes(scripts), words, seen_in, broken)

    def _row(self, line: bytes, index: int) -> Row | None:
        if len(line) >= self._plan.longest:
            raise DataError("line-too-long", "")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise DataError("encoding", "") from None
        return None if not text or text.isspace() else row_of_line(text, self._plan.nesting, index + 1)

    def _closely(self, row: Row) -> tuple[Outcome, int, int]:
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

"""The process that looks through rows: what it is asked, and what it answers. `readers.py` starts and asks it.

It is asked one line at a time, `part` with the number of a part of the file, or `rows` with how many bytes of rows
follow: a list of blocks, each packed by itself.
"""

from __future__ import annotations

import gc
import json
import marshal
import sys
from array import array
from typing import IO, TYPE_CHECKING, Any

from .line_scan import part_of_file
from .outcomes import Outcome
from .row_scan import Part, Plan, RowScan

if TYPE_CHECKING:
    from .ordinary import Ordinary


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


def packed(values: list[Any]) -> bytes:
    """Rows, or blocks of them, as the process reads them.

    marshal keeps every value as it is (JSON has no NaN and no tuples), and refuses what it can't keep.

    Raises:
        ValueError: there is something other than dicts, lists, texts, numbers, truth values, bytes and None.
    """
    return marshal.dumps(values)


def _unpacked(data: bytes) -> list[Any]:
    found: list[Any] = marshal.loads(data)  # noqa: S302  # the process that started this one wrote it
    return found


def main() -> None:
    """Answer until nothing more is asked. The first line is the plan."""
    asked, out = sys.stdin.buffer, sys.stdout.buffer
    said: dict[str, Any] = json.loads(asked.readline())
    plan = Plan(**said)
    ordinary = plan.ordinary()
    # Rows hold no circles, and looking for some costs a twentieth of the time.
    gc.disable()
    for line in asked:
        what, number = line.split()
        if what == b"part":
            send(part_of_file(plan, ordinary, int(number)), out)
        else:
            send(_part_of_rows(plan, ordinary, asked.read(int(number))), out)


def _part_of_rows(plan: Plan, ordinary: Ordinary | None, data: bytes) -> Part:
    scan = RowScan(plan, ordinary)
    for block in _unpacked(data):
        rows = _unpacked(block)
        scan.take(rows, rows.__getitem__)
    return scan.part()

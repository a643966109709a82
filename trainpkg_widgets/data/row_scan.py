"""Rows looked through in a process of its own: what each of them comes to by itself.

It imports little, so that the process starts quickly; `scan_process.py` is that process.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .mapping import example_of, fingerprint
from .ordinary import Ordinary, OrdinaryChats, OrdinaryTexts, key_of, text_columns
from .outcomes import Outcome, outcome_of
from .row_problems import row_problems, said
from .rows import Features, Row, deeper_than
from .scripts import SCRIPTS, script_of
from .text_problems import text_problems
from .turns import UnfitRowError

if TYPE_CHECKING:
    from ..steps import RowFormat

# What was seen in rows is kept of so many kinds of rows a part, which bounds what is sent.
_MOST_SEEN = 1000
_SCRIPT_NUMBERS = {name: number for number, name in enumerate((None, *SCRIPTS))}
# So many rows are told at once: one that is not ordinary has the others of its block looked at one by one.
BLOCK = 32


class Plan(NamedTuple):
    """How rows are looked at. `row_format` is None where it is not known: then they are counted, and no more.

    `keys` are those of plain turns, empty where there are none. Lines of a file have its `path`, and `part` and
    `longest` (of a line) in bytes.
    """

    row_format: RowFormat | None
    columns: dict[str, str]
    roles: dict[str, str]
    keys: tuple[str, ...]
    nesting: int
    broken_characters: bool
    secrets: bool
    addresses: bool
    path: str = ""
    part: int = 0
    longest: int = 0

    def ordinary(self) -> Ordinary | None:
        """What tells ordinary rows; None where no rows of this plan are."""
        if self.row_format is None:
            return None
        if self.keys:
            return OrdinaryChats(self.columns["messages"], (self.keys[0], self.keys[1]), self, self.roles)
        if text_columns(self.row_format, self.columns):
            return OrdinaryTexts(self.row_format, self.columns, self)
        return None


class Part(NamedTuple):
    """What some rows come to. Those of a file begin at byte `start` and are in so many `lines`.

    `kinds` gives for each row its place in `outcomes`, `keys` what it shares with a copy (0 where it makes no
    example), `scripts` its script's place in `SCRIPTS` from 1 on, 0 for none. `broken` are lines that can't be read:
    how many lines lie before each in this part, and its first byte.
    """

    outcomes: list[Outcome]
    kinds: array[int]
    keys: array[int]
    scripts: bytes
    features: dict[str, list[str]]
    seen_in: dict[str, int]
    start: int = 0
    lines: int = 0
    broken: Sequence[tuple[int, int]] = ()


class RowScan:
    """Looks through the rows of one part."""

    def __init__(self, plan: Plan, ordinary: Ordinary | None) -> None:
        self._plan, self._ordinary = plan, ordinary
        self._kinds, self._keys, self._scripts = array("I"), array("q"), bytearray()
        self._numbers: dict[Outcome, int] = {}
        # The place of an outcome among those of ordinary rows → its place here.
        self._places: dict[int, int] = {}
        self._features, self._alone = Features(sys.maxsize), 0

    def take(self, rows: list[Any], closely: Callable[[int], Row | None]) -> None:
        """Look at rows. `closely` gives the row at a place that could not be told quickly, None where there is none."""
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK]
            if self._told(block):
                continue
            for index, row in enumerate(block, first):
                if not self._told([row]) and (found := closely(index)) is not None:
                    self._add(found)

    def part(self) -> Part:
        """What the rows come to."""
        words, seen_in = self._features.seen()
        if self._alone:
            # All of these are alike, and the first of them was taken in.
            for name in self._ordinary.names if self._ordinary else ():
                seen_in[name] += self._alone - 1
        return Part(list(self._numbers), self._kinds, self._keys, bytes(self._scripts), words, seen_in)

    def _add(self, row: Row) -> None:
        self._features.add(row)
        outcome, key, script = self._come_to(row)
        if outcome.problems and len(self._numbers) > _MOST_SEEN and outcome not in self._numbers:
            outcome = outcome._replace(problems=tuple((code, "") for code, _ in outcome.problems))
        self._kinds.append(self._numbers.setdefault(outcome, len(self._numbers)))
        self._keys.append(key)
        self._scripts.append(script)

    def _told(self, rows: list[Any]) -> bool:
        """Take in rows that are all ordinary; False where one is not."""
        if self._ordinary is None or (told := self._ordinary.look_at(rows)) is None:
            return False
        # Such rows have no other columns.
        alone = set(map(len, rows)) == {len(self._ordinary.names)}
        if not alone and any(self._may_be_deep(row) for row in rows):
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

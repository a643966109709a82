"""What is wrong with many rows, from what each comes to by itself and what lies beside it."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from .checks import LEAK, Tally, Whole
from .counts import Counts
from .mapping import example_of
from .near_copies import NearCopies
from .row_problems import said
from .scripts import SCRIPTS, Scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..settings.dataset_settings import DatasetSettings
    from ..steps import DatasetStep, RowFormat
    from .large_look import LargeLook
    from .rows import Rows


def judge_large(
    step: DatasetStep, row_format: RowFormat, rows: Rows, look: LargeLook, settings: DatasetSettings
) -> dict[str, Any]:
    """The problems, the counts and the rows left out of a dataset step."""
    judged = _Judged(step, row_format, rows, look, settings)
    judged.head()
    judged.rest()
    return judged.found()


class _Judged:
    """Goes through the rows as `checks.RowCheck` does, without looking at them again."""

    def __init__(
        self, step: DatasetStep, row_format: RowFormat, rows: Rows, look: LargeLook, settings: DatasetSettings
    ) -> None:
        self._step, self._format, self._rows, self._look = step, row_format, rows, look
        self._settings = settings
        self._leave_out = frozenset(step.exclude_problems)
        self._excluded: list[int] = []
        self._beside: list[tuple[int, dict[str, str]]] = []
        self._seen: set[int] = set()
        self._trained: set[int] = set()
        # Rows from `_ends` on are held back, and those from `_repeats_from` on are repeats that a weight asks for.
        self._ends = step.rows - step.eval_rows
        self._repeats_from: int | None = getattr(rows, "first_copies", None)
        self._at = 0

    def head(self) -> None:
        """The first rows, of which near copies are looked for."""
        near_settings = self._settings.checks.near_copies
        if not near_settings.enabled:
            return
        near = NearCopies(near_settings)
        for number, text in self._texts():
            if near.is_full:
                return
            self._row(number, near, text)
            self._at = number + 1

    def rest(self) -> None:
        """The others. Where no two say the same and none is left out there is nothing to go through."""
        look, keys = self._look, self._look.keys[self._at :]
        fits = all(outcome.fits for outcome in look.outcomes)
        if not self._leave_out and fits:
            later = set(keys)
            if len(later) == len(keys) and later.isdisjoint(self._seen):
                return
        for number in range(self._at, look.count):
            self._row(number, None, "")

    def found(self) -> dict[str, Any]:
        """What a dataset step says of its rows."""
        look, settings = self._look, self._settings
        kept, scripts = Counter(look.kinds), Counter(look.scripts)
        trained = Counter(look.kinds[: self._ends]) if self._ends < look.count else kept.copy()
        out = frozenset(self._excluded)
        kept.subtract(look.kinds[number] for number in out)
        trained.subtract(look.kinds[number] for number in out if number < self._ends)
        scripts.subtract(look.scripts[number] for number in out)
        tally, counts, whole = Tally(settings.shown_problem_rows), Counts(), Whole()
        first = self._first_of_kinds(out)
        for kind, outcome in enumerate(look.outcomes):
            if kept[kind] > 0:
                tally.add_many(dict(outcome.problems), kept[kind], first.get(kind, []))
                if outcome.fits:
                    counts.add_outcome(outcome, trained[kind])
                    whole.add(outcome, kept[kind])
        for number, problems in self._beside:
            if number not in out:
                tally.add(number, problems)
        of_all = whole.problems(self._format, settings.checks.rarer_label_share)
        if other := self._other_scripts(scripts, out):
            of_all["other-script"] = other
        tally.add_all(of_all)
        return {
            "excluded_rows": tuple(self._excluded),
            "problems": tally.problems(),
            "turns": None if self._format in ("text", "tokens") else counts.counts(),
        }

    def _row(self, number: int, near: NearCopies | None, text: str) -> None:
        look, key = self._look, self._look.keys[number]
        outcome = look.outcomes[look.kinds[number]]
        beside: dict[str, str] = {}
        held_back = number >= self._ends
        if outcome.fits and (self._repeats_from is None or number < self._repeats_from):
            if held_back and key in self._trained:
                beside[LEAK] = ""
            elif key in self._seen:
                beside["duplicate"] = ""
            elif near is not None and (copy := near.earlier(text, number)) is not None:
                beside["near-duplicate"] = f"row {number + 1} is nearly row {copy + 1}"
        if beside:
            self._beside.append((number, beside))
        if self._leave_out and not self._leave_out.isdisjoint(chain(beside, (code for code, _ in outcome.problems))):
            self._excluded.append(number)
        elif outcome.fits:
            self._seen.add(key)
            if self._step.eval_rows and not held_back:
                self._trained.add(key)

    def _texts(self) -> Iterator[tuple[int, str]]:
        step, look = self._step, self._look
        for number, row in enumerate(self._rows):
            fits = look.outcomes[look.kinds[number]].fits
            yield number, said(example_of(row, self._format, step.columns, step.roles)) if fits else ""

    def _first_of_kinds(self, out: frozenset[int]) -> dict[int, list[int]]:
        """The first rows of each kind that has a problem."""
        wanted = {kind for kind, outcome in enumerate(self._look.outcomes) if outcome.problems}
        found: dict[int, list[int]] = {kind: [] for kind in wanted}
        for number, kind in enumerate(self._look.kinds) if wanted else ():
            if kind in wanted and number not in out:
                found[kind].append(number)
                if len(found[kind]) == self._settings.shown_problem_rows:
                    wanted.discard(kind)
        return found

    def _other_scripts(self, counts: Counter[int], out: frozenset[int]) -> tuple[int, str, tuple[int, ...]] | None:
        found, scripts = Scripts(self._settings.checks.other_script_share), self._look.scripts
        shown = self._settings.shown_problem_rows
        names = {number: name for number, name in enumerate(SCRIPTS, 1) if counts[number] > 0}
        first = {
            number: list(islice((row for row in _places(scripts, number) if row not in out), shown)) for number in names
        }
        for number in sorted(names, key=lambda number: first[number]):
            found.add_many(names[number], counts[number], first[number])
        return found.others()


def _places(of: bytearray, number: int) -> Iterator[int]:
    at = of.find(number)
    while at >= 0:
        yield at
        at = of.find(number, at + 1)

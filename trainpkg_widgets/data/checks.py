"""What is wrong with rows: what would stop TRL 1.16 (error), and what would train but do harm (warning)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ..steps import RowFormat, RowProblem
from .mapping import Example, example_of, fingerprint
from .near_copies import NearCopies
from .outcomes import Outcome, outcome_of
from .row_problems import row_problems, said
from .rows import Row
from .scripts import Scripts
from .text_problems import text_problems
from .turns import UnfitRowError

if TYPE_CHECKING:
    from ..settings.dataset_settings import CheckSettings

ALL_DATES, NOTHING_LABELLED, ONE_LABEL = "all-dates", "nothing-labelled", "one-label"
UNBALANCED, LEAK = "labels-unbalanced", "leak"

_NO_ROLES: dict[str, str] = {}

# Code → severity and message. What TRL does with each was run with TRL 1.16.0 and transformers 5.23.0.
_WORDS: dict[str, tuple[Literal["error", "warning"], str]] = {
    "missing-value": ("error", "In {rows} a column that is needed is empty, and the trainer stops there."),
    "no-conversation": ("error", "In {rows} there is no list of turns, each with a role and a content."),
    "empty-conversation": ("error", "In {rows} the conversation has no turns, and the trainer stops there."),
    "missing-content": ("error", "In {rows} a turn has no content (null), where many chat templates stop."),
    "content-no-text": ("error", "In {rows} there is something other than text where text is needed."),
    "media-content": (
        "error",
        "In {rows} a turn holds an image, audio or video, which this version does not train on.",
    ),
    "tools-unreadable": ("error", "In {rows} the tools or a tool call can't be read."),
    "no-prompt": ("error", "In {rows} there is no prompt: nothing comes before the answer."),
    "label-unreadable": ("error", "In {rows} the label says neither good nor bad."),
    "tokens-no-numbers": ("error", "In {rows} there is something other than token numbers."),
    "tokens-uneven": ("error", "In {rows} there are not as many labels as tokens, and the trainer stops there."),
    "no-tokens": ("error", "In {rows} there are no tokens."),
    ALL_DATES: ("error", "In {rows}, which is all of them, the text is a date, and the trainer's reader rewrites it."),
    NOTHING_LABELLED: ("error", "In {rows}, which is all of them, every token is masked, so nothing would be learnt."),
    ONE_LABEL: ("error", "In {rows}, which is all of them, the label is the same: there is nothing to tell apart."),
    "no-answer": ("warning", "In {rows} nothing is answered, so no answer can be learnt."),
    "empty-answer": ("warning", "In {rows} an answer is empty: the model would learn to say nothing."),
    "empty-question": ("warning", "In {rows} a question is empty."),
    "empty-text": ("warning", "In {rows} the text is empty: the model would learn to say nothing."),
    "empty-rejected": (
        "warning",
        "In {rows} the worse answer is empty: the model would learn that any word is better.",
    ),
    "same-answers": (
        "warning",
        "In {rows} the better and the worse answer are the same, so there is nothing to learn.",
    ),
    "masked-row": ("warning", "In {rows} every token is masked, so nothing of them is learnt."),
    "printed-nothing": (
        "warning",
        "In {rows} an answer is only the word a program prints for nothing (None, nan, null).",
    ),
    "ends-with-question": (
        "warning",
        "In {rows} the last turn is not an answer; where answers are learnt, what follows the last one is left out.",
    ),
    "starts-with-answer": (
        "warning",
        "In {rows} the conversation begins with an answer, which some chat templates refuse.",
    ),
    "repeated-role": ("warning", "In {rows} one side speaks twice in a row, which some chat templates refuse."),
    "system-in-middle": (
        "warning",
        "In {rows} a system turn comes later than first, which some chat templates refuse.",
    ),
    "unknown-role": (
        "warning",
        "In {rows} a role is none that chat templates know: it is printed as it is, left out or refused.",
    ),
    UNBALANCED: ("warning", "Of the judged answers, {rows} are of the rarer kind: far fewer than of the other."),
    LEAK: ("warning", "In {rows} held back, everything is as in a row that is trained on: they measure memory."),
    "duplicate": ("warning", "In {rows} everything is as in an earlier row: an exact copy."),
    "near-duplicate": ("warning", "In {rows} nearly all words are as in an earlier row."),
    "broken-characters": (
        "warning",
        "In {rows} characters were broken when the text was saved: the model would learn to write them.",
    ),
    "other-script": ("warning", "In {rows} the text is in another script than in nearly all the others."),
    "formula": (
        "warning",
        "In {rows} a text begins as a spreadsheet's formula does; it is kept as text, and would be learnt.",
    ),
    "secret-seen": ("warning", "In {rows} there is what looks like a secret, which a trained model can give away."),
    "email-seen": ("warning", "In {rows} there is an e-mail address, which a trained model can give away."),
}

# Those that a row has by itself or beside earlier ones, and that can be left out with it.
OF_ALL = frozenset({ALL_DATES, NOTHING_LABELLED, ONE_LABEL, UNBALANCED})
ROW_PROBLEMS = tuple(code for code in _WORDS if code not in OF_ALL)


class RowCheck:
    """Checks rows one by one. What depends on earlier rows counts those that were kept."""

    def __init__(
        self,
        row_format: RowFormat,
        columns: Mapping[str, str],
        settings: CheckSettings,
        roles: Mapping[str, str] = _NO_ROLES,
        held_back_from: int | None = None,
        repeats_from: int | None = None,
    ) -> None:
        self._format = row_format
        self._columns = columns
        self._roles = roles
        self._settings = settings
        self._seen: set[int] = set()
        self._near = NearCopies(settings.near_copies) if settings.near_copies.enabled else None
        self._last: tuple[int, Example] | None = None
        self._held_back_from = held_back_from
        self._repeats_from = repeats_from
        self._trained: set[int] = set()
        self._scripts = Scripts(settings.other_script_share)
        self._whole = Whole()

    def look_at(self, row: Row, number: int = 0) -> tuple[Example | None, dict[str, str]]:
        """The example a row makes (None where it makes none), and its problems: code → what was seen."""
        self._last = None
        try:
            example = example_of(row, self._format, self._columns, self._roles)
        except UnfitRowError as unfit:
            return None, {unfit.code: unfit.found}
        found = dict(row_problems(example))
        text = said(example)
        found.update(text_problems(text, self._settings))
        key = fingerprint(example)
        if self._repeats_from is not None and number >= self._repeats_from:
            # A mixture's weight asks for these.
            pass
        elif self._is_held_back(number) and key in self._trained:
            found[LEAK] = ""
        elif key in self._seen:
            found["duplicate"] = ""
        elif self._near is not None and (copy := self._near.earlier(text, number)) is not None:
            found["near-duplicate"] = f"row {number + 1} is nearly row {copy + 1}"
        self._last = key, example
        return example, found

    def keep(self, number: int = 0) -> None:
        """Count the row that was looked at last among those that are trained on."""
        if self._last is None:
            return
        key, example = self._last
        self._seen.add(key)
        if self._held_back_from is not None and not self._is_held_back(number):
            self._trained.add(key)
        self._scripts.add(number, said(example))
        self._whole.add(outcome_of(example))

    def of_all(self) -> dict[str, tuple[int, str, tuple[int, ...]]]:
        """Problems of the kept rows as a whole: code → how many rows, what was seen, and the first few rows."""
        found = self._whole.problems(self._format, self._settings.rarer_label_share)
        if other := self._scripts.others():
            found["other-script"] = other
        return found

    def _is_held_back(self, number: int) -> bool:
        return self._held_back_from is not None and number >= self._held_back_from


class Whole:
    """The rows that are kept, as a whole."""

    def __init__(self) -> None:
        self._kept = self._masked = 0
        self._labels = {True: 0, False: 0}
        self._only_dates = {"asked": True, "learnt": True}

    def add(self, outcome: Outcome, times: int = 1) -> None:
        """Take in a row that makes an example, or several that come to the same."""
        self._kept += times
        self._masked += times * outcome.masked
        if outcome.label is not None:
            self._labels[outcome.label] += times
        self._only_dates["asked"] &= outcome.asked_is_dates
        self._only_dates["learnt"] &= outcome.learnt_is_dates

    def problems(self, row_format: RowFormat, rarer_label_share: float) -> dict[str, tuple[int, str, tuple[int, ...]]]:
        """Problems of all: code → how many rows, what was seen, and no rows by their numbers."""
        found: dict[str, tuple[int, str, tuple[int, ...]]] = {}
        if not self._kept:
            return found
        sides = [side for side, only_dates in self._only_dates.items() if only_dates]
        if sides and row_format != "tokens":
            seen = f"what is {sides[0]} is like 2024-05-01; a word beside the date keeps it text"
            found[ALL_DATES] = (self._kept, seen, ())
        if self._masked == self._kept:
            found[NOTHING_LABELLED] = (self._kept, "every label is -100", ())
        good, bad = self._labels[True], self._labels[False]
        if good + bad and not (good and bad):
            found[ONE_LABEL] = (self._kept, f"all are judged {'good' if good else 'bad'}", ())
        elif good + bad and min(good, bad) < rarer_label_share * (good + bad):
            found[UNBALANCED] = (min(good, bad), f"{good:,} are good and {bad:,} are bad", ())
        return found


class Tally:
    """Counts problems and keeps the first rows of each."""

    def __init__(self, shown: int) -> None:
        self._shown = shown
        self._counts: dict[str, int] = {}
        self._rows: dict[str, list[int]] = {}
        self._found: dict[str, dict[str, None]] = {}

    def add(self, number: int, found: Mapping[str, str]) -> None:
        """Take in the problems of row `number` (zero-based)."""
        for code, seen in found.items():
            self._counts[code] = self._counts.get(code, 0) + 1
            rows = self._rows.setdefault(code, [])
            if len(rows) < self._shown:
                rows.append(number)
            words = self._found.setdefault(code, {})
            if seen and len(words) < self._shown:
                words[seen] = None

    def add_many(self, found: Mapping[str, str], count: int, rows: Sequence[int]) -> None:
        """Take in the problems that `count` rows share, of which `rows` are the first."""
        for code, seen in found.items():
            self._counts[code] = self._counts.get(code, 0) + count
            self._rows[code] = sorted({*self._rows.get(code, ()), *rows})[: self._shown]
            words = self._found.setdefault(code, {})
            if seen and len(words) < self._shown:
                words[seen] = None

    def add_all(self, found: Mapping[str, tuple[int, str, tuple[int, ...]]]) -> None:
        """Take in problems of all rows."""
        for code, (count, seen, rows) in found.items():
            self._counts[code], self._rows[code], self._found[code] = count, list(rows[: self._shown]), {seen: None}

    def problems(self) -> tuple[RowProblem, ...]:
        """Errors first, then warnings, each in the order of this file."""
        found = []
        for code, (severity, message) in _WORDS.items():
            if code in self._counts:
                count = self._counts[code]
                found.append(
                    RowProblem(
                        code=code,
                        severity=severity,
                        message=message.format(rows=f"{count:,} {'row' if count == 1 else 'rows'}"),
                        count=count,
                        rows=tuple(self._rows[code]),
                        evidence="; ".join(self._found[code]),
                    )
                )
        return tuple(found)

"""What is wrong with rows: what would stop TRL 1.16 (error), and what would train but do harm (warning)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ..steps import RowFormat, RowProblem
from .mapping import Example, example_of, fingerprint
from .rows import Row
from .turns import STANDARD_ROLES, Turn, UnfitRowError

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings

ALL_DATES = "all-dates"

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
    ALL_DATES: ("error", "In {rows}, which is all of them, the text is a date, and the trainer's reader rewrites it."),
    "no-answer": ("warning", "In {rows} nothing is answered, so no answer can be learnt."),
    "empty-answer": ("warning", "In {rows} an answer is empty: the model would learn to say nothing."),
    "empty-question": ("warning", "In {rows} a question is empty."),
    "empty-text": ("warning", "In {rows} the text is empty: the model would learn to say nothing."),
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
    "duplicate": ("warning", "In {rows} everything is as in an earlier row: an exact copy."),
}

# Those that a row has by itself, and that can be left out with it.
ROW_PROBLEMS = tuple(code for code in _WORDS if code != ALL_DATES)

# pyarrow 26 reads a JSON string as a time stamp where all of a column's are ISO 8601: "2024-05-01" is then no text any
# more, and TRL stops at it or prints "2024-05-01 00:00:00".
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d(:\d\d(:\d\d(\.\d+)?)?)?Z?)?")


def check_rows(
    rows: Iterable[Row], row_format: RowFormat, columns: Mapping[str, str], settings: DatasetSettings
) -> tuple[RowProblem, ...]:
    """Every problem of the rows, with how many have it and the first few that do. One row is held at a time."""
    check, tally = RowCheck(row_format, columns), Tally(settings.shown_problem_rows)
    for number, row in enumerate(rows):
        _, found = check.look_at(row)
        check.keep()
        tally.add(number, found)
    tally.add_all(check.of_all())
    return tally.problems()


def looks_like_a_date(text: str) -> bool:
    """Whether pyarrow's reader of JSON would take a text for a time stamp."""
    return len(text) < 40 and _DATE.fullmatch(text) is not None


class RowCheck:
    """Checks rows one by one. What depends on earlier rows counts those that were kept."""

    def __init__(self, row_format: RowFormat, columns: Mapping[str, str]) -> None:
        self._format = row_format
        self._columns = columns
        self._seen: set[int] = set()
        self._last: tuple[int, Example] | None = None
        self._kept = 0
        self._only_dates = {"asked": True, "learnt": True}

    def look_at(self, row: Row) -> tuple[Example | None, dict[str, str]]:
        """The example a row makes (None where it makes none), and its problems: code → what was seen."""
        self._last = None
        try:
            example = example_of(row, self._format, self._columns)
        except UnfitRowError as unfit:
            return None, {unfit.code: unfit.found}
        found = dict(_text_problems(example) if example.text is not None else _turn_problems(example))
        key = fingerprint(example)
        if key in self._seen:
            found["duplicate"] = ""
        self._last = key, example
        return example, found

    def keep(self) -> None:
        """Count the row that was looked at last among those that are trained on."""
        if self._last is not None:
            key, example = self._last
            self._seen.add(key)
            self._kept += 1
            for side, texts in _sides(example).items():
                self._only_dates[side] &= all(map(looks_like_a_date, texts))

    def of_all(self) -> dict[str, tuple[int, str]]:
        """Problems of the kept rows as a whole: code → how many rows, and what was seen."""
        sides = [side for side, only_dates in self._only_dates.items() if only_dates]
        if not self._kept or not sides:
            return {}
        return {ALL_DATES: (self._kept, f"what is {sides[0]} is like 2024-05-01; a word beside the date keeps it text")}


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

    def add_all(self, found: Mapping[str, tuple[int, str]]) -> None:
        """Take in problems of all rows."""
        for code, (count, seen) in found.items():
            self._counts[code], self._rows[code], self._found[code] = count, [], {seen: None}

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


def _text_problems(example: Example) -> Iterator[tuple[str, str]]:
    if not (example.text or "").strip():
        yield "empty-text", ""


def _turn_problems(example: Example) -> Iterator[tuple[str, str]]:
    turns, answers = example.turns, example.answers
    if not answers:
        yield "no-answer", ""
    elif answers[-1] != len(turns) - 1:
        yield "ends-with-question", f"it ends with {turns[-1]['role']}"
    if any(turn["role"] == "assistant" and _says_nothing(turn) for turn in turns):
        yield "empty-answer", ""
    if any(turn["role"] == "user" and _says_nothing(turn) for turn in turns):
        yield "empty-question", ""
    unknown = dict.fromkeys(turn["role"] for turn in turns if turn["role"] not in STANDARD_ROLES)
    if unknown:
        yield "unknown-role", f"roles {', '.join(map(repr, unknown))}"
    if any(turn["role"] == "system" for turn in turns[1:]):
        yield "system-in-middle", ""
    spoken = [turn["role"] for turn in turns if turn["role"] != "system"]
    if spoken[:1] == ["assistant"]:
        yield "starts-with-answer", ""
    twice = [role for role, after in pairwise(spoken) if role == after and role != "tool"]
    if twice:
        yield "repeated-role", f"{twice[0]} after {twice[0]}"


def _says_nothing(turn: Turn) -> bool:
    return not turn["content"].strip() and "tool_calls" not in turn


def _sides(example: Example) -> dict[str, list[str]]:
    """The texts that lie in one field each when a row is written: what is asked, and what is learnt."""
    if example.text is not None:
        return {"asked": [""], "learnt": [example.text]}
    answers = example.answers or (len(example.turns),)
    asked = [turn["content"] for turn in example.turns[: answers[-1]]]
    return {"asked": asked, "learnt": [example.turns[number]["content"] for number in example.answers] or [""]}

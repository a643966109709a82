"""What one row comes to by itself, whatever other rows say: what is wrong with it, and what it adds to the counts."""

from __future__ import annotations

import re
from typing import NamedTuple

from .example import Example
from .row_problems import is_masked

# pyarrow 26 reads a JSON string as a time stamp where all of a column's are ISO 8601: "2024-05-01" is then no text any
# more, and TRL stops at it or prints "2024-05-01 00:00:00".
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d(:\d\d(:\d\d(\.\d+)?)?)?Z?)?")


class Outcome(NamedTuple):
    """What a row comes to. One that makes no example (`fits` is false) has problems and counts for nothing."""

    problems: tuple[tuple[str, str], ...] = ()
    fits: bool = False
    answers: int = 0
    conversation: bool = False
    with_system: bool = False
    with_tools: bool = False
    label: bool | None = None
    masked: bool = False
    asked_is_dates: bool = False
    learnt_is_dates: bool = False


def outcome_of(example: Example, problems: tuple[tuple[str, str], ...] = ()) -> Outcome:
    """What the row of an example comes to."""
    answers = example.answers
    asked, learnt = _sides(example, answers)
    return Outcome(
        problems=problems,
        fits=True,
        answers=len(answers) if example.label is not False else 0,
        conversation=bool(example.turns) and example.prompt is None,
        with_system=any(turn["role"] == "system" for turn in example.turns),
        with_tools=example.uses_tools,
        label=example.label,
        masked=is_masked(example),
        asked_is_dates=all(map(looks_like_a_date, asked)),
        learnt_is_dates=all(map(looks_like_a_date, learnt)),
    )


def looks_like_a_date(text: str) -> bool:
    """Whether pyarrow's reader of JSON would take a text for a time stamp."""
    return len(text) < 40 and _DATE.fullmatch(text) is not None


def _sides(example: Example, answers: tuple[int, ...]) -> tuple[list[str], list[str]]:
    """The texts that lie in one field each when a row is written: what is asked, and what is learnt."""
    if example.tokens is not None:
        return [""], [""]
    if example.text is not None:
        return [""], [example.text]
    if example.label is None and not answers:
        return [turn["content"] for turn in example.turns], [""]
    asked = [turn["content"] for turn in example.turns[: answers[-1] if answers else None]]
    return asked, [example.turns[number]["content"] for number in answers] or [""]

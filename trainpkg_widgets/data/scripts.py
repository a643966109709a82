"""In which script a text is written, and which rows are in another one than nearly all."""

from __future__ import annotations

import re
import string

# Unicode blocks of scripts that training data is often in. Han, kana and Hangul are told apart: Japanese uses two.
SCRIPTS: dict[str, re.Pattern[str]] = {
    "Latin": re.compile("[A-Za-z\u00c0-\u024f]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Hangul": re.compile("[\uac00-\ud7af]"),
    "Han or kana": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
}
ASCII_LETTERS = string.ascii_letters.encode()
_LOOKED_AT = 400
FEWEST_LETTERS = 12
_MOST_KEPT = 1000


class Scripts:
    """Counts rows by the script most of their letters are in.

    Args:
        unusual: the share of rows up to which a script beside another one is unusual.
    """

    def __init__(self, unusual: float) -> None:
        self._unusual = unusual
        self._counts: dict[str, int] = {}
        self._rows: dict[str, list[int]] = {}

    def add(self, number: int, text: str) -> None:
        """Take in the text of row `number`."""
        script = script_of(text)
        if script:
            self._counts[script] = self._counts.get(script, 0) + 1
            rows = self._rows.setdefault(script, [])
            if len(rows) < _MOST_KEPT:
                rows.append(number)

    def add_many(self, script: str, count: int, rows: list[int]) -> None:
        """Take in rows in a script, of which these are the first."""
        self._counts[script] = self._counts.get(script, 0) + count
        self._rows.setdefault(script, []).extend(rows[:_MOST_KEPT])

    def others(self) -> tuple[int, str, tuple[int, ...]] | None:
        """How many rows are in another script than nearly all, which, and the first of them; None where none is."""
        total = sum(self._counts.values())
        if len(self._counts) < 2:
            return None
        main = max(self._counts, key=lambda script: self._counts[script])
        others = {script: count for script, count in self._counts.items() if script != main}
        count = sum(others.values())
        if count > self._unusual * total:
            return None
        rows = sorted(row for script in others for row in self._rows[script])
        seen = ", ".join(f"{script} in {number:,}" for script, number in others.items())
        return count, f"{main} in {self._counts[main]:,}, {seen}", tuple(rows)


def script_of(text: str) -> str | None:
    """The script that most letters at the start of a text are of; None where there are few letters."""
    start = text[:_LOOKED_AT]
    plain = start.encode("ascii", "ignore")
    # bytes.translate takes the letters out in one step.
    letters, others = len(plain) - len(plain.translate(None, ASCII_LETTERS)), len(start) - len(plain)
    if letters >= others:
        # No other script can have more.
        return "Latin" if letters >= FEWEST_LETTERS else _most_of(start) if others else None
    likely = _script_of_last(start)
    if likely and 2 * (count := len(SCRIPTS[likely].findall(start))) > letters + others:
        return likely if count >= FEWEST_LETTERS else None
    return _most_of(start)


def _most_of(start: str) -> str | None:
    counts = {script: len(letters.findall(start)) for script, letters in SCRIPTS.items()}
    most = max(counts, key=lambda script: counts[script])
    return most if counts[most] >= FEWEST_LETTERS else None


def _script_of_last(start: str) -> str | None:
    """The script of the last letter that is not ASCII: a guess that is nearly always right, and quick to check."""
    last = next((letter for letter in reversed(start) if letter > "\x7f" and letter.isalpha()), "")
    return next((script for script, letters in SCRIPTS.items() if letters.match(last)), None)

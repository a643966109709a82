"""Lines of JSON Lines that can't be read: all of them named at once, or left out where that is asked for."""

from __future__ import annotations

from .errors import DataError

# What the problem is called among those whose rows can be left out.
BROKEN_LINE = "broken-line"
# A line that is too long is none of these: where it ends is not known.
_LEFT_OUT = frozenset({"broken-json", "row-no-object", "nested-too-deeply", "encoding"})
_NAMED = 5


class BrokenLines:
    """The lines of a file that can't be read, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._first: DataError | None = None
        self._numbers: set[int] = set()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The lines by their numbers, from 1 on."""
        return tuple(sorted(self._numbers))

    def add(self, error: DataError) -> None:
        """Take in a line that can't be read, once however often it is met.

        Raises:
            DataError: it can't be left out, or there are more of them than the settings allow.
        """
        if error.code not in _LEFT_OUT or error.line is None:
            raise error
        self._first = self._first or error
        self._numbers.add(error.line)
        if len(self._numbers) > self._most:
            raise self._first

    def check(self, rows: int, leave_out: bool) -> None:
        """Let a file with so many other rows be used.

        Raises:
            DataError: it has broken lines, and they are not left out or there is nothing else.
        """
        first, lines = self._first, self.numbers
        if first is None or (leave_out and rows):
            return
        others = f"{len(lines):,} lines can't be read: {line_words(lines)}." if len(lines) > 1 else ""
        seen = " ".join(filter(None, (first.evidence, others)))
        raise DataError(first.code, first.message, first.hint, seen, first.line, broken=lines if rows else ())


def line_words(lines: tuple[int, ...]) -> str:
    """The first few line numbers."""
    more = len(lines) - _NAMED
    return ", ".join(f"{line:,}" for line in lines[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")

"""Texts of which nothing is out of the ordinary, told many at once in a few steps that run in C."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, product

from .outcomes import looks_like_a_date
from .row_problems import PRINTED_NOTHING
from .scripts import ASCII_LETTERS, FEWEST_LETTERS, script_of
from .secret_sieve import may_hold_secret
from .text_problems import TextChecks, broken_characters

_MOST_HEADS = 100_000
# A text that begins with one of these may be empty, or a formula in a spreadsheet.
# All white space that there is, in Python's sense.
ODD_STARTS = frozenset(
    "=@+- \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_PRINTED_STARTS = frozenset(
    "".join(letters)
    for word in PRINTED_NOTHING
    for letters in product(*((letter.lower(), letter.upper()) for letter in word[:3]))
)
_DIGITS = frozenset("0123456789")
_BEGINS = 3 * FEWEST_LETTERS


class OrdinaryText:
    """Tells what is said in rows. `checks` says what is looked for in it."""

    def __init__(self, checks: TextChecks) -> None:
        self._checks = checks
        self._heads: set[str] = set()

    def scripts(self, said: Sequence[tuple[str, ...]]) -> list[str | None] | None:
        """The script of each row, given what is said in it; None where something is not ordinary, or is no text."""
        contents, checks, heads = list(chain.from_iterable(said)), self._checks, self._heads
        try:
            text = "\n".join(contents)
            is_ascii = text.isascii()
            if not is_ascii:
                # No file holds half a surrogate pair, but a variable of the notebook can.
                text.encode()
        except (TypeError, UnicodeEncodeError):
            return None
        if not self._well_begun([content for content in contents if content[:3] not in heads]):
            return None
        if checks.addresses and "@" in text:
            return None
        if checks.broken_characters and not is_ascii and broken_characters(text):
            return None
        if checks.secrets and may_hold_secret(text):
            return None
        return _scripts(said, is_ascii)

    def _well_begun(self, said: Sequence[str]) -> bool:
        """Whether no text is empty, begins as a formula does, or may be no more than a date or “None”."""
        for content in said:
            if content[:1] in ODD_STARTS or not content or content[:3] in _PRINTED_STARTS:
                return False
            if content[0] in _DIGITS:
                if looks_like_a_date(content):
                    return False
            elif len(self._heads) < _MOST_HEADS:
                self._heads.add(content[:3])
        return True


def _scripts(rows: Sequence[tuple[str, ...]], are_ascii: bool) -> list[str | None]:
    """The script of each row, given what is said in it."""
    # The first words of nearly all rows have enough letters.
    begins = [row[0][:_BEGINS] for row in rows] if are_ascii else [""] * len(rows)
    return [
        "Latin"
        if len(begin) - len(begin.encode().translate(None, ASCII_LETTERS)) >= FEWEST_LETTERS
        else script_of("\n".join(row))
        for begin, row in zip(begins, rows, strict=True)
    ]

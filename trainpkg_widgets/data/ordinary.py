"""Rows of turns of which nothing is out of the ordinary, told many at once in a few steps that run in C: what they come
to follows from who speaks, and every other row is looked at closely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, product
from operator import itemgetter
from typing import Any, NamedTuple

from .example import Example
from .outcomes import Outcome, looks_like_a_date, outcome_of
from .row_problems import PRINTED_NOTHING, row_problems
from .scripts import ASCII_LETTERS, FEWEST_LETTERS, script_of
from .secret_sieve import may_hold_secret
from .text_problems import TextChecks, broken_characters
from .turns import CALLERS, KEYS_WITH_MEANING, standard_role, turn_keys

_MOST_KINDS, _MOST_SHAPES, _MOST_HEADS = 20_000, 1000, 100_000
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


class Told(NamedTuple):
    """What rows come to: of each the place of its outcome in `Ordinary.outcomes`, its key (`key_of`), its script."""

    outcomes: Sequence[int]
    keys: list[int]
    scripts: list[str | None]


class Ordinary:
    """Tells ordinary turns of a column, each with a role and a content under `keys`.

    `texts` says which checks of texts are made, `roles` what roles are taken for.
    """

    def __init__(self, keys: tuple[str, str], texts: TextChecks, roles: Mapping[str, str]) -> None:
        self._keys = keys
        self._role, self._content = itemgetter(keys[0]), itemgetter(keys[1])
        self._texts = texts
        self._roles = roles
        self._shapes: set[tuple[str, ...]] = set()
        self._heads: set[str] = set()
        self._kinds: dict[tuple[str, ...], tuple[int, int]] = {}
        self.outcomes: list[Outcome] = []

    def look_at(self, rows: Sequence[Any]) -> Told | None:
        """What rows with these turns come to; None where one of them is not ordinary."""
        try:
            turns = list(chain.from_iterable(rows))
            roles = [tuple(map(self._role, row)) for row in rows]
            said = [tuple(map(self._content, row)) for row in rows]
            contents = list(chain.from_iterable(said))
            text = "\n".join(contents)
            is_ascii = text.isascii()
            if not is_ascii:
                # No file holds half a surrogate pair, but a variable of the notebook can.
                text.encode()
            kinds = [self._kinds.get(each) or self._kind(each) for each in roles]
        except (TypeError, KeyError, IndexError, UnicodeEncodeError):
            return None
        if not all(kinds) or not all(rows) or set(map(type, rows)) != {list}:
            return None
        # A turn with two fields has the two that were just read.
        if set(map(len, turns)) != {2} and not self._plain(turns):
            return None
        heads, texts = self._heads, self._texts
        if not self._well_begun([content for content in contents if content[:3] not in heads]):
            return None
        if texts.addresses and "@" in text:
            return None
        if texts.broken_characters and not is_ascii and broken_characters(text):
            return None
        if texts.secrets and may_hold_secret(text):
            return None
        numbers, hashes = zip(*filter(None, kinds), strict=True)
        return Told(
            numbers,
            [hash((roles_hash, *row)) for roles_hash, row in zip(hashes, said, strict=True)],
            _scripts(said, is_ascii),
        )

    def _kind(self, roles: tuple[str, ...]) -> tuple[int, int] | None:
        """What rows in which these speak come to, by its place, and the hash of what chat templates call them."""
        if len(self._kinds) > _MOST_KINDS or not all(type(role) is str for role in roles):
            return None
        if any(role.strip().lower() in CALLERS for role in roles):
            return None
        standard = tuple(standard_role(role, self._roles) for role in roles)
        example = Example(turns=tuple({"role": role, "content": "said"} for role in standard))
        found = self._kinds[roles] = len(self.outcomes), hash(standard)
        self.outcomes.append(outcome_of(example, tuple(dict(row_problems(example)).items())))
        return found

    def _plain(self, turns: list[Any]) -> bool:
        """Whether the other fields of turns mean nothing, and hold nothing that could be nested too deeply."""
        shapes = set(map(tuple, turns)) - self._shapes
        for turn in turns if shapes else ():
            if turn_keys(turn) != self._keys or not KEYS_WITH_MEANING.isdisjoint(turn):
                return False
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes |= shapes
        return not any(isinstance(value, (list, dict)) for turn in turns for value in turn.values())

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


def key_of(example: Example, fingerprint: int) -> int:
    """What two rows share that say the same; the same for a row that is ordinary and for one that is not."""
    plain = (
        bool(example.turns)
        and all(len(turn) == 2 for turn in example.turns)
        and (example.learnt_from, example.tools, example.prompt, example.label) == (0, None, None, None)
        and not example.rejected
    )
    if not plain:
        return fingerprint - (1 << 63)
    roles = tuple(turn["role"] for turn in example.turns)
    return hash((hash(roles), *(turn["content"] for turn in example.turns)))


def _scripts(rows: list[tuple[str, ...]], are_ascii: bool) -> list[str | None]:
    """The script of each row, given what is said in it."""
    # The first words of nearly all rows have enough letters.
    begins = [row[0][:_BEGINS] for row in rows] if are_ascii else [""] * len(rows)
    return [
        "Latin"
        if len(begin) - len(begin.encode().translate(None, ASCII_LETTERS)) >= FEWEST_LETTERS
        else script_of("\n".join(row))
        for begin, row in zip(begins, rows, strict=True)
    ]

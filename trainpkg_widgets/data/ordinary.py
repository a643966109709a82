"""Turns of which nothing is out of the ordinary, told in a few steps that run in C: what they come to follows from who
speaks, and every other row is looked at closely.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from operator import itemgetter
from typing import Any

from ..package.secret_shapes import secret_in
from .example import Example
from .outcomes import Outcome, looks_like_a_date, outcome_of
from .row_problems import PRINTED_NOTHING, row_problems
from .text_problems import BREAKS, TextChecks
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
        self._kinds: dict[tuple[str, ...], tuple[Outcome, int] | None] = {}

    def look_at(self, turns: Any) -> tuple[Outcome, int, str] | None:
        """What a row with these turns comes to, its key (see `key_of`) and its text; None where it is not ordinary."""
        if not turns or type(turns) is not list:
            return None
        try:
            roles, said = tuple(map(self._role, turns)), tuple(map(self._content, turns))
            text = "\n".join(said)
            kind = self._kinds.get(roles, ()) or self._kind(roles)
            known = self._shapes.issuperset(map(tuple, turns))
        except (TypeError, KeyError, IndexError):
            return None
        if kind is None or not (known or self._plain(turns)):
            return None
        if not (self._heads.issuperset([content[:3] for content in said]) or self._well_begun(said)):
            return None
        if "@" in text and self._texts.addresses:
            return None
        if not text.isascii() and self._texts.broken_characters and any(mark in text for mark in BREAKS):
            return None
        if self._texts.secrets and secret_in(text):
            return None
        return kind[0], hash((kind[1], *said)), text

    def _kind(self, roles: tuple[str, ...]) -> tuple[Outcome, int] | None:
        """What rows in which these speak come to, and the hash of what chat templates call them."""
        if len(self._kinds) > _MOST_KINDS or not all(type(role) is str for role in roles):
            return None
        if any(role.strip().lower() in CALLERS for role in roles):
            return None
        standard = tuple(standard_role(role, self._roles) for role in roles)
        example = Example(turns=tuple({"role": role, "content": "said"} for role in standard))
        found = outcome_of(example, tuple(dict(row_problems(example)).items())), hash(standard)
        self._kinds[roles] = found
        return found

    def _plain(self, turns: list[Any]) -> bool:
        """Whether turns are objects whose other fields mean nothing; those that are are known from then on."""
        if not all(
            type(turn) is dict and turn_keys(turn) == self._keys and KEYS_WITH_MEANING.isdisjoint(turn)
            for turn in turns
        ):
            return False
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes.update(map(tuple, turns))
        return True

    def _well_begun(self, said: tuple[str, ...]) -> bool:
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

"""Rows of which nothing is out of the ordinary, told many at once: what they come to follows from who speaks, or from
their format alone, and every other row is looked at closely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .example import Example
from .mapping import example_of
from .ordinary_text import OrdinaryText
from .outcomes import Outcome, outcome_of
from .row_problems import row_problems
from .text_problems import TextChecks
from .turns import CALLERS, KEYS_WITH_MEANING, standard_role, turn_keys

if TYPE_CHECKING:
    from ..steps import RowFormat

_MOST_KINDS, _MOST_SHAPES = 20_000, 1000
# Formats of which every column is a text, by those columns.
_TEXTS: dict[RowFormat, tuple[tuple[str, ...], ...]] = {
    "text": (("text",),),
    "prompt_completion": (("prompt", "completion"),),
    "instruction": (("instruction", "output"), ("instruction", "input", "output")),
}


def text_columns(row_format: RowFormat, columns: Mapping[str, str]) -> tuple[str, ...]:
    """What the columns of a format stand for, in its order, where each is a text; nothing where they are more."""
    return next((needs for needs in _TEXTS.get(row_format, ()) if set(needs) == set(columns)), ())


class Told(NamedTuple):
    """What rows come to: of each the place of its outcome in `Ordinary.outcomes`, its key (`key_of`), its script."""

    outcomes: Sequence[int]
    keys: list[int]
    scripts: list[str | None]


class Ordinary(Protocol):
    """Tells rows of one format, by the columns of these names."""

    names: tuple[str, ...]
    outcomes: list[Outcome]

    def look_at(self, rows: Sequence[Any]) -> Told | None:
        """What rows come to; None where one of them is not ordinary."""
        ...


class OrdinaryChats:
    """Tells rows of turns, each with a role and a content under `keys`.

    `checks` says which checks of texts are made, `roles` what roles are taken for.
    """

    def __init__(self, column: str, keys: tuple[str, str], checks: TextChecks, roles: Mapping[str, str]) -> None:
        self.names: tuple[str, ...] = (column,)
        self.outcomes: list[Outcome] = []
        self._turns, self._keys = itemgetter(column), keys
        self._role, self._content = itemgetter(keys[0]), itemgetter(keys[1])
        self._text = OrdinaryText(checks)
        self._roles = roles
        self._shapes: set[tuple[str, ...]] = set()
        self._kinds: dict[tuple[str, ...], tuple[int, int]] = {}

    def look_at(self, rows: Sequence[Any]) -> Told | None:
        """What rows come to; None where one of them is not ordinary."""
        try:
            chats = list(map(self._turns, rows))
            turns = list(chain.from_iterable(chats))
            roles = [tuple(map(self._role, chat)) for chat in chats]
            said = [tuple(map(self._content, chat)) for chat in chats]
            kinds = [self._kinds.get(each) or self._kind(each) for each in roles]
        except (TypeError, KeyError, IndexError):
            return None
        if not all(kinds) or not all(chats) or set(map(type, chats)) != {list}:
            return None
        # A turn with two fields has the two that were just read.
        if set(map(len, turns)) != {2} and not self._plain(turns):
            return None
        if (scripts := self._text.scripts(said)) is None:
            return None
        numbers, hashes = zip(*filter(None, kinds), strict=True)
        keys = [hash((roles_hash, *each)) for roles_hash, each in zip(hashes, said, strict=True)]
        return Told(numbers, keys, scripts)

    def _kind(self, roles: tuple[str, ...]) -> tuple[int, int] | None:
        """What rows in which these speak come to, by its place, and the hash of what chat templates call them."""
        if len(self._kinds) > _MOST_KINDS or not all(type(role) is str for role in roles):
            return None
        if any(role.strip().lower() in CALLERS for role in roles):
            return None
        standard = tuple(standard_role(role, self._roles) for role in roles)
        example = Example(turns=tuple({"role": role, "content": "said"} for role in standard))
        found = self._kinds[roles] = len(self.outcomes), _speakers(standard, 0)
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


class OrdinaryTexts:
    """Tells rows of which every column is a text."""

    def __init__(self, row_format: RowFormat, columns: Mapping[str, str], checks: TextChecks) -> None:
        self.names = tuple(columns[need] for need in text_columns(row_format, columns))
        self._cells = [itemgetter(name) for name in self.names]
        self._format = row_format
        self._text = OrdinaryText(checks)
        example = example_of(dict.fromkeys(self.names, "said"), row_format, columns)
        self.outcomes = [outcome_of(example, tuple(row_problems(example)))]
        self._speakers = _speakers([turn["role"] for turn in example.turns], example.learnt_from)

    def look_at(self, rows: Sequence[Any]) -> Told | None:
        """What rows come to; None where one of them is not ordinary."""
        try:
            cells = [list(map(cell, rows)) for cell in self._cells]
            if self._format != "text":
                cells = [list(map(str.strip, texts)) for texts in cells]
        except (TypeError, KeyError, IndexError):
            return None
        if self._format == "prompt_completion" and any(text[:1] == "[" for texts in cells for text in texts):
            # It may be turns that were written as text.
            return None
        if len(cells) == 3:
            asked = [f"{asked}\n\n{beside}" if beside else asked for asked, beside, _ in zip(*cells, strict=True)]
            cells = [asked, cells[2]]
        said = list(zip(*cells, strict=True))
        if (scripts := self._text.scripts(said)) is None:
            return None
        return Told([0] * len(rows), [hash((self._speakers, *each)) for each in said], scripts)


def key_of(example: Example, fingerprint: int) -> int:
    """What two rows share that say the same; the same for a row that is ordinary and for one that is not."""
    plain = (
        all(len(turn) == 2 for turn in example.turns)
        and (example.tools, example.label, example.tokens) == (None, None, None)
        and not example.rejected
        and not example.others
    )
    if not plain:
        return fingerprint - (1 << 63)
    said = [turn["content"] for turn in example.turns] if example.text is None else [example.text]
    return hash((_speakers([turn["role"] for turn in example.turns], example.learnt_from), *said))


def _speakers(roles: Sequence[str], learnt_from: int) -> int:
    return hash((learnt_from, *roles))

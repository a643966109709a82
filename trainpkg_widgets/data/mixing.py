"""Several datasets as one: which of their rows are there and how often, all of them read alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..steps import RowFormat
from .errors import DataError
from .mapping import example_of
from .picked import AllButSome, OneOfEach
from .rows import Row, numbered
from .turns import UnfitRowError

_CONVERSATIONS: frozenset[RowFormat] = frozenset({"messages", "sharegpt"})
_ANSWERED: frozenset[RowFormat] = _CONVERSATIONS | {"instruction", "prompt_completion"}
_MOST_WEIGHT = 100
# Above this many rows from the first to the last of those wanted to one that is wanted, each is fetched by itself.
_SPARSE = 10


@dataclass(frozen=True)
class Part:
    """A dataset of a mixture: its rows (a `Rows`), how they are read, which are left out, how often each is there."""

    rows: Any
    weight: float
    format: RowFormat | None
    columns: Mapping[str, str]
    roles: Mapping[str, str] = field(default_factory=dict)
    excluded_rows: Iterable[int] = ()
    exclude_problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the rows are called."""
        return str(self.rows.source.name)


class Mixing:
    """The rows of several datasets, one dataset after the other; the repeats that weights above 1 ask for come last.

    Where only the names of their columns differ rows are renamed; else, or with `anew`, each is written anew as a
    conversation. `seed` picks the rows of a weight that is no whole number.

    Raises:
        DataError: a weight is out of range, or the datasets can't be made alike.
    """

    def __init__(self, parts: Sequence[Part], seed: int, anew: bool = False) -> None:
        self._parts = parts
        for part in parts:
            if not 0 < part.weight <= _MOST_WEIGHT:
                raise DataError(
                    "mixture-weight",
                    f"{part.weight:g} is no weight for {part.name}.",
                    f"Give a number above 0 and up to {_MOST_WEIGHT}: 2 for every row twice, 0.5 for every second row.",
                )
        self.format = _common_format(parts)
        # That of each; there is none in common where one is not known.
        self.formats = [part.format for part in parts if part.format is not None]
        formats = set(self.formats)
        self.renamed = not anew and (len(formats) == 1 or formats <= _CONVERSATIONS)
        self.roles = _common_roles(parts) if self.renamed else {}
        self._picked = [_picked(part, seed) for part in parts]
        for part, picked in zip(parts, self._picked, strict=True):
            if not any(map(len, picked)):
                raise DataError(
                    "mixture-weight",
                    f"With a weight of {part.weight:g} no row of {part.name} is taken.",
                    "Give it a larger one, or leave it out of the mix.",
                    f"{part.rows.count:,} rows are there.",
                )
        self.first_copies = sum(len(picked[0]) for picked in self._picked)
        self.count = sum(len(places) for picked in self._picked for places in picked)
        self.eval_rows = 0

    def __iter__(self) -> Iterator[Row]:
        for part, _, places in self._rounds():
            for number, row in numbered(part.rows):
                if number in places:
                    yield self.alike(part, row)

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        found: list[Row] = []
        for part, begins, places in self._rounds():
            if len(found) >= limit:
                break
            skipped = max(offset - begins, 0)
            if wanted := list(places[skipped : skipped + limit - len(found)]):
                found += [self.alike(part, row) for row in _rows_at(part, wanted)]
        return found

    def alike(self, part: Part, row: Row) -> Row:
        """A row of one of the datasets, read as those of all are."""
        if self.renamed or part.format is None:
            taken = set(part.columns.values())
            renamed = {need: row.get(column) for need, column in part.columns.items()}
            others = {name: value for name, value in row.items() if name not in taken and name not in renamed}
            return {**others, **renamed} if part.format == "prompts" else renamed
        try:
            example = example_of(row, part.format, part.columns, part.roles)
        except UnfitRowError:
            # As empty as it was: the checks say so of the mixture's row.
            return {"messages": None}
        return {"messages": list(example.turns), **({"tools": example.tools} if example.tools else {})}

    def _rounds(self) -> Iterator[tuple[Part, int, Sequence[int]]]:
        """Each dataset as often as it is there: the place where it begins, and which of its rows are there."""
        begins = 0
        for again in range(max(len(picked) for picked in self._picked)):
            for part, picked in zip(self._parts, self._picked, strict=True):
                if again < len(picked):
                    yield part, begins, picked[again]
                    begins += len(picked[again])


def _rows_at(part: Part, wanted: Sequence[int]) -> list[Row]:
    first, span = wanted[0], wanted[-1] - wanted[0] + 1
    if span > _SPARSE * len(wanted):
        return [next(iter(part.rows.page(number, 1)), {}) for number in wanted]
    near = part.rows.page(first, span)
    return [near[number - first] if number - first < len(near) else {} for number in wanted]


def _common_format(parts: Sequence[Part]) -> RowFormat:
    formats = {part.format for part in parts}
    only = next(iter(formats)) if len(formats) == 1 else None
    if only is not None:
        return "messages" if only in _CONVERSATIONS else only
    if None not in formats and formats <= _ANSWERED:
        return "messages"
    kinds = ", ".join(f"{part.name}: {part.format or 'not known'}" for part in parts)
    raise DataError(
        "mixture-misfit", "These datasets can't be mixed.", "Mix such as hold the same kind of rows.", f"{kinds}."
    )


def _common_roles(parts: Sequence[Part]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        for name, role in part.roles.items():
            if found.setdefault(name, role) != role:
                raise DataError(
                    "mixture-roles",
                    f"“{name}” is {found[name]} in one dataset and {role} in another.",
                    "Rename it in one of them.",
                )
    return found


def _picked(part: Part, seed: int) -> list[Sequence[int]]:
    """The rows that are there, once for each time."""
    whole, rest = int(part.weight), part.weight - int(part.weight)
    left_out = tuple(part.excluded_rows)
    numbers: Sequence[int] = AllButSome(part.rows.count, left_out) if left_out else range(part.rows.count)
    some = OneOfEach(round(rest * len(numbers)), numbers, seed)
    return [*([numbers] * whole), *([some] if len(some) or not whole else [])]

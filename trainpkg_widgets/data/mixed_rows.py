"""Several datasets mixed into one, each with its weight; what their columns and roles are called is made one."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..steps import DatasetSource, DatasetStep, MixturePart, RowFormat
from .errors import DataError
from .joined_rows import joined_features
from .mapping import example_of
from .rows import Row, Rows
from .turns import UnfitRowError

_CONVERSATIONS: frozenset[RowFormat] = frozenset({"messages", "sharegpt"})
_ANSWERED: frozenset[RowFormat] = _CONVERSATIONS | {"instruction", "prompt_completion"}
_MOST_WEIGHT = 100


@dataclass(frozen=True)
class Part:
    """A dataset of a mixture: its rows, how they are read, and how often each is there."""

    rows: Rows
    step: DatasetStep
    weight: float


class MixedRows:
    """The rows of several datasets, one dataset after the other; the repeats that weights above 1 ask for come last.

    Raises:
        DataError: a weight is out of range, or the datasets can't be made alike.
    """

    def __init__(self, parts: Sequence[Part], seed: int) -> None:
        self._parts = parts
        for part in parts:
            if not 0 < part.weight <= _MOST_WEIGHT:
                raise DataError(
                    "mixture-weight",
                    f"{part.weight:g} is no weight for {part.rows.source.name}.",
                    f"Give a number above 0 and up to {_MOST_WEIGHT}: 2 for every row twice, 0.5 for every second row.",
                )
        self.format = _common_format(parts)
        self._renamed = len({part.step.format.value for part in parts} - _CONVERSATIONS) <= 1 and (
            self.format not in _CONVERSATIONS or {part.step.format.value for part in parts} <= _CONVERSATIONS
        )
        self._picked = [_picked(part, seed) for part in parts]
        self.first_copies = sum(len(picked[0]) for picked in self._picked)
        self.count = sum(len(rows) for picked in self._picked for rows in picked)
        self.bytes = sum(part.rows.bytes for part in parts)
        self.parts = tuple(_described(part, picked) for part, picked in zip(parts, self._picked, strict=True))
        self.roles = _common_roles(parts)
        said = "".join(
            f"{part.sha256} {part.weight} {part.format} {sorted(part.columns.items())}" for part in self.parts
        )
        self.sha256 = hashlib.sha256(f"{said} {seed}".encode()).hexdigest()
        self.source = DatasetSource(
            kind="mixture",
            name=" + ".join(part.rows.source.name for part in parts),
            container=f"{len(parts)} datasets",
        )
        self.features = joined_features([_features(part, self._renamed) for part in parts])

    def __iter__(self) -> Iterator[Row]:
        rounds = max(len(picked) for picked in self._picked)
        for again in range(rounds):
            for part, picked in zip(self._parts, self._picked, strict=True):
                if again < len(picked):
                    wanted = picked[again] if isinstance(picked[again], range) else frozenset(picked[again])
                    for number, row in enumerate(part.rows):
                        if number in wanted:
                            yield self._alike(part, row)

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        found: list[Row] = []
        for again in range(max(len(picked) for picked in self._picked)):
            for part, picked in zip(self._parts, self._picked, strict=True):
                if again >= len(picked) or len(found) >= limit:
                    continue
                numbers = picked[again]
                if offset >= len(numbers):
                    offset -= len(numbers)
                    continue
                wanted = numbers[offset : offset + limit - len(found)]
                near = part.rows.page(wanted[0], wanted[-1] - wanted[0] + 1)
                found += [self._alike(part, near[number - wanted[0]]) for number in wanted]
                offset = 0
        return found

    def _alike(self, part: Part, row: Row) -> Row:
        if self._renamed or part.step.format.value is None:
            taken = set(part.step.columns.values())
            renamed = {need: row.get(column) for need, column in part.step.columns.items()}
            others = {name: value for name, value in row.items() if name not in taken and name not in renamed}
            return {**others, **renamed} if part.step.format.value == "prompts" else renamed
        try:
            example = example_of(row, part.step.format.value, part.step.columns, part.step.roles)
        except UnfitRowError:
            # As empty as it was: the checks say so of the mixture's row.
            return {"messages": None}
        return {"messages": list(example.turns), **({"tools": example.tools} if example.tools else {})}


def _common_format(parts: Sequence[Part]) -> RowFormat:
    formats = {part.step.format.value for part in parts}
    only = next(iter(formats)) if len(formats) == 1 else None
    if only is not None:
        return "messages" if only in _CONVERSATIONS else only
    if None not in formats and formats <= _ANSWERED:
        return "messages"
    kinds = ", ".join(f"{part.rows.source.name}: {part.step.format.value or 'not known'}" for part in parts)
    raise DataError(
        "mixture-misfit", "These datasets can't be mixed.", "Mix such as hold the same kind of rows.", f"{kinds}."
    )


def _common_roles(parts: Sequence[Part]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        for name, role in part.step.roles.items():
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
    out = set(part.step.excluded_rows)
    numbers: Sequence[int] = [n for n in range(part.rows.count) if n not in out] if out else range(part.rows.count)
    some = sorted(random.Random(seed).sample(numbers, round(rest * len(numbers))))  # noqa: S311 - nothing secret is drawn
    return [*([numbers] * whole), *([some] if some or not whole else [])]


def _described(part: Part, picked: Sequence[Sequence[int]]) -> MixturePart:
    step = part.step
    if step.format.value is None:
        raise DataError("format-unknown", f"The format of {step.source.name} is not known.", "Say it with format=….")
    return MixturePart(
        source=step.source,
        weight=part.weight,
        rows=step.rows,
        used_rows=sum(map(len, picked)),
        format=step.format.value,
        columns=step.columns,
        roles=step.roles,
        sha256=step.sha256,
    )


def _features(part: Part, renamed: bool) -> dict[str, str]:
    if not renamed:
        return {"messages": "list of objects", **({"tools": "text or empty"} if "tools" in part.step.columns else {})}
    there = part.rows.features
    found = {need: there.get(column, "empty") for need, column in part.step.columns.items()}
    if part.step.format.value == "prompts":
        found = {**{k: v for k, v in there.items() if k not in part.step.columns.values()}, **found}
    return found

"""Several datasets mixed into one, as rows of the session; which rows these are is `mixing.py`'s."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from ..steps import DatasetSource, MixturePart, RowFormat
from .joined_rows import joined_features
from .mixing import Mixing, Part
from .rows import Row, numbered

__all__ = ["MixedRows", "Part"]


class MixedRows(Mixing):
    """A mixture. Where a dataset of the Hub is part of it only some of its rows are here, and it is a sample itself.

    `numbers` then says where each row that is here stands in the whole, and `shares` how many rows it stands for.
    """

    def __init__(self, parts: Sequence[Part], seed: int) -> None:
        super().__init__(parts, seed)
        self.bytes = sum(part.rows.bytes for part in parts)
        self.parts = tuple(map(_described, parts, self.formats, self._picked))
        said = "".join(
            f"{part.sha256} {part.weight} {part.format} {sorted(part.columns.items())}" for part in self.parts
        )
        self.sha256 = hashlib.sha256(f"{said} {seed}".encode()).hexdigest()
        self.source = DatasetSource(
            kind="mixture",
            name=" + ".join(part.name for part in parts),
            container=f"{len(parts)} datasets",
        )
        self.unseen = any(getattr(part.rows, "unseen", False) for part in parts)
        self.features = joined_features([_features(part, self.renamed) for part in parts])
        self.sampled = any(hasattr(part.rows, "numbers") for part in parts)
        if self.sampled:
            self.numbers = tuple(self._numbers())
            self.shares = tuple(self._shares())

    def here(self, at: int) -> Iterator[Row]:
        """Each row of the dataset at place `at` that is not left out, once, as it is read in the mixture."""
        part = self._parts[at]
        left_out = frozenset(part.excluded_rows)
        return (self.alike(part, row) for number, row in numbered(part.rows) if number not in left_out)

    def _numbers(self) -> Iterator[int]:
        for part, begins, places in self._rounds():
            for number, _ in numbered(part.rows):
                if number in places:
                    yield begins + places.index(number)

    def _shares(self) -> Iterator[float]:
        for part, _, places in self._rounds():
            here = sum(number in places for number, _ in numbered(part.rows))
            for _ in range(here):
                yield len(places) / here


def _described(part: Part, row_format: RowFormat, picked: Sequence[Sequence[int]]) -> MixturePart:
    return MixturePart(
        source=part.rows.source,
        weight=part.weight,
        rows=part.rows.count,
        used_rows=sum(map(len, picked)),
        format=row_format,
        columns=dict(part.columns),
        roles=dict(part.roles),
        exclude_problems=part.exclude_problems,
        sha256=part.rows.sha256,
    )


def _features(part: Part, renamed: bool) -> dict[str, str]:
    if not renamed:
        return {"messages": "list of objects", **({"tools": "text or empty"} if "tools" in part.columns else {})}
    there = part.rows.features
    found = {need: there.get(column, "empty") for need, column in part.columns.items()}
    if part.format == "prompts":
        found = {**{k: v for k, v in there.items() if k not in part.columns.values()}, **found}
    return found

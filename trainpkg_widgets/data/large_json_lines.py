"""Rows of a large JSON Lines file of conversations: looked at quickly when it is opened, read where they are needed."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..steps import DatasetSource
from .formats import detect_formats
from .json_rows import json_lines
from .quick_look import QuickLook, quick_look, said_in
from .rows import Features, Row
from .streamed_rows import FileFacts, Place
from .turns import turn_keys, turns_in

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits

_CHUNK = 1 << 20
_PARTS = 64
_SHOWN = 50
_COMPARED = 500


class LargeJsonLines:
    """The rows of a file, and the quick `look` at all of them: the `column` that holds their turns.

    Its columns' types are told from its first rows, and `sha256` is of its size and of parts spread over it: to hash a
    gigabyte takes as long as to read it.
    """

    def __init__(
        self, path: Path, limits: DatasetLimits, column: str, sample: list[Row], look: QuickLook, index: list[Place]
    ) -> None:
        self._file = FileFacts(path)
        self._limits = limits
        self._sample = sample
        self._index = index
        self.column = column
        self.look = look
        self.count = look.count
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container="JSON Lines")
        features = Features(limits.columns)
        for row in sample:
            features.add(row)
        self.features = features.words()
        self.bytes = path.stat().st_size
        self.sha256 = _digest_of_parts(path, self.bytes)

    def __iter__(self) -> Iterator[Row]:
        return self._from(Place())

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        if offset + limit <= len(self._sample):
            return self._sample[offset : offset + limit]
        return list(islice(self._near(offset), limit)) if limit > 0 else []

    def numbered(self, numbers: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """The rows of these numbers, which rise; only their own lines are read as JSON."""
        self._file.check()
        reached, wanted = 0, 0
        with self._file.path.open("rb") as file:
            while wanted < len(numbers) and (lines := file.readlines(_CHUNK)):
                while wanted < len(numbers) and numbers[wanted] < reached + len(lines):
                    number = numbers[wanted]
                    yield number, json.loads(lines[number - reached])
                    wanted += 1
                reached += len(lines)

    def _near(self, offset: int) -> Iterator[Row]:
        place = self._index[max(bisect_right(self._index, offset, key=lambda one: one.lines) - 1, 0)]
        return islice(self._from(place), offset - place.lines, None)

    def _from(self, place: Place) -> Iterator[Row]:
        self._file.check()
        for row, _ in json_lines(self._file.path, self._limits, place):
            yield row


def open_large(path: Path, limits: DatasetLimits) -> LargeJsonLines | None:
    """A file whose rows are plain conversations; None where they are something else, or have to be read one by one.

    Raises:
        DataError: one of its first rows can't be read.
    """
    sample = [row for row, _ in islice(json_lines(path, limits, Place()), limits.sample_rows)]
    features = Features(limits.columns)
    for row in sample:
        features.add(row)
    found = next(iter(detect_formats(sample, features.words())), None)
    if found is None or found.format not in ("messages", "sharegpt") or list(found.columns) != ["messages"]:
        return None
    column = found.columns["messages"]
    keys = {key for row in sample for turn in turns_in(row.get(column)) or () if (key := turn_keys(turn))}
    if len(keys) != 1 or any(not isinstance(row.get(column), list) for row in sample):
        return None
    role, content = keys.pop()
    index, lines = _places(path)
    sizes = dict(_sizes(path, limits, column, content, index))
    look = quick_look(path, column, (role, content), _SHOWN, limits, sizes)
    if look is None:
        return None
    # A blank line is no row, and the rows after it would not be the lines of their numbers.
    return LargeJsonLines(path, limits, column, sample, look, index) if lines == look.count else None


def _places(path: Path) -> tuple[list[Place], int]:
    """Where lines begin, about one for each megabyte, and how many there are."""
    places, start, lines, ends = [Place()], 0, 0, True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines += chunk.count(b"\n")
            last = chunk.rfind(b"\n")
            if last >= 0:
                places.append(Place(start + last + 1, lines))
            start += len(chunk)
            ends = chunk.endswith(b"\n")
    return places, lines + (not ends)


def _sizes(
    path: Path, limits: DatasetLimits, column: str, content: str, index: list[Place]
) -> Iterator[tuple[int, int]]:
    """How much is said in the rows at some places of the index, by their numbers."""
    for place in index[:: max(len(index) // _COMPARED, 1)]:
        row = next((row for row, _ in json_lines(path, limits, place)), None)
        turns = row.get(column) if row else None
        plain = isinstance(turns, list) and all(isinstance(turn, dict) and "tool_calls" not in turn for turn in turns)
        size = said_in(turns, content) if plain and isinstance(turns, list) and turns else None
        if size is not None:
            yield place.lines, size


def _digest_of_parts(path: Path, size: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for part in range(_PARTS + 1):
            file.seek(max(size - _CHUNK // 16, 0) * part // _PARTS)
            digest.update(file.read(_CHUNK // 16))
    return digest.hexdigest()

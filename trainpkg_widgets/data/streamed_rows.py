"""Rows of a text file that are read anew each time; of the file itself, only every thousandth offset is held."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..steps import DatasetSource
from .errors import DataError
from .kept_look import KeepsLook
from .rows import Features, Row

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits
    from .watch import Watch

_INDEX_EVERY = 1000
_CHUNK = 1 << 20


class Place(NamedTuple):
    """Where a line begins: its offset in bytes, and how many lines lie before it."""

    start: int = 0
    lines: int = 0


# Reads rows from a place on, each with the place after it.
Reader = Callable[[Place], Iterator[tuple[Row, Place]]]


class FileFacts:
    """A file as it was when it was opened, so that one that changes while it is in use is noticed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._then = self._now()

    def _now(self) -> tuple[int, int]:
        stat = self.path.stat()
        return stat.st_size, stat.st_mtime_ns

    def check(self) -> None:
        """Notice a file that was changed or removed since it was opened.

        Raises:
            DataError: it was.
        """
        try:
            same = self._now() == self._then
        except FileNotFoundError:
            same = False
        if not same:
            raise DataError(
                "file-changed",
                f"{self.path.name} was changed or removed since it was chosen.",
                "Choose it again, so that it is checked as it is now.",
            )

    def digest(self) -> tuple[str, int]:
        """SHA-256 and size in bytes.

        Raises:
            DataError: the file was changed since it was opened.
        """
        found = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        self.check()
        return found.hexdigest(), self._then[0]


class StreamedRows(KeepsLook):
    """The rows that `read` gives from `first` on. All of them are read once, here.

    Raises:
        DataError: a row can't be read; it says which line.
        ReadingCancelledError: it is not wanted any more.
    """

    def __init__(
        self,
        path: Path,
        limits: DatasetLimits,
        container: str,
        read: Reader,
        first: Place,
        watch: Watch | None = None,
    ) -> None:
        self._file = FileFacts(path)
        self._read = read
        self._index: list[Place] = []
        features, count, place, size = Features(limits.columns), 0, first, path.stat().st_size
        for row, after in read(first):
            if count % _INDEX_EVERY == 0:
                self._index.append(place)
                if watch is not None:
                    watch.check()
                    watch.bytes_read(place.start, size)
            features.add(row)
            count, place = count + 1, after
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container=container)
        self.count = count
        self.features = features.words()
        self.sha256, self.bytes = self._file.digest()

    def __iter__(self) -> Iterator[Row]:
        return self._rows(0)

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        near = offset // _INDEX_EVERY
        wanted: list[Row] = []
        if limit > 0:
            for number, row in enumerate(self._rows(near), near * _INDEX_EVERY):
                if number >= offset:
                    wanted.append(row)
                if len(wanted) == limit:
                    break
        return wanted

    def _rows(self, near: int) -> Iterator[Row]:
        self._file.check()
        if near < len(self._index):
            for row, _ in self._read(self._index[near]):
                yield row

"""Rows of a large JSON Lines file: all are looked through when it is opened, and each is read where it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..steps import DatasetSource
from .broken_lines import BrokenLines
from .formats import detect_formats
from .json_rows import json_lines
from .large_look import PART, LargeLook, Progress, look_at_file
from .plans import plan_for
from .rows import Features, Row
from .streamed_rows import FileFacts, Place

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetSettings
    from ..steps import RowFormat
    from .row_scan import Plan
    from .watch import Watch


class LargeJsonLines:
    """The rows of a file. What they come to is known for one way of reading them: the one that was asked for last.

    Raises:
        DataError: a line can't be read, or there are too many columns.
        ReadingCancelledError: it is not wanted any more.
        NoProcessesError: processes can't be started here.
    """

    def __init__(
        self,
        path: Path,
        settings: DatasetSettings,
        watch: Watch | None = None,
        leave_broken: bool = False,
    ) -> None:
        self._file = FileFacts(path)
        self._settings = settings
        limits = settings.limits
        self._broken = BrokenLines(limits.broken_lines)
        self._sample = list(islice(self._from(Place()), limits.sample_rows))
        features = Features(limits.columns)
        for row in self._sample:
            features.add(row)
        guess = next(iter(detect_formats(self._sample, features.words())), None)
        known = guess if guess is not None and guess.format is not None else None
        self._plan = self._planned(known.format if known else None, known.columns if known else {}, {})
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container="JSON Lines")
        if watch is not None:
            watch.first_rows(self.source, self._sample, list(features.words()), known)
        stop, progress = (watch.cancelled, watch.bytes_read) if watch is not None else (None, None)
        self._look = look_at_file(self._plan, self._file, limits, stop, progress)
        for place in self._look.broken:
            # What is wrong is said by the reader that goes line by line.
            next(self._from(place), None)
        self.count = self._look.count
        self._broken.check(self.count, leave_broken)
        self.source = self.source.model_copy(update={"broken_lines": self._broken.numbers})
        self.features = self._look.features.words()
        self.bytes = path.stat().st_size
        self.sha256 = self._look.sha256

    def __iter__(self) -> Iterator[Row]:
        return self._from(Place())

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        if offset + limit <= len(self._sample):
            return self._sample[offset : offset + limit]
        near, place = self._look.near(offset)
        return list(islice(self._from(place), offset - near, offset - near + limit)) if limit > 0 else []

    def look(
        self,
        row_format: RowFormat,
        columns: Mapping[str, str],
        roles: Mapping[str, str],
        cancelled: Event | None = None,
        progress: Progress | None = None,
    ) -> LargeLook:
        """What all rows come to where they are read so. `progress` is told how many rows of how many were looked at.

        Raises as the class does.
        """
        plan = self._planned(row_format, columns, roles)
        if plan != self._plan:
            of_rows = None if progress is None else lambda done, size: progress(self.count * done // size, self.count)
            look = look_at_file(plan, self._file, self._settings.limits, cancelled, of_rows)
            self._plan, self._look = plan, look
        return self._look

    def _planned(self, row_format: RowFormat | None, columns: Mapping[str, str], roles: Mapping[str, str]) -> Plan:
        plan = plan_for(self._sample, row_format, columns, roles, self._settings)
        longest = int(self._settings.limits.line_mb * 1e6)
        return plan._replace(path=str(self._file.path), part=PART, longest=longest)

    def _from(self, place: Place) -> Iterator[Row]:
        self._file.check()
        for row, _ in json_lines(self._file.path, self._settings.limits, place, self._broken):
            yield row

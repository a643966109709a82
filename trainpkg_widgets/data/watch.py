"""Who waits for rows that are being read: told what is there already and how far it is, asked whether it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ..dataset_screen import RowsBeingRead, RowsView
from ..steps import FORMAT_LABELS
from .errors import ReadingCancelledError
from .formats import detect_formats
from .preview import cells_of

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings
    from ..steps import DatasetSource, FormatCandidate
    from .rows import Row, Rows

# A screen is told no more often than eyes follow, in seconds.
_TOLD_EVERY = 0.25


class _Span(NamedTuple):
    """A file among several that are read one after the other: where it begins, its size and that of all, in bytes."""

    name: str
    start: int
    size: int
    total: int


class Watch:
    """What is known of rows while they are read. `tell` is called, on the reading thread, when `view` has changed."""

    def __init__(self, settings: DatasetSettings, cancelled: Event | None, tell: Callable[[Watch], None]) -> None:
        self.cancelled = cancelled
        self.view: RowsBeingRead | None = None
        self._settings = settings
        self._tell = tell
        self._told = monotonic()
        self._span: _Span | None = None

    def check(self) -> None:
        """Go on while the rows are wanted.

        Raises:
            ReadingCancelledError: they are not any more.
        """
        if self.cancelled is not None and self.cancelled.is_set():
            raise ReadingCancelledError

    @contextmanager
    def within(self, name: str, start: int, size: int, total: int) -> Iterator[None]:
        """What is told meanwhile is of one file among those of `name`: its `start` and `size`, the `total` of all."""
        self._span = _Span(name, start, size, total)
        try:
            yield
        finally:
            self._span = None

    def first_rows(
        self, source: DatasetSource, rows: Sequence[Row], columns: Sequence[str], read_as: FormatCandidate | None
    ) -> None:
        """The first rows are there, with the names of their columns and what format they seem to have."""
        if self._span is not None and self._span.start:
            return
        label = FORMAT_LABELS[read_as.format] if read_as is not None and read_as.format else "Format not recognised"
        used = list(dict.fromkeys((read_as.columns if read_as is not None else {}).values()))
        shown = (*used, *(name for name in columns if name not in used))
        page = rows[: self._settings.preview_rows]
        cells = tuple(cells_of(row, shown, self._settings.preview_cell_characters) for row in page)
        self.view = RowsBeingRead(
            name=self._span.name if self._span is not None else source.name,
            says=f"{label}{f', from “{used[0]}”' if len(used) == 1 else ''}",
            first=RowsView(columns=shown, rows=cells, offset=0, total=len(page)),
        )
        self._told = monotonic()
        self._tell(self)

    def opened(self, rows: Rows) -> None:
        """Rows can be had; where looking at all of them takes a while, the first are shown till then."""
        limits = self._settings.limits
        if rows.count < limits.quick_rows or hasattr(rows, "numbers") or (self.view and self.view.first.rows):
            return
        sample = rows.page(0, limits.sample_rows)
        guess = next(iter(detect_formats(sample, rows.features)), None)
        self.first_rows(rows.source, sample, list(rows.features), guess)

    def bytes_read(self, done: int, total: int) -> None:
        """So many bytes of a file are read."""
        if self._span is not None:
            done, total = self._span.start + self._span.size * done // max(total, 1), self._span.total
        self._went_on(done / max(total, 1), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB read")

    def rows_read(self, done: int, total: int) -> None:
        """So many rows are looked at."""
        self._went_on(done / max(total, 1), f"{done:,} of {total:,} rows looked at")

    def _went_on(self, share: float, words: str) -> None:
        if monotonic() - self._told < _TOLD_EVERY and (share < 1 or self.view is None):
            return
        self._told = monotonic()
        self.view = (self.view or RowsBeingRead()).model_copy(update={"share": min(share, 1.0), "words": words})
        self._tell(self)

"""Who waits for rows that are being read: told what is there already and how far it is, asked whether it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from ..dataset_screen import RowsBeingRead, RowsView
from ..steps import FORMAT_LABELS
from .preview import cells_of

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings
    from ..steps import DatasetSource, FormatCandidate
    from .rows import Row

# A screen is told no more often than eyes follow, in seconds.
_TOLD_EVERY = 0.25


class Watch:
    """What is known of rows while they are read. `tell` is called, on the reading thread, when `view` has changed."""

    def __init__(self, settings: DatasetSettings, cancelled: Event | None, tell: Callable[[Watch], None]) -> None:
        self.cancelled = cancelled
        self.view: RowsBeingRead | None = None
        self._settings = settings
        self._tell = tell
        self._told = 0.0

    def first_rows(
        self, source: DatasetSource, rows: Sequence[Row], columns: Sequence[str], read_as: FormatCandidate | None
    ) -> None:
        """The first rows are there, with the names of their columns and what format they seem to have."""
        label = FORMAT_LABELS[read_as.format] if read_as is not None and read_as.format else "Format not recognised"
        used = list(dict.fromkeys((read_as.columns if read_as is not None else {}).values()))
        shown = (*used, *(name for name in columns if name not in used))
        page = rows[: self._settings.preview_rows]
        cells = tuple(cells_of(row, shown, self._settings.preview_cell_characters) for row in page)
        self.view = RowsBeingRead(
            name=source.name,
            says=f"{label}{f', from “{used[0]}”' if len(used) == 1 else ''}",
            first=RowsView(columns=shown, rows=cells, offset=0, total=len(page)),
        )
        self._told = monotonic()
        self._tell(self)

    def bytes_read(self, done: int, total: int) -> None:
        """So many bytes of a file are read."""
        self._went_on(done / max(total, 1), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB read")

    def rows_read(self, done: int, total: int) -> None:
        """So many rows are looked at."""
        self._went_on(done / max(total, 1), f"{done:,} of {total:,} rows looked at")

    def _went_on(self, share: float, words: str) -> None:
        if monotonic() - self._told < _TOLD_EVERY and share < 1:
            return
        self._told = monotonic()
        self.view = (self.view or RowsBeingRead()).model_copy(update={"share": min(share, 1.0), "words": words})
        self._tell(self)

"""Rows of an Arrow file (`.arrow`), as `datasets` keeps and saves them: mapped into memory, read batch by batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..steps import DatasetSource
from .errors import DataError
from .kept_look import KeepsLook
from .rows import Features, Row
from .streamed_rows import FileFacts

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits

_BATCH = 1000


class ArrowRows(KeepsLook):
    """An Arrow file, of the streaming or the random access kind. Its columns' types are told from its first rows.

    Raises:
        DataError: pyarrow is not installed, or can't read the file.
    """

    def __init__(self, path: Path, limits: DatasetLimits) -> None:
        self._file = FileFacts(path)
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container="Arrow")
        self._batches = _batches(path)
        self._ends = list(accumulate(batch.num_rows for batch in self._batches))
        self.count = self._ends[-1] if self._ends else 0
        features = Features(limits.columns)
        for row in self.page(0, limits.sample_rows):
            features.add(row)
        self.features = features.words()
        self.sha256, self.bytes = self._file.digest()

    def __iter__(self) -> Iterator[Row]:
        self._file.check()
        for batch in self._batches:
            for start in range(0, batch.num_rows, _BATCH):
                yield from batch.slice(start, _BATCH).to_pylist()

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        self._file.check()
        rows: list[Row] = []
        number = bisect_right(self._ends, offset)
        while number < len(self._batches) and len(rows) < limit:
            begins = self._ends[number - 1] if number else 0
            start = max(offset - begins, 0)
            rows += self._batches[number].slice(start, limit - len(rows)).to_pylist()
            number += 1
        return rows


def _batches(path: Path) -> list[Any]:
    try:
        import pyarrow as pa
    except ImportError:
        raise DataError(
            "arrow-reader-missing",
            f"{path.name} is an Arrow file, and nothing here reads that.",
            "Run %pip install pyarrow in a cell, then choose it again.",
        ) from None
    try:
        mapped = pa.memory_map(str(path))
        try:
            reader = pa.ipc.open_file(mapped)
            return [reader.get_batch(number) for number in range(reader.num_record_batches)]
        except pa.ArrowInvalid:
            mapped.seek(0)
            return list(pa.ipc.open_stream(mapped))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            "broken-arrow",
            f"{path.name} can't be read as Arrow.",
            "Write the file again, or save the rows as JSON Lines.",
            str(error).splitlines()[0].replace(str(path), path.name)[:200] if str(error) else "",
        ) from None

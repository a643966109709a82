"""Rows of a Parquet file, read out of core with DuckDB; lists and structs come back as lists and dicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


class ParquetRows(KeepsLook):
    """A Parquet file. Its columns' types are told from its first rows.

    Raises:
        DataError: DuckDB can't read it.
    """

    def __init__(self, path: Path, limits: DatasetLimits) -> None:
        self._file = FileFacts(path)
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container="Parquet")
        self.count = int(self._query("SELECT count(*) FROM read_parquet(?)").fetchone()[0])
        features = Features(limits.columns)
        for row in self.page(0, limits.sample_rows):
            features.add(row)
        self.features = features.words()
        self.sha256, self.bytes = self._file.digest()

    def __iter__(self) -> Iterator[Row]:
        self._file.check()
        cursor = self._query("SELECT * FROM read_parquet(?)")
        names = [column[0] for column in cursor.description]
        while batch := cursor.fetchmany(_BATCH):
            for values in batch:
                yield dict(zip(names, values, strict=True))

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        self._file.check()
        cursor = self._query("SELECT * FROM read_parquet(?) LIMIT ? OFFSET ?", limit, offset)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def _query(self, sql: str, *values: int) -> Any:
        import duckdb

        # An extension that is missing would be fetched from the network.
        quiet: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            # DuckDB reads * ? [ in a path as a pattern; in brackets each stands for itself.
            path = re.sub(r"[*?\[]", r"[\g<0>]", str(self._file.path))
            return duckdb.connect(config=quiet).execute(sql, [path, *values])
        except duckdb.Error as error:
            raise DataError(
                "broken-parquet",
                f"{self._file.path.name} can't be read as Parquet.",
                "Write the file again, or save the rows as JSON Lines.",
                str(error).splitlines()[0].replace(str(self._file.path), self._file.path.name)[:200],
            ) from None

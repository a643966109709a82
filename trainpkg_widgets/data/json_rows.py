"""Rows of JSON Lines, streamed, and of JSON files, read whole.

DuckDB 2.0's read_json gives each object every key of its neighbours (None where it had none), turns objects with many
keys into maps, and a list of mixed values into texts. So rows are read with Python's own json: a row equals
`json.loads` of its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..steps import DatasetSource
from .broken_lines import BrokenLines
from .errors import DataError
from .json_line import no_object, parse, row_of_line, shown
from .kept_look import KeepsLook
from .lines import TextLines
from .rows import Features, Row
from .streamed_rows import FileFacts, Place, StreamedRows

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits

_A_LIST = "A JSON dataset is a list of objects."


def open_json_lines(path: Path, limits: DatasetLimits, leave_broken: bool = False) -> StreamedRows:
    """One JSON object a line; blank lines are skipped, and lines that can't be read where `leave_broken` says so.

    Raises:
        DataError: a line can't be read; it says which.
    """
    container = "JSON Lines" if path.suffix.lower() != ".json" else "JSON Lines in a .json file"
    broken = BrokenLines(limits.broken_lines)
    rows = StreamedRows(path, limits, container, partial(json_lines, path, limits, broken=broken), Place())
    broken.check(rows.count, leave_broken)
    rows.source = rows.source.model_copy(update={"broken_lines": broken.numbers})
    return rows


class JsonRows(KeepsLook):
    """A JSON file that is a list of objects, or an object with one such list in it. It is read whole.

    Raises:
        DataError: it is too large for that, it isn't JSON, or there are no rows in it.
    """

    def __init__(self, path: Path, limits: DatasetLimits) -> None:
        if path.stat().st_size > limits.json_mb * 1e6:
            raise DataError(
                "json-too-large",
                f"{path.name} is larger than {limits.json_mb:g} MB, and a JSON file has to be read whole.",
                "Save it as JSON Lines or Parquet; the limit is limits.json_mb in step3_dataset.yaml.",
            )
        facts = FileFacts(path)
        with closing(TextLines(path, int(limits.json_mb * 1e6))) as lines:
            value = parse("".join(lines), limits.nesting)
        self._rows, container = _rows_in(value)
        features = Features(limits.columns)
        for row in self._rows:
            features.add(row)
        self.source = DatasetSource(kind="file", name=path.name, path=str(path), container=container)
        self.count = len(self._rows)
        self.features = features.words()
        self.sha256, self.bytes = facts.digest()

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        return self._rows[offset : offset + limit]


def begins_with_a_list(path: Path) -> bool:
    """Whether the first character of the file opens a list."""
    with path.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def is_object_a_line(path: Path, limits: DatasetLimits) -> bool:
    """Whether the first two lines are JSON objects, whatever the file is called."""
    try:
        with closing(TextLines(path, int(limits.line_mb * 1e6))) as lines:
            first = list(islice((line for line in lines if not line.isspace()), 2))
        return len(first) == 2 and all(isinstance(json.loads(line), dict) for line in first)
    except (ValueError, RecursionError):
        return False


def json_lines(
    path: Path, limits: DatasetLimits, place: Place, broken: BrokenLines | None = None
) -> Iterator[tuple[Row, Place]]:
    """The rows of JSON Lines from a place on, each with the place after it; blank lines are skipped.

    Lines that can't be read are skipped too where `broken` takes them.

    Raises:
        DataError: a line can't be read.
    """
    with closing(TextLines(path, int(limits.line_mb * 1e6), place.start, place.lines)) as lines:
        while True:
            try:
                if (line := next(lines, None)) is None:
                    return
                if line.isspace():
                    continue
                row = row_of_line(line, limits.nesting, lines.number)
            except DataError as error:
                if broken is None:
                    raise
                broken.add(error)
                continue
            yield row, Place(lines.end, lines.number)


def _rows_in(value: Any) -> tuple[list[Row], str]:
    if isinstance(value, list):
        for number, row in enumerate(value):
            if not isinstance(row, dict):
                raise no_object(row, f"Row {number + 1}")
        return value, "JSON"
    if not isinstance(value, dict):
        raise DataError("json-no-rows", "The file holds one value, no rows.", _A_LIST, f"It is {shown(value)}.")
    found = {
        key: item
        for key, item in value.items()
        if isinstance(item, list) and item and all(isinstance(row, dict) for row in item)
    }
    if len(found) == 1:
        key, rows = next(iter(found.items()))
        return rows, f"JSON, its list “{key}”"
    raise DataError(
        "json-no-rows",
        "The file holds one object, and no one list of rows in it.",
        "Save the list to train on as a file of its own." if found else _A_LIST,
        f"Its keys are {', '.join(list(value)[:8]) or 'none'}; lists of objects: {', '.join(found) or 'none'}.",
    )

"""Rows of a CSV or TSV file, every cell as the text that the file says.

DuckDB 2.0's read_csv, asked to find the dialect, read a file with one overlong row as a single column, took an
unclosed quote for text and empty cells for NULL, all without a word; told the dialect, it refused mixed line ends.
So cells are read with Python's csv, which is strict, and streams too.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DataError
from .lines import TextLines
from .streamed_rows import Place, StreamedRows

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits
    from .watch import Watch

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def open_csv(path: Path, limits: DatasetLimits, watch: Watch | None = None) -> StreamedRows:
    """A header line and the rows under it; blank lines are skipped. `watch` is told how far the reading is.

    Raises:
        DataError: a line can't be read, or the header has a column twice or without a name.
        ReadingCancelledError: it is not wanted any more.
    """
    longest = int(limits.line_mb * 1e6)
    separator = "\t" if path.suffix.lower() == ".tsv" else _separator(path, longest)
    header, _, after = next(_cells(path, longest, separator, Place()), ([], 1, Place()))
    columns = _checked(header)
    container = f"{path.suffix[1:].upper()}, separated by {_SEPARATORS[separator]}"
    return StreamedRows(path, limits, container, partial(_rows, path, longest, separator, columns), after, watch)


def _separator(path: Path, longest: int) -> str:
    with closing(TextLines(path, longest)) as lines:
        header = next((line for line in lines if not line.isspace()), "")
    # What cuts the header into most columns; a comma where nothing does.
    return max(_SEPARATORS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def _rows(
    path: Path, longest: int, separator: str, columns: list[str], place: Place
) -> Iterator[tuple[dict[str, str], Place]]:
    for cells, line, after in _cells(path, longest, separator, place):
        if len(cells) != len(columns):
            raise DataError(
                "row-ragged",
                f"The row in line {line} has {len(cells)} cells where the header has {len(columns)} columns.",
                f"Put cells that hold {_SEPARATORS[separator]} in double quotes, or mend the line.",
                f"It begins with {separator.join(cells)[:60]!r}.",
                line,
            )
        yield dict(zip(columns, cells, strict=True)), after


def _cells(path: Path, longest: int, separator: str, place: Place) -> Iterator[tuple[list[str], int, Place]]:
    """Rows as cells, each with the line it begins in and the place after it."""
    with closing(TextLines(path, longest, place.start, place.lines)) as lines:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        begins = place.lines + 1
        try:
            for cells in reader:
                if cells:
                    yield cells, begins, Place(lines.end, lines.number)
                begins = lines.number + 1
        except csv.Error as error:
            raise _broken(error, begins) from None


def _checked(header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    seen = f"The first line names {', '.join(name or '(nothing)' for name in names[:12])}."
    if "" in names:
        message = f"Column {names.index('') + 1} has no name."
        raise DataError("column-unnamed", message, "Name it in the first line, or take the column out.", seen, 1)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        message = f"Two columns are called “{twice[0]}”."
        raise DataError("column-twice", message, "Rename one of them in the first line.", seen, 1)
    return names


def _broken(error: csv.Error, line: int) -> DataError:
    if "field limit" in str(error):
        # The limit is one for all of Python (csv.field_size_limit), so it isn't ours to raise.
        return DataError(
            "cell-too-long",
            f"A cell that begins in line {line} is longer than {csv.field_size_limit():,} characters.",
            "Save the data as JSON Lines or Parquet, or raise csv.field_size_limit() in a cell of the notebook.",
            line=line,
        )
    return DataError(
        "broken-csv",
        f"The row that begins in line {line} can't be read.",
        "Look for a quote that is never closed; a quote inside a quoted cell is written twice.",
        f"Python's csv says: {error}.",
        line,
    )

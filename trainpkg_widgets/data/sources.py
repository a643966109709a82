"""Opening a dataset: a file or a folder by its path, or a variable of the notebook.

What may be chosen is in `listing.py`; datasets of the Hub are `hub/datasets.py`'s, mixtures `mixed_rows.py`'s.
"""

from __future__ import annotations

import difflib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..steps import DatasetSource
from .errors import DataError
from .listing import list_sources
from .rows import Rows
from .unpacked import PACKED, UnpackedRows, inner_name, unpack

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings
    from .watch import Watch

__all__ = ["DataError", "Rows", "list_sources", "open_file", "open_path", "open_variable"]


def open_path(
    path: Path,
    settings: DatasetSettings,
    split: str | None = None,
    eval_split: str | None = None,
    watch: Watch | None = None,
    leave_broken: bool = False,
) -> Rows:
    """The rows of a file, or of the files of a folder, of which `split` is trained on and `eval_split` held back.

    `watch` is told how far the reading of a large file is. With `leave_broken` lines of JSON Lines that can't be read
    are left out, and named in `source`.

    Raises:
        DataError: as `open_file`; or a link leads out of the folder, or there is no such split.
    """
    if path.is_dir():
        from .folders import open_folder

        try:
            return open_folder(path, settings, lambda file: _open(file, settings, watch), split, eval_split, watch)
        except OSError as error:
            raise _unreadable(path, error) from None
    if split or eval_split:
        raise _no_splits(path.name)
    return open_file(path, settings, watch, leave_broken)


def open_file(path: Path, settings: DatasetSettings, watch: Watch | None = None, leave_broken: bool = False) -> Rows:
    """The rows of a JSON Lines, JSON, CSV, TSV, Parquet or Arrow file, told apart by its ending and its first bytes.

    Raises:
        DataError: there is no such file, its kind isn't read, a row is broken (the error names the line), or it has
            no rows.
    """
    try:
        _check_path(path, settings)
        rows = _open(path.resolve(), settings, watch, leave_broken)
    except OSError as error:
        raise _unreadable(path, error) from None
    return _with_rows(rows, path.name)


def open_variable(
    name: str, value: Any, settings: DatasetSettings, split: str | None = None, eval_split: str | None = None
) -> Rows:
    """The rows of a list of dicts, a pandas or polars DataFrame, a pyarrow Table or a datasets.Dataset.

    Of a datasets.DatasetDict `split` is trained on and `eval_split` held back.

    Raises:
        DataError: it is none of these, a row is no dict, or it has no rows.
    """
    from .variable_rows import rows_of_variable, type_name

    if type_name(value) == ("datasets", "DatasetDict") and len(value):
        from .joined_rows import choose_splits

        openers = {str(key): partial(rows_of_variable, name, part, settings.limits) for key, part in value.items()}
        source = DatasetSource(kind="variable", name=name, container="datasets.DatasetDict")
        return _with_rows(choose_splits(openers, source, split, eval_split), name)
    if split or eval_split:
        raise _no_splits(name)
    return _with_rows(rows_of_variable(name, value, settings.limits), name)


def _open(path: Path, settings: DatasetSettings, watch: Watch | None = None, leave_broken: bool = False) -> Rows:
    suffix, limits = path.suffix.lower(), settings.limits
    if suffix in PACKED:
        place, folder = unpack(path, limits, watch)
        return UnpackedRows(_open(place, settings, watch, leave_broken), path, folder)
    if suffix == ".arrow":
        from .arrow_rows import ArrowRows

        return ArrowRows(path, limits)
    if suffix == ".parquet":
        from .parquet_rows import ParquetRows

        return ParquetRows(path, limits)
    if suffix in (".csv", ".tsv"):
        from .csv_rows import open_csv

        return open_csv(path, limits, watch)
    from .json_rows import JsonRows, begins_with_a_list, is_object_a_line, open_json_lines

    if suffix == ".json":
        return open_json_lines(path, limits, leave_broken) if is_object_a_line(path, limits) else JsonRows(path, limits)
    if begins_with_a_list(path):
        return JsonRows(path, limits)
    if path.stat().st_size >= limits.quick_mb * 1e6:
        from .large_json_lines import LargeJsonLines
        from .readers import NoProcessesError

        try:
            return LargeJsonLines(path, settings, watch, leave_broken)
        except NoProcessesError:
            pass
    return open_json_lines(path, limits, leave_broken)


def _check_path(path: Path, settings: DatasetSettings) -> None:
    read = ", ".join(settings.file_types)
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() in settings.file_types)
        raise DataError(
            "file-is-folder",
            f"{path.name or path} is a folder.",
            "Choose one of the files in it." if inside else f"Choose a file ending in {read}.",
            f"It holds {', '.join(inside[:5])}." if inside else "",
        )
    if not path.exists():
        there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, there, 1)
        raise DataError(
            "file-missing",
            f"There is no file {path}.",
            f"Is it {near[0]}?" if near else "Check its name and the folder the notebook runs in.",
            f"The notebook runs in {Path.cwd()}." if not path.is_absolute() else "",
        )
    if Path(inner_name(path)).suffix.lower() not in settings.file_types or not path.is_file():
        raise DataError(
            "file-type",
            f"{path.name} is no file of a kind that is read here.",
            f"Save it as one of {read}; such a file may be packed as .gz or .zst.",
            f"It ends in {path.suffix or 'nothing'}.",
        )


def _unreadable(path: Path, error: OSError) -> DataError:
    seen = f"{error.strerror or error}."
    return DataError("file-unreadable", f"{path.name} can't be read.", "Check who may read it.", seen)


def _no_splits(name: str) -> DataError:
    return DataError(
        "split-missing",
        f"{name} has no splits.",
        "Hold back a share of its rows instead, or choose a folder with files such as train.jsonl and test.jsonl.",
    )


def _with_rows(rows: Rows, name: str) -> Rows:
    if rows.count == 0:
        raise DataError("no-rows", f"{name} has no rows.", "Choose one that has.")
    return rows

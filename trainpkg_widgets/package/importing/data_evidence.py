"""Reading the rows that a trainer's config names as the `datasets` library (5.2) will hand them to the trainer."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...advice.as_written.evidence import DataEvidence, Row, RowsEvidence, Trouble
from ...data.errors import DataError

if TYPE_CHECKING:
    from ...data.rows import Rows
    from ...settings.dataset_settings import DatasetSettings

# Rows that are looked at one by one; what is said of all rows is said of these.
LOOKED_AT = 1_000
# The loaders of `datasets` that read plain files, and the endings of those they read.
_LOADERS = {"json": (".json", ".jsonl"), "csv": (".csv", ".tsv"), "parquet": (".parquet",)}
_ENDINGS = {ending: loader for loader, endings in _LOADERS.items() for ending in endings}
# datasets 5.2: words in a file's name that say which split it is (data_files.py, SPLIT_PATTERN keywords).
_SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "validation": "validation", "valid": "validation", "dev": "validation", "val": "validation",
}  # fmt: skip
_SLICE = re.compile(r"(\w+)\[(-?\d*%?):(-?\d*%?)\]")


class _UnreadableError(Exception):
    def __init__(self, code: str, message: str, evidence: str = "") -> None:
        super().__init__(message)
        self.trouble = Trouble(code, message, evidence)


class _UnknownError(Exception):
    """What is named may be there, and can't be looked at from here."""


@dataclass(frozen=True)
class _Part:
    columns: tuple[str, ...]
    rows: Sequence[Row]
    count: int


def data_evidence(keys: Mapping[str, Any], folder: Path, settings: DatasetSettings) -> DataEvidence:
    """The rows of `datasets` or `dataset_name`; relative paths start from `folder`."""
    mixture, name = keys.get("datasets"), keys.get("dataset_name")
    try:
        if mixture:
            return _mixture(mixture, keys, folder, settings)
        if name:
            return _named(str(name), keys, folder, settings)
    except _UnreadableError as error:
        return DataEvidence(troubles=(error.trouble,))
    except _UnknownError:
        return DataEvidence()
    message = "The config names no rows: neither `datasets` nor `dataset_name` is there."
    return DataEvidence(troubles=(Trouble("dataset-missing", message, "TRL stops: one of them must be provided."),))


def files_named(keys: Mapping[str, Any], folder: Path) -> list[Path]:
    """The local files that a config's `datasets` or `dataset_name` means for training, as far as they are there."""
    try:
        if keys.get("datasets"):
            return [file for entry in keys["datasets"] for file in _files_of(entry, folder) if file.is_file()]
        if keys.get("dataset_name"):
            place = _in(folder, str(keys["dataset_name"]))
            return _splits_of(place).get("train", []) if place.is_dir() else []
    except (_UnreadableError, _UnknownError, TypeError, AttributeError):
        pass
    return []


def _mixture(mixture: Any, keys: Mapping[str, Any], folder: Path, settings: DatasetSettings) -> DataEvidence:
    if not isinstance(mixture, list) or not all(isinstance(entry, Mapping) for entry in mixture):
        raise _UnreadableError("datasets-no-list", "`datasets` is no list of mappings, each with a path.")
    parts = [_part(entry, folder, settings) for entry in mixture]
    if parts and any(part is None for part in parts):
        raise _UnknownError
    known = [part for part in parts if part is not None]
    fractions = [entry.get("fraction") for entry in mixture]
    if any(f is not None for f in fractions) and any(f is None for f in fractions):
        raise _UnreadableError("fraction-not-for-all", "`fraction` is set for some datasets and not for all.")
    if any(f is not None for f in fractions) and keys.get("streaming") is True:
        raise _UnreadableError(
            "fraction-of-stream", "`fraction` is no use with streamed rows.", "TRL stops and says so."
        )
    _refuse_other_types(known)
    columns = tuple(dict.fromkeys(name for part in known for name in part.columns))
    rows = [{name: row.get(name) for name in columns} for part in known for row in part.rows]
    if not rows:
        raise _no_rows()
    size = keys.get("test_split_size")
    splits = {"train", "test"} if size is not None else {"train"}
    train = RowsEvidence(columns, rows[:LOOKED_AT], sum(part.count for part in known))
    return DataEvidence(train=train, splits=frozenset(splits))


def _named(name: str, keys: Mapping[str, Any], folder: Path, settings: DatasetSettings) -> DataEvidence:
    place = _in(folder, name)
    if name in _LOADERS:
        message = f"`dataset_name: {name}` names a way to read files, and no file."
        raise _UnreadableError("file-missing", message, "Under `datasets:` it goes with data_files. TRL stops.")
    if place.is_file():
        message = "`dataset_name` names a file, and TRL takes it for a folder or a dataset of the Hub."
        evidence = (
            "It stops: Couldn't find any data file. A file goes under `datasets:`, with path: json and data_files."
        )
        raise _UnreadableError("dataset-name-is-file", message, evidence)
    if not place.is_dir():
        if Path(name).is_absolute() or name.startswith((".", "~")):
            raise _UnreadableError("file-missing", f"There is nothing at {name}.", "TRL stops: no data file was found.")
        raise _UnknownError
    splits = _splits_of(place)
    if not splits:
        raise _UnreadableError("file-missing", f"There is no data file in {name}.", "TRL stops there.")
    wanted = str(keys.get("dataset_train_split") or "train")
    found = frozenset(splits)
    split, cut = _sliced(wanted)
    if split not in splits or cut:
        message = f"There is no split “{wanted}” in {place.name}."
        evidence = f"Its files are the splits {', '.join(sorted(found))}. TRL stops: KeyError '{wanted}'."
        return DataEvidence(splits=found, troubles=(Trouble("split-missing", message, evidence),))
    part = _read(splits[split], _ENDINGS.get(splits[split][0].suffix.lower(), ""), settings)
    return DataEvidence(train=RowsEvidence(part.columns, part.rows[:LOOKED_AT], part.count), splits=found)


def _part(entry: Mapping[str, Any], folder: Path, settings: DatasetSettings) -> _Part | None:
    """One dataset of a mixture, None where it is on the Hub."""
    unknown = sorted(set(entry) - {"path", "name", "data_dir", "data_files", "split", "columns", "fraction"})
    if unknown or "path" not in entry:
        what = f"the key “{unknown[0]}”, which TRL does not know" if unknown else "no path"
        raise _UnreadableError("datasets-key", f"An entry of `datasets` has {what}.", "TRL stops with a TypeError.")
    path = str(entry["path"])
    split, cut = _sliced(str(entry.get("split") or "train"))
    files = _files_of(entry, folder)
    if not files:
        if path in _LOADERS:
            raise _UnreadableError("file-missing", f"`datasets` names {path} and no data_files.", "TRL stops there.")
        place = _in(folder, path)
        if place.is_file():
            message = "`path` in `datasets` names a file, and TRL takes it for a folder or a dataset of the Hub."
            raise _UnreadableError("dataset-name-is-file", message, "Write path: json, and the file as data_files.")
        if not place.is_dir():
            if Path(path).is_absolute() or path.startswith((".", "~")):
                raise _UnreadableError("file-missing", f"There is nothing at {path}.", "TRL stops there.")
            return None
        splits = _splits_of(place)
        if split not in splits:
            raise _no_split(split, splits)
        files = splits[split]
        part = _read(files, _ENDINGS.get(files[0].suffix.lower(), ""), settings)
    else:
        if isinstance(entry.get("data_files"), Mapping):
            if split not in entry["data_files"]:
                raise _no_split(split, entry["data_files"])
        elif split != "train":
            raise _no_split(split, ["train"])
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise _UnreadableError("file-missing", f"There is no file {missing[0]}.", "TRL stops: unable to find it.")
        part = _read(files, path if path in _LOADERS else "", settings)
    part = _cut(part, cut)
    columns = entry.get("columns")
    if columns is None:
        return part
    absent = [name for name in columns if name not in part.columns]
    if absent:
        there = ", ".join(part.columns)
        raise _UnreadableError(
            "column-missing", f"`columns` names “{absent[0]}”, which the rows lack.", f"There are {there}."
        )
    return _Part(tuple(columns), [{name: row.get(name) for name in columns} for row in part.rows], part.count)


def _files_of(entry: Mapping[str, Any], folder: Path) -> list[Path]:
    given = entry.get("data_files")
    if isinstance(given, Mapping):
        split, _ = _sliced(str(entry.get("split") or "train"))
        given = given.get(split) or []
    named = given if isinstance(given, list) else [given] if given else []
    start = _in(folder, str(entry["data_dir"])) if entry.get("data_dir") else folder
    found: list[Path] = []
    for name in map(str, named):
        if "://" in name:
            raise _UnknownError
        whole = _in(start, name)
        root, pattern = Path(whole.anchor), str(whole.relative_to(whole.anchor))
        found += sorted(root.glob(pattern)) if any(c in name for c in "*?[") else [whole]
    if not named and entry.get("data_dir"):
        split, _ = _sliced(str(entry.get("split") or "train"))
        found = _splits_of(start).get(split, [])
    return found


def _splits_of(place: Path) -> dict[str, list[Path]]:
    """The splits that the names of the files in a folder make."""
    files = sorted(path for path in place.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    splits: dict[str, list[Path]] = {}
    for path in files:
        words = re.split(r"[^A-Za-z]+", path.stem.lower())
        named = next((_SPLITS[word] for word in words if word in _SPLITS), None)
        splits.setdefault(named or "", []).append(path)
    unnamed = splits.pop("", [])
    return splits or ({"train": unnamed} if unnamed else {})


def _read(files: Sequence[Path], loader: str, settings: DatasetSettings) -> _Part:
    if not loader:
        raise _UnknownError
    parts = [_read_file(file, loader, settings) for file in files]
    columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
    rows = [{name: row.get(name) for name in columns} for part in parts for row in part.rows]
    if not rows:
        raise _no_rows()
    return _Part(columns, rows, sum(part.count for part in parts))


def _read_file(file: Path, loader: str, settings: DatasetSettings) -> _Part:
    try:
        if file.stat().st_size == 0:
            raise _no_rows()
        if loader == "csv":
            rows, count = _csv(file)
        else:
            source = _opened(file, loader, settings)
            rows = list(itertools.islice(source, LOOKED_AT))
            count = len(source) if isinstance(source, list) else source.count
    except DataError as error:
        if error.code == "no-rows":
            raise _no_rows() from None
        raise _UnreadableError(
            "file-broken", f"{file.name} can't be read: {error.message}", "TRL stops where it loads the dataset."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _UnreadableError("file-unreadable", f"{file.name} can't be read.", str(error)) from None
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return _Part(columns, [{name: row.get(name) for name in columns} for row in rows], max(count, len(rows)))


def _opened(file: Path, loader: str, settings: DatasetSettings) -> Rows | list[Any]:
    from ...data.json_rows import JsonRows, begins_with_a_list, is_object_a_line, open_json_lines

    limits = settings.limits
    if loader == "parquet":
        from ...data.parquet_rows import ParquetRows

        return ParquetRows(file, limits)
    if begins_with_a_list(file):
        return JsonRows(file, limits)
    if is_object_a_line(file, limits):
        return open_json_lines(file, limits)
    # One object over many lines is one row to `datasets`, whatever lies in it.
    from .model_evidence import read_json

    content = read_json(file)
    if not isinstance(content, Mapping):
        raise DataError("file-broken", "It is no JSON.")
    return [content]


def _csv(file: Path) -> tuple[list[dict[str, Any]], int]:
    """Rows of a CSV file as pandas reads them for `datasets`: a comma between cells, numbers as numbers."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
        rows = [dict(row) for row in itertools.islice(reader, LOOKED_AT)]
        count = len(rows) + sum(1 for _ in reader)
    for name in list(rows[0]) if rows else []:
        cells = [row.get(name) for row in rows]
        numbers = [_number(cell) for cell in cells]
        if all(number is not None or cell in (None, "") for number, cell in zip(numbers, cells, strict=True)):
            cells = list(numbers)
        for row, cell in zip(rows, cells, strict=True):
            row[name] = None if cell == "" else cell
    return rows, count


def _number(cell: Any) -> Any:
    try:
        return float(cell) if cell not in (None, "") else None
    except (TypeError, ValueError):
        return None


def _sliced(split: str) -> tuple[str, tuple[str, str] | None]:
    match = _SLICE.fullmatch(split)
    return (match[1], (match[2], match[3])) if match else (split, None)


def _cut(part: _Part, cut: tuple[str, str] | None) -> _Part:
    if cut is None:
        return part

    def place(word: str, other: int) -> int:
        if not word:
            return other
        number = int(word.rstrip("%"))
        number = round(number * part.count / 100) if word.endswith("%") else number
        return max(0, min(part.count, number + part.count if number < 0 else number))

    first, last = place(cut[0], 0), place(cut[1], part.count)
    if first >= last:
        raise _no_rows()
    return _Part(part.columns, part.rows[first:last], last - first)


def _refuse_other_types(parts: Sequence[_Part]) -> None:
    """Refuse a column of two types, where datasets 5.2 stops: it puts datasets together by column."""
    seen: dict[str, str] = {}
    for part in parts:
        for name in part.columns:
            kind = _kind_of(row[name] for row in part.rows)
            if kind and seen.setdefault(name, kind) != kind:
                message = f"“{name}” is {seen[name]} in one dataset of the mixture and {kind} in another."
                raise _UnreadableError("mixture-of-types", message, "TRL stops: the features can't be aligned.")


def _kind_of(values: Iterable[Any]) -> str:
    """The type that `datasets` gives a column; turns with different keys are JSON to it."""
    given = [value for value in values if value is not None]
    if not given:
        return ""
    turns = [turn for value in given if isinstance(value, list) for turn in value if isinstance(turn, Mapping)]
    if not turns:
        return _kind(given[0])
    keys = {tuple(turn) for turn in turns}
    return f"a list of {', '.join(keys.pop())}" if len(keys) == 1 else "a list of JSON"


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "text"
    return (
        "true or false" if isinstance(value, bool) else "a number" if isinstance(value, (int, float)) else "a mapping"
    )


def _in(folder: Path, name: str) -> Path:
    path = Path(name).expanduser()
    return path if path.is_absolute() else folder / path


def _no_rows() -> _UnreadableError:
    return _UnreadableError("no-rows", "The dataset has no rows.", "TRL stops where it asks for the first one.")


def _no_split(split: str, there: Iterable[str]) -> _UnreadableError:
    return _UnreadableError(
        "split-missing", f"There is no split “{split}”.", f"The splits are {', '.join(there)}. TRL stops there."
    )

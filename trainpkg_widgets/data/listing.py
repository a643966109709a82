"""What could be the dataset: variables of the notebook and files of its folder, by their looks only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dataset_screen import SourceChoice
from .unpacked import inner_name
from .variable_rows import TABLES, type_name

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings

_DEPTH = 2
# A home folder on a server can hold millions of entries.
_MOST_ENTRIES = 5_000
_SHOWN_COLUMNS = 4


def list_sources(namespace: Mapping[str, Any], folder: Path, settings: DatasetSettings) -> list[SourceChoice]:
    """Variables first, then folders and files two levels deep, each by name; hidden ones are left out.

    Of a variable only its type, its length and its columns are asked.
    """
    variables = [choice for name, value in sorted(namespace.items()) if (choice := _variable(name, value))]
    entries = islice(_entries(folder, _DEPTH), _MOST_ENTRIES)
    files = sorted((entry for entry in entries if _is_data(entry, settings)), key=lambda file: file.parts)
    choices = [choice for file in files[: settings.listed_sources] if (choice := _file(file, folder))]
    return [*variables, *_folders(files, folder), *choices][: settings.listed_sources]


def _is_data(file: Path, settings: DatasetSettings) -> bool:
    return Path(inner_name(file)).suffix.lower() in settings.file_types


def _folders(files: list[Path], folder: Path) -> Iterator[SourceChoice]:
    """Folders with more than one file of data in them, such as one for each split."""
    held = Counter(file.parent for file in files if file.parent != folder)
    for inside, count in sorted(held.items()):
        if count > 1:
            name = inside.relative_to(folder).as_posix()
            yield SourceChoice(kind="folder", name=name, detail=f"folder · {count} files")


def _variable(name: str, value: Any) -> SourceChoice | None:
    if name.startswith("_"):
        return None
    try:
        if type(value) in (list, tuple):
            if not value or type(value[0]) is not dict:
                return None
            kind, columns = "list of dicts", list(value[0])
        elif type_name(value) == ("datasets", "DatasetDict"):
            rows = sum(len(part) for part in value.values())
            splits = ", ".join(map(str, value))
            return SourceChoice(kind="variable", name=name, detail=f"datasets.DatasetDict · {rows:,} rows · {splits}")
        elif type_name(value) in TABLES:
            kind, of, _ = TABLES[type_name(value)]
            columns = list(of(value))
        else:
            return None
        rows = len(value)
    except Exception:  # noqa: BLE001 - a type that only looks like a table may do anything; it is then no choice
        return None
    more = " …" if len(columns) > _SHOWN_COLUMNS else ""
    detail = f"{kind} · {rows:,} rows · {', '.join(map(str, columns[:_SHOWN_COLUMNS]))}{more}"
    return SourceChoice(kind="variable", name=name, detail=detail)


def _entries(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(entry for entry in islice(folder.iterdir(), _MOST_ENTRIES) if not entry.name.startswith("."))
    except OSError:
        return
    yield from (entry for entry in entries if entry.is_file())
    if depth > 1:
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                yield from _entries(entry, depth - 1)


def _file(file: Path, folder: Path) -> SourceChoice | None:
    try:
        size = file.stat().st_size
    except OSError:
        return None
    return SourceChoice(kind="file", name=file.relative_to(folder).as_posix(), detail=_size(size))


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"

"""A folder as a dataset: its files, sorted into splits by their names as `datasets` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..steps import DatasetSource
from .errors import DataError
from .joined_rows import JoinedRows, choose_splits
from .rows import Rows
from .unpacked import inner_name

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings
    from .watch import Watch

Open = Callable[[Path], Rows]

# datasets 5.2, data_files.py: words that name a split where they stand between separators, or name its folder.
_SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
# What datasets writes beside its rows (Dataset.save_to_disk), and what folders of data hold beside them.
_NO_ROWS = frozenset({"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "package.json"})
_DEPTH = 3
_MOST_FILES = 2000


def open_folder(
    path: Path,
    settings: DatasetSettings,
    open_one: Open,
    split: str | None,
    eval_split: str | None,
    watch: Watch | None = None,
) -> JoinedRows:
    """The rows of the files in a folder and the folders in it. `watch` is told how far the reading of a split is.

    Raises:
        DataError: a link in it leads out of it, it has no file of a kind that is read, or no such split.
        ReadingCancelledError: it is not wanted any more.
    """
    root = path.resolve()
    files = sorted(_files(root, root, settings, _DEPTH))[:_MOST_FILES]
    if not files:
        kinds = ", ".join(settings.file_types)
        raise DataError("folder-empty", f"{path.name} holds no file that is read here.", f"Files end in {kinds}.")
    splits: dict[str, list[Path]] = {}
    for file in files:
        splits.setdefault(_split_of(file.relative_to(root)), []).append(file)
    source = DatasetSource(kind="folder", name=path.name, path=str(root), container=_words(files))
    openers: Mapping[str, Callable[[], Rows]] = {
        name: partial(_joined, splits[name], source, open_one, watch)
        for name in sorted(splits, key=list(_SPLITS).index)
    }
    return choose_splits(openers, source, split, eval_split)


def _joined(files: list[Path], source: DatasetSource, open_one: Open, watch: Watch | None) -> Rows:
    if watch is None:
        return JoinedRows([open_one(file) for file in files], source)
    opened, start, sizes = list[Rows](), 0, [file.stat().st_size for file in files]
    for file, size in zip(files, sizes, strict=True):
        watch.check()
        with watch.within(source.name, start, size, sum(sizes)):
            opened.append(open_one(file))
            watch.bytes_read(size, size)
        start += size
    return JoinedRows(opened, source)


def _files(folder: Path, root: Path, settings: DatasetSettings, depth: int) -> list[Path]:
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in _NO_ROWS:
            continue
        if entry.is_symlink() and not entry.resolve().is_relative_to(root):
            raise DataError(
                "link-outside",
                f"In {root.name}, {entry.relative_to(root)} is a link that leads out of the folder.",
                "Copy what it leads to into the folder, or take the link away.",
            )
        if entry.is_dir() and depth > 1 and not entry.is_symlink():
            found += _files(entry, root, settings, depth - 1)
        elif entry.is_file() and Path(inner_name(entry)).suffix.lower() in settings.file_types:
            found.append(entry)
    return found


def _split_of(file: Path) -> str:
    for part in (file.name, *reversed(file.parent.parts)):
        words = set(re.split(r"[._\-\s/0-9]+", part.lower()))
        for split, names in _SPLITS.items():
            if words & set(names):
                return split
    return "train"


def _words(files: list[Path]) -> str:
    kinds = sorted({Path(inner_name(file)).suffix.lower() for file in files})
    return f"{len(files)} {'file' if len(files) == 1 else 'files'} ({', '.join(kinds)})"

"""Writing a package so that no half of one is ever seen under its name: beside it first, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from ..data.errors import DataError
from .manifest import FILE, LEFT_BEHIND, ManifestError
from .names import next_free_name
from .reading import UnreadablePackageError, manifest_of, open_package

# The earliest date a zip can hold: a date of today would make every archive a different one.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)

Chunks = Callable[[], Iterable[bytes]]


class PackageExists(FileExistsError):  # noqa: N818 - said as it is: the package exists
    """Raised when the place of a package is taken; nothing was changed. `free` is a place that is not."""

    def __init__(self, path: Path, why: str = "") -> None:
        ending = path.suffix if path.suffix.lower() == ".zip" else ""
        taken = [other.name.removesuffix(ending) for other in path.parent.iterdir()]
        self.path = path
        self.free = path.with_name(next_free_name(path.name.removesuffix(ending), taken) + ending)
        self.hint = f"“{self.free.name}” is free. {why}".strip()
        super().__init__(f"There is something at {path} already, and it was left as it is. {self.hint}")


class CannotWriteError(OSError):
    """Raised when the disk refuses a package; nothing is left of it. `filename` says where, `strerror` why."""

    def __str__(self) -> str:
        return (
            f"The package was not written to {self.filename}: {self.strerror}. Nothing is left of it there. "
            "Choose another folder, or make room, and write it again."
        )


class DataChangedError(RuntimeError):
    """Raised when rows are not what they were when the package was built; nothing was written."""


@dataclass(frozen=True)
class PackageFile:
    """One file of a package: its path in it (with `/`), its size, and what gives its bytes, as often as asked."""

    path: str
    about: str
    bytes: int
    sha256: str
    chunks: Chunks
    rows: int | None = None


def text_file(path: str, about: str, text: str) -> PackageFile:
    """A small file that is held whole."""
    content = text.encode("utf-8")
    return PackageFile(path, about, len(content), sha256(content).hexdigest(), lambda: (content,))


def write_folder(files: Sequence[PackageFile], place: Path, overwrite: bool) -> Path:
    """Write the files into the folder `place`, which is made. Raises as `TrainingPackage.write` does."""
    with _beside(place, overwrite) as draft:
        draft.mkdir()
        for file in files:
            path = draft / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                _pour(file, out)
                out.flush()
                os.fsync(out.fileno())
    return place


def write_archive(files: Sequence[PackageFile], place: Path, folder: str, overwrite: bool) -> Path:
    """Write the files into the zip archive `place`, inside `folder`. Raises as `TrainingPackage.write` does."""
    with _beside(place, overwrite) as draft, draft.open("xb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                info = zipfile.ZipInfo(f"{folder}/{file.path}", _ZIP_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system, info.external_attr = 3, 0o100644 << 16
                info.file_size = file.bytes
                with archive.open(info, "w", force_zip64=file.bytes >= zipfile.ZIP64_LIMIT) as entry:
                    _pour(file, entry)
        out.flush()
        os.fsync(out.fileno())
    return place


def _pour(file: PackageFile, out: IO[bytes]) -> None:
    digest = sha256()
    for chunk in _read(file):
        digest.update(chunk)
        out.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise DataChangedError(
            f"The rows of {file.path} are not what they were when they were looked at, so nothing was written. "
            "Choose the dataset again, and look at it again."
        )


def _read(file: PackageFile) -> Iterator[bytes]:
    try:
        yield from file.chunks()
    except (OSError, DataError) as error:
        raise DataChangedError(
            f"The rows of {file.path} can't be read any more; nothing was written: {error}."
        ) from error


@contextmanager
def _beside(place: Path, overwrite: bool) -> Iterator[Path]:
    """A place to write to that becomes `place` when all went well, and is gone when it did not."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _refuse_taken(place, overwrite)
        yield draft
        _refuse_taken(place, overwrite)
        _swap(draft, place)
    except PackageExists:
        raise
    except OSError as error:
        raise CannotWriteError(error.errno, error.strerror or type(error).__name__, str(place)) from error
    finally:
        _remove(draft)


def _swap(draft: Path, place: Path) -> None:
    if not place.exists():
        draft.rename(place)
        return
    aside = draft.with_suffix(".replaced")
    place.rename(aside)
    try:
        draft.rename(place)
    except OSError:
        aside.rename(place)
        raise
    _remove(aside)


def _refuse_taken(place: Path, overwrite: bool) -> None:
    if not os.path.lexists(place):
        return
    if not overwrite:
        raise PackageExists(place)
    if place.is_symlink():
        raise PackageExists(place, "A link is never overwritten.")
    try:
        with open_package(place) as reader:
            more = reader.sizes.keys() - {file.path for file in manifest_of(reader).files} - {FILE}
    except (UnreadablePackageError, ManifestError, OSError):
        raise PackageExists(place, "What is there is no package, so it is not overwritten.") from None
    if place.is_dir():
        more |= {name for name in LEFT_BEHIND if (place / name).exists()}
    if more:
        raise PackageExists(place, f"It holds more than its package ({min(more)}), so it is not overwritten.")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()

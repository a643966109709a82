"""Compressed files, unpacked once into a file that can be read anywhere in; how large that may get is bounded."""

from __future__ import annotations

import gzip
import importlib
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import DataError, ReadingCancelledError
from .joined_rows import JoinedRows
from .rows import Rows
from .streamed_rows import FileFacts

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits
    from .watch import Watch

PACKED = (".gz", ".zst")
_CHUNK = 1 << 20


class UnpackedRows(JoinedRows):
    """The rows of a file that was packed; it is known by the file as it is, not by what was unpacked."""

    def __init__(self, rows: Rows, packed: Path, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._folder = folder
        container = f"{rows.source.container}, packed ({packed.suffix.lower()})"
        source = rows.source.model_copy(update={"name": packed.name, "path": str(packed), "container": container})
        super().__init__([rows], source)
        self.sha256, self.bytes = FileFacts(packed).digest()


def inner_name(path: Path) -> str:
    """The name of a file without the ending that says how it is packed: rows.jsonl of rows.jsonl.gz."""
    return path.stem if path.suffix.lower() in PACKED else path.name


def unpack(
    path: Path, limits: DatasetLimits, watch: Watch | None = None
) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """The unpacked file, and the folder it lies in, which goes when nothing holds it any more.

    Raises:
        DataError: it is no such file, nothing here reads its kind, or it unpacks to more than the settings allow.
        ReadingCancelledError: it is not wanted any more.
    """
    folder = tempfile.TemporaryDirectory(prefix="trainpkg-rows-")
    place = Path(folder.name) / inner_name(path)
    most, written, size = int(limits.unpacked_mb * 1e6), 0, path.stat().st_size
    try:
        with path.open("rb") as file, _unpacking(file, path) as packed, place.open("wb") as out:
            while chunk := packed.read(_CHUNK):
                if watch is not None:
                    watch.check()
                    watch.bytes_read(file.tell(), size)
                written += len(chunk)
                if written > most:
                    raise _too_large(path, limits.unpacked_mb)
                out.write(chunk)
    except (DataError, ReadingCancelledError):
        folder.cleanup()
        raise
    except Exception as error:
        folder.cleanup()
        if isinstance(error, OSError) and error.errno is not None:
            raise
        # gzip raises EOFError and zlib.error, the readers of zstd each an error of their own.
        raise DataError(
            "broken-archive",
            f"{path.name} can't be unpacked.",
            "Fetch or pack it again.",
            f"{type(error).__name__}: {str(error)[:100]}.",
        ) from None
    return place, folder


def _unpacking(file: IO[bytes], path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix.lower() == ".gz":
        return gzip.GzipFile(fileobj=file)
    # In Python itself from 3.14 on; before that in either of two packages.
    unpacked: IO[bytes] | None = None
    if reader := _module("compression.zstd") or _module("zstandard"):
        unpacked = reader.open(file, "rb")
    elif reader := _module("pyarrow"):
        unpacked = reader.input_stream(file, compression="zstd")
    if unpacked is not None:
        return unpacked
    raise DataError(
        "zstd-reader-missing",
        f"{path.name} is packed with Zstandard, and nothing here unpacks that.",
        "Run %pip install zstandard in a cell, then choose it again; or pack the file with gzip.",
    )


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _too_large(path: Path, most_mb: float) -> DataError:
    return DataError(
        "unpacked-too-large",
        f"{path.name} unpacks to more than {most_mb:,g} MB.",
        "Check that it is what it should be, and unpack it yourself; the limit is limits.unpacked_mb in "
        "step3_dataset.yaml.",
    )

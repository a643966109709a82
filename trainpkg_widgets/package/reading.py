"""Reading a written package, folder or zip, without trusting it: nothing is unpacked, followed or run."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from .manifest import FILE, LEFT_BEHIND, Manifest, ManifestError, read_manifest


class UnreadablePackageError(ValueError):
    """Raised when a path holds no package that is safe to read; the message says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """What is refused unread: a manifest or config above `text_bytes`, an archive that unpacks to more than
    `archive_bytes`, or to more than `bomb_bytes` at over `bomb_ratio` times its own size.
    """

    text_bytes: int = 32 * 2**20
    archive_bytes: int = 2**40
    bomb_bytes: int = 2**30
    bomb_ratio: int = 200


LIMITS = Limits()


class Reader(Protocol):
    """The files of a package by their path in it (with `/`), and their sizes in bytes."""

    sizes: dict[str, int]

    def open(self, path: str) -> IO[bytes]:
        """The bytes of one file."""
        ...


@contextmanager
def open_package(path: str | Path, limits: Limits = LIMITS) -> Iterator[Reader]:
    """A reader of the package at `path`.

    Raises:
        UnreadablePackageError: it holds a link, a path that leads outside, a bomb, or is no package at all.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        yield _Folder(place)
        return
    if not place.exists():
        raise UnreadablePackageError(f"There is nothing at {place}.")
    try:
        archive = zipfile.ZipFile(place)
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadablePackageError(f"{place} is no folder, and no zip archive that can be read: {error}") from None
    with archive:
        yield _Zip(archive, place.stat().st_size, limits)


def load_package(path: str | Path) -> Manifest:
    """The manifest of the package at `path`; its `choices` are the session that the package was made from.

    Raises:
        UnreadablePackageError: there is no package there, or none that is safe to read.
        ManifestError: its `package.yaml` can't be understood.
    """
    with open_package(path) as reader:
        return manifest_of(reader)


def manifest_of(reader: Reader, limits: Limits = LIMITS) -> Manifest:
    """The manifest among the files of `reader`. Raises as `load_package` does."""
    if FILE not in reader.sizes:
        raise UnreadablePackageError(f"There is no {FILE} in it, so it is no training package.")
    return read_manifest(read_text(reader, FILE, limits))


def read_text(reader: Reader, path: str, limits: Limits = LIMITS) -> str:
    """A small text file whole.

    Raises:
        ManifestError: it is too large to be what it should be, or no UTF-8.
    """
    with reader.open(path) as file:
        content = file.read(limits.text_bytes + 1)
    if len(content) > limits.text_bytes:
        raise ManifestError(f"{path} is larger than {limits.text_bytes // 2**20} MiB.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is no UTF-8 text: {error.reason} at byte {error.start}.") from None


def unsafe_path(path: str) -> str | None:
    """Why a path may not be the name of a file in a package; None where it may."""
    if "\\" in path or ":" in path or "\0" in path:
        return "it holds a backslash, a colon or a null character"
    pure = PurePosixPath(path)
    if pure.is_absolute():
        return "it is absolute"
    if ".." in pure.parts:
        return "it leads outside the package (..)"
    if not path or path != str(pure):
        return "it is not in its shortest form"
    return None


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.sizes = dict(sorted(_walk(root, root)))

    def open(self, path: str) -> IO[bytes]:
        return (self._root / path).open("rb")


def _walk(root: Path, folder: Path) -> Iterator[tuple[str, int]]:
    for entry in folder.iterdir():
        path, mode = entry.relative_to(root).as_posix(), entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            if path not in LEFT_BEHIND:
                yield from _walk(root, entry)
        elif stat.S_ISREG(mode):
            yield path, entry.lstat().st_size
        elif stat.S_ISLNK(mode):
            raise UnreadablePackageError(f"{path} is a link. A package holds files only: a link could lead anywhere.")
        else:
            raise UnreadablePackageError(f"{path} is neither a file nor a folder.")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, packed_bytes: int, limits: Limits) -> None:
        self._archive = archive
        infos = archive.infolist()
        _refuse_bomb(sum(info.file_size for info in infos), packed_bytes, limits)
        for info in infos:
            _refuse_entry(info)
        files = [info for info in infos if not info.is_dir()]
        if len({info.filename.split("/", 1)[0] for info in infos}) != 1 or any("/" not in i.filename for i in files):
            raise UnreadablePackageError("An archive of a package holds one folder, with everything in it.")
        self._entries = {info.filename.split("/", 1)[1]: info for info in files}
        if len(self._entries) != len(files):
            raise UnreadablePackageError("The archive holds two files of the same name.")
        self.sizes = {path: info.file_size for path, info in sorted(self._entries.items())}

    def open(self, path: str) -> IO[bytes]:
        return self._archive.open(self._entries[path])


def _refuse_bomb(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.archive_bytes or (unpacked > limits.bomb_bytes and unpacked > limits.bomb_ratio * packed):
        raise UnreadablePackageError(
            f"The archive of {packed:,} bytes says that it unpacks to {unpacked:,}: it looks like a zip bomb."
        )


def _refuse_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    reason = unsafe_path(name.removesuffix("/"))
    if reason:
        raise UnreadablePackageError(f"The archive holds “{name}”: {reason}.")
    # The upper 16 bits are the Unix mode of the file (APPNOTE.TXT 4.4.15, as Info-ZIP uses it); 0 where there is none.
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise UnreadablePackageError(f"{name} is a link. A package holds files only: a link could lead anywhere.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnreadablePackageError(f"{name} is neither a file nor a folder.")
    if info.flag_bits & 1:
        raise UnreadablePackageError(f"{name} is encrypted.")

"""Checking a written package again: what was changed in it, what is missing, and what must not be there."""

from __future__ import annotations

import difflib
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..advice.trl_keys import VERSION, known_keys
from ..facts import Finding
from .faults import wrong
from .hub_data import written_by
from .manifest import FILE, Manifest, ManifestError, ManifestFile
from .reach import unreachable
from .reading import (
    LIMITS,
    Limits,
    Reader,
    UnreadablePackageError,
    load_package,
    manifest_of,
    open_package,
    read_text,
    unsafe_path,
)
from .secret_shapes import secret_in
from .targets.registry import config_of
from .trainer_parser import refused_by_trainer

if TYPE_CHECKING:
    from ..hub.client import HubClient

__all__ = ["load_package", "verify_package"]

# A line without an end is read in parts, so that no file can fill the memory.
_LONGEST_LINE = 64 * 2**20

# What a damaged archive raises while it is read, and a file that can't be.
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


def verify_package(
    path: str | Path,
    limits: Limits = LIMITS,
    *,
    client: HubClient | None = None,
    trainer: str | Path | None = None,
    trainer_seconds: float | None = None,
) -> list[Finding]:
    """What is wrong with the package at `path`, a folder or a zip; empty when all is well. Nothing of it is run.

    With `client`, the Hub is asked whether what is pinned can be had. With `trainer`, a Python that has the trainer,
    the trainer's own parser is asked whether it takes the config, and given `trainer_seconds` to answer (None: as long
    as it takes).
    """
    try:
        with open_package(path, limits) as reader:
            manifest = manifest_of(reader, limits)
            found = [*_check_files(reader, manifest), *_check_config(reader, manifest, limits)]
            if client is not None:
                found += unreachable(manifest, client)
            if trainer is not None and not found:
                found += refused_by_trainer(reader, manifest, trainer, trainer_seconds)
            return found
    except UnreadablePackageError as error:
        return [wrong("package-refused", "This is no package that can be trusted.", str(error))]
    except ManifestError as error:
        return [wrong("manifest-broken", "The manifest can't be understood.", str(error))]
    except _READ_ERRORS as error:
        return [wrong("package-unreadable", "The package can't be read.", str(error) or type(error).__name__)]


def _check_files(reader: Reader, manifest: Manifest) -> Iterator[Finding]:
    listed = {file.path for file in manifest.files}
    if len(listed) != len(manifest.files):
        yield wrong("manifest-broken", "The manifest lists a file twice.")
    fetched = written_by(manifest.prepare, manifest.choices.dataset)
    for path in sorted(reader.sizes.keys() - listed - {FILE}):
        if path not in fetched:
            yield wrong("file-extra", f"{path} is not part of the package.", "The manifest does not list it.")
        yield from _check_secrets(reader, path)
    for file in manifest.files:
        reason = unsafe_path(file.path)
        if reason:
            yield wrong("path-unsafe", f"The manifest lists “{file.path}”.", f"Such a path is refused: {reason}.")
        elif file.path not in reader.sizes:
            yield wrong("file-missing", f"{file.path} is missing.", "The manifest lists it.")
        else:
            yield from _check_file(reader, file)
    kind = secret_in(read_text(reader, FILE))
    if kind:
        yield _secret(FILE, kind)


def _check_file(reader: Reader, file: ManifestFile) -> Iterator[Finding]:
    size = reader.sizes[file.path]
    if size != file.bytes:
        evidence = f"It has {size:,} bytes; the manifest says {file.bytes:,}."
        yield wrong("file-changed", f"{file.path} was changed after the package was written.", evidence)
        yield from _check_secrets(reader, file.path)
        return
    digest = hashlib.sha256()
    found: list[Finding] = []
    secret: Finding | None = None
    number = 0
    with reader.open(file.path) as content:
        for number, line in enumerate(_lines(content), 1):
            digest.update(line)
            if not found:
                found += _check_line(file, number, line)
            secret = secret or _secret_of_line(file.path, number, line)
    if file.rows is not None and not found and number != file.rows:
        found.append(wrong("rows-differ", f"{file.path} has {number:,} rows; the manifest says {file.rows:,}."))
    if digest.hexdigest() != file.sha256:
        evidence = "Its SHA-256 is not the one in the manifest."
        yield wrong("file-changed", f"{file.path} was changed after the package was written.", evidence)
    yield from found
    if secret is not None:
        yield secret


def _check_secrets(reader: Reader, path: str) -> Iterator[Finding]:
    with reader.open(path) as content:
        for number, line in enumerate(_lines(content), 1):
            secret = _secret_of_line(path, number, line)
            if secret is not None:
                yield secret
                return


def _secret_of_line(path: str, number: int, line: bytes) -> Finding | None:
    kind = secret_in(line.decode("utf-8", "replace"))
    return _secret(f"{path}, line {number}", kind) if kind else None


def _check_line(file: ManifestFile, number: int, line: bytes) -> Iterator[Finding]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        yield wrong("file-broken", f"{file.path} is no UTF-8 text.", f"Line {number}.")
        return
    if file.rows is None:
        return
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield wrong("row-broken", f"Line {number} of {file.path} is no JSON.", str(error))
        return
    if not isinstance(row, dict):
        yield wrong("row-broken", f"Line {number} of {file.path} is no row.", f"It holds a {type(row).__name__}.")


def _check_config(reader: Reader, manifest: Manifest, limits: Limits) -> Iterator[Finding]:
    target, method = manifest.target.name, manifest.target.method
    config = config_of(target, method)
    if config not in reader.sizes:
        yield wrong("config-missing", f"There is no {config}, so the command has nothing to run.")
        return
    try:
        keys: Any = yaml.safe_load(read_text(reader, config, limits))
    except (yaml.YAMLError, RecursionError) as error:
        yield wrong("config-broken", f"{config} is no YAML.", " ".join(str(error).split())[:300])
        return
    if not isinstance(keys, dict):
        yield wrong("config-broken", f"{config} holds no mapping.")
        return
    # What the other targets' trainers take is asked of them: `trainer`.
    known = known_keys(method) if target == "trl" else keys
    for key in map(str, keys):
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            evidence = f"The nearest one it knows is “{near[0]}”." if near else ""
            yield wrong("config-key-unknown", f"TRL {VERSION} does not know the key “{key}”.", evidence)


def _lines(content: Any) -> Iterator[bytes]:
    while line := content.readline(_LONGEST_LINE):
        yield line


def _secret(place: str, kind: str) -> Finding:
    return wrong("secret", f"{place} holds what looks like {kind}.", "A package is handed to others; take it out.")

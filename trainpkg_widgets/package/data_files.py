"""The data files of a package: JSON lines made from prepared rows, measured once and written as a stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..data.errors import DataError
from ..data.prepare import PreparedRows, split_rows
from ..facts import Frozen
from .secret_shapes import secret_in

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..data.rows import Rows
    from ..steps import DatasetStep
    from .targets.written import Script

FOLDER = "data"
TRAIN = f"{FOLDER}/train.jsonl"
TEST = f"{FOLDER}/test.jsonl"

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)

RowsMaker = Callable[[], Iterable[Mapping[str, Any]]]


class DataFile(Frozen):
    """One file of JSON lines. `path` is relative to the package, `bytes` is its size, `rows` its lines."""

    path: str
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str


class DataFiles(Frozen):
    """The rows that are trained on and, where some are held back, those that are not. Both lie in `folder`."""

    folder: str = FOLDER
    train: DataFile
    test: DataFile | None = None


@dataclass(frozen=True)
class PreparedData:
    """The rows of a package: what gives them anew at each call, their files, and what they were made from.

    `secrets` are the first few places that hold what looks like a secret: file, zero-based row, kind of secret.
    Where the rows are not here, `scripts` fetch them and `prepare` is the command that runs these; see `hub_data.py`.
    `beside` are files with the rows of a mixture that are here.
    """

    train: RowsMaker
    test: RowsMaker | None
    files: DataFiles
    secrets: tuple[tuple[str, int, str], ...] = ()
    made_from: tuple[object, ...] = (None,)
    scripts: tuple[Script, ...] = ()
    beside: tuple[tuple[DataFile, RowsMaker], ...] = ()
    prepare: str = ""


def prepare_data(
    rows: Rows, step: DatasetStep, shape: TrainingShape, seed: int, before: PreparedData | None = None
) -> PreparedData:
    """The rows of a dataset as they are written, after a few passes over all of them.

    `before` is given back where it was made from the very same rows and choices.

    Raises:
        DataError: a row can't be read or prepared any more.
    """
    seed = seed if step.seed is None else step.seed
    made_from = (rows, step, shape, seed)
    if before is not None and before.made_from[0] is rows and before.made_from[1:] == made_from[1:]:
        return before
    split = split_rows(rows, step, seed=seed)
    prepared = partial(PreparedRows, rows, step, shape=shape.rows, system_into_question=shape.system_into_question)
    test = prepared(only=split.held_back) if split.held_back_rows else None
    return measure(prepared(only=split.train), test, made_from)


def measure(train: RowsMaker, test: RowsMaker | None = None, made_from: tuple[object, ...] = (None,)) -> PreparedData:
    """Size, hash and number of the rows of the data files, in one pass that holds one row at a time."""
    secrets: list[tuple[str, int, str]] = []
    files = DataFiles(train=measured(TRAIN, train, secrets), test=measured(TEST, test, secrets) if test else None)
    return PreparedData(train, test, files, tuple(secrets), made_from)


def json_lines(make_rows: RowsMaker) -> Iterator[bytes]:
    """Each row as one line of UTF-8 JSON.

    Raises:
        DataError: a row holds a number that JSON has no word for (NaN, infinity).
    """
    for number, row in enumerate(make_rows()):
        try:
            text = _ENCODER.encode(row)
        except ValueError:
            message = (
                f"Row {number + 1} of those that would be written holds NaN or infinity, which JSON has no word for."
            )
            raise DataError("number-not-json", message, "Mend it, or leave the row out.") from None
        # Half a surrogate pair is no character and has no UTF-8; backslashreplace writes it as JSON's own escape.
        yield text.encode("utf-8", "backslashreplace") + b"\n"


def measured(path: str, make_rows: RowsMaker, secrets: list[tuple[str, int, str]], shown: int = 5) -> DataFile:
    """Size, hash and number of the rows of one data file; the first `shown` secrets seen are added to `secrets`."""
    digest, size, count = hashlib.sha256(), 0, 0
    for line in json_lines(make_rows):
        digest.update(line)
        size += len(line)
        if len(secrets) < shown and (kind := secret_in(line.decode("utf-8"))):
            secrets.append((path, count, kind))
        count += 1
    return DataFile(path=path, rows=count, bytes=size, sha256=digest.hexdigest())

"""Rows of a variable of the notebook. What it is is told by its type's name: no library is imported for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ..steps import DatasetSource
from .errors import DataError
from .rows import Features, Row, deeper_than, rows_digest

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits

_BATCH = 1000


class VariableRows:
    """Rows that `part(offset, limit)` gives as dicts. All of them are read once, here.

    Raises:
        DataError: a row is no dict, or is nested too deeply.
    """

    def __init__(
        self, name: str, container: str, count: int, part: Callable[[int, int], list[Row]], limits: DatasetLimits
    ) -> None:
        self.source = DatasetSource(kind="variable", name=name, container=container)
        self.count = count
        self._part = part
        features = Features(limits.columns)
        for number, row in enumerate(self):
            _check(row, number, name, limits.nesting)
            features.add(row)
        self.features = features.words()
        self.sha256, self.bytes = rows_digest(self)

    def __iter__(self) -> Iterator[Row]:
        for offset in range(0, self.count, _BATCH):
            yield from self._part(offset, min(_BATCH, self.count - offset))

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        return self._part(offset, max(min(limit, self.count - offset), 0))


def type_name(value: object) -> tuple[str, str]:
    """The library a value's type comes from, and the type's own name: ("pandas", "DataFrame")."""
    kind = type(value)
    return kind.__module__.split(".")[0], kind.__qualname__


def rows_of_variable(name: str, value: Any, limits: DatasetLimits) -> VariableRows:
    """The rows of a list of dicts, a pandas or polars DataFrame, a pyarrow Table or a datasets.Dataset.

    Raises:
        DataError: it is none of these (it says what to do instead), or its rows can't be used.
    """
    kind = type_name(value)
    if type(value) in (list, tuple):
        return VariableRows(name, "list of dicts", len(value), partial(_list_part, value), limits)
    if kind not in TABLES:
        raise _no_rows(name, value, kind)
    label, columns, part = TABLES[kind]
    twice = [column for column, count in Counter(map(str, columns(value))).items() if count > 1]
    if twice:
        raise DataError(
            "column-twice",
            f"Two columns of {name} are called “{twice[0]}”.",
            "Rename one of them, then choose it again.",
        )
    return VariableRows(name, label, len(value), partial(part, value), limits)


def _list_part(value: Any, offset: int, limit: int) -> list[Row]:
    return list(value[offset : offset + limit])


def _pandas_part(value: Any, offset: int, limit: int) -> list[Row]:
    return [_plain(row) for row in value.iloc[offset : offset + limit].to_dict("records")]


def _polars_part(value: Any, offset: int, limit: int) -> list[Row]:
    return list(value.slice(offset, limit).to_dicts())


def _arrow_part(value: Any, offset: int, limit: int) -> list[Row]:
    return list(value.slice(offset, limit).to_pylist())


def _dataset_part(value: Any, offset: int, limit: int) -> list[Row]:
    # As Arrow, so that images and audio are not decoded.
    return list(value.with_format("arrow")[offset : offset + limit].to_pylist())


# Type → what it is called, its columns, a part of its rows.
TABLES: dict[tuple[str, str], tuple[str, Callable[[Any], Any], Callable[[Any, int, int], list[Row]]]] = {
    ("pandas", "DataFrame"): ("pandas DataFrame", lambda value: value.columns, _pandas_part),
    ("polars", "DataFrame"): ("polars DataFrame", lambda value: value.columns, _polars_part),
    ("pyarrow", "Table"): ("pyarrow Table", lambda value: value.column_names, _arrow_part),
    ("datasets", "Dataset"): ("datasets.Dataset", lambda value: value.column_names, _dataset_part),
}


def _plain(value: Any) -> Any:
    """A value of pandas as plain Python: NaN, NaT and NA are None, numpy's arrays and numbers lists and numbers."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if type_name(value)[0] == "numpy":
        return _plain(value.tolist())
    if type_name(value)[1] in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return None
    return value


def _check(row: object, number: int, name: str, nesting: int) -> None:
    if not isinstance(row, dict) or not all(isinstance(key, str) for key in row):
        found = f"its keys are {', '.join(map(repr, list(row)[:5]))}" if isinstance(row, dict) else repr(row)[:60]
        raise DataError(
            "row-no-object",
            f"Row {number + 1} of {name} is no dict with text as its keys.",
            "Give a list of dicts with the columns as their keys, as in [{'text': '…'}].",
            f"It is {type(row).__name__}: {found}.",
        )
    if deeper_than(row, nesting):
        raise DataError(
            "nested-too-deeply",
            f"Row {number + 1} of {name} nests lists and dicts more than {nesting} deep.",
            "Rows to train on are rarely that deep; the limit is limits.nesting in step3_dataset.yaml.",
        )


def _no_rows(name: str, value: Any, kind: tuple[str, str]) -> DataError:
    read = f"Give a {'; a '.join(['list of dicts', *(label for label, _, _ in TABLES.values())])}."
    evidence = f"It is {kind[0]}.{kind[1]}." if kind[0] != "builtins" else f"It is {kind[1]}."
    if kind[1] in ("DatasetDict", "IterableDatasetDict"):
        splits = list(value)
        return DataError(
            "variable-splits",
            f"{name} has several splits, and one is trained on.",
            f"Give one of them: {name}[{splits[0]!r}]." if splits else read,
            f"Its splits are {', '.join(map(str, splits)) or 'none'}.",
        )
    if kind[1] == "IterableDataset":
        return DataError(
            "variable-stream",
            f"{name} is a stream, and its rows have to be there.",
            f"Take as many as you want to train on: list({name}.take(10_000)).",
            evidence,
        )
    if kind[1] == "LazyFrame":
        return DataError("variable-stream", f"{name} is not computed yet.", f"Give {name}.collect() instead.", evidence)
    return DataError("variable-type", f"{name} holds no rows that can be read.", read, evidence)

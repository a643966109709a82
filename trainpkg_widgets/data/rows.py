"""What every source of rows offers, whatever it is read from, and the words for the types of its columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .errors import DataError

if TYPE_CHECKING:
    from ..steps import DatasetSource

Row = dict[str, Any]

_LOOKED_AT = 8
_MANY = {"object": "objects", "number": "numbers", "list": "lists", "text": "texts"}


class Rows(Protocol):
    """Rows that can be read again and again, in the same order.

    `features` maps each column to words for its types; `sha256` and `bytes` are of the file, or of the rows as JSON
    lines where they come from a variable.
    """

    source: DatasetSource
    count: int
    features: dict[str, str]
    sha256: str
    bytes: int

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        ...

    def __iter__(self) -> Iterator[Row]: ...


class Features:
    """Collects the columns of rows and the types seen in each."""

    def __init__(self, most_columns: int) -> None:
        self._most = most_columns
        self._seen: dict[str, dict[str, None]] = {}
        self._counts: dict[str, int] = {}
        self._rows = 0

    def add(self, row: Row) -> None:
        """Take in one row.

        Raises:
            DataError: there are more columns by now than the settings allow.
        """
        self._rows += 1
        for name, value in row.items():
            self._seen.setdefault(name, {})[type_words(value)] = None
            self._counts[name] = self._counts.get(name, 0) + 1
        self._check()

    def seen(self) -> tuple[dict[str, list[str]], dict[str, int]]:
        """The types seen in each column, and in how many rows each is."""
        return {name: list(words) for name, words in self._seen.items()}, dict(self._counts)

    def add_seen(self, rows: int, seen: Mapping[str, Iterable[str]], counts: Mapping[str, int]) -> None:
        """Take in what others collected from later rows.

        Raises:
            DataError: there are more columns by now than the settings allow.
        """
        self._rows += rows
        for name, words in seen.items():
            self._seen.setdefault(name, {}).update(dict.fromkeys(words))
            self._counts[name] = self._counts.get(name, 0) + counts[name]
        self._check()

    def words(self) -> dict[str, str]:
        """Each column with its types in words; a column that some rows lack is `empty` there."""
        found = {}
        for name, words in self._seen.items():
            missing = {"empty": None} if self._counts[name] < self._rows else {}
            found[name] = " or ".join(sorted({**words, **missing}, key=lambda word: word == "empty"))
        return found

    def _check(self) -> None:
        if len(self._seen) > self._most:
            raise DataError(
                "too-many-columns",
                f"The first {self._rows:,} rows have more than {self._most:,} different columns.",
                "Rows of one dataset have the same columns; the limit is limits.columns in step3_dataset.yaml.",
                f"Among them {', '.join(list(self._seen)[:5])}.",
            )


def numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """The rows that are here with their numbers in the whole, which rows of which only some are here have."""
    numbers: Iterable[int] | None = getattr(rows, "numbers", None)
    return enumerate(rows) if numbers is None else zip(numbers, rows, strict=False)


def type_words(value: object) -> str:
    """The type of one value in plain words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes/no"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        inside = {"list" if isinstance(item, list) else type_words(item) for item in value[:_LOOKED_AT]}
        return f"list of {_MANY.get(only := inside.pop(), only)}" if len(inside) == 1 else "list"
    return type(value).__name__


def deeper_than(value: object, most: int) -> bool:
    """Whether lists and dicts lie in one another more than `most` deep. It does not recurse."""
    level: list[Any] = [value]
    seen: set[int] = set()
    for _ in range(most + 1):
        level = [item for item in level if isinstance(item, (list, dict)) and id(item) not in seen]
        if not level:
            return False
        # A variable can hold one list many times over, or itself.
        seen.update(map(id, level))
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return True


def rows_digest(rows: Iterable[Row]) -> tuple[str, int]:
    """SHA-256 and size in bytes of rows as JSON lines.

    Raises:
        DataError: a row holds itself.
    """
    digest, size = hashlib.sha256(), 0
    for row in rows:
        # Half a surrogate pair has no UTF-8; it is told apart all the same.
        try:
            line = json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass") + b"\n"
        except (ValueError, TypeError) as error:
            raise DataError(
                "row-no-json", "A row can't be written as JSON.", "Keep plain values.", str(error)
            ) from None
        digest.update(line)
        size += len(line)
    return digest.hexdigest(), size

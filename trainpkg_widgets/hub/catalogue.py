"""The built-in catalogue: 16,850 models of the Hub with their facts, searched without a network.

It is one SQLite file, opened read-only when it is first asked. A search goes through an index of trigrams and never
looks at every row, so that its cost follows what it finds and not how much there is: two million models would take no
longer. The trigrams are our own tokens in FTS5, not its `trigram` tokenizer, for two reasons: that one cannot find
words of one or two letters ("7b"), which here are the beginning of a token; and rows are numbered by downloads, so that
the index gives them in the order they are shown and stops at the last one wanted. Rows become facts in
`catalogue_rows.py`; the file is made by `tools/build_catalogue.py`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..facts import Fact
from ..model_info import ModelInfo
from ..search_filters import SearchFilters, SortOrder
from .catalogue_rows import model_of

if TYPE_CHECKING:
    from ..settings.model_settings import SizeCategories

_SHIPPED = Path(__file__).with_name("catalogue.sqlite")
_LETTERS = re.compile(r"[a-z0-9._/-]+")

_ORDER = {"downloads": "{rank}", "likes": "likes DESC, {rank}", "recent": "created DESC, {rank}"}


class Catalogue:
    """The catalogue in a file, by default the one that ships. Any thread may ask it."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = Path(path) if path is not None else _SHIPPED
        self._lock = Lock()

    @property
    def date(self) -> str:
        """When its source last looked at a model, ISO 8601."""
        return self._about["date"]

    @property
    def count(self) -> int:
        """How many models it holds."""
        return int(self._about["count"])

    def order(self, sort: SortOrder) -> Fact[SortOrder]:
        """The order in which `sort` is answered, with the reason where it is another.

        There is no trending score in the catalogue, and it knows when a model was made, not when it was last changed.
        """
        if sort == "trending":
            return Fact[SortOrder](value="downloads", source="the catalogue has no trending score: sorted by downloads")
        if sort == "recent":
            return Fact[SortOrder](value="recent", source="the newest first, by the date they were made")
        return Fact[SortOrder](value=sort, source=f"by {sort}, as of {self.date}")

    def search(
        self,
        query: str = "",
        filters: SearchFilters | None = None,
        sort: SortOrder = "downloads",
        limit: int = 20,
        size_categories: SizeCategories | None = None,
    ) -> list[ModelInfo]:
        """Models whose id holds every word of `query` in any order, in either case: what the Hub's own search does.

        A filter keeps no model whose fact is unknown. `size_categories` are the bounds that `filters.size` names.

        Raises:
            ValueError: `filters.size` is set and `size_categories` is not given.
            FileNotFoundError: the catalogue's file is not where it should be.
        """
        words = query.lower().split()
        if any(not _LETTERS.fullmatch(word) for word in words):
            return []
        conditions, values = _conditions(filters or SearchFilters(), size_categories)
        table, rank = "models", "rank"
        if words:
            # The index gives its rows in the order of their numbers, and so needs no sorting and can stop early.
            table, rank = "names CROSS JOIN models ON models.rank = names.rowid", "names.rowid"
            conditions.insert(0, "names MATCH ?")
            values.insert(0, " AND ".join(_phrase(word) for word in words))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        order = _ORDER[self.order(sort).value or "downloads"].format(rank=rank)
        # Every part of the statement is a constant of this file; what was asked for is bound.
        rows = self._rows(f"SELECT models.* FROM {table} {where} ORDER BY {order} LIMIT ?", [*values, limit])  # noqa: S608
        return [model_of(dict(row), self.date) for row in rows]

    def get(self, repo_id: str) -> ModelInfo | None:
        """The model of an id, in any case; None where the catalogue does not hold it."""
        rows = self._rows(
            "SELECT * FROM models WHERE id = ? COLLATE NOCASE ORDER BY id = ? DESC LIMIT 1", [repo_id] * 2
        )
        return model_of(dict(rows[0]), self.date) if rows else None

    def get_many(self, ids: Iterable[str]) -> dict[str, ModelInfo]:
        """The models of these ids, each under the id that was asked for; those it does not hold are left out."""
        found = {repo_id: self.get(repo_id) for repo_id in dict.fromkeys(ids)}
        return {repo_id: info for repo_id, info in found.items() if info is not None}

    @cached_property
    def _about(self) -> dict[str, str]:
        return {row["name"]: row["value"] for row in self._rows("SELECT name, value FROM about", [])}

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise FileNotFoundError(
                f"The catalogue {self._path} is not there. Install trainpkg_widgets again, or leave path out."
            )
        # immutable: no lock file is looked for, so that a read-only installation serves too. One connection goes from
        # thread to thread under our own lock.
        address = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        return connection

    def _rows(self, statement: str, values: list[Any]) -> list[sqlite3.Row]:
        with self._lock, closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()


def trigrams(text: str) -> list[str]:
    """Every run of three letters of a name, and at its end of two and of one: the tokens of the index."""
    text = text.lower()
    return [text[start : start + 3] for start in range(len(text))]


def _phrase(word: str) -> str:
    if len(word) < 3:
        return f'"{word}"*'
    return '"' + " ".join(word[start : start + 3] for start in range(len(word) - 2)) + '"'


def _conditions(filters: SearchFilters, sizes: SizeCategories | None) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for wanted, condition in (
        (filters.chat, "chat"),
        (filters.lora, "whole_weights"),
        (filters.not_gated, "config_read"),
        (filters.open_licence, "licence_class = 'open'"),
    ):
        if wanted:
            conditions.append(condition)
    if filters.author:
        # The range of ids that begin with "author/": what follows a slash in ASCII is a zero.
        conditions.append("id >= ? COLLATE NOCASE AND id < ? COLLATE NOCASE")
        values += [f"{filters.author}/", f"{filters.author}0"]
    if filters.size is not None:
        if sizes is None:
            raise ValueError("A size was asked for without the bounds of the size categories.")
        bounds = {
            "small": (-1.0, sizes.small_gb),
            "medium": (sizes.small_gb, sizes.medium_gb),
            "large": (sizes.medium_gb, sizes.large_gb),
        }
        conditions.append("weight_bytes > ? AND weight_bytes <= ?")
        values += [gigabytes * 1e9 for gigabytes in bounds[filters.size]]
    return conditions, values

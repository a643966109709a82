"""The built-in catalogue: 16,850 models of the Hub with their facts, searched without a network.

It is one SQLite file, opened read-only when it is first asked. A search looks at the rows it gives and at few others,
however many there are: how they are found is `catalogue_tokens.py`. Rows become facts in `catalogue_rows.py`; the file
is written by `tools/catalogue_file.py`.

A word finds every id that holds it anywhere, which is what the Hub's own search does, and so each beginning of a name
as it is typed. A mistyped word is a second question, asked only where the first finds too little: it is compared with
the words that ids are made of, each of which the file also holds with one letter left out. Two words that are alike
after one letter is cut from each have one letter too many, too few, wrong, moved or swapped between them; finding them
costs one look-up a letter. (FTS5's own trigram matching would rank every model that shares a few letters, at a cost
that grows with the catalogue; SQLite's spellfix1 is an extension that Python does not ship.)
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cached_property
from itertools import islice
from math import inf
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..facts import Fact
from ..model_info import ModelInfo
from ..search_filters import SearchFilters, SortOrder
from .catalogue_rows import model_of
from .catalogue_tokens import Search, search_for

if TYPE_CHECKING:
    from ..settings.model_settings import SizeCategories
    from .model_filters import Keep

_SHIPPED = Path(__file__).with_name("catalogue.sqlite")
_RUN = re.compile(r"[a-z]{4,}")

# Models kept as they were last read: what is typed next mostly finds what was just shown.
_KEPT_MODELS = 400
# Rows that are tried for a filter which no index knows (the memory of a run) before a search gives up.
_MOST_TRIED = 150


class Catalogue:
    """The catalogue in a file, by default the one that ships. Any thread may ask it."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = Path(path) if path is not None else _SHIPPED
        self._lock = Lock()
        self._models: dict[int, ModelInfo] = {}

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
        also: Keep | None = None,
    ) -> list[ModelInfo]:
        """Models whose id holds every word of `query` in any order, in either case: what the Hub's own search does.

        A filter keeps no model whose fact is unknown. `size_categories` are the bounds that `filters.size` names;
        `also` has the last word on each model, and has to be given for `filters.fits_gpu`, which no file knows.

        Raises:
            ValueError: `filters.size` is set and `size_categories` is not given.
            FileNotFoundError: the catalogue's file is not where it should be.
        """
        filters = filters or SearchFilters()
        if filters.on_disk or (filters.fits_gpu and also is None):
            return []
        search = search_for(query.lower().split(), filters, size_categories)
        if search is None:
            return []
        order = self.order(sort).value or "downloads"
        models = map(self._model, self._found(search, order, limit if also is None else _MOST_TRIED))
        return list(islice(models if also is None else filter(also, models), limit))

    def corrections(self, query: str) -> list[str]:
        """What `query` may have been meant to be: one mistyped word of letters replaced, the likeliest first."""
        typed = query.lower()
        return [
            typed[: run.start()] + word + typed[run.end() :]
            for run in _RUN.finditer(typed)
            for word in self._near(run[0])
        ]

    def get(self, repo_id: str) -> ModelInfo | None:
        """The model of an id, in any case; None where the catalogue does not hold it."""
        search = search_for([repo_id.lower()], SearchFilters(), None)
        if search is None:
            return None
        same = search._replace(conditions="id = ? COLLATE NOCASE", values=[repo_id])
        # Two ids may differ in case alone: one that is exactly the same goes before.
        rows = sorted(self._found(same, "downloads", -1), key=lambda row: row["id"] != repo_id)
        return self._model(rows[0]) if rows else None

    def forget(self) -> None:
        """Let go of the models read so far: the next search makes them anew."""
        self._models = {}

    def _model(self, row: sqlite3.Row) -> ModelInfo:
        rank = row["rank"]
        model = self._models.get(rank)
        if model is None:
            if len(self._models) >= _KEPT_MODELS:
                self._models = {}
            model = self._models[rank] = model_of(dict(row), self.date)
        return model

    def _near(self, typed: str) -> list[str]:
        """The words of the catalogue that are one slip of the finger from `typed`, the commonest first."""
        cuts = [typed, *(typed[:at] + typed[at + 1 :] for at in range(len(typed)))]
        places = ", ".join("?" * len(cuts))
        rows = self._rows(
            f"SELECT DISTINCT word, models FROM cuts JOIN words USING (word) WHERE cut IN ({places}) AND word != ?"  # noqa: S608 - `places` are question marks
            " ORDER BY models DESC LIMIT 3",
            [*cuts, typed],
        )
        return [row["word"] for row in rows]

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

    def _found(self, search: Search, order: str, limit: int) -> list[sqlite3.Row]:
        index, places = f"by_{order}", f"{order}_places"
        values = [search.match, *search.values]
        start = ""
        if order == "parameters" and search.most_parameters < inf:
            # Those that are larger stand before.
            start = (
                " AND by_parameters.rowid >="
                " (SELECT place FROM first_of_size WHERE parameters <= ? ORDER BY parameters DESC LIMIT 1)"
            )
            values.append(search.most_parameters)
        statement = (
            f"SELECT models.* FROM {index} CROSS JOIN {places} ON {places}.place = {index}.rowid"  # noqa: S608 - names and conditions of ours, what was asked for is bound
            f" CROSS JOIN models ON models.rank = {places}.rank"
            f" WHERE {index} MATCH ? AND {search.conditions}{start} ORDER BY {index}.rowid LIMIT ?"
        )
        return self._rows(statement, [*values, limit])

    def _rows(self, statement: str, values: list[Any]) -> list[sqlite3.Row]:
        with self._lock, closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()


def cuts_of(word: str) -> set[str]:
    """A word, and the word with any one of its letters left out."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}

"""Writes the rows of a catalogue, and the indexes that searching them needs, into one SQLite file.

`build_catalogue.py` makes the file that ships with it, `tests/bench/catalogue.py` one of a million models.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trainpkg_widgets.hub.catalogue import cuts_of
from trainpkg_widgets.hub.catalogue_rows import COLUMNS
from trainpkg_widgets.hub.catalogue_tokens import INDEX, ORDERS, tokens_of

# What a search filters on is derived from the facts as they are shown, never a second time from the source.
DERIVED = ("chat", "gate", "weight_format", "licence_class", "weight_bytes")
# Those that a search tests come first, for reading a column of SQLite steps over the ones before it.
TABLE = ("id", *DERIVED, *COLUMNS[1:])
# A word that is in one id alone is more often a name somebody made up than what another person meant.
LEAST_MODELS_OF_A_WORD = 2

SCHEMA = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE models (rank INTEGER PRIMARY KEY, {", ".join(TABLE)});
CREATE TABLE words (word TEXT PRIMARY KEY, models INTEGER) WITHOUT ROWID;
CREATE TABLE cuts (cut TEXT, word TEXT, PRIMARY KEY (cut, word)) WITHOUT ROWID;
CREATE TEMP TABLE documents (rank INTEGER PRIMARY KEY, tokens TEXT);
"""
# An order: which model stands at each place, and the index whose rows are these places.
ORDER = """
CREATE TABLE {order}_places (place INTEGER PRIMARY KEY, rank INTEGER);
INSERT INTO {order}_places (rank) SELECT rank FROM models ORDER BY {columns};
CREATE VIRTUAL TABLE by_{order} USING fts5 (tokens, {options});
INSERT INTO by_{order} (rowid, tokens)
    SELECT place, tokens FROM {order}_places JOIN documents USING (rank) ORDER BY place;
INSERT INTO by_{order} (by_{order}) VALUES ('optimize');
"""
# Where in the order by parameters those that have so many begin.
FIRST_OF_SIZE = """
CREATE TABLE first_of_size (parameters INTEGER PRIMARY KEY, place INTEGER);
INSERT INTO first_of_size SELECT parameters, min(place) FROM parameters_places JOIN models USING (rank)
    WHERE parameters IS NOT NULL GROUP BY parameters;
"""

_RUN = re.compile(r"[a-z]{4,}")


def write_catalogue(output: Path, rows: Iterable[Mapping[str, Any]], date: str, source: str) -> None:
    """Write `rows`, which hold COLUMNS and DERIVED and are in the order of their downloads."""
    output.unlink(missing_ok=True)
    connection = sqlite3.connect(output)
    connection.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; {SCHEMA}")
    places = ", ".join("?" * (1 + len(TABLE)))
    words: Counter[str] = Counter()
    rank = 0
    for rank, row in enumerate(rows, 1):
        connection.execute(f"INSERT INTO models VALUES ({places})", [rank, *(row[c] for c in TABLE)])
        connection.execute("INSERT INTO documents VALUES (?, ?)", (rank, " ".join(sorted(tokens_of(row)))))
        words.update(set(_RUN.findall(row["id"].lower())))
    common = sorted(w for w, models in words.items() if models >= LEAST_MODELS_OF_A_WORD)
    connection.executemany("INSERT INTO words VALUES (?, ?)", ((w, words[w]) for w in common))
    connection.executemany("INSERT INTO cuts VALUES (?, ?)", sorted((cut, w) for w in common for cut in cuts_of(w)))
    about = {"date": date, "count": str(rank), "source": source}
    connection.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
    for order, columns in ORDERS.items():
        connection.executescript(ORDER.format(order=order, columns=columns, options=INDEX))
    connection.executescript(FIRST_OF_SIZE)
    connection.commit()
    connection.execute("VACUUM")
    connection.close()

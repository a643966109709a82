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

from trainpkg_widgets.hub.catalogue import cuts_of, trigrams
from trainpkg_widgets.hub.catalogue_rows import COLUMNS

# What a search filters on is derived from the facts as they are shown, never a second time from the source.
DERIVED = ("chat", "gate", "weight_format", "licence_class", "weight_bytes")
# Of these columns the file says how many models have which value.
FACETS = ("chat", "gate", "weight_format", "licence_class", "pipeline_tag")
# Those that a search tests come first, for reading a column of SQLite steps over the ones before it.
TABLE = ("id", *DERIVED, *COLUMNS[1:])
# A word that is in one id alone is more often a name somebody made up than what another person meant.
LEAST_MODELS_OF_A_WORD = 2

SCHEMA = f"""
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE models (rank INTEGER PRIMARY KEY, {", ".join(TABLE)});
CREATE VIRTUAL TABLE names USING fts5 (
    trigrams, content='', detail=none, columnsize=0, tokenize="unicode61 remove_diacritics 0 tokenchars '-._/'"
);
CREATE TABLE grams (gram TEXT PRIMARY KEY, models INTEGER) WITHOUT ROWID;
CREATE TABLE facets (name TEXT, value TEXT, models INTEGER, PRIMARY KEY (name, value)) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY, models INTEGER) WITHOUT ROWID;
CREATE TABLE cuts (cut TEXT, word TEXT, PRIMARY KEY (cut, word)) WITHOUT ROWID;
"""
# Each index ends with the rank, as every index of SQLite does with its rows' numbers. The two that leave the commonest
# value out are for what is rare: walking down an order soon meets what is common.
INDEXES = """
CREATE INDEX by_id ON models (id COLLATE NOCASE);
CREATE INDEX by_likes ON models (likes DESC);
CREATE INDEX by_created ON models (created DESC);
CREATE INDEX by_parameters ON models (parameters DESC);
CREATE INDEX by_weight ON models (weight_bytes);
CREATE INDEX by_task ON models (pipeline_tag) WHERE pipeline_tag != 'text-generation';
CREATE INDEX by_format ON models (weight_format) WHERE weight_format != 'safetensors';
"""

_RUN = re.compile(r"[a-z]{4,}")


def write_catalogue(output: Path, rows: Iterable[Mapping[str, Any]], date: str, source: str) -> None:
    """Write `rows`, which hold COLUMNS and DERIVED and are in the order of their downloads."""
    output.unlink(missing_ok=True)
    connection = sqlite3.connect(output)
    connection.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; {SCHEMA}")
    places = ", ".join("?" * (1 + len(TABLE)))
    grams: Counter[str] = Counter()
    words: Counter[str] = Counter()
    facets: Counter[tuple[str, str]] = Counter()
    rank = 0
    for rank, row in enumerate(rows, 1):
        connection.execute(f"INSERT INTO models VALUES ({places})", [rank, *(row[c] for c in TABLE)])
        tokens = trigrams(row["id"])
        connection.execute("INSERT INTO names (rowid, trigrams) VALUES (?, ?)", (rank, " ".join(tokens)))
        grams.update({token[:length] for token in tokens for length in (1, 2, 3)})
        words.update(set(_RUN.findall(row["id"].lower())))
        facets.update((name, str(row[name])) for name in FACETS if row[name] is not None)
    common = sorted(w for w, models in words.items() if models >= LEAST_MODELS_OF_A_WORD)
    connection.executemany("INSERT INTO grams VALUES (?, ?)", sorted(grams.items()))
    connection.executemany("INSERT INTO words VALUES (?, ?)", ((w, words[w]) for w in common))
    connection.executemany("INSERT INTO cuts VALUES (?, ?)", sorted((cut, w) for w in common for cut in cuts_of(w)))
    connection.executemany("INSERT INTO facets VALUES (?, ?, ?)", ((*key, n) for key, n in sorted(facets.items())))
    about = {"date": date, "count": str(rank), "source": source}
    connection.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
    connection.execute("INSERT INTO names (names) VALUES ('optimize')")
    connection.executescript(INDEXES)
    connection.commit()
    connection.execute("VACUUM")
    connection.close()

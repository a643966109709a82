"""A quick look at all rows of a large JSON Lines file of conversations: which of them need to be looked at closely.

DuckDB reads the file and says of each row who speaks in it, and whether anything about it is out of
the ordinary. What is ordinary has no problem but those that follow from who speaks; all other rows are checked one by
one, by the code that checks small files. Only copies are told otherwise: by what is said as it stands in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..package.secret_shapes import LOOSE, STARTS
from .row_problems import PRINTED_NOTHING

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetLimits

# Rows that are looked at closely are taken one by one, so a file of which many are is not for this road.
_MOST_UNUSUAL = 0.1
_MOST_SPEAKERS = 20_000
# Stands between turns; a text that holds it makes its row unusual.
_MARK = "\x01"
_ODD_STARTS = rf"{_MARK}(?:[{_MARK} \n\t\r\[{{]|[=@+-][A-Za-z.]+[(|])"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "600MB",
    # With two, DuckDB 2.0 put the rows of one buffer before those of an earlier one and was no quicker (2 cores).
    "threads": 1,
}


@dataclass(frozen=True)
class Speakers:
    """Who speaks, turn after turn; in how many ordinary rows they do, and the first few of these (zero-based)."""

    roles: tuple[str, ...]
    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class QuickLook:
    """What the quick look found: all ordinary rows by who speaks in them, the unusual rows, and copies among the
    ordinary ones.
    """

    count: int
    speakers: tuple[Speakers, ...]
    unusual: tuple[int, ...]
    copies: tuple[int, ...]
    copies_count: int


def quick_look(
    path: Path, column: str, keys: tuple[str, str], shown: int, limits: DatasetLimits, sizes: Mapping[int, int]
) -> QuickLook | None:
    """The quick look at a file whose rows hold their turns in `column`, each with a role and a content under `keys`.

    None where it is of no use: DuckDB can't read the file, or too many rows are unusual. `shown` is how many rows of
    each kind are named. A row is known here by its place: `sizes` says of some rows spread over the file how many bytes
    is said in them (see `said_in`), and where that is not so the rows were not read in their order.
    """
    import duckdb

    connection = duckdb.connect(config=_CONFIG)
    try:
        connection.execute(_table(column, keys, limits), [str(path)])
        return _found(connection, shown) if _in_order(connection, sizes) else None
    except duckdb.Error:
        # What is broken is named, with its line, by the reader that goes line by line.
        return None
    finally:
        connection.close()


def _table(column: str, keys: tuple[str, str], limits: DatasetLimits) -> str:
    role, content = map(_name, keys)
    turn = _text(f"STRUCT({role} VARCHAR, {content} VARCHAR, tool_calls JSON)[]")
    mark = _text(_MARK)
    printed = ", ".join(map(_text, sorted(PRINTED_NOTHING)))
    unusual = [
        # A content that is null and one beside a tool call have left no mark.
        f"turns = 0 OR strlen(told) - strlen(replace(told, {mark}, '')) <> turns + 1",
        # A text that is empty, or begins with white space, as a formula, or as DuckDB writes a list or an object.
        f"regexp_matches(told, {_text(_ODD_STARTS)})",
        # What may be broken, or in another script, is not ASCII.
        "strlen(told) <> length(told)",
        "contains(told, '@')",
        f"lower(last) IN ({printed})",
        f"CASE WHEN {_may_hold(STARTS)} THEN regexp_matches(told, {_text(LOOSE)}) END",
    ]
    return f"""
        CREATE TEMP TABLE looked_at AS
        SELECT roles, said, strlen(told) AS size,
               told IS NULL OR {" OR ".join(f"coalesce({one}, false)" for one in unusual)} AS odd
        FROM (
            SELECT array_to_string(list_transform(m, lambda turn: turn.{role}), {mark}) AS roles,
                   hash(m) AS said,
                   len(m) AS turns,
                   m[-1].{content} AS last,
                   {mark} || array_to_string(list_transform(
                       m, lambda turn: CASE WHEN turn.tool_calls IS NULL THEN turn.{content} END
                   ), {mark}) || {mark} AS told
            FROM (
                SELECT {_name(column)} AS m
                FROM read_json(?, format='newline_delimited', columns={{{_text(column)}: {turn}}},
                               maximum_object_size={int(limits.line_mb * 1e6)})
            )
        )
    """  # noqa: S608 - names and texts are quoted, and the path is a parameter


def _may_hold(starts: Sequence[str]) -> str:
    """Whether one of the starts is there: those with a dash or an underscore are looked for where there is one."""
    dashed = sorted({start[:3] if start.startswith("xox") else start for start in starts if "-" in start})
    scored = [start for start in starts if "_" in start]
    others = [start for start in starts if "-" not in start and "_" not in start]
    return (
        f"{_holds(others)} OR CASE WHEN contains(told, '-') THEN {_holds(dashed)} ELSE false END "
        f"OR CASE WHEN contains(told, '_') THEN {_holds(scored)} ELSE false END"
    )


def _holds(words: Sequence[str]) -> str:
    return " OR ".join(f"contains(told, {_text(word)})" for word in words)


def said_in(turns: Sequence[Mapping[str, object]], content: str) -> int | None:
    """How many bytes is said in some turns, with the marks between them; None where it is not all text."""
    texts = [turn.get(content) for turn in turns]
    if not all(isinstance(text, str) for text in texts):
        return None
    return len(turns) + 1 + sum(len(str(text).encode("utf-8", "surrogatepass")) for text in texts)


def _in_order(connection: Any, sizes: Mapping[int, int]) -> bool:
    rows = ", ".join(map(str, sizes)) or "NULL"
    found = connection.execute(f"SELECT rowid, size FROM looked_at WHERE rowid IN ({rows})")  # noqa: S608 - numbers
    return dict(found.fetchall()) == dict(sizes)


def _found(connection: Any, shown: int) -> QuickLook | None:
    def rows_of(sql: str) -> list[Any]:
        return list(connection.execute(sql).fetchall())

    count, unusual, kinds, copies = rows_of(
        "SELECT count(*), count(*) FILTER (WHERE odd), count(DISTINCT roles), "
        "count(*) FILTER (WHERE NOT odd) - count(DISTINCT said) FILTER (WHERE NOT odd) "
        "FROM looked_at"
    )[0]
    if not count or unusual > _MOST_UNUSUAL * count or kinds > _MOST_SPEAKERS:
        return None
    first_rows = f"list(rowid ORDER BY rowid)[:{int(shown)}]"
    ordinary = "FROM looked_at WHERE NOT odd GROUP BY roles ORDER BY roles"
    kinds_of = f"SELECT roles, count(*), {first_rows} {ordinary}"
    speakers = rows_of(kinds_of)
    places = "SELECT rowid, row_number() OVER (PARTITION BY said ORDER BY rowid) AS n FROM looked_at WHERE NOT odd"
    first = f"SELECT rowid FROM ({places}) WHERE n > 1 ORDER BY rowid LIMIT {int(shown)}"  # noqa: S608 - all ours
    return QuickLook(
        count=count,
        speakers=tuple(Speakers(tuple(roles.split(_MARK)), many, tuple(rows)) for roles, many, rows in speakers),
        unusual=tuple(number for (number,) in rows_of("SELECT rowid FROM looked_at WHERE odd ORDER BY rowid")),
        copies=tuple(number for (number,) in rows_of(first)) if copies else (),
        copies_count=copies,
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'

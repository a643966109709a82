"""How a search of the catalogue is carried out, so that it looks at few rows whatever is asked.

There are two ways to find the first models of an order. Walking down the order and keeping what fits is short where
much fits: the letter "b" is in two ids of three. Starting from the few that a rare word or filter finds, and sorting
these, is short where little fits. The file holds how many models each run of letters and each value of a filter has,
from which the shorter way is known beforehand. A walk that was misjudged, for facts that go together or exclude each
other, ends at a bound, and the other way is taken after it.

The runs of letters are our own tokens in FTS5 and not its `trigram` tokenizer, which finds no word of one or two
letters ("7b"): here these are the beginning of a token. Positions are not kept (`detail=none`), for comparing the few
rows found with the word is quicker than reading them, and halves the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, inf
from typing import TYPE_CHECKING, Any, NamedTuple

from ..search_filters import SearchFilters, SortOrder
from .model_filters import weight_bounds

if TYPE_CHECKING:
    import sqlite3

    from ..settings.model_settings import SizeCategories

Statement = tuple[str, list[Any]]
_Ask = Callable[[str, list[Any]], "list[sqlite3.Row]"]

# Each order: the columns it is by, and the index that holds it. Models are numbered by downloads.
_ORDERS: dict[str, tuple[str, str]] = {
    "downloads": ("rank", ""),
    "likes": ("likes DESC, rank", "by_likes"),
    "recent": ("created DESC, rank", "by_created"),
    "parameters": ("parameters DESC, rank", "by_parameters"),
}

# Starting from a set costs a look-up and a place in the sorting for each row; walking costs less a row. Of a word of
# more than three letters only its runs are counted, and the word itself is in far fewer ids.
_SET_ROW, _LONG_WORD_ROW = 2.0, 0.2
# How much longer than expected a walk may be before the other way is taken.
_PATIENCE = 2.0
# Rows of a range are counted to this many and no further: beyond it, a range is taken for wide.
_COUNTED = 20_000
# The columns that conditions are on.
_TESTED = "id, chat, gate, weight_format, licence_class, weight_bytes, pipeline_tag, parameters"


class _Test(NamedTuple):
    """One condition on a row: how many models pass it (None: not known), and the index that finds just these."""

    condition: str
    values: tuple[Any, ...] = ()
    models: float | None = None
    found_by: str = ""


def statements(
    ask: _Ask,
    words: list[str],
    filters: SearchFilters,
    order: SortOrder,
    limit: int,
    count: int,
    sizes: SizeCategories | None,
) -> Iterator[Statement]:
    """The statements to try, each the whole answer where it gives `limit` rows, and the last one always."""
    tests = [*(_of_word(ask, word) for word in words), *_of_filters(ask, filters, sizes, count)]
    if any(test.models == 0 for test in tests):
        return
    columns, by_index = _ORDERS[order]
    index = f"INDEXED BY {by_index}" if by_index else ""
    where = " AND ".join(test.condition for test in tests) or "1"
    values = [value for test in tests for value in test.values]
    narrowest = min(
        (t for t in tests if t.found_by and t.models is not None), key=lambda t: t.models or 0, default=None
    )
    share = 1.0
    for test in tests:
        share *= min(1.0, (test.models if test.models is not None else count / 2) / max(count, 1))
    expected = min(limit / share, count) if share else count
    dear = inf
    if narrowest is not None:
        long_word = narrowest.found_by == "names" and any(len(word) > 3 for word in words)
        dear = (_LONG_WORD_ROW if long_word else _SET_ROW) * (narrowest.models or 0)
    within = next((test for test in tests if test.found_by and test.found_by == by_index), None)
    if within is not None:
        # The order itself is cut to the range, and every row walked is in it.
        start, bounds = f"WHERE {within.condition}", list(within.values)
    else:
        start, bounds = "", []
    # What is light is at the end of an order by parameters.
    if order == "parameters" and any(test.found_by == "by_weight" for test in tests):
        dear = 0.0
    if expected <= dear:
        rows = count if narrowest is None else min(count, ceil(max(_PATIENCE * expected, limit, dear)))
        # Only what is tested is carried along: a row has some forty columns.
        walked = f"SELECT rank, {_TESTED} FROM models {index} {start} ORDER BY {columns} LIMIT ?"  # noqa: S608 - names of ours, and conditions whose values are bound
        yield _whole(f"SELECT rank FROM ({walked}) WHERE {where} LIMIT ?", columns), [*bounds, rows, *values, limit]  # noqa: S608 - of statements made here
        if rows == count:
            return
    if narrowest is None:
        return
    if narrowest.found_by == "names":
        tokens = [token for word in words for token in _tokens(word)]
        found = " AND ".join(f'"{token}"' if len(token) > 2 else f'"{token}"*' for token in tokens)
        # The index gives its rows in the order of their numbers, and so by downloads needs no sorting.
        by = columns.replace("rank", "names.rowid")
        join = "names CROSS JOIN models ON models.rank = names.rowid"
        ranks = f"SELECT names.rowid FROM {join} WHERE names MATCH ? AND {where} ORDER BY {by} LIMIT ?"  # noqa: S608 - names of ours, and conditions whose values are bound
        yield _whole(ranks, columns), [found, *values, limit]
        return
    source = f"models INDEXED BY {narrowest.found_by}"
    yield _whole(f"SELECT rank FROM {source} WHERE {where} ORDER BY {columns} LIMIT ?", columns), [*values, limit]  # noqa: S608 - names of ours, and conditions whose values are bound


def _whole(ranks: str, columns: str) -> str:
    """The whole rows of the few ranks that a statement finds, in its order."""
    return f"SELECT * FROM models NOT INDEXED WHERE rank IN ({ranks}) ORDER BY {columns}"  # noqa: S608 - of statements made here


def _of_word(ask: _Ask, word: str) -> _Test:
    grams = _tokens(word)
    places = ", ".join("?" * len(grams))
    rows = ask(f"SELECT models FROM grams WHERE gram IN ({places})", list(grams))  # noqa: S608 - `places` are question marks
    models = min(row["models"] for row in rows) if len(rows) == len(grams) else 0
    return _Test("instr(lower(id), ?)", (word,), models, "names")


def _tokens(word: str) -> tuple[str, ...]:
    if len(word) <= 3:
        return (word,)
    return tuple(dict.fromkeys(word[start : start + 3] for start in range(len(word) - 2)))


def _of_filters(ask: _Ask, filters: SearchFilters, sizes: SizeCategories | None, count: int) -> Iterator[_Test]:
    def held(name: str, *wanted: str) -> float:
        places = ", ".join("?" * len(wanted))
        statement = f"SELECT total(models) AS models FROM facets WHERE name = ? AND value IN ({places})"  # noqa: S608 - `places` are question marks
        return float(ask(statement, [name, *wanted])[0]["models"])

    if filters.chat:
        yield _Test("chat = 1", (), held("chat", "1"))
    if filters.lora:
        yield _Test("weight_format IN ('safetensors', 'pytorch')", (), held("weight_format", "safetensors", "pytorch"))
    if filters.gate:
        yield _Test("gate = ?", (filters.gate,), held("gate", filters.gate))
    for name, index, common, wanted in (
        ("pipeline_tag", "by_task", "text-generation", (filters.task,) if filters.task else ()),
        ("weight_format", "by_format", "safetensors", filters.formats),
        ("licence_class", "", "", filters.licences),
    ):
        if wanted:
            places = ", ".join("?" * len(wanted))
            rare = bool(index) and common not in wanted
            condition = f"{name} IN ({places})" + f" AND {name} != '{common}'" * rare
            yield _Test(condition, tuple(wanted), held(name, *wanted), index if rare else "")
    if filters.author:
        # The range of ids that begin with "author/": what follows a slash in ASCII is a zero.
        bounds = (f"{filters.author}/", f"{filters.author}0")
        yield _range(ask, "by_id", "id >= ? COLLATE NOCASE AND id < ? COLLATE NOCASE", bounds, count)
    if filters.parameters_from or filters.parameters_to:
        asked = (filters.parameters_from or 0, min(filters.parameters_to or inf, 2**62))
        yield _range(ask, "by_parameters", "parameters >= ? AND parameters <= ?", asked, count)
    above, up_to = weight_bounds(filters, sizes)
    if above > -1 or up_to < inf:
        yield _range(ask, "by_weight", "weight_bytes > ? AND weight_bytes <= ?", (above, min(up_to, 2**62)), count)


def _range(ask: _Ask, index: str, condition: str, values: tuple[Any, ...], count: int) -> _Test:
    statement = f"SELECT count(*) AS models FROM (SELECT 1 FROM models INDEXED BY {index} WHERE {condition} LIMIT ?)"  # noqa: S608 - names of ours, and conditions whose values are bound
    models = ask(statement, [*values, _COUNTED])[0]["models"]
    if models < _COUNTED:
        return _Test(condition, values, float(models), index)
    return _Test(condition, values, max(count / 3, _COUNTED), index)

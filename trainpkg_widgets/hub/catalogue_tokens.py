"""What the indexes of the catalogue hold of a model, and what a search asks of them.

Whatever a search can ask is a token of the row: each run of three letters of its id, its author, the value of every
filter, and of its parameters and its bytes how many binary digits they have. There is one index for each order, whose
rows are numbered in that order. FTS5 walks the lists of all tokens asked for side by side and gives the rows that have
them all by their numbers: the first it gives are the answer, and there it stops. Nothing is sorted and no plan is
made, so that a search takes much the same time whatever it asks, in a catalogue of any size.

The runs of letters are our own tokens and not those of FTS5's `trigram` tokenizer, which finds no word of one or two
letters ("7b"): here these are the beginning of a token, and have lists of their own (`prefix`). Positions are not kept
(`detail=none`), for comparing the few rows found with the word is quicker than reading them, and halves the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from ..search_filters import SearchFilters
from .model_filters import weight_bounds

if TYPE_CHECKING:
    from ..settings.model_settings import SizeCategories

# Each order, and the columns it is by. Models are ranked by downloads.
ORDERS = {
    "downloads": "rank",
    "likes": "likes DESC, rank",
    "recent": "created DESC, rank",
    "parameters": "parameters DESC, rank",
}
# How FTS5 reads a token: as it is. No id has the sign that the tokens of facts begin with.
INDEX = "content='', detail=none, columnsize=0, prefix='1 2', tokenize=\"ascii tokenchars '-._/='\""
# Columns whose value is asked for as it is.
_VALUES = ("gate", "weight_format", "licence_class", "pipeline_tag")
_MAGNITUDES = ("parameters", "weight_bytes")
_LETTERS = re.compile(r"[a-z0-9._/-]+")
_EVERYTHING = '"="*'
# No model has as many parameters or bytes, and SQLite no larger numbers.
_MOST = 2**50


class Search(NamedTuple):
    """What is asked of an index, the conditions that a row found has to pass, and the most parameters it may have."""

    match: str
    conditions: str
    values: list[Any]
    most_parameters: float = inf


def tokens_of(row: Mapping[str, Any]) -> set[str]:
    """The tokens of a model, given its id and the columns that a search can ask for."""
    text = row["id"].lower()
    author = text.rpartition("/")[0]
    facts = {f"={column}={row[column]}" for column in _VALUES if row[column] is not None}
    sizes = {f"={column}={_digits(row[column])}" for column in _MAGNITUDES if row[column] is not None}
    chats = {"=chat"} if row["chat"] else set()
    return {f"=author={author}"} | facts | sizes | chats | {text[start : start + 3] for start in range(len(text))}


def search_for(words: list[str], filters: SearchFilters, sizes: SizeCategories | None) -> Search | None:
    """What finds the rows whose id holds every word, in small letters, and that the filters keep.

    None where nothing can be found: a word or a filter has letters that no id has, or a range ends before it begins.
    """
    named = [*words, *([filters.author.lower()] if filters.author else []), *([filters.task] if filters.task else [])]
    if not all(_LETTERS.fullmatch(name) for name in named):
        return None
    match = [part for word in words for part in _of_word(word)]
    match.extend(_of_filters(filters))
    # A run of letters is in the id; that the runs of a longer word are beside each other has to be looked at.
    long = [word for word in words if len(word) > 3]
    conditions = ["instr(lower(id), ?)"] * len(long)
    values: list[Any] = list(long)
    parameters = ((filters.parameters_from or 0) - 1, filters.parameters_to or inf)
    for column, (above, up_to) in (("parameters", parameters), ("weight_bytes", weight_bounds(filters, sizes))):
        if above > -1 or up_to < inf:
            bounds = min(above, _MOST), min(up_to, _MOST)
            if bounds[0] >= bounds[1]:
                return None
            match.append(_between(column, *bounds))
            conditions.append(f"{column} > ? AND {column} <= ?")
            values.extend(bounds)
    conditions.append("1")
    return Search(" AND ".join(match) or _EVERYTHING, " AND ".join(conditions), values, min(parameters[1], _MOST))


def _of_word(word: str) -> Iterator[str]:
    if len(word) < 3:
        yield f'"{word}"*'
    for start in range(len(word) - 2):
        yield f'"{word[start : start + 3]}"'


def _of_filters(filters: SearchFilters) -> Iterator[str]:
    if filters.chat:
        yield '"=chat"'
    if filters.author:
        yield f'"=author={filters.author}"'
    for column, wanted in (
        ("gate", (filters.gate,) if filters.gate else ()),
        ("pipeline_tag", (filters.task,) if filters.task else ()),
        ("licence_class", filters.licences),
        ("weight_format", filters.formats),
        ("weight_format", ("safetensors", "pytorch") if filters.lora else ()),
    ):
        if wanted:
            yield _any(f"={column}={value}" for value in wanted)


def _between(column: str, above: float, up_to: float) -> str:
    """The tokens of all numbers between two bounds, and of some beside them."""
    digits = range(_digits(above), _digits(up_to) + 1)
    return _any(f"={column}={count}" for count in digits)


def _digits(number: float) -> int:
    return int(max(number, 0)).bit_length()


def _any(tokens: Iterable[str]) -> str:
    return "(" + " OR ".join(f'"{token}"' for token in tokens) + ")"

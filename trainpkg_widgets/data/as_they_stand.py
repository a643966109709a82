"""What a trainer would find in rows that nobody prepared: what their first row holds, and what roles are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..steps import CellKind
from .rows import Row
from .turns import turn_keys, turns_in

_MOST_ROLES = 20


def first_row_kinds(row: Row) -> dict[str, CellKind]:
    """What a row holds in each column, as far as TRL 1.16 looks (`is_conversational`: the first turn of a list)."""
    return {name: _kind(value) for name, value in row.items()}


def roles_in(rows: Iterable[Row], columns: Mapping[str, str]) -> tuple[str, ...]:
    """What roles are called in the columns that are used, in the order they are met."""
    found: dict[str, None] = {}
    used = list(dict.fromkeys(columns.values()))
    for row in rows:
        for column in used:
            for turn in turns_in(row.get(column)) or ():
                keys = turn_keys(turn)
                if keys and isinstance(turn[keys[0]], str) and len(found) < _MOST_ROLES:
                    found[turn[keys[0]]] = None
    return tuple(found)


def _kind(value: Any) -> CellKind:
    if isinstance(value, str):
        return "text_of_turns" if turns_in(value) else "text"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, Mapping):
        return "turn" if turn_keys(value) else "object"
    if not isinstance(value, (list, tuple)):
        return "other"
    first = value[0] if value else None
    if first is None:
        return "no_turns"
    if isinstance(first, Mapping):
        return "turns" if "role" in first else "from_value" if "from" in first and "value" in first else "list"
    if isinstance(first, str):
        return "texts"
    return "numbers" if isinstance(first, (int, float)) else "list"

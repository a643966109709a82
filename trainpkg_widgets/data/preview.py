"""Rows of the dataset as text for the screen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..dataset_screen import RowsView
from .turns import clean, turn_keys, turns_in

if TYPE_CHECKING:
    from ..steps import DatasetStep
    from .rows import Row, Rows


def rows_view(rows: Rows, step: DatasetStep, offset: int, limit: int, cell_characters: int) -> RowsView:
    """Up to `limit` rows from row `offset` (zero-based) on; the columns that are trained on come first.

    A cell is cut to `cell_characters`; a conversation stands one turn a line, as “role: content”.
    """
    used = [name for name in dict.fromkeys(step.columns.values()) if name in rows.features]
    columns = (*used, *(name for name in rows.features if name not in used))
    page = rows.page(offset, limit)
    cells = tuple(cells_of(row, columns, cell_characters) for row in page)
    return RowsView(columns=columns, rows=cells, offset=offset, total=rows.count)


def cells_of(row: Row, columns: Sequence[str], characters: int) -> tuple[str, ...]:
    """The cells of a row in these columns as text, each cut to so many characters."""
    return tuple(_cut(_cell(row.get(name)), characters) for name in columns)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    turns = turns_in(value)
    if turns and all(turn_keys(turn) for turn in turns):
        return "\n".join(_turn(turn) for turn in turns)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (dict, list)):
        return clean(json.dumps(value, ensure_ascii=False, default=str))
    return str(value)


def _turn(turn: dict[str, Any]) -> str:
    role, content = turn_keys(turn) or ("role", "content")
    said = turn.get(content)
    if said is None and turn.get("tool_calls"):
        said = turn["tool_calls"]
    return f"{turn[role]}: {_cell(said)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"

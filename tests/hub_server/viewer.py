"""The dataset viewer: a site of its own that shows rows of datasets. Its answers are those of its OpenAPI document.

Not modelled: /search, /filter, /parquet, /opt-in-out-urls, /croissant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .access import GOOD_TOKEN, check_token, may_see
from .answers import Answer, Call, Refusal, json_answer
from .store import Store

Row = Mapping[str, Any]
State = Literal["ready", "preview_only", "no_rows", "not_ready", "blocked", "broken"]

_HIDDEN = (
    "The dataset does not exist, or is not accessible without authentication (private or gated). "
    "Please check the spelling of the dataset name or retry with authentication."
)
_BUSY = "The server is busier than usual and the response is not ready yet. Please retry later."
_MOST_ROWS = 100
_MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class Shown:
    """What the viewer has of a dataset: configuration → split → rows.

    `estimated` is how many rows there are where only those here were read (a dataset above 5 GB).
    """

    rows: Mapping[str, Mapping[str, Sequence[Row]]]
    state: State = "ready"
    estimated: int | None = None


@dataclass
class Viewer:
    """All that the viewer has, by the ids of the datasets."""

    shown: dict[str, Shown] = field(default_factory=dict)


def answer(call: Call, store: Store, viewer: Viewer) -> Answer:
    """Answer one call of the viewer."""
    route = _ROUTES.get(call.path)
    if route is None:
        raise Refusal(404, "Not Found")
    needs, make = route
    asked = {name: call.one(name) or "" for name in ("dataset", "config", "split")}
    missing = [name for name in needs if not asked[name]]
    if missing:
        one = f"Parameter '{needs[0]}' is required" if len(needs) == 1 else _required(needs)
        raise Refusal(422, one, "MissingRequiredParameter")
    shown = _of(asked["dataset"], call, store, viewer)
    body = make(call, shown, **asked)
    return json_answer(body, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=120"})


def _required(needs: Sequence[str]) -> str:
    words = [f"'{name}'" for name in needs]
    return f"Parameters {', '.join(words[:-1])} and {words[-1]} are required"


def _of(dataset: str, call: Call, store: Store, viewer: Viewer) -> Shown:
    check_token(call.token)
    held = store.held("datasets", dataset)
    hidden = held is None or not may_see(held, call.token) or (bool(held.gate) and call.token != GOOD_TOKEN)
    if hidden and call.token is None:
        raise Refusal(401, _HIDDEN, "ExternalUnauthenticatedError")
    if hidden:
        raise Refusal(404, _HIDDEN, "ExternalAuthenticatedError")
    return viewer.shown.get(dataset, Shown({}, "no_rows"))


def _ready(shown: Shown, *, first: bool = False) -> Shown:
    if shown.state == "not_ready":
        raise Refusal(500, _BUSY, "ResponseNotReady")
    if shown.state == "blocked":
        said = "The parquet conversion has been disabled for this dataset for now."
        raise Refusal(501, said, "DatasetInBlockListError")
    if shown.state == "broken":
        raise Refusal(500, "Cannot load the dataset split (in streaming mode).", "StreamingRowsError")
    if shown.state == "no_rows" or (shown.state == "preview_only" and not first):
        raise Refusal(404, "Not found.", "ResponseNotFound")
    return shown


def _is_valid(call: Call, shown: Shown, **_: str) -> dict[str, bool]:
    whole = shown.state == "ready"
    some = whole or shown.state == "preview_only"
    # What is not worked out yet is answered as if it could be: whether it is ready is another question.
    some, whole = (True, True) if shown.state in ("not_ready", "broken", "blocked") else (some, whole)
    return {"preview": some, "viewer": whole, "search": whole, "filter": whole, "statistics": whole}


def _splits(call: Call, shown: Shown, dataset: str, config: str, split: str) -> dict[str, Any]:
    found = [
        {"dataset": dataset, "config": of, "split": name}
        for of, splits in _ready(shown, first=True).rows.items()
        if config in ("", of)
        for name in splits
    ]
    if not found:
        raise Refusal(404, "Not found.", "ResponseNotFound")
    return {"splits": found, "pending": [], "failed": []}


def _size(call: Call, shown: Shown, dataset: str, config: str, split: str) -> dict[str, Any]:
    kept = {of: splits for of, splits in _ready(shown, first=True).rows.items() if config in ("", of)}
    if not kept:
        raise Refusal(404, "Not found.", "ResponseNotFound")
    splits: list[dict[str, Any]] = [
        {"dataset": dataset, "config": of, "split": name, "num_columns": len(rows[0]) if rows else 0, **_counts(rows)}
        for of, them in kept.items()
        for name, rows in them.items()
    ]
    for one in splits:
        one["estimated_num_rows"] = shown.estimated
    totals = {key: sum(int(one[key]) for one in splits) for key in ("num_rows", "num_bytes_parquet_files")}
    whole = {
        "dataset": dataset,
        "num_bytes_original_files": totals["num_bytes_parquet_files"],
        "num_bytes_memory": totals["num_bytes_parquet_files"],
        **totals,
        "estimated_num_rows": shown.estimated,
    }
    size: dict[str, Any] = {"splits": splits}
    if config:
        size["config"] = {**whole, "config": config, "num_columns": splits[0]["num_columns"]}
    else:
        configs = [{**whole, "config": of, "num_columns": splits[0]["num_columns"]} for of in kept]
        size |= {"dataset": whole, "configs": configs}
    return {"size": size, "pending": [], "failed": [], "partial": shown.estimated is not None}


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    size = sum(len(json.dumps(row)) for row in rows)
    return {"num_rows": len(rows), "num_bytes_parquet_files": size, "num_bytes_memory": size}


def _first_rows(call: Call, shown: Shown, dataset: str, config: str, split: str) -> dict[str, Any]:
    rows = _rows_of(_ready(shown, first=True), config, split)
    items = [_item(number, row) for number, row in enumerate(rows[:_MOST_ROWS])]
    return {
        "dataset": dataset,
        "config": config,
        "split": split,
        "features": _features(rows),
        "rows": items,
        "truncated": len(rows) > _MOST_ROWS or any(one["truncated_cells"] for one in items),
    }


def _rows(call: Call, shown: Shown, dataset: str, config: str, split: str) -> dict[str, Any]:
    rows = _rows_of(_ready(shown), config, split)
    offset, length = _number(call, "offset", 0), _number(call, "length", _MOST_ROWS)
    if length > _MOST_ROWS:
        raise Refusal(422, f"Parameter 'length' must not be greater than {_MOST_ROWS}", "InvalidParameter")
    page = [
        {"row_idx": number, "row": dict(row), "truncated_cells": []}
        for number, row in enumerate(rows[offset : offset + length], offset)
    ]
    return {
        "features": _features(rows),
        "rows": page,
        "num_rows_total": len(rows),
        "num_rows_per_page": _MOST_ROWS,
        "partial": shown.estimated is not None,
    }


def _statistics(call: Call, shown: Shown, dataset: str, config: str, split: str) -> dict[str, Any]:
    rows = _rows_of(_ready(shown), config, split)
    found = []
    for name in rows[0] if rows else ():
        lengths = sorted(len(row[name]) for row in rows if isinstance(row.get(name), str))
        if lengths:
            missing = len(rows) - len(lengths)
            about: dict[str, Any] = {
                "min": lengths[0],
                "max": lengths[-1],
                "mean": round(sum(lengths) / len(lengths), 5),
            }
            about |= {"median": lengths[len(lengths) // 2], "std": 0.0}
            about |= {"nan_count": missing, "nan_proportion": missing / len(rows)}
            about["histogram"] = {"hist": [len(lengths)], "bin_edges": [lengths[0], lengths[-1]]}
            found.append({"column_name": name, "column_type": "string_text", "column_statistics": about})
    return {"num_examples": len(rows), "statistics": found, "partial": shown.estimated is not None}


def _rows_of(shown: Shown, config: str, split: str) -> Sequence[Row]:
    rows = shown.rows.get(config, {}).get(split)
    if rows is None:
        raise Refusal(404, "Not found.", "ResponseNotFound")
    return rows


def _item(number: int, row: Row) -> dict[str, Any]:
    """A row of /first-rows: a long cell is cut, and then it is text whatever it was."""
    cut = [name for name, value in row.items() if len(json.dumps(value)) > _MOST_CHARACTERS]
    cells = {name: json.dumps(value)[:_MOST_CHARACTERS] if name in cut else value for name, value in row.items()}
    return {"row_idx": number, "row": cells, "truncated_cells": cut}


def _features(rows: Sequence[Row]) -> list[dict[str, Any]]:
    first: Row = rows[0] if rows else {}
    return [
        {"feature_idx": number, "name": name, "type": _type(value)}
        for number, (name, value) in enumerate(first.items())
    ]


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return {"feature": _type(value[0]) if value else {"dtype": "null", "_type": "Value"}, "_type": "List"}
    if isinstance(value, dict):
        return {name: _type(one) for name, one in value.items()}
    kinds = {bool: "bool", int: "int64", float: "float64", str: "string"}
    return {"dtype": kinds.get(type(value), "null"), "_type": "Value"}


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.one(name) or str(otherwise)
    if not text.lstrip("-").isdigit():
        raise Refusal(422, f"Parameter '{name}' must be integer", "InvalidParameter")
    if int(text) < 0:
        raise Refusal(422, f"Parameter '{name}' must be positive", "InvalidParameter")
    return int(text)


_OF_SPLIT = ("dataset", "config", "split")
_ROUTES: dict[str, tuple[tuple[str, ...], Callable[..., dict[str, Any]]]] = {
    "/is-valid": (("dataset",), _is_valid),
    "/splits": (("dataset",), _splits),
    "/size": (("dataset",), _size),
    "/first-rows": (_OF_SPLIT, _first_rows),
    "/rows": (_OF_SPLIT, _rows),
    "/statistics": (_OF_SPLIT, _statistics),
}

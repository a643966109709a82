"""GET /api/models and /api/datasets: search, filters, order and pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .answers import Answer, Call, Refusal, json_answer
from .fields import check_expand, expanded, number_of_parameters, row
from .misbehaviour import Misbehaviour
from .repository import Body, Kind, Repository

_SORTS: dict[Kind, tuple[str, ...]] = {
    "models": (
        "trendingScore", "downloads", "likes", "createdAt", "lastModified", "likes30d", "num_parameters", "mainSize",
        "id",
    ),
    "datasets": ("trendingScore", "downloads", "likes", "createdAt", "lastModified", "mainSize", "id"),
}  # fmt: skip
# Parameters of the Hub that this server has no data for: better no answer than a wrong one.
_NOT_MODELLED = ("apps", "inference_provider", "emissions_thresholds")
_SCALES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Listed:
    """A repository, and where it stands in the order asked for."""

    repository: Repository
    place: tuple[Any, str]


def list_repositories(
    call: Call,
    repositories: Iterable[Repository],
    whole_body: Callable[[Repository], Body],
    *,
    page_size: int,
    fault: Misbehaviour | None,
) -> Answer:
    """One page of at most `page_size` rows, with an absolute link to the next."""
    kind: Kind = "models" if call.path == "/api/models" else "datasets"
    for name in _NOT_MODELLED:
        if call.many(name):
            raise Refusal(501, f"hub_server does not model the parameter {name!r}")
    asked = call.many("expand")
    check_expand(asked, kind=kind, listing=True)
    rows = _ordered(call, kind, [one for one in repositories if _matches(call, one)])
    start = _start(call, rows)
    stop = start + _limit(call, page_size)
    page = rows[start:stop]
    if fault and start > 0 and len(page) > 1:
        if fault.kind == "duplicate_rows":
            page = [rows[start - 1], *page[:-1]]
            stop -= 1
        elif fault.kind == "changing_pages":
            # Between two pages the last row seen fell in the order, and the next one rose above it.
            page = [rows[start - 1], *page[1:]]
    headers = {}
    if stop < len(rows):
        origin = "" if fault and fault.kind == "relative_link" else call.origin
        headers["Link"] = f'<{origin}{_next_page(call, rows[stop - 1])}>; rel="next"'
    bodies = [whole_body(one.repository) for one in page]
    full, card_data, config = call.flag("full"), call.flag("cardData"), call.flag("config")
    if asked:
        shown = [expanded(body, asked) for body in bodies]
    else:
        shown = [row(body, kind=kind, full=full, card_data=card_data, config=config) for body in bodies]
    return json_answer(shown, headers=headers)


def _matches(call: Call, repository: Repository) -> bool:
    body = repository.body
    author, gated = call.one("author"), call.one("gated")
    pipeline_tag, inference = call.one("pipeline_tag"), call.one("inference")
    labels = {*repository.tags, body.get("pipeline_tag"), body.get("library_name")}
    return (
        search_matches(call.many("search"), repository.id)
        and (author is None or repository.id.split("/")[0].lower() == author.lower())
        and all(tag in labels for tag in call.many("filter"))
        and (pipeline_tag is None or body.get("pipeline_tag") == pipeline_tag)
        and (inference is None or body.get("inference") == inference)
        and (gated is None or bool(repository.gate) == (gated.lower() in ("true", "1")))
        and _within(call.one("num_parameters"), number_of_parameters(body))
    )


def search_matches(searches: list[str], repository_id: str) -> bool:
    """Every word is somewhere in `owner/name`, in any order, whatever the case; descriptions aren't searched."""
    words = " ".join(searches).lower().split()
    return all(word in repository_id.lower() for word in words)


def _within(bounds: str | None, count: int | None) -> bool:
    if bounds is None:
        return True
    low, high = _bounds(bounds)
    return count is not None and low <= count <= high


def _bounds(text: str) -> tuple[float, float]:
    """Read `min:6B,max:128B`, one side of which may be left out."""
    low, high = 0.0, float("inf")
    for part in text.split(","):
        match = re.fullmatch(r"(min|max):(\d+(?:\.\d+)?)([KMBT]?)", part.strip(), re.IGNORECASE)
        if not match:
            raise Refusal(400, f"Invalid num_parameters: {text}")
        value = float(match[2]) * _SCALES[match[3].upper()]
        low, high = (value, high) if match[1].lower() == "min" else (low, value)
    return low, high


def _ordered(call: Call, kind: Kind, repositories: list[Repository]) -> list[Listed]:
    """Descending, as every order of the Hub is; `id` ascends."""
    sort = call.one("sort", "trendingScore") or "trendingScore"
    if sort not in _SORTS[kind]:
        raise Refusal(400, f"Invalid sort parameter: {sort}")
    if sort == "id":
        return sorted((Listed(one, (one.id, "")) for one in repositories), key=lambda one: one.place)

    def place(body: Body) -> tuple[Any, str]:
        counted = sort in ("num_parameters", "mainSize")
        value = number_of_parameters(body) if counted else body.get("likes" if sort == "likes30d" else sort)
        missing = "" if sort in ("createdAt", "lastModified") else -1
        return (value if isinstance(value, type(missing)) else missing, str(body.get("_id", body["id"])))

    return sorted((Listed(one, place(one.body)) for one in repositories), key=lambda one: one.place, reverse=True)


def _limit(call: Call, page_size: int) -> int:
    text = call.one("limit") or str(page_size)
    if not text.isdigit():
        raise Refusal(400, f"Invalid limit: {text}")
    return min(max(int(text), 1), page_size)


def _start(call: Call, rows: list[Listed]) -> int:
    """Where this page begins: behind the row that the cursor names, then `skip` further."""
    cursor, skip = call.one("cursor"), call.one("skip") or "0"
    if not skip.isdigit():
        raise Refusal(400, f"Invalid skip: {skip}")
    if cursor is None:
        return int(skip)
    try:
        value, tie = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise Refusal(400, "Invalid cursor") from None
    descending = call.one("sort") != "id"
    last = (value, tie)
    return next(
        (place for place, one in enumerate(rows) if (one.place < last if descending else one.place > last)), len(rows)
    )


def _next_page(call: Call, last: Listed) -> str:
    cursor = base64.urlsafe_b64encode(json.dumps(last.place).encode()).decode()
    kept = [(key, value) for key, value in call.params if key not in ("cursor", "skip")]
    return f"{call.path}?{urlencode([*kept, ('cursor', cursor)])}"

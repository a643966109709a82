"""The dataset viewer of the Hub: which splits there are, how large they are, and rows of them.

Its answers are described in its OpenAPI document (dataset-viewer @f62009e); a malformed part costs itself only.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

from ..data.rows import Row
from ..facts import Frozen
from .errors import NotJsonError

if TYPE_CHECKING:
    from .client import HubClient

_MOST_ROWS = 100


class Able(Frozen):
    """What the viewer can do with a dataset: show its first rows, any of its rows, or say how they are distributed."""

    preview: bool = False
    viewer: bool = False
    statistics: bool = False


class Size(Frozen):
    """How many rows a split has and their size in bytes. `estimated` where the viewer has read only a part of it."""

    rows: int
    bytes: int
    estimated: bool = False


class DatasetViewer:
    """Asks the dataset viewer. What it refuses is a HubError; that it is not ready yet is one of its own."""

    def __init__(self, client: HubClient, cancelled: Event | None = None) -> None:
        self._client = client
        self._cancelled = cancelled

    def is_valid(self, dataset: str) -> Able:
        """What it can do with a dataset, which costs it least of all."""
        body = self._ask("/is-valid", dataset=dataset)
        return Able(**{name: body.get(name) is True for name in Able.model_fields})

    def splits(self, dataset: str) -> tuple[tuple[str, str], ...]:
        """Each configuration with each of its splits.

        Raises:
            NotJsonError: there is none in the answer.
        """
        body = self._ask("/splits", dataset=dataset)
        found = [
            (one["config"], one["split"])
            for one in body.get("splits") or ()
            if isinstance(one, dict) and isinstance(one.get("config"), str) and isinstance(one.get("split"), str)
        ]
        if not found:
            raise _strange("/splits", "no split")
        return tuple(found)

    def size(self, dataset: str, config: str, split: str) -> Size:
        """Rows and bytes of one split.

        Raises:
            NotJsonError: the answer does not say.
        """
        body = self._ask("/size", dataset=dataset, config=config)
        sizes = body.get("size")
        for one in (sizes.get("splits") or ()) if isinstance(sizes, dict) else ():
            if isinstance(one, dict) and one.get("split") == split and isinstance(one.get("num_rows"), int):
                # Above 5 GB only the first 5 GB were read: num_rows is of these, estimated_num_rows of all.
                estimated = one.get("estimated_num_rows") if body.get("partial") else None
                rows = estimated if isinstance(estimated, int) else one["num_rows"]
                stored = one.get("num_bytes_parquet_files")
                return Size(
                    rows=rows,
                    bytes=stored if isinstance(stored, int) else 0,
                    estimated=body.get("partial") is True,
                )
        raise _strange("/size", f"no size of the split {split}")

    def first_rows(self, dataset: str, config: str, split: str) -> tuple[dict[int, Row], dict[int, Row]]:
        """The first rows by their numbers, at most a hundred: the whole ones, and those of which a cell was cut."""
        body = self._ask("/first-rows", dataset=dataset, config=config, split=split)
        found = _rows(body, range(_MOST_ROWS))
        return {n: row for n, row, cut in found if not cut}, {n: row for n, row, cut in found if cut}

    def rows(self, dataset: str, config: str, split: str, offset: int, length: int) -> dict[int, Row]:
        """Up to `length` rows from row `offset` on, by their numbers, in as many requests as it takes."""
        found: dict[int, Row] = {}
        while length > 0:
            some = min(length, _MOST_ROWS)
            asked = {"dataset": dataset, "config": config, "split": split}
            body = self._ask("/rows", **asked, offset=str(offset), length=str(some))
            found.update((n, row) for n, row, _ in _rows(body, range(offset, offset + some)))
            if len(body.get("rows") or ()) < some:
                break
            offset, length = offset + some, length - some
        return found

    def statistics(self, dataset: str, config: str, split: str) -> dict[str, Any]:
        """How the values of each column are distributed: column → its statistics, as the viewer gives them."""
        body = self._ask("/statistics", dataset=dataset, config=config, split=split)
        return {
            one["column_name"]: one.get("column_statistics")
            for one in body.get("statistics") or ()
            if isinstance(one, dict) and isinstance(one.get("column_name"), str)
        }

    def _ask(self, path: str, **params: str) -> dict[str, Any]:
        answer = self._client.get_json(path, list(params.items()), cancelled=self._cancelled)
        if not isinstance(answer.body, dict):
            raise _strange(path, type(answer.body).__name__)
        return answer.body


def _rows(body: dict[str, Any], asked: range) -> list[tuple[int, Row, bool]]:
    return [
        (one["row_idx"], one["row"], bool(one.get("truncated_cells")))
        for one in body.get("rows") or ()
        if isinstance(one, dict) and isinstance(one.get("row"), dict) and _is_in(one.get("row_idx"), asked)
    ]


def _is_in(number: Any, asked: range) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number in asked


def _strange(path: str, seen: str) -> NotJsonError:
    return NotJsonError(
        "What came is not the dataset viewer's answer.",
        evidence=f"{path}: {seen}",
        hint="Check viewer.endpoint in step3_dataset.yaml.",
    )

"""The ways in which a Hub, or what lies before it, goes wrong: for the next few requests, or until told to behave."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, get_args

# What happens to the answer of any request.
AnyAnswer = Literal[
    "slow", "hang", "reset", "truncated", "cut_off", "html",
    "rate_limited", "rate_limited_no_header", "server_error", "bare_401",
]  # fmt: skip
# What happens to the pages of a listing.
OfPages = Literal["changing_pages", "duplicate_rows", "relative_link"]
Kind = Literal[AnyAnswer, OfPages]


@dataclass
class Misbehaviour:
    """One way of going wrong; `left` requests still meet it, None means all of them."""

    kind: Kind
    left: int | None
    path_contains: str
    seconds: float
    status: int


class Misbehaviours:
    """Those that are on, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._on: list[Misbehaviour] = []
        self._lock = threading.Lock()
        self.released = threading.Event()

    def add(self, kind: Kind, *, times: int | None, path_contains: str, seconds: float, status: int) -> None:
        if kind not in (*get_args(AnyAnswer), *get_args(OfPages)):
            raise ValueError(f"no misbehaviour is called {kind!r}")
        with self._lock:
            self.released.clear()
            self._on.append(Misbehaviour(kind, times, path_contains, seconds, status))

    def clear(self) -> None:
        """End them all; who hangs is let go."""
        with self._lock:
            self._on.clear()
            self.released.set()

    def of_answer(self, path: str) -> Misbehaviour | None:
        """The one that this request meets, if any: it is then used up once."""
        return self._take(path, get_args(AnyAnswer))

    def of_page(self, path: str, *, first: bool) -> Misbehaviour | None:
        """The one that this page of a listing meets, if any. Before the first page nothing can repeat or change."""
        return self._take(path, ("relative_link",) if first else get_args(OfPages))

    def _take(self, path: str, kinds: tuple[str, ...]) -> Misbehaviour | None:
        with self._lock:
            for one in self._on:
                if one.kind in kinds and one.path_contains in path and one.left != 0:
                    if one.left is not None:
                        one.left -= 1
                    return one
        return None

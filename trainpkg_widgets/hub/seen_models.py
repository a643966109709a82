"""Models that the Hub has shown before, found again by typing: at once, and with no network at all.

One small SQLite file beside the cached answers, shared by the kernels of a user. It holds what anybody may see: a
private repository is left out, for the next token may not be allowed to know of it. A file that can't be used makes
every search empty, and is logged once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from threading import Lock

from ..facts import unknown
from ..logs import get_logger
from ..model_info import ModelInfo
from ..search_filters import SortOrder

_log = get_logger("hub.seen")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    endpoint TEXT, id TEXT, name TEXT, at REAL, downloads INTEGER, likes INTEGER, changed TEXT, parameters INTEGER,
    body TEXT, PRIMARY KEY (endpoint, id)
);
CREATE INDEX IF NOT EXISTS by_age ON seen (at);
"""
_ORDERS = {
    "trending": "downloads", "downloads": "downloads", "likes": "likes", "recent": "changed", "parameters": "parameters"
}  # fmt: skip
_TEMPLATE_LEFT_OUT = unknown("the template itself is not kept: open the model to read it")
# Seconds to wait for another kernel that writes at the same time.
_BUSY_SECONDS = 2.0


class SeenModels:
    """At most `most` models in the file `path`, the oldest out first. Any thread may ask."""

    def __init__(self, path: Path, most: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._unusable = most == 0

    def put(self, endpoint: str, models: Iterable[ModelInfo]) -> None:
        """Keep what the Hub at `endpoint` has just said of these models."""
        now = self._clock()
        rows = [_row(endpoint, now, model) for model in models]

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
                connection.execute(
                    "DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen ORDER BY at DESC LIMIT -1 OFFSET ?)",
                    [self._most],
                )

        if rows:
            self._use(write)

    def search(
        self, endpoint: str, query: str, sort: SortOrder, limit: int, keep: Callable[[ModelInfo], bool]
    ) -> list[ModelInfo]:
        """Models whose id holds every word of `query` and that `keep` keeps. Their origin is `seen`."""
        words = query.lower().split()
        # Bounded by `most`, so that looking at every name costs a millisecond. What is bound is what was asked for.
        tests = " AND instr(name, ?)" * len(words)
        statement = f"SELECT body FROM seen WHERE endpoint = ?{tests} ORDER BY {_ORDERS[sort]} DESC, id"  # noqa: S608 - the orders are ours, words are bound
        found: list[ModelInfo] = []

        def read(connection: sqlite3.Connection) -> None:
            with closing(connection.execute(statement, [endpoint, *words])) as cursor:
                for (body,) in cursor:
                    model = _model(body)
                    if model is not None and keep(model):
                        found.append(model)
                        if len(found) == limit:
                            return

        self._use(read)
        return found

    def count(self) -> int:
        """How many models are kept."""
        counts = [0]
        self._use(lambda c: counts.append(c.execute("SELECT count(*) FROM seen").fetchone()[0]))
        return counts[-1]

    def _use(self, work: Callable[[sqlite3.Connection], None]) -> None:
        with self._lock:
            if self._unusable:
                return
            try:
                if self._connection is None:
                    self._connection = self._open()
                work(self._connection)
            except (OSError, sqlite3.Error) as error:
                if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                    return  # another kernel is writing: this once it is not remembered
                self._unusable = True
                context = {"file": str(self._path), "why": f"{type(error).__name__}: {error}"}
                _log.warning(
                    "models seen before can't be kept; deleting the file may cure it", extra={"context": context}
                )

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
        # Homes are often network disks, where sqlite's write-ahead log does not work (sqlite.org/wal.html).
        connection.executescript(f"PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; {_SCHEMA}")
        return connection


def _row(endpoint: str, now: float, model: ModelInfo) -> tuple[object, ...]:
    kept = model.model_copy(update={"origin": "seen", "chat_template": _TEMPLATE_LEFT_OUT})
    changed = model.last_modified.value or model.created.value
    numbers = (model.downloads.value, model.likes.value, changed, model.parameters.value)
    return (endpoint, model.id, model.id.lower(), now, *numbers, kept.model_dump_json())


def _model(body: str) -> ModelInfo | None:
    try:
        return ModelInfo.model_validate_json(body)
    except ValueError:  # written by another version
        return None

"""Answers of the Hub kept on disk, shared by all kernels of a user, oldest out first."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import threading
import time
import zlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ..facts import Frozen
from ..logs import get_logger

T = TypeVar("T")

_log = get_logger("hub.cache")

# What diskcache and sqlite raise when the folder can't be used: no right to it, no room, a damaged or busy database.
# diskcache.Timeout is added where diskcache is imported.
_UNUSABLE: tuple[type[Exception], ...] = (OSError, sqlite3.Error)
# What reading one damaged entry raises.
_UNREADABLE = (ValueError, TypeError, KeyError, zlib.error, RecursionError)
# Seconds to wait for another kernel that writes at the same time.
_BUSY_SECONDS = 2.0


class CachedAnswer(Frozen):
    """What was kept: any JSON value, its age in seconds, and whether that is within the time to live."""

    body: Any
    age_seconds: float
    fresh: bool


class HubCache:
    """At most `max_entries` JSON values in `folder`, each fresh for `ttl_seconds`.

    Old entries stay until they are pushed out, to stand in when the Hub is away. A folder that can't be used makes
    every `get` a miss and every `put` a no-op, and is logged once: a search never fails for its cache.
    """

    def __init__(
        self, folder: Path, ttl_seconds: float, max_entries: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._ttl_seconds = ttl_seconds
        self._max_entries = max_entries
        self._clock = clock
        self._lock = threading.Lock()
        self._opened: Any = None
        self._warned = False

    def get(self, key: str) -> CachedAnswer | None:
        """What is kept under `key`, however old; None where there is nothing or it can't be read."""
        entry = self._with_store(lambda store: _read(store, _hashed(key)), None)
        if not isinstance(entry, dict) or not isinstance(entry.get("at"), (int, float)):
            return None
        age = self._clock() - entry["at"]
        # A negative age is a clock that was set back: of unknown age is not fresh.
        return CachedAnswer(body=entry.get("body"), age_seconds=max(0.0, age), fresh=0 <= age < self._ttl_seconds)

    def put(self, key: str, body: Any) -> None:
        """Keep a JSON value as the newest entry; the oldest beyond `max_entries` go."""
        entry = {"at": self._clock(), "body": body}

        def write(store: Any) -> None:
            with store.transact():
                # Deleted first, for the order of rows is the order of storing.
                store.delete(_hashed(key))
                store.set(_hashed(key), entry)
                _push_out(store, len(store) - self._max_entries)

        self._with_store(write, None)

    def clear(self) -> None:
        """Forget everything."""
        self._with_store(lambda store: store.clear(), None)

    def clear_one(self, key: str) -> None:
        """Forget what is kept under `key`."""
        self._with_store(lambda store: store.delete(_hashed(key)), None)

    def size(self) -> int:
        """How many entries are kept; 0 where the folder can't be used."""
        return self._with_store(len, 0)

    def _with_store(self, use: Callable[[Any], T], otherwise: T) -> T:
        from diskcache import Timeout

        try:
            return use(self._store())
        except (*_UNUSABLE, Timeout) as error:
            with self._lock:
                warn, self._warned = not self._warned, True
            if warn:
                _log.warning(
                    "the cache can't be used, searching goes on without it; deleting its folder may cure it",
                    extra={"context": {"folder": str(self._folder), "why": f"{type(error).__name__}: {error}"}},
                )
            return otherwise

    def _store(self) -> Any:
        with self._lock:
            if self._opened is None:
                from diskcache import Cache

                from .json_disk import JsonDisk

                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._opened = Cache(
                    str(self._folder),
                    timeout=_BUSY_SECONDS,
                    disk=JsonDisk,
                    eviction_policy="least-recently-stored",
                    # Homes of a shared JupyterHub are often network disks, where sqlite's write-ahead log does not
                    # work (sqlite.org/wal.html) and a mapped file that another host shortens kills the process.
                    sqlite_journal_mode="truncate",
                    sqlite_mmap_size=0,
                    # Not waiting for the disk makes it as quick as the log is; a power cut may cost the cache.
                    sqlite_synchronous=0,
                )
            return self._opened


def cache_folder(folder: str | None) -> Path:
    """The folder of the settings, or where this system keeps a user's caches."""
    if folder:
        return Path(folder).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "trainpkg_widgets" / "hub"


def _hashed(key: str) -> str:
    # A key may hold a token.
    return hashlib.sha256(key.encode()).hexdigest()


def _read(store: Any, key: str) -> Any:
    try:
        return store.get(key)
    except _UNREADABLE:
        store.delete(key)
        return None


def _push_out(store: Any, surplus: int) -> None:
    if surplus <= 0:
        return
    try:
        oldest = list(islice(store, surplus))
    except _UNREADABLE:
        store.clear()
        return
    for key in oldest:
        store.delete(key)

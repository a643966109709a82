"""How diskcache keeps an answer: as JSON in its database, so that reading runs no code and touches no other file."""

from __future__ import annotations

from typing import Any

from diskcache import JSONDisk
from diskcache.core import MODE_RAW


class JsonDisk(JSONDisk):  # type: ignore[misc]  # diskcache ships no types
    """JSON only. A row that says it is a pickle, or a file, is refused whatever wrote it.

    diskcache 5.6.3 unpickles any row whose mode says so, JSONDisk or not (CVE-2025-69872), and opens and deletes the
    file that a row names, wherever it is.
    """

    def __init__(self, directory: str, **settings: Any) -> None:
        super().__init__(directory, **{**settings, "min_file_size": 2**31})

    def get(self, key: Any, raw: Any) -> Any:
        """The key of a row."""
        if not raw:
            raise ValueError("a key of the cache is not JSON")
        return super().get(key, raw)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """The value of a row."""
        if mode != MODE_RAW or filename is not None or read:
            raise ValueError("an entry of the cache is not JSON")
        return super().fetch(mode, filename, value, read)

    def remove(self, file_path: str) -> None:
        """Nothing: no entry has a file."""

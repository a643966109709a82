"""Rows that say nearly the same, found by MinHash in bounded memory.

Written here and not taken from a library: the one that is kept, datasketch, brings numpy and scipy, and still leaves
hashing each word to Python, which is what takes the time. Two words in a row are one CRC-32; of those the lowest of
each of twelve classes is kept (one-permutation MinHash: Li, Owen and Zhang, 2012), and texts that share three of these
are compared. It finds copies with a word or two changed and misses some that share less; what it reports was compared.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from ..settings.dataset_settings import NearCopySettings

_BANDS, _PER_BAND = 4, 3
_CLASSES = _BANDS * _PER_BAND


class NearCopies:
    """The texts seen so far, by parts of their signatures. Short ones are never copies: they share words anyway."""

    def __init__(self, settings: NearCopySettings) -> None:
        self._settings = settings
        self._bands: dict[int, tuple[int, array[int]]] = {}
        self._looked_at = 0

    @property
    def is_full(self) -> bool:
        """Whether it looks no more."""
        return self._looked_at >= self._settings.rows

    def earlier(self, text: str, number: int) -> int | None:
        """The number of an earlier text that shares enough with this one; None where none is known.

        After `settings.rows` texts it looks no more, which bounds time and memory.
        """
        self._looked_at += 1
        if self._looked_at > self._settings.rows:
            return None
        parts = _parts(text, self._settings.characters)
        if len(parts) < self._settings.fewest_words:
            return None
        keys = _keys(parts)
        for key in keys:
            if (known := self._bands.get(key)) is not None:
                row, others = known[0], set(known[1])
                if len(parts & others) >= self._settings.alike * len(parts | others):
                    return row
        kept = (number, array("I", parts))
        for key in keys:
            self._bands.setdefault(key, kept)
        return None


def _parts(text: str, characters: int) -> set[int]:
    words = text[:characters].lower().encode("utf-8", "surrogatepass").split()
    return set(map(crc32, map(b" ".join, pairwise(words))))


def _keys(parts: set[int]) -> list[int]:
    lowest = [1 << 32] * _CLASSES
    for part in parts:
        place = part % _CLASSES
        if part < lowest[place]:
            lowest[place] = part
    return [hash((band, *lowest[band * _PER_BAND : (band + 1) * _PER_BAND])) for band in range(_BANDS)]

"""Which rows of a dataset are used, without a list of them: all but some, or some of each hundred by a seed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

_WORD = (1 << 64) - 1


class AllButSome(Sequence[int]):
    """The numbers below `count` without those that are left out, in their order."""

    def __init__(self, count: int, left_out: Iterable[int]) -> None:
        self._left_out = sorted({number for number in left_out if 0 <= number < count})
        self._those = frozenset(self._left_out)
        self._before = [number - place for place, number in enumerate(self._left_out)]
        self._count = count - len(self._left_out)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < self._count + len(self._those) and number not in self._those

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._count))]
        if not 0 <= place < self._count:
            raise IndexError(place)
        return place + bisect_right(self._before, place)

    def index(self, value: int, start: int = 0, stop: int | None = None) -> int:
        """The place of a number that is there."""
        return value - bisect_left(self._left_out, value)


class OneOfEach(Sequence[int]):
    """`count` of the numbers `of`, which rise: one of each of so many runs of neighbours, picked by `seed`.

    Neighbours are often alike or made in turn, so none is picked for its place in the run.
    """

    def __init__(self, count: int, of: Sequence[int], seed: int) -> None:
        self._of, self._all, self._count, self._seed = of, len(of), count, seed

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: object) -> bool:
        if number not in self._of or not self._count:
            return False
        place = self._of.index(number)
        return self._pick(place * self._count // self._all) == place

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._count))]
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._of[self._pick(place)]

    def index(self, value: int, start: int = 0, stop: int | None = None) -> int:
        """The place of a number that is there."""
        return self._of.index(value) * self._count // self._all

    def _pick(self, place: int) -> int:
        begins = -(-place * self._all // self._count)
        ends = -(-(place + 1) * self._all // self._count)
        return begins + _scattered(self._seed, place) % (ends - begins)


def _scattered(seed: int, place: int) -> int:
    """SplitMix64 (Steele, Lea, Flood 2014): a number that looks drawn, and is the same for the same place and seed."""
    word = (seed + 0x9E3779B97F4A7C15 * (place + 1)) & _WORD
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & _WORD
    return word ^ word >> 31

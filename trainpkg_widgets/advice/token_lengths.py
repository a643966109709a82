"""How long training rows are in tokens, and what a longest length does to them: cut, dropped, packed."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal

from ..facts import Frozen

Strategy = Literal["bfd", "bfd_split", "wrapped"]

# TRL 1.16, pack_dataset: `datasets.map` hands it this many rows at a time, and it packs those among themselves.
_PACKED_TOGETHER = 1000
# Of a normal distribution, 95 % lies within this many standard deviations.
_Z = 1.96


class Spread(Frozen):
    """A number with the range that 95 of 100 such samples would have it in; the three are one where all was counted."""

    value: float
    low: float
    high: float


class TokenLengths(Frozen):
    """Lengths of training rows in tokens, by the model's own tokenizer.

    `counts` is (length, rows of that length), ascending, of the `counted` rows; `rows` is how many training rows there
    are in all. `blocks` are the mean length of each run of neighbouring rows in a sample, which says how far it can be
    trusted. `sequences_tokens` is the tokens of all sequences over those of each row's longest: 1, or nearly 2 where
    each row has a chosen and a rejected answer. `beginnings` is where learning begins in a sampled row, -1 where it
    does not; with its length it says which rows a longest length leaves nothing to learn of.
    """

    rows: int
    counted: int
    exact: bool
    counts: tuple[tuple[int, int], ...]
    blocks: tuple[float, ...] = ()
    sequences_tokens: float = 1.0
    beginnings: tuple[tuple[int, int], ...] = ()

    @property
    def longest(self) -> int:
        """Tokens of the longest row that was counted."""
        return self.counts[-1][0] if self.counts else 0

    @property
    def mean(self) -> Spread:
        """Tokens of a row on average."""
        total = sum(length * count for length, count in self.counts)
        mean = total / self.counted if self.counted else 0.0
        if self.exact or len(self.blocks) < 2:
            return Spread(value=mean, low=mean, high=mean)
        # Rows beside one another are alike, so that the blocks are the sample and not their rows.
        centre = sum(self.blocks) / len(self.blocks)
        variance = sum((block - centre) ** 2 for block in self.blocks) / (len(self.blocks) - 1)
        error = _Z * math.sqrt(variance / len(self.blocks) * (1 - self.counted / max(self.rows, self.counted)))
        return Spread(value=mean, low=max(mean - error, 0.0), high=mean + error)

    def longer_than(self, length: int) -> Spread:
        """The share of rows that are longer (0 to 1), with Wilson's interval where not all were counted."""
        over = sum(count for size, count in self.counts if size > length)
        if not self.counted:
            return Spread(value=0.0, low=0.0, high=0.0)
        share, n = over / self.counted, self.counted
        if self.exact:
            return Spread(value=share, low=share, high=share)
        centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
        return Spread(value=share, low=max(centre - half, 0.0), high=min(centre + half, 1.0))

    def tokens_per_epoch(self, length: int | None = None, *, dropped: bool = False) -> Spread:
        """Tokens that one pass over the rows reads, each row cut at `length`; longer rows are left out if `dropped`."""
        kept = sum(
            count * (size if length is None or size <= length else 0 if dropped else length)
            for size, count in self.counts
        )
        total = kept / self.counted * self.rows * self.sequences_tokens if self.counted else 0.0
        mean = self.mean
        low, high = (mean.low / mean.value, mean.high / mean.value) if mean.value else (1.0, 1.0)
        return Spread(value=total, low=total * low, high=total * high)

    def most_in(self, rows: int) -> int:
        """Tokens that so many rows have at most: those of the longest that were counted."""
        left, total = rows, 0
        for size, count in reversed(self.counts):
            taken = min(left, count)
            left, total = left - taken, total + taken * size
        return total + left * self.longest

    def left_with_nothing(self, length: int) -> float:
        """The share of sampled rows of which a cut at `length` leaves nothing to learn (0 to 1); TRL drops them."""
        if not self.beginnings:
            return 0.0
        return sum(first >= length for first, _ in self.beginnings) / len(self.beginnings)

    def packed(self, length: int, strategy: Strategy = "bfd") -> tuple[float, float]:
        """Sequences of `length` tokens that all rows are packed into, and how full those are (0 to 1)."""
        if not self.counts or length < 1:
            return 0.0, 0.0
        together = min(self.rows, _PACKED_TOGETHER) or 1
        sizes = self._spread_out(together)
        if strategy == "wrapped":
            pieces, bins = sizes, math.ceil(sum(sizes) / length)
        else:
            pieces = [part for size in sizes for part in _parts(size, length, split=strategy == "bfd_split")]
            bins = best_fit(pieces, length)
        return bins * self.rows / together, sum(pieces) / (bins * length) if bins else 0.0

    def bars(self, most: int) -> tuple[tuple[int, int, int], ...]:
        """A histogram: (from, up to and with, rows) of each bar, of one width, from 0 to the longest row."""
        if not self.counts:
            return ()
        width = _round_width(math.ceil(self.longest / most))
        heights = Counter[int]()
        for size, count in self.counts:
            heights[max(size - 1, 0) // width] += count
        return tuple((n * width, (n + 1) * width, heights[n]) for n in range(max(heights) + 1))

    def _spread_out(self, wanted: int) -> list[int]:
        """`wanted` lengths that are spread as the counted ones are."""
        ends = list(accumulate(count for _, count in self.counts))
        return [self.counts[bisect_left(ends, (n + 0.5) * self.counted / wanted)][0] for n in range(wanted)]


def lengths_of(
    longest: Iterable[int],
    *,
    rows: int,
    total: int,
    blocks: Sequence[float] = (),
    beginnings: Iterable[tuple[int, int]] = (),
) -> TokenLengths:
    """The lengths of counted rows: `longest` of each row, `total` tokens of all their sequences, `rows` there are."""
    counts = Counter(longest)
    counted = sum(counts.values())
    of_longest = sum(size * count for size, count in counts.items())
    return TokenLengths(
        rows=rows,
        counted=counted,
        exact=counted >= rows,
        counts=tuple(sorted(counts.items())),
        blocks=tuple(blocks),
        sequences_tokens=total / of_longest if of_longest else 1.0,
        beginnings=tuple(beginnings),
    )


def best_fit(sizes: Iterable[int], length: int) -> int:
    """How many bins of `length` best-fit decreasing puts `sizes` into."""
    rooms: list[int] = []
    bins = 0
    for size in sorted((size for size in sizes if size), reverse=True):
        place = bisect_left(rooms, size)
        if place == len(rooms):
            bins += 1
            room = length
        else:
            room = rooms.pop(place)
        if room > size:
            insort(rooms, room - size)
    return bins


def _parts(size: int, length: int, *, split: bool) -> list[int]:
    if size <= length:
        return [size]
    if not split:
        return [length]
    whole, rest = divmod(size, length)
    return [length] * whole + ([rest] if rest else [])


def _round_width(least: int) -> int:
    """The next width that reads well: 1, 2 or 5 times a power of ten, or 25 and its multiples by ten."""
    power = int(10 ** max(len(str(least)) - 1, 0))
    widths = [power, 2 * power, 5 * power, 10 * power]
    if power >= 10:
        widths.append(5 * power // 2)
    return min(width for width in widths if width >= least)

"""The tokens of the training rows counted by the model's own tokenizer: of a sample at first, of all where asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any

from ..advice.token_lengths import TokenLengths, lengths_of
from ..advice.token_survey import TokenSurvey, survey_of
from .prepare import prepared_row
from .rows import numbered
from .turns import UnfitRowError

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..settings.dataset_settings import TokenizerSettings
    from ..steps import DatasetStep
    from .rows import Row, Rows
    from .tokenizer_process import TokenizerProcess

# A sample is this many runs of neighbouring rows, spread evenly over all rows.
_BLOCKS = 50
_SHOWN_ROWS = 5
# Batches that are asked in a row; a row to be looked at waits for no more than these.
_ASKED_AHEAD = 4
# How often a count under way tells how far it is.
_TELL_EVERY_SECONDS = 0.3


@dataclass(frozen=True)
class Measured:
    """What was counted, and of which choices."""

    of: tuple[object, ...]
    lengths: TokenLengths
    survey: TokenSurvey


@dataclass(frozen=True)
class Counting:
    """Rows to count and what counts them. Once `cancelled` is set nothing is found."""

    process: TokenizerProcess
    step: DatasetStep
    rows: Rows
    shape: TrainingShape
    settings: TokenizerSettings
    cancelled: Event

    def sample(self, of: tuple[object, ...], how: dict[str, Any]) -> Measured | None:
        """Look at a sample of the rows; where they are few, at all. `how` is what the process is told of the run."""
        wanted = self.settings.sample_rows
        told: list[tuple[int, list[Any]]] = []
        blocks: list[float] = []
        here = self._sampled
        for page in self._pages(wanted) if here is None else _runs(here):
            if self.cancelled.is_set():
                return None
            made = list(self._training_rows(iter(page)))
            if not made:
                continue
            found = self.process.ask({"do": "survey", "rows": [row for _, row in made], "how": how})["rows"]
            told += zip([number for number, _ in made], found, strict=True)
            counted = [one[0] for one in found if one[4] != "refused"]
            if counted:
                blocks.append(sum(counted) / len(counted))
        counted_rows = [one for _, one in told if one[4] != "refused"]
        complete = self._count <= (wanted if here is None else len(here))
        lengths = lengths_of(
            (one[0] for one in counted_rows),
            rows=self._of_all(len(counted_rows)) if complete else max(self.shape.training_rows, len(counted_rows)),
            total=sum(one[1] for one in counted_rows),
            blocks=blocks,
            beginnings=((one[2], one[0]) for one in counted_rows if one[2] >= 0),
        )
        learns = how["method"] not in ("reward", "grpo")
        return Measured(of, lengths, survey_of(told, self.process.about["stops"], _SHOWN_ROWS, learns=learns))

    def all(self, sampled: Measured, tell: Callable[[float], None]) -> Measured | None:
        """Count every row, beside what a sample found. `tell` is given the share that is done, now and then."""
        longest: list[int] = []
        total = 0
        each = self._training_rows(enumerate(self.rows))
        told, reached, ended = time.monotonic(), 0, False

        def batches() -> Iterator[dict[str, Any]]:
            nonlocal reached, ended
            for _ in range(_ASKED_AHEAD):
                batch = list(islice(each, self.settings.batch_rows))
                if not batch or self.cancelled.is_set():
                    ended = True
                    return
                reached = batch[-1][0] + 1
                yield {"do": "count", "rows": [row for _, row in batch]}

        while not ended:
            for found in self.process.ask_ahead(batches()):
                longest += found["longest"]
                total += sum(found["total"])
            if time.monotonic() - told > _TELL_EVERY_SECONDS:
                told = time.monotonic()
                tell(reached / self._count)
        if self.cancelled.is_set():
            return None
        rows = self._of_all(len(longest))
        lengths = lengths_of(longest, rows=rows, total=total, beginnings=sampled.lengths.beginnings)
        return Measured(sampled.of, lengths, sampled.survey)

    @property
    def _sampled(self) -> list[tuple[int, Row]] | None:
        """The rows that are here, where they are an even sample of a dataset that is not: no more are asked for."""
        shares = getattr(self.rows, "shares", ())
        return list(numbered(self.rows)) if shares and min(shares) == max(shares) else None

    def _pages(self, wanted: int) -> Iterator[list[tuple[int, Row]]]:
        for block in blocks_of(self._count, wanted):
            yield list(zip(block, self.rows.page(block.start, len(block)), strict=False))

    @property
    def _count(self) -> int:
        """Rows that may be trained on: the last ones are those of a split that is held back."""
        return self.rows.count - self.step.eval_rows

    def _of_all(self, counted: int) -> int:
        """How many of the rows that were counted are trained on: fewer where the dataset is limited."""
        return counted if self.step.limit is None else min(counted, self.shape.training_rows)

    def _training_rows(self, numbered: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        excluded = frozenset(self.step.excluded_rows)
        for number, row in numbered:
            if number >= self._count:
                return
            if number in excluded:
                continue
            try:
                made = prepared(row, self.step, self.shape)
            except UnfitRowError:  # told by the checks of the rows
                continue
            yield from ((number, one) for one in made)


def prepared(row: Row, step: DatasetStep, shape: TrainingShape) -> list[Row]:
    """The training rows that one row makes.

    Raises:
        UnfitRowError: it makes none.
    """
    return prepared_row(row, step, shape=shape.rows, system_into_question=shape.system_into_question)


def _runs(rows: list[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    each = -(-len(rows) // _BLOCKS)
    yield from (rows[start : start + each] for start in range(0, len(rows), each))


def blocks_of(count: int, wanted: int) -> Iterator[range]:
    """Runs of neighbouring rows, spread evenly, of about `wanted` rows in all; all rows where they are no more."""
    each = -(-wanted // _BLOCKS)
    if count <= wanted:
        yield from (range(start, min(start + each, count)) for start in range(0, count, each))
        return
    for number in range(_BLOCKS):
        start = round(number * (count - each) / (_BLOCKS - 1))
        yield range(start, start + each)

"""What token lengths promise: what is counted is what there is, a sample says how far it goes, packing is TRL's."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from trainpkg_widgets.advice.token_lengths import TokenLengths, best_fit, lengths_of


def counted(*sizes: int, rows: int | None = None, **more: object) -> TokenLengths:
    return lengths_of(sizes, rows=rows or len(sizes), total=sum(sizes), **more)  # type: ignore[arg-type]  # as given


class TestWhatIsCounted:
    def test_all_rows_counted_is_exact_and_has_no_range(self) -> None:
        lengths = counted(10, 20, 30)
        assert lengths.exact
        assert (lengths.mean.value, lengths.mean.low, lengths.mean.high) == (20, 20, 20)
        assert lengths.longer_than(20).value == lengths.longer_than(20).high == pytest.approx(1 / 3)

    def test_a_row_as_long_as_the_longest_length_is_not_cut(self) -> None:
        assert counted(10, 20).longer_than(20).value == 0

    def test_tokens_of_a_pass_are_those_left_after_the_cut(self) -> None:
        assert counted(10, 20, 100).tokens_per_epoch(50).value == 80
        assert counted(10, 20, 100).tokens_per_epoch(50, dropped=True).value == 30
        assert counted(10, 20, 100).tokens_per_epoch().value == 130

    def test_both_answers_of_a_pair_are_read(self) -> None:
        pairs = lengths_of([10, 20], rows=2, total=55)
        assert pairs.tokens_per_epoch().value == pytest.approx(55)

    def test_a_row_whose_answer_begins_after_the_cut_has_nothing_left(self) -> None:
        lengths = counted(10, 20, beginnings=[(5, 10), (18, 20)])
        assert lengths.left_with_nothing(18) == 0.5
        assert lengths.left_with_nothing(19) == 0

    def test_nothing_counted_is_no_division_by_zero(self) -> None:
        nothing = counted()
        assert (nothing.longest, nothing.mean.value, nothing.tokens_per_epoch(5).value) == (0, 0, 0)
        assert nothing.packed(5) == (0, 0) and nothing.bars(10) == ()


class TestASample:
    def test_it_says_how_far_it_can_be_trusted(self) -> None:
        lengths = counted(*[10, 20] * 50, rows=10_000, blocks=[10, 20, 15, 14, 16])
        assert not lengths.exact
        assert lengths.mean.low < 15 < lengths.mean.high
        share = lengths.longer_than(15)
        assert share.low < 0.5 < share.high

    def test_no_long_row_seen_does_not_mean_that_there_is_none(self) -> None:
        assert counted(*[10] * 100, rows=10_000).longer_than(50).high > 0

    def test_ninety_five_of_a_hundred_samples_have_the_truth_in_their_range(self) -> None:
        dice = random.Random(3)
        rows = [int(dice.lognormvariate(5, 0.6)) for _ in range(20_000)]
        truth = sum(rows) / len(rows)
        held = 0
        for _ in range(200):
            starts = [dice.randrange(len(rows) - 10) for _ in range(50)]
            blocks = [rows[start : start + 10] for start in starts]
            lengths = lengths_of(
                [size for block in blocks for size in block],
                rows=len(rows),
                total=sum(map(sum, blocks)),
                blocks=[sum(block) / len(block) for block in blocks],
            )
            held += lengths.mean.low <= truth <= lengths.mean.high
        assert 180 <= held <= 199

    def test_tokens_of_a_pass_are_told_for_all_rows(self) -> None:
        assert counted(10, 20, rows=200, blocks=[15, 15]).tokens_per_epoch().value == 3000


class TestPacking:
    def test_rows_fill_sequences_as_best_fit_decreasing_does(self) -> None:
        assert best_fit([5, 4, 3, 3, 3], 9) == 2
        assert best_fit([9, 9, 1], 9) == 3
        assert best_fit([], 9) == 0

    def test_sequences_and_how_full_they_are(self) -> None:
        sequences, full = counted(*[50] * 100).packed(100)
        assert (sequences, full) == (50, 1)
        sequences, full = counted(*[60] * 100).packed(100)
        assert (sequences, full) == (100, 0.6)

    def test_longer_rows_are_cut_split_or_run_on_as_the_strategy_says(self) -> None:
        lengths = counted(*[150] * 100)
        assert lengths.packed(100, "bfd") == (100, 1)
        assert lengths.packed(100, "bfd_split") == (150, 1)
        assert lengths.packed(100, "wrapped") == (150, 1)

    def test_it_scales_to_all_rows(self) -> None:
        sequences, _ = counted(*[50] * 100, rows=4000, blocks=[50, 50]).packed(100)
        assert sequences == 2000


class TestTheHistogram:
    def test_every_row_is_in_one_bar(self) -> None:
        lengths = counted(*range(1, 1001))
        bars = lengths.bars(24)
        assert sum(rows for _, _, rows in bars) == 1000
        assert len(bars) <= 24
        assert all(before[1] == after[0] for before, after in pairwise(bars))

    def test_a_row_at_the_edge_is_in_the_bar_that_ends_there(self) -> None:
        assert counted(10, 20).bars(2) == ((0, 10, 1), (10, 20, 1))

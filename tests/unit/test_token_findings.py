"""What tokens say about a run: each finding has a case that draws it and one that does not, and a fix that helps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.package_samples import config_step, dataset_step
from trainpkg_widgets.advice.token_findings import cutting_of, token_findings
from trainpkg_widgets.advice.token_lengths import TokenLengths, lengths_of
from trainpkg_widgets.advice.token_survey import TokenSurvey, survey_of
from trainpkg_widgets.facts import Finding

SHORT = lengths_of([10, 20], rows=2, total=30)


def told(*rows: tuple[int, list[Any]], **more: Any) -> TokenSurvey:
    return survey_of(rows, ["<end>"], 3, **more)


def row(number: int, *, learnt: int = 5, stop: str = "trained", said: str = "<end>", left: str = "") -> Any:
    return number, [10, 10, 2, learnt, stop, said, left]


def found(
    survey: TokenSurvey | None = None,
    lengths: TokenLengths = SHORT,
    target: str = "trl",
    held_back: float = 0.0,
    **config: Any,
) -> dict[str, Finding]:
    step = dataset_step(rows=lengths.rows, eval_share=held_back)
    findings = token_findings(survey or told(row(0)), lengths, step, config_step(**config), target, 4096)
    return {finding.code: finding for finding in findings}


class TestWhatIsLearnt:
    def test_rows_that_are_as_they_should_be_draw_nothing(self) -> None:
        assert found() == {}

    def test_no_token_learnt_at_all_is_an_error_and_in_some_rows_a_warning(self) -> None:
        every = found(told(row(0, learnt=0, stop="", said="")))["mask-empty"]
        assert every.severity == "error" and every.fix is not None
        some = found(told(row(0), row(7, learnt=0, stop="", said="")))["mask-empty"]
        assert some.severity == "warning" and "8" in some.evidence

    def test_a_reward_learns_no_token_and_that_is_right(self) -> None:
        assert found(told(row(0, learnt=0, stop="", said=""), learns=False)) == {}

    def test_an_answer_that_ends_in_another_token_than_the_models_has_that_as_its_fix(self) -> None:
        finding = found(told(row(0, stop="other", said="<|im_end|>")))["stop-differs"]
        assert finding.fix is not None
        assert (finding.fix.verb, finding.fix.arguments) == ("use_template", {"stop_token": "<|im_end|>"})

    @pytest.mark.parametrize(("stop", "code"), [("untrained", "stop-not-trained"), ("missing", "stop-missing")])
    def test_a_stop_token_outside_the_loss_is_told(self, stop: str, code: str) -> None:
        assert code in found(told(row(0, stop=stop)))

    def test_a_prompt_that_is_no_beginning_of_the_whole_is_told_with_its_end(self) -> None:
        assert "<think>" in found(told(row(0, left="<think>")))["prompt-differs"].evidence

    def test_what_a_template_refuses_is_an_error_with_its_own_words(self) -> None:
        finding = found(told(row(3, stop="refused", said="roles must alternate")))["row-refused"]
        assert finding.severity == "error"
        assert "roles must alternate" in finding.evidence and "row 4" in finding.evidence


class TestWhatIsCut:
    LONG = lengths_of([10] * 80 + [3000] * 20, rows=100, total=60_800)

    def test_rows_within_the_longest_length_are_not_spoken_of(self) -> None:
        assert "rows-cut" not in found(lengths=self.LONG, max_length=3000)

    def test_what_happens_to_longer_rows_is_what_the_target_does(self) -> None:
        cut = found(lengths=self.LONG, max_length=2048)["rows-cut"]
        assert "would be cut" in cut.message and "20.0 %" in cut.message
        dropped = found(lengths=self.LONG, max_length=2048, target="axolotl")["rows-cut"]
        assert "left out" in dropped.message
        assert cutting_of("trl", "reward")[0] == "drops"
        assert "rows-cut" not in found(lengths=self.LONG, max_length=2048, method="grpo")

    def test_the_fix_leaves_nothing_to_be_cut(self) -> None:
        fix = found(lengths=self.LONG, max_length=2048)["rows-cut"].fix
        assert fix is not None
        assert "rows-cut" not in found(lengths=self.LONG, **fix.arguments)

    def test_beyond_what_the_model_can_read_there_is_no_fix(self) -> None:
        endless = lengths_of([9000] * 10, rows=10, total=90_000)
        assert found(lengths=endless, max_length=4096)["rows-cut"].fix is None

    def test_a_few_monsters_do_not_decide_the_fix(self) -> None:
        monsters = lengths_of([600] * 999 + [60_000], rows=1000, total=659_400)
        fix = found(lengths=monsters, max_length=512)["rows-cut"].fix
        assert fix is not None and fix.arguments["max_length"] == 640

    def test_a_cut_before_every_answer_is_an_error(self) -> None:
        lost = lengths_of([300] * 10, rows=10, total=3000, beginnings=[(256, 300)] * 10)
        assert found(lengths=lost, max_length=256)["nothing-left"].severity == "error"
        assert "nothing-left" not in found(lengths=lost, max_length=257)

    def test_a_target_that_drops_all_rows_is_an_error(self) -> None:
        long = lengths_of([300] * 10, rows=10, total=3000)
        assert found(lengths=long, max_length=256, target="axolotl")["nothing-left"].severity == "error"

    PACKS = {"method": "cpt", "packing": True, "target": "llamafactory"}

    @pytest.mark.parametrize(
        ("rows", "held_back", "length", "which"),
        [(100, 0.1, 1024, "held back"), (100, 0.1, 500, None), (10, 0.0, 1024, "trained on"), (30, 0.0, 1024, None)],
    )
    def test_llamafactory_leaves_out_what_fills_no_block_and_stops(
        self, rows: int, held_back: float, length: int, which: str | None
    ) -> None:
        lengths = lengths_of([50] * rows, rows=rows, total=50 * rows)
        findings = found(lengths=lengths, held_back=held_back, max_length=length, **self.PACKS)
        stop = findings.get("packing-fills-nothing")
        assert (stop is not None) == (which is not None)
        if stop is not None and which is not None:
            assert stop.severity == "error" and which in stop.message and stop.fix is not None
            unpacked = found(lengths=lengths, max_length=length, **{**self.PACKS, **stop.fix.arguments})
            assert "packing-fills-nothing" not in unpacked

    def test_where_the_longest_rows_would_fill_a_block_it_is_a_warning(self) -> None:
        uneven = lengths_of([50] * 95 + [600] * 5, rows=100, total=7750)
        stop = found(lengths=uneven, held_back=0.1, max_length=1024, **self.PACKS)["packing-fills-nothing"]
        assert stop.severity == "warning" and "775 tokens, and 3,250 at most" in stop.evidence

    def test_the_rows_that_stop_it_are_told_before_those_that_may(self) -> None:
        uneven = lengths_of([10] * 95 + [200] * 5, rows=100, total=1950)
        stop = found(lengths=uneven, held_back=0.05, max_length=1900, **self.PACKS)["packing-fills-nothing"]
        assert stop.severity == "error" and "held back" in stop.message

    def test_rows_fill_a_block_with_those_joined_at_once_and_no_others(self) -> None:
        many = lengths_of([1] * 100, rows=100_000, total=100)
        assert "packing-fills-nothing" in found(lengths=many, max_length=2048, **self.PACKS)
        assert "packing-fills-nothing" not in found(lengths=many, max_length=1000, **self.PACKS)

    @pytest.mark.parametrize("other", [{"target": "trl"}, {"target": "axolotl"}, {"method": "sft"}, {"packing": False}])
    def test_other_trainers_and_rows_that_are_not_packed_need_not_fill_a_block(self, other: dict[str, Any]) -> None:
        few = lengths_of([50] * 10, rows=10, total=500)
        assert "packing-fills-nothing" not in found(lengths=few, max_length=1024, **{**self.PACKS, **other})

"""What makes a run fit its card, in the order of what it costs; and which cards a run needs."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import SETTINGS, card, changed
from tests.unit.memory_samples import EXPERTS, LLAMA_8B, QWEN_1_5B, known
from trainpkg_widgets.advice.costs import costs_view
from trainpkg_widgets.advice.estimate import verdict_of
from trainpkg_widgets.advice.make_it_fit import changes_that_fit
from trainpkg_widgets.advice.memory import OutOfScopeError
from trainpkg_widgets.advice.needs import what_it_needs
from trainpkg_widgets.settings.config_settings import Gpu

LLAMA = known(LLAMA_8B, parameters=8_030_261_248)
QWEN = known(QWEN_1_5B, parameters=1_543_714_304)
T4, RTX_4090, A100 = card("T4"), card("RTX 4090"), card("A100 80GB")


def fits(model, config, gpu):
    return verdict_of(model, config, gpu).answer == "fits"


def reordered(*order, least_length=512):
    return SETTINGS.model_copy(
        update={"make_it_fit": SETTINGS.make_it_fit.model_copy(update={"order": order, "least_length": least_length})}
    )


METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tuning", ["full", "lora", "qlora"])
@pytest.mark.parametrize("gpu", [T4, RTX_4090, A100], ids=lambda gpu: gpu.name)
def test_what_is_offered_fits_and_nothing_of_it_is_needless(method, tuning, gpu):
    config = changed(method=method, tuning=tuning, gradient_checkpointing=False, batch_size=16)
    if fits(LLAMA, config, gpu):
        return
    changes = changes_that_fit(LLAMA, config, gpu, SETTINGS)
    if changes is None:
        assert not fits(QWEN, config, Gpu(name="Small", memory_mib=3000, compute_capability=8.6))
        return
    assert fits(LLAMA, changed(config, **changes), gpu)
    for needless in ("gradient_checkpointing", "optimizer", "precompute_reference", "max_length"):
        if needless in changes:
            without = {name: value for name, value in changes.items() if name != needless}
            assert not fits(LLAMA, config.model_copy(update=without), gpu), needless


def test_what_costs_time_only_comes_before_what_costs_quality():
    changes = changes_that_fit(QWEN, changed(gradient_checkpointing=False, batch_size=8), T4, SETTINGS)
    assert set(changes) <= {"gradient_checkpointing", "batch_size", "accumulation"}


def test_weights_go_to_four_bits_and_not_to_eight_that_nothing_proves():
    config = changed(method="sft", tuning="lora", batch_size=1)
    assert changes_that_fit(LLAMA, config, T4, SETTINGS) == {"tuning": "qlora", "quantisation_bits": 4}
    eight = changes_that_fit(LLAMA, config, T4, reordered("eight_bits", "four_bits"))
    assert eight == {"tuning": "qlora", "quantisation_bits": 8}


def test_a_smaller_batch_keeps_the_rows_of_an_update():
    changes = changes_that_fit(QWEN, changed(batch_size=64, accumulation=1, max_length=2048), T4, SETTINGS)
    assert changes["batch_size"] * changes["accumulation"] == 64


def test_the_order_is_the_one_of_the_settings():
    config = changed(batch_size=8, max_length=8192)
    first = changes_that_fit(QWEN, config, T4, reordered("batch", "length"))
    other = changes_that_fit(QWEN, config, T4, reordered("length", "batch"))
    assert "batch_size" in first and "max_length" not in first
    assert "max_length" in other and "batch_size" not in other


def test_rows_are_not_cut_below_the_least_length():
    config = changed(batch_size=1, max_length=8192, gradient_checkpointing=False)
    assert changes_that_fit(LLAMA, config, RTX_4090, reordered("length", least_length=8192)) is None
    assert changes_that_fit(LLAMA, config, RTX_4090, reordered("length", least_length=64))["max_length"] < 8192


def test_a_rung_that_the_settings_leave_out_is_never_offered():
    changes = changes_that_fit(
        LLAMA, changed(tuning="full"), RTX_4090, reordered("checkpointing", "batch", "optimizer")
    )
    assert changes is None
    assert changes_that_fit(LLAMA, changed(tuning="full"), RTX_4090, SETTINGS)["tuning"] == "lora"


def test_a_reference_model_is_asked_before_where_that_is_enough():
    config = changed(method="dpo", tuning="full", batch_size=1, max_length=512, optimizer="adamw_8bit")
    card = Gpu(name="Some", memory_mib=72_000, compute_capability=9.0)
    assert not fits(LLAMA, config, card)
    assert changes_that_fit(LLAMA, config, card, SETTINGS) == {"precompute_reference": True}


def test_grpo_writes_fewer_answers_at_once_in_whole_groups():
    config = changed(method="grpo", num_generations=8, batch_size=8, accumulation=64, max_completion_length=1024)
    changes = changes_that_fit(LLAMA, config, A100, reordered("answers"))
    assert changes["accumulation"] < 64
    assert (8 * changes["accumulation"]) % 8 == 0
    assert changes_that_fit(LLAMA, changed(batch_size=64, max_length=8192), T4, reordered("answers")) is None


def test_cards_that_are_there_already_share_first():
    config = changed(tuning="full", gpus=4, sharding="ddp", batch_size=1)
    changes = changes_that_fit(LLAMA, config, card("A100 80GB"), SETTINGS)
    assert changes == {"sharding": "zero2"}


def test_the_adapter_speaks_as_loud_with_a_smaller_rank():
    config = changed(lora_rank=512, lora_alpha=1024, batch_size=1)
    changes = changes_that_fit(LLAMA, config, RTX_4090, reordered("rank"))
    assert changes["lora_alpha"] / changes["lora_rank"] == 2


def test_nothing_is_offered_where_nothing_makes_it_fit():
    tiny = Gpu(name="Tiny", memory_mib=1024, compute_capability=8.6)
    assert changes_that_fit(LLAMA, changed(), tiny, SETTINGS) is None


def test_the_proposal_says_each_knob_now_and_then_and_what_memory_becomes():
    fit = costs_view(LLAMA, changed(tuning="full"), None, RTX_4090, SETTINGS).fit
    told = {change.knob: (change.now, change.proposed) for change in fit.changes}
    assert told["tuning"] == ("Full", "LoRA")
    assert fit.after_bytes < RTX_4090.memory_mib * 1024**2 < fit.before_bytes
    assert costs_view(QWEN, changed(), None, A100, SETTINGS).fit is None


# ------------------------------------------------------------------ which cards it needs


def test_the_smallest_card_that_a_run_fits_is_named():
    needs = what_it_needs(LLAMA, changed(), SETTINGS)
    smallest = needs[0]
    assert smallest.count == 1
    assert fits(LLAMA, changed(), card(smallest.gpu))
    smaller = [gpu for gpu in SETTINGS.gpus if gpu.memory_mib < smallest.memory_mib]
    assert not any(fits(LLAMA, changed(), gpu) for gpu in smaller)


def test_several_cards_are_named_only_where_they_may_be_smaller():
    needs = what_it_needs(LLAMA, changed(tuning="full"), SETTINGS)
    assert [need.count for need in needs] == sorted({need.count for need in needs})
    sizes = [need.memory_mib for need in needs]
    assert len(sizes) > 1 and sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)


def test_what_is_needed_can_be_chosen_and_keeps_the_rows_of_an_update():
    config = changed(tuning="full")
    for need in what_it_needs(LLAMA, config, SETTINGS):
        there = changed(config, **need.changes)
        assert fits(LLAMA, there, card(need.gpu))
        assert there.batch_size * there.accumulation * there.gpus == config.batch_size * config.accumulation


def test_four_bits_are_not_divided_among_cards():
    assert {need.count for need in what_it_needs(LLAMA, changed(tuning="qlora"), SETTINGS)} == {1}


def test_what_can_t_be_estimated_needs_no_card_by_guess():
    with pytest.raises(OutOfScopeError, match="mixture of experts"):
        what_it_needs(known(EXPERTS), changed(), SETTINGS)

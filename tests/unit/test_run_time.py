"""How long a run may take: a range with what it rests on, for GRPO its writing too, or why none can be told."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import SETTINGS, changed
from tests.unit.test_costs import H200, LLAMA, RTX_4090, T4, rows, told
from trainpkg_widgets.advice.costs import costs_view
from trainpkg_widgets.settings.config_settings import Gpu


def test_time_is_a_range_with_what_it_rests_on():
    costs = told(LLAMA, changed(), rows(1000), RTX_4090)
    assert 0 < costs.seconds_low < costs.seconds_high
    assert costs.seconds_high / costs.seconds_low == pytest.approx(0.6 / 0.25)
    assert "25% to 60% of the peak of RTX 4090, 165.2 TFLOPS" in costs.seconds_why


@pytest.mark.parametrize(
    ("config", "gpu", "why"),
    [
        (changed(method="grpo", max_steps=9, lora_variant="dora"), RTX_4090, "DoRA makes each matrix anew"),
        (changed(method="grpo", max_steps=9, tuning="qlora", quantisation_bits=8), RTX_4090, "weights in 8 bits"),
        (changed(method="grpo", max_steps=9, precision="fp32"), RTX_4090, "this precision"),
        (changed(method="grpo", max_steps=9), RTX_4090.model_copy(update={"bandwidth_gbs": None}), "reads its memory"),
        (changed(precision="fp32"), RTX_4090, "this precision"),
        (changed(), None, "No card"),
        (changed(), Gpu(name="New", memory_mib=99999, compute_capability=13.0), "No figure"),
    ],
)
def test_where_no_time_can_be_told_the_reason_is(config, gpu, why):
    costs = told(LLAMA, config, rows(1000), gpu)
    assert costs.seconds_low is None
    assert why in costs.seconds_why


def test_grpo_is_told_its_writing_and_its_learning_and_that_nothing_backs_it():
    # Llama 3 8B without an adapter, 100 updates of 512 tokens, one after another. The weights are 15 GB of 1008 GB/s.
    config = changed(method="grpo", tuning="full", max_steps=100, max_completion_length=512)
    costs = told(LLAMA, config, None, RTX_4090)
    learning = costs.flops / 165.2e12
    assert 51_200 * 15.0 / 1008 + learning / 0.6 < costs.seconds_low < costs.seconds_high
    assert costs.seconds_high < 51_200 * 0.045 + 1.4 * learning / 0.25
    assert "51,200 tokens of the longest answers" in costs.seconds_why
    assert "No published run of GRPO backs it" in costs.seconds_why


def test_writing_takes_longer_with_more_to_read_to_start_or_to_say():
    def most(**changes) -> float:
        found = told(LLAMA, changed(method="grpo", max_steps=10, **changes), None, RTX_4090)
        return found.seconds_high - found.flops / (RTX_4090.peak_tflops * 1e12 * 0.25)

    plain = most(tuning="full")
    assert most() > 1.5 * plain  # an adapter nearly doubles the kernels of a layer
    assert most(lora_targets=["q_proj"]) < most()
    assert most(tuning="full", max_completion_length=1024) > 1.8 * plain
    slow = told(LLAMA, changed(method="grpo", max_steps=10), None, T4)
    assert slow.seconds_low > 2 * told(LLAMA, changed(method="grpo", max_steps=10), None, RTX_4090).seconds_low
    # Two cards write their own answers at once: as long for each, and twice as many.
    one, two = (
        told(LLAMA, changed(method="grpo", max_steps=10, gpus=n, sharding=s), None, H200)
        for n, s in ((1, "none"), (2, "ddp"))
    )
    assert two.seconds_high == pytest.approx(one.seconds_high)
    assert two.tokens_per_step == 2 * one.tokens_per_step


@pytest.mark.parametrize("option", ["seconds_per_kernel", "bandwidth"])
def test_what_writing_takes_is_what_the_settings_say(option):
    writing = SETTINGS.estimates.writing
    share = getattr(writing, option)
    factor = 10 if option == "seconds_per_kernel" else 0.1
    slower = share.model_copy(update={"low": share.low * factor, "high": share.high * factor})
    estimates = SETTINGS.estimates.model_copy(update={"writing": writing.model_copy(update={option: slower})})
    config = changed(method="grpo", tuning="full", max_steps=10)
    costs = costs_view(LLAMA, config, None, RTX_4090, SETTINGS.model_copy(update={"estimates": estimates}))
    assert costs.seconds_high > 1.5 * told(LLAMA, config, None, RTX_4090).seconds_high


def test_two_cards_take_half_as_long():
    config = changed(max_steps=100, accumulation=8, batch_size=2)
    two = changed(config, gpus=2, sharding="ddp", accumulation=4)
    one, both = (told(LLAMA, c, None, H200) for c in (config, two))
    assert both.seconds_high == pytest.approx(one.seconds_high / 2)

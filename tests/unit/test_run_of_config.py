"""The run that a config becomes under TRL 1.16.0: nobody is asked what the config already decides."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import card, changed
from tests.unit.memory_samples import LLAMA_8B, QWEN_1_5B
from trainpkg_widgets.advice.dimensions import OutOfScopeError
from trainpkg_widgets.advice.memory import estimate_memory
from trainpkg_widgets.advice.run_of_config import run_of

MULTI_HEAD = LLAMA_8B.model_copy(update={"kv_heads": 32})


def test_adapters_are_float32_beside_whole_weights_and_bfloat16_beside_quantised_ones():
    assert run_of(changed(tuning="lora"), LLAMA_8B, None).adapters == "fp32"
    assert run_of(changed(tuning="qlora"), LLAMA_8B, None).adapters == "bf16"


def test_qlora_quantises_twice_and_casts_nothing_else_up():
    run = run_of(changed(tuning="qlora"), LLAMA_8B, None)
    assert run.quantisation == "nf4_double"
    assert not run.kbit_upcast


def test_full_fine_tuning_in_fp16_has_float32_weights():
    assert run_of(changed(tuning="full", precision="fp16"), LLAMA_8B, None).weights == "fp32"
    assert run_of(changed(tuning="full"), LLAMA_8B, None).weights == "bf16"


def test_the_loss_is_tiled_whatever_the_config_says():
    assert {run_of(changed(tuning=t), LLAMA_8B, None).loss for t in ("full", "lora", "qlora")} == {"tiled"}


def test_packed_rows_lie_in_one_row_under_a_mask_and_do_not_vary():
    run = run_of(changed(packing=True, batch_size=4, max_length=1024), LLAMA_8B, None)
    assert (run.one_row, run.masked, run.varying, run.row) == (True, True, False, 4096)


def test_one_row_at_a_time_needs_no_mask_and_runs_flash_attention():
    run = run_of(changed(batch_size=1), LLAMA_8B, card("RTX 4090"))
    assert (run.masked, run.attention) == (False, "flash")


def test_rows_of_different_lengths_need_a_mask_and_repeat_their_keys():
    run = run_of(changed(batch_size=4), LLAMA_8B, card("RTX 4090"))
    assert (run.masked, run.attention) == (True, "fused")


def test_grouped_keys_on_an_old_card_fall_back_to_all_scores():
    assert run_of(changed(batch_size=1, precision="fp16"), LLAMA_8B, card("T4")).attention == "math"
    assert run_of(changed(batch_size=1, precision="fp16"), MULTI_HEAD, card("T4")).attention == "fused"
    assert run_of(changed(batch_size=1, precision="fp32"), LLAMA_8B, card("RTX 4090")).attention == "math"


def test_a_model_that_caps_its_scores_has_no_kernel():
    gemma = LLAMA_8B.model_copy(update={"model_type": "gemma2"})
    assert run_of(changed(), gemma, None).attention == "eager"


def test_the_longest_batch_is_assumed():
    run = run_of(changed(batch_size=3, max_length=512), LLAMA_8B, None)
    assert run.tokens == 3 * 512


@pytest.mark.parametrize(
    "optimizer", ["adamw_torch_fused", "adamw_torch", "adamw_8bit", "paged_adamw_8bit", "adafactor"]
)
def test_every_optimizer_of_the_menu_is_known(optimizer):
    run = run_of(changed(tuning="full", optimizer=optimizer), QWEN_1_5B, None)
    assert estimate_memory(QWEN_1_5B, run).allocated > 0


def test_an_eight_bit_optimizer_needs_less_than_adamw():
    plain, eight = (
        estimate_memory(LLAMA_8B, run_of(changed(tuning="full", optimizer=o), LLAMA_8B, None)).allocated
        for o in ("adamw_torch_fused", "adamw_8bit")
    )
    assert eight < plain


def test_an_optimizer_whose_memory_is_not_known_is_not_guessed():
    config = changed().model_copy(update={"optimizer": "grokadamw"})
    with pytest.raises(OutOfScopeError, match="grokadamw"):
        run_of(config, LLAMA_8B, None)

"""What the costs of the choices are on the screen, and what is found where the card is too small."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import SETTINGS, card, changed
from tests.unit.memory_samples import EXPERTS, LLAMA_8B, QWEN_1_5B, known
from trainpkg_widgets.advice.costs import costs_view, memory_findings
from trainpkg_widgets.advice.dimensions import dimensions_of
from trainpkg_widgets.advice.run_length import optimizer_steps, warmup_of
from trainpkg_widgets.advice.run_time import flops_per_token
from trainpkg_widgets.advice.token_lengths import lengths_of
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.gpu import count_gpus, detect_gpu, find_gpu, listed_as
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.session import Session
from trainpkg_widgets.settings.config_settings import Gpu
from trainpkg_widgets.steps import DatasetSource, DatasetStep, Measured

LLAMA = known(LLAMA_8B, parameters=8_030_261_248)
QWEN = known(QWEN_1_5B, parameters=1_543_714_304)
T4, RTX_4090, H200 = card("T4"), card("RTX 4090"), card("H200")


def rows(count: int, **changes) -> DatasetStep:
    return DatasetStep(
        source=DatasetSource(kind="variable", name="rows"),
        rows=count,
        format=Fact(value="text", source="detected"),
        columns={"text": "text"},
        features={"text": "string"},
        sha256="0" * 64,
        bytes=1,
        **changes,
    )


def told(model, config, dataset, gpu, tokens=None):
    return costs_view(model, config, dataset, gpu, SETTINGS, tokens)


def findings(model: ModelInfo, config, gpu: Gpu):
    return memory_findings(told(model, config, None, gpu), config, model, gpu)


# ------------------------------------------------------------------ memory on the screen


def test_memory_is_five_parts_that_sum_to_the_whole():
    costs = told(LLAMA, changed(), None, RTX_4090)
    assert [part.name for part in costs.parts] == ["weights", "trained", "activations", "loss", "overhead"]
    assert sum(part.bytes for part in costs.parts) == pytest.approx(costs.total_bytes)
    assert costs.low_bytes < costs.total_bytes <= costs.high_bytes
    assert all(part.why for part in costs.parts)


def test_the_parts_stay_the_same_whatever_is_chosen():
    shapes = {
        tuple(part.name for part in told(LLAMA, changed(tuning=t, gradient_checkpointing=c), None, None).parts)
        for t in ("full", "lora", "qlora")
        for c in (True, False)
    }
    assert len(shapes) == 1


def test_the_capacity_is_that_of_the_card_in_mib():
    costs = told(LLAMA, changed(), None, T4)
    assert (costs.gpu, costs.capacity_bytes) == ("T4", 15360 * 1024**2)


def test_without_a_card_memory_is_told_and_no_answer_given():
    costs = told(LLAMA, changed(), None, None)
    assert costs.total_bytes is not None
    assert (costs.verdict, costs.capacity_bytes) == ("unknown", None)
    assert "no card" in costs.verdict_why


def test_without_a_model_nothing_is_guessed():
    costs = told(None, changed(), None, T4)
    assert (costs.parts, costs.total_bytes, costs.verdict) == ((), None, "unknown")
    assert "No model is chosen" in costs.verdict_why


def test_a_mixture_of_experts_gets_no_number_and_a_reason():
    costs = told(known(EXPERTS), changed(), None, RTX_4090)
    assert costs.total_bytes is None
    assert "mixture of experts" in costs.verdict_why


def test_unknown_dimensions_say_where_they_were_looked_for():
    bare = ModelInfo(id="a/b", origin="hub", as_of="2026-01-01")
    assert "not asked" in told(bare, changed(), None, RTX_4090).verdict_why


def test_a_checkpoint_that_is_quantised_costs_its_files():
    stored = known(LLAMA_8B, quantised="gptq 4-bit", weight_bytes=5_700_000_000)
    costs = told(stored, changed(), None, RTX_4090)
    assert costs.parts[0].bytes == 5_700_000_000


def test_a_quantisation_that_only_the_name_tells_is_not_believed():
    guessed = LLAMA.model_copy(update={"quantised": Fact(value="4bit", source="guess from name")})
    assert told(guessed, changed(), None, None) == told(LLAMA, changed(), None, None)


# ------------------------------------------------------------------ steps


def test_steps_are_counted_as_the_trainer_counts_them():
    # transformers 5.23, Trainer.set_initial_training_values: 250 batches of 4, 32 updates of 8 with a short last one.
    costs = told(None, changed(batch_size=4, accumulation=8, epochs=3, warmup_share=0.03), rows(1000), None)
    assert costs.steps == 96
    assert costs.warmup_steps == 3
    assert costs.effective_batch == 32
    assert costs.tokens_per_step == 32 * changed().max_length


@pytest.mark.parametrize(
    ("count", "batch", "accumulation", "epochs", "steps"),
    [(1, 8, 8, 1, 1), (8, 8, 1, 1, 1), (9, 8, 1, 1, 2), (100, 1, 3, 1, 34), (100, 1, 3, 0.5, 17), (10, 2, 16, 3, 3)],
)
def test_short_batches_and_updates_count(count, batch, accumulation, epochs, steps):
    assert optimizer_steps(count, batch, accumulation, epochs) == steps


def test_rows_that_are_left_out_or_held_back_are_not_trained_on():
    config = changed(batch_size=1, accumulation=1, epochs=1)
    assert told(None, config, rows(100, excluded_rows=tuple(range(20))), None).steps == 80
    assert told(None, config, rows(100, eval_share=0.1), None).steps == 90


def test_a_number_of_steps_in_the_config_is_the_number_of_steps():
    assert told(None, changed(max_steps=50), rows(1000), None).steps == 50


def test_steps_that_can_t_be_told_say_why():
    assert told(None, changed(), None, None).steps is None
    assert "dataset" in told(None, changed(), None, None).steps_why
    packed = told(None, changed(packing=True), rows(1000), None)
    assert (packed.steps, packed.warmup_steps) == (None, None)
    assert "once their tokens are counted" in packed.steps_why


def test_the_last_step_never_warms_up():
    assert warmup_of(0.5, 1) == 0
    assert warmup_of(0.03, 100) == 3
    assert warmup_of(0.0, 100) == 0


def test_packed_rows_make_as_many_steps_as_their_tokens_fill():
    tokens = lengths_of([500] * 1000, rows=1000, total=500_000)
    config = changed(packing=True, max_length=1000, batch_size=2, accumulation=5, epochs=1)
    assert told(None, config, rows(1000), None, tokens).steps == 50


def test_several_cards_share_the_rows_of_an_epoch():
    one = changed(batch_size=2, accumulation=4, epochs=1)
    assert told(None, one, rows(800), None).steps == 100
    four = told(None, changed(one, gpus=4, sharding="ddp"), rows(800), None)
    assert (four.steps, four.effective_batch) == (25, 32)


def test_preference_rows_hold_two_answers():
    config = changed(method="dpo", batch_size=2, accumulation=4, max_length=512)
    assert told(None, config, None, None).tokens_per_step == 8 * 2 * 512


def test_an_update_of_grpo_takes_as_many_prompts_as_its_rows_hold_groups():
    config = changed(method="grpo", num_generations=8, batch_size=8, accumulation=4, epochs=1)
    prompts = rows(100).model_copy(
        update={"format": Fact(value="prompt_completion", source="detected"), "columns": {"prompt": "text"}}
    )
    assert told(None, config, prompts, None).steps == 25


# ------------------------------------------------------------------ tokens, operations, time


def test_counted_rows_replace_the_longest_ones():
    tokens = lengths_of([100] * 1000, rows=1000, total=100_000)
    config = changed(epochs=2, max_length=2048)
    counted, guessed = (told(QWEN, config, rows(1000), RTX_4090, t) for t in (tokens, None))
    assert (counted.tokens, counted.at_most) == (200_000, False)
    assert guessed.at_most and guessed.tokens > counted.tokens
    assert guessed.seconds_low > counted.seconds_low


def test_full_fine_tuning_computes_six_times_the_weights_and_two_more_with_checkpoints():
    # Kaplan et al. 2020: 6 N a token; N without the embedding, which is looked up. Short rows leave attention out.
    config = changed(tuning="full", gradient_checkpointing=False, max_length=16)
    n = dimensions_of(LLAMA_8B)
    plain = flops_per_token(config, LLAMA_8B)
    head = 2 * n.embedding  # TRL computes each tile of logits again
    assert plain == pytest.approx(6 * (n.matrices + n.embedding) + head, rel=0.001)
    again = flops_per_token(changed(config, gradient_checkpointing=True), LLAMA_8B) - plain
    assert again == pytest.approx(2 * n.matrices, rel=0.001)


def test_frozen_weights_save_a_third():
    full, lora = (flops_per_token(changed(tuning=t, gradient_checkpointing=False), LLAMA_8B) for t in ("full", "lora"))
    assert 0.64 < lora / full < 0.75


def test_a_reference_model_computes_a_forward_pass_more():
    sft, dpo = (flops_per_token(changed(method=m, tuning="full", packing=False), LLAMA_8B) for m in ("sft", "dpo"))
    asked = flops_per_token(changed(method="dpo", tuning="full", precompute_reference=True), LLAMA_8B)
    assert dpo - sft == pytest.approx(2 * dimensions_of(LLAMA_8B).parameters, rel=0.15)
    assert asked == sft


@pytest.mark.parametrize("option", ["utilisation", "utilisation_before_2020"])
def test_the_share_of_the_peak_is_the_one_of_the_settings(option):
    share = SETTINGS.estimates.utilisation.model_copy(update={"low": 0.01, "high": 0.02})
    slow = SETTINGS.model_copy(update={"estimates": SETTINGS.estimates.model_copy(update={option: share})})
    gpu = T4 if option.endswith("2020") else RTX_4090
    costs = costs_view(QWEN, changed(), rows(100), gpu, slow)
    assert "1% to 2%" in costs.seconds_why
    assert costs.seconds_low > told(QWEN, changed(), rows(100), gpu).seconds_low


def test_prompts_are_as_long_as_the_settings_say():
    longer = SETTINGS.estimates.model_copy(update={"prompt_tokens": 8192})
    config = changed(method="grpo")
    long = costs_view(LLAMA, config, None, H200, SETTINGS.model_copy(update={"estimates": longer}))
    assert long.total_bytes > told(LLAMA, config, None, H200).total_bytes
    assert "8,192 tokens" in long.unproven[-1]


def test_what_a_run_measured_stands_in_the_place_of_the_estimate():
    run = Measured(
        seconds_per_step=2.5, tokens_per_second=900.0, peak_bytes=9 * 2**30, on="gpu", steps=40, source="run 7"
    )
    config = changed(max_steps=100)
    costs = costs_view(QWEN, config, None, RTX_4090, SETTINGS, measured=run)
    assert (costs.seconds_low, costs.seconds_high, costs.measured_bytes) == (250, 250, 9 * 2**30)
    assert "2.5 seconds a step, as measured (run 7)" in costs.seconds_why
    on_a_processor = run.model_copy(update={"on": "ram"})
    assert costs_view(QWEN, config, None, RTX_4090, SETTINGS, measured=on_a_processor) == told(
        QWEN, config, None, RTX_4090
    )


# ------------------------------------------------------------------ before and after


def test_what_is_fetched_and_what_the_trained_model_takes_are_told():
    model = LLAMA.model_copy(update={"download_bytes": Fact(value=16_000_000_000, source="files")})
    costs = told(model, changed(), None, RTX_4090)
    assert costs.download_bytes == 16_000_000_000
    assert 15.5 < costs.after_bytes / 1024**3 < 17
    assert told(LLAMA, changed(), None, RTX_4090).download_bytes is None


def test_what_no_measurement_backs_is_said():
    assert told(LLAMA, changed(), None, RTX_4090).unproven == ()
    assert "No published run of this method" in told(LLAMA, changed(method="dpo"), None, RTX_4090).unproven[0]
    for config, words in (
        (changed(tuning="qlora", quantisation_bits=8), "No published run in 8 bits backs this"),
        (changed(gpus=2, sharding="zero2"), "No published run with ZeRO"),
        (changed(gpus=2, sharding="zero3"), "No published run with ZeRO"),
        (changed(gpus=2, sharding="fsdp"), "Published runs with FSDP"),
        (changed(gpus=2, sharding="ddp"), "Two published runs"),
    ):
        assert words in told(LLAMA, config, None, RTX_4090).unproven[0]
        assert words in str(told(LLAMA, config, None, RTX_4090))
    assert "512 tokens" in told(LLAMA, changed(method="grpo"), None, RTX_4090).unproven[-1]


def test_the_numbers_are_said_to_be_trls_where_another_trainer_is_written_for():
    costs = costs_view(LLAMA, changed(), None, RTX_4090, SETTINGS, target="axolotl")
    assert "TRL's own loop" in costs.unproven[-1]


def test_a_mixture_of_experts_is_weighed_at_least():
    experts = known(EXPERTS, weight_bytes=93_000_000_000)
    assert "86.6 GiB as they are stored" in told(experts, changed(), None, RTX_4090).verdict_why


# ------------------------------------------------------------------ what is found


def test_a_run_that_fits_has_no_finding():
    assert findings(QWEN, changed(), H200) == []


def test_a_run_that_never_fits_is_an_error_with_its_numbers():
    [finding] = findings(LLAMA, changed(tuning="full"), T4)
    assert (finding.severity, finding.code) == ("error", "memory-no")
    assert "GiB" in finding.evidence


def test_a_run_that_fits_with_shorter_rows_is_a_warning():
    [finding] = findings(QWEN, changed(batch_size=64, max_length=4096), T4)
    assert finding.severity == "warning"
    assert "4,096 tokens" in finding.message


def test_packed_rows_are_always_full_and_so_is_the_error():
    [finding] = findings(QWEN, changed(batch_size=64, max_length=4096, packing=True), T4)
    assert finding.severity == "error"


@pytest.mark.parametrize(
    ("config", "gpu"),
    [
        (changed(gradient_checkpointing=False, batch_size=4), RTX_4090),
        (changed(batch_size=64, max_length=4096), T4),
        (changed(tuning="full"), RTX_4090),
        (changed(max_length=8192, batch_size=1), T4),
    ],
)
def test_the_fix_makes_it_fit(config, gpu):
    model = QWEN if gpu is T4 else LLAMA
    [finding] = findings(model, config, gpu)
    assert finding.fix is not None and finding.fix.verb == "configure"
    mended = changed(config, **finding.fix.arguments)
    assert told(model, mended, None, gpu).verdict == "fits"


def test_nothing_is_offered_where_nothing_makes_it_fit():
    tiny = Gpu(name="Tiny", memory_mib=1024, compute_capability=8.6)
    [finding] = findings(LLAMA, changed(), tiny)
    assert finding.fix is None


# ------------------------------------------------------------------ cards


def test_a_card_is_found_whatever_its_capitals():
    assert find_gpu(" rtx 4090 ", [T4, RTX_4090]) is RTX_4090


def test_a_card_that_is_not_in_the_list_names_the_nearest_one():
    with pytest.raises(ValueError, match="nearest one is “RTX 4090”"):
        find_gpu("RTX 4091", [T4, RTX_4090])


@pytest.mark.parametrize(
    ("name", "mib", "capability", "listed"),
    [
        ("T4", 15360, 7.5, "T4"),
        ("A100-SXM4-80GB", 81920, 8.0, "A100 80GB"),
        ("A100-SXM4-40GB", 40960, 8.0, "A100 40GB"),
        ("H100 80GB HBM3", 81559, 9.0, "H100 80GB"),
        ("RTX 4060 Ti", 16380, 8.9, "RTX 4060 Ti 16GB"),
        ("RTX 4060", 8188, 8.9, "RTX 4060 8GB"),
        ("RTX 4090 Laptop GPU", 16376, 8.9, None),
        ("GH200 480GB", 97871, 9.0, "GH200"),
        ("H100 PCIe", 81559, 9.0, "H100 PCIe"),
        ("RTX PRO 6000 Blackwell Server Edition", 97887, 12.0, "RTX PRO 6000"),
        ("A30", 24576, 8.0, None),
    ],
)
def test_a_card_is_known_by_the_name_its_driver_gives_it(name, mib, capability, listed):
    found = listed_as(Gpu(name=name, memory_mib=mib, compute_capability=capability), SETTINGS.gpus)
    assert (found.name if found else None) == listed


def test_no_card_is_no_trouble(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert detect_gpu() is None
    assert count_gpus() == Session().gpus_here == 0

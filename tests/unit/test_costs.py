"""What the costs of the choices are on the screen, and what is found where the card is too small."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import card, changed
from tests.unit.memory_samples import EXPERTS, LLAMA_8B, QWEN_1_5B, known
from trainpkg_widgets.advice.costs import costs_view, make_it_fit, memory_findings
from trainpkg_widgets.advice.run_length import optimizer_steps, warmup_of
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.gpu import detect_gpu, find_gpu
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings.config_settings import Gpu
from trainpkg_widgets.steps import DatasetSource, DatasetStep

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


def findings(model: ModelInfo, config, gpu: Gpu):
    return memory_findings(costs_view(model, config, None, gpu), config, model, gpu)


# ------------------------------------------------------------------ memory on the screen


def test_memory_is_five_parts_that_sum_to_the_whole():
    costs = costs_view(LLAMA, changed(), None, RTX_4090)
    assert [part.name for part in costs.parts] == ["weights", "trained", "activations", "loss", "overhead"]
    assert sum(part.bytes for part in costs.parts) == pytest.approx(costs.total_bytes)
    assert costs.low_bytes < costs.total_bytes <= costs.high_bytes
    assert all(part.why for part in costs.parts)


def test_the_parts_stay_the_same_whatever_is_chosen():
    shapes = {
        tuple(part.name for part in costs_view(LLAMA, changed(tuning=t, gradient_checkpointing=c), None, None).parts)
        for t in ("full", "lora", "qlora")
        for c in (True, False)
    }
    assert len(shapes) == 1


def test_the_capacity_is_that_of_the_card_in_mib():
    costs = costs_view(LLAMA, changed(), None, T4)
    assert (costs.gpu, costs.capacity_bytes) == ("T4", 15360 * 1024**2)


def test_without_a_card_memory_is_told_and_no_answer_given():
    costs = costs_view(LLAMA, changed(), None, None)
    assert costs.total_bytes is not None
    assert (costs.verdict, costs.capacity_bytes) == ("unknown", None)
    assert "no card" in costs.verdict_why


def test_without_a_model_nothing_is_guessed():
    costs = costs_view(None, changed(), None, T4)
    assert (costs.parts, costs.total_bytes, costs.verdict) == ((), None, "unknown")
    assert "No model is chosen" in costs.verdict_why


def test_a_mixture_of_experts_gets_no_number_and_a_reason():
    costs = costs_view(known(EXPERTS), changed(), None, RTX_4090)
    assert costs.total_bytes is None
    assert "mixture of experts" in costs.verdict_why


def test_unknown_dimensions_say_where_they_were_looked_for():
    bare = ModelInfo(id="a/b", origin="hub", as_of="2026-01-01")
    assert "not asked" in costs_view(bare, changed(), None, RTX_4090).verdict_why


def test_a_checkpoint_that_is_quantised_costs_its_files():
    stored = known(LLAMA_8B, quantised="gptq 4-bit", weight_bytes=5_700_000_000)
    costs = costs_view(stored, changed(), None, RTX_4090)
    assert costs.parts[0].bytes == 5_700_000_000


def test_a_quantisation_that_only_the_name_tells_is_not_believed():
    guessed = LLAMA.model_copy(update={"quantised": Fact(value="4bit", source="guess from name")})
    assert costs_view(guessed, changed(), None, None) == costs_view(LLAMA, changed(), None, None)


# ------------------------------------------------------------------ steps


def test_steps_are_counted_as_the_trainer_counts_them():
    # transformers 5.23, Trainer.set_initial_training_values: 250 batches of 4, 32 updates of 8 with a short last one.
    costs = costs_view(None, changed(batch_size=4, accumulation=8, epochs=3, warmup_share=0.03), rows(1000), None)
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
    assert costs_view(None, config, rows(100, excluded_rows=tuple(range(20))), None).steps == 80
    assert costs_view(None, config, rows(100, eval_share=0.1), None).steps == 90


def test_a_number_of_steps_in_the_config_is_the_number_of_steps():
    assert costs_view(None, changed(max_steps=50), rows(1000), None).steps == 50


def test_steps_that_can_t_be_told_say_why():
    assert costs_view(None, changed(), None, None).steps is None
    assert "dataset" in costs_view(None, changed(), None, None).steps_why
    packed = costs_view(None, changed(packing=True), rows(1000), None)
    assert (packed.steps, packed.warmup_steps) == (None, None)
    assert "tokenised" in packed.steps_why


def test_the_last_step_never_warms_up():
    assert warmup_of(0.5, 1) == 0
    assert warmup_of(0.03, 100) == 3
    assert warmup_of(0.0, 100) == 0


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
    assert costs_view(model, mended, None, gpu).verdict == "fits"


def test_what_costs_time_only_comes_before_what_costs_quality():
    config = changed(gradient_checkpointing=False, batch_size=8)
    fix = make_it_fit(QWEN, config, T4)
    assert fix is not None
    assert set(fix.arguments) <= {"gradient_checkpointing", "batch_size", "accumulation"}


def test_a_smaller_batch_keeps_the_rows_of_an_update():
    config = changed(batch_size=64, accumulation=1, max_length=2048)
    fix = make_it_fit(QWEN, config, T4)
    assert fix is not None
    assert fix.arguments["batch_size"] * fix.arguments["accumulation"] == 64


def test_nothing_is_offered_where_nothing_makes_it_fit():
    tiny = Gpu(name="Tiny", memory_mib=1024, compute_capability=8.6)
    assert make_it_fit(LLAMA, changed(), tiny) is None
    [finding] = findings(LLAMA, changed(), tiny)
    assert finding.fix is None


# ------------------------------------------------------------------ cards


def test_a_card_is_found_whatever_its_capitals():
    assert find_gpu(" rtx 4090 ", [T4, RTX_4090]) is RTX_4090


def test_a_card_that_is_not_in_the_list_names_the_nearest_one():
    with pytest.raises(ValueError, match="nearest one is “RTX 4090”"):
        find_gpu("RTX 4091", [T4, RTX_4090])


def test_no_card_is_no_trouble(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert detect_gpu() is None

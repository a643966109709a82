"""What a run needs of a GPU's memory: what it grows with, what it is made of, and that published runs agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.memory import DATA, decisions, is_swift, score_inference, score_training, summarise
from tests.unit.memory_samples import EXPERTS, LLAMA_8B, QWEN_1_5B, full, gib, run
from trainpkg_widgets.advice.dimensions import dimensions_of, lora_matrices, lora_weights
from trainpkg_widgets.advice.inference_memory import estimate_inference
from trainpkg_widgets.advice.memory import OutOfScopeError, estimate_memory, verdict
from trainpkg_widgets.advice.model_states import states_of
from trainpkg_widgets.advice.moments import held_throughout
from trainpkg_widgets.advice.sharding import share_of
from trainpkg_widgets.architecture import Architecture
from trainpkg_widgets.facts import Fact, unknown

TUNINGS = ("full", "lora", "qlora")
CHECKPOINTING = ("none", "layers", "offloaded")
ATTENTION = ("flash", "fused", "math", "eager")
LOSSES = (
    "tiled",
    "float",
    "float_held",
    "float_copy_held",
    "half",
    "split",
    "split_compiled",
    "split_float",
    "fused",
    "odds",
    "score",
)
OPTIMIZERS = ("adamw", "adamw_fused", "adamw_8bit", "paged_adamw", "paged_adamw_8bit", "adafactor", "lion", "sgd")


@st.composite
def architectures(draw):
    kv_heads = draw(st.sampled_from([1, 2, 4, 8]))
    return Architecture(
        model_type=draw(st.sampled_from(["llama", "qwen2", "qwen3", "gemma2", "phi", "gpt2", "gpt_neox", "phi3"])),
        hidden_size=draw(st.integers(64, 8192)),
        layers=draw(st.integers(1, 100)),
        heads=kv_heads * draw(st.sampled_from([1, 2, 4, 7])),
        kv_heads=kv_heads,
        head_dim=draw(st.sampled_from([32, 64, 128, 256])),
        vocab_size=draw(st.integers(1000, 260000)),
        intermediate_size=draw(st.integers(128, 30000)),
        tied_embeddings=draw(st.booleans()),
        gated_mlp=draw(st.booleans()),
    )


@st.composite
def runs(draw):
    tuning = draw(st.sampled_from(TUNINGS))
    gpus = draw(st.sampled_from([1, 2, 8]))
    sharding = draw(st.sampled_from(["ddp", "zero1", "zero2", "zero3", "fsdp"])) if gpus > 1 else "none"
    return run(
        tuning=tuning,
        batch=draw(st.integers(1, 32)),
        length=draw(st.integers(16, 8192)),
        accumulation=draw(st.sampled_from([1, 8])),
        lora_rank=0 if tuning == "full" else draw(st.integers(1, 256)),
        lora_targets=() if tuning == "full" else ("all-linear",),
        lora_dropout=draw(st.booleans()),
        adapters=draw(st.sampled_from(["bf16", "fp32"])),
        quantisation="nf4" if tuning == "qlora" else "none",
        kbit_upcast=tuning == "qlora" and draw(st.booleans()),
        weights=draw(st.sampled_from(["bf16", "fp16", "fp32"])),
        autocast=draw(st.booleans()),
        one_row=draw(st.booleans()),
        masked=draw(st.booleans()),
        varying=draw(st.booleans()),
        optimizer=draw(st.sampled_from(OPTIMIZERS)),
        checkpointing=draw(st.sampled_from(CHECKPOINTING)),
        attention=draw(st.sampled_from(ATTENTION)),
        loss=draw(st.sampled_from(LOSSES)),
        compiled=draw(st.booleans()),
        gpus=gpus,
        sharding=sharding,
        upcast_trained=sharding == "fsdp" and draw(st.booleans()),
        dora=tuning != "full" and draw(st.booleans()),
        whole_modules=0 if tuning == "full" else draw(st.sampled_from([0, 2])),
        reference=draw(st.sampled_from(["none", "adapter_off", "model"])),
        generated_rows=draw(st.sampled_from([0, 64])),
        prompt_tokens=draw(st.integers(0, 2048)),
        new_tokens=draw(st.integers(0, 2048)),
    )


# ------------------------------------------------------------------ what holds for every run


@settings(deadline=None, database=None, max_examples=300)
@given(architectures(), runs())
def test_parts_are_never_negative_and_sum_to_the_whole(architecture, some_run):
    estimate = estimate_memory(architecture, some_run)
    assert all(part.bytes >= 0 for part in estimate.parts)
    assert sum(part.bytes for part in estimate.parts) == pytest.approx(estimate.total)
    assert 0 < estimate.low < estimate.needed <= estimate.total <= estimate.high


@settings(deadline=None, database=None, max_examples=300)
@given(architectures(), runs(), st.sampled_from(["batch", "length", "lora_rank"]))
def test_memory_grows_with_batch_length_and_rank(architecture, some_run, what):
    if what == "lora_rank" and some_run.tuning == "full":
        return
    larger = some_run.model_copy(update={what: 2 * getattr(some_run, what)})
    before, after = estimate_memory(architecture, some_run), estimate_memory(architecture, larger)
    assert after.allocated >= before.allocated
    assert after.total >= before.total


@settings(deadline=None, database=None, max_examples=300)
@given(architectures(), runs(), st.sampled_from(["layers", "hidden_size", "intermediate_size", "vocab_size"]))
def test_memory_grows_with_the_model(architecture, some_run, what):
    larger = architecture.model_copy(update={what: 2 * getattr(architecture, what)})
    assert dimensions_of(larger).parameters > dimensions_of(architecture).parameters
    assert estimate_memory(larger, some_run).allocated >= estimate_memory(architecture, some_run).allocated


@settings(deadline=None, database=None, max_examples=300)
@given(architectures(), runs(), st.sampled_from(["ddp", "zero1", "zero2", "zero3", "fsdp"]))
def test_more_gpus_never_mean_more_states_on_each(architecture, some_run, plan):
    held = []
    for gpus in (2, 4, 16):
        run_of_them = some_run.model_copy(update={"gpus": gpus, "sharding": plan, "upcast_trained": False})
        dims = dimensions_of(architecture)
        lora = () if run_of_them.tuning == "full" else lora_matrices(dims, run_of_them.lora_targets)
        held.append(held_throughout(share_of(states_of(dims, run_of_them, lora, None, None), dims, run_of_them)))
    assert held == sorted(held, reverse=True)


@settings(deadline=None, database=None, max_examples=300)
@given(architectures(), runs(), st.sampled_from([2, 8]))
def test_sharing_more_never_means_more_states_on_each(architecture, some_run, gpus):
    dims = dimensions_of(architecture)
    held = []
    for plan in ("zero1", "zero2", "zero3"):
        shared = some_run.model_copy(update={"gpus": gpus, "sharding": plan, "upcast_trained": False})
        lora = () if shared.tuning == "full" else lora_matrices(dims, shared.lora_targets)
        share = share_of(states_of(dims, shared, lora, None, None), dims, shared)
        held.append(held_throughout(share) + share.gradients)
    assert held == sorted(held, reverse=True)


@settings(deadline=None, database=None, max_examples=200)
@given(architectures(), runs(), st.floats(1, 200))
def test_a_run_that_fits_a_card_fits_every_larger_one(architecture, some_run, card):
    estimate = estimate_memory(architecture, some_run)
    order = ("no", "tight", "fits")
    here, there = (verdict(estimate, size * 1024.0**3).answer for size in (card, 1.5 * card))
    assert order.index(there) >= order.index(here)


# ------------------------------------------------------------------ what one choice does


def test_parameters_are_those_of_the_published_models():
    assert dimensions_of(LLAMA_8B).parameters == pytest.approx(8_030_261_248, rel=1e-4)
    assert dimensions_of(QWEN_1_5B).parameters == pytest.approx(1_543_714_304, rel=1e-3)


def test_lora_on_every_layer_has_as_many_weights_as_peft_counts():
    # PEFT's print_trainable_parameters for Llama 3 8B, r=16, q and v: 6,815,744.
    dims = dimensions_of(LLAMA_8B)
    matrices = lora_matrices(dims, ("q_proj", "v_proj"))
    assert lora_weights(matrices, 16, dims.layers) == 6_815_744


def test_the_names_of_a_family_s_own_layers_are_understood():
    dims = dimensions_of(LLAMA_8B)
    assert lora_matrices(dims, ("model.layers.0.self_attn.q_proj",)) == lora_matrices(dims, ("q_proj",))
    with pytest.raises(OutOfScopeError, match="“expert_router”"):
        lora_matrices(dims, ("expert_router",))


def test_four_bits_cost_less_than_a_third_of_sixteen():
    sixteen = estimate_memory(LLAMA_8B, run(adapters="bf16"))
    four = estimate_memory(LLAMA_8B, run(tuning="qlora", quantisation="nf4_double", adapters="bf16"))
    assert four.parts[0].bytes < 0.4 * sixteen.parts[0].bytes


def test_an_upcast_makes_qlora_weights_twice_what_their_bits_say():
    # Llama 3 8B after prepare_model_for_kbit_training: 7.57 GiB, where half a byte for each weight would be 3.7.
    upcast = estimate_memory(LLAMA_8B, run(tuning="qlora", quantisation="nf4", kbit_upcast=True))
    assert gib(upcast.parts[0].bytes) == pytest.approx(7.57, abs=0.05)


def test_full_fine_tuning_in_pure_bf16_takes_eight_bytes_for_each_weight():
    estimate = estimate_memory(LLAMA_8B, full(batch=1, length=16, optimizer="adamw_fused"))
    assert estimate.allocated / dimensions_of(LLAMA_8B).parameters == pytest.approx(8, abs=0.2)


def test_checkpointing_saves_memory_and_offloading_saves_more():
    none, layers, offloaded = (
        estimate_memory(LLAMA_8B, run(batch=4, checkpointing=how)).allocated for how in ("none", "layers", "offloaded")
    )
    assert offloaded < layers < none / 1.5


def test_a_tile_of_logits_costs_the_same_whatever_the_vocabulary():
    small, large = (
        estimate_memory(QWEN_1_5B.model_copy(update={"vocab_size": words}), run(checkpointing="none"))
        for words in (32_000, 256_000)
    )
    assert {p.name: p.bytes for p in small.parts}["loss_block"] == {p.name: p.bytes for p in large.parts}["loss_block"]


def test_all_logits_at_once_are_the_largest_part_of_a_small_model():
    estimate = estimate_memory(QWEN_1_5B, run(loss="float_held"))
    assert max(estimate.parts, key=lambda part: part.bytes).name == "loss_block"


def test_packed_rows_pay_for_a_mask_of_their_whole_length():
    apart = estimate_memory(QWEN_1_5B, run(batch=8, length=4096, masked=True))
    packed = estimate_memory(QWEN_1_5B, run(batch=8, length=4096, masked=True, one_row=True))
    assert packed.allocated > apart.allocated + 1024.0**3


def test_accumulating_keeps_all_gradients_of_a_full_run_beside_the_activations():
    at_once = estimate_memory(LLAMA_8B, full(length=4096, optimizer="adamw_fused"))
    in_parts = estimate_memory(LLAMA_8B, full(length=4096, optimizer="adamw_fused", accumulation=4))
    assert in_parts.allocated > at_once.allocated


@pytest.mark.parametrize("sharding", ["zero1", "zero2", "zero3", "fsdp"])
def test_sharding_makes_each_gpu_s_share_smaller(sharding):
    two, eight = (estimate_memory(LLAMA_8B, full(gpus=n, sharding=sharding)).allocated for n in (2, 8))
    assert eight < two


def test_each_stage_of_zero_divides_more():
    stages = [estimate_memory(LLAMA_8B, full(gpus=8, sharding=s)).allocated for s in ("zero1", "zero2", "zero3")]
    assert stages == sorted(stages, reverse=True)


def test_lengths_that_vary_make_torch_reserve_more_and_allocate_the_same():
    same, varying = (estimate_memory(QWEN_1_5B, run(loss="float_held", varying=v)) for v in (False, True))
    assert varying.allocated == same.allocated
    assert varying.reserved > same.reserved


def test_weights_beyond_the_decoder_are_counted_and_said_to_be_unknown():
    plain = estimate_memory(QWEN_1_5B, run())
    more = estimate_memory(QWEN_1_5B, run(), parameters=Fact(value=2_000_000_000, source="from safetensors"))
    assert more.parts[0].bytes > plain.parts[0].bytes
    assert "parts that are not known" in more.unproven[0]
    assert plain.unproven == ()


def test_a_quantised_checkpoint_costs_the_bytes_of_its_files():
    stored = run(tuning="qlora", quantisation="stored")
    estimate = estimate_memory(QWEN_1_5B, stored, weight_bytes=Fact(value=1_100_000_000, source="from file sizes"))
    assert estimate.parts[0].bytes == 1_100_000_000
    with pytest.raises(OutOfScopeError, match="size of their files"):
        estimate_memory(QWEN_1_5B, stored, weight_bytes=unknown("not asked"))


# ------------------------------------------------------------------ what nothing is known of


def test_a_mixture_of_experts_is_out_of_scope_and_says_so():
    with pytest.raises(OutOfScopeError, match="mixture of experts"):
        estimate_memory(EXPERTS, run())


@pytest.mark.parametrize(
    ("missing", "words"),
    [("intermediate_size", "how wide"), ("tied_embeddings", "output head"), ("gated_mlp", "has a gate")],
)
def test_an_unknown_dimension_is_named_and_never_guessed(missing, words):
    with pytest.raises(OutOfScopeError, match=words):
        estimate_memory(QWEN_1_5B.model_copy(update={missing: None}), run())


def test_layers_that_are_not_attention_are_out_of_scope():
    with pytest.raises(OutOfScopeError, match="not all attention"):
        estimate_memory(QWEN_1_5B.model_copy(update={"model_type": "qwen3_next"}), run())


def test_a_family_that_was_not_measured_is_estimated_and_said_to_be_unproven():
    estimate = estimate_memory(QWEN_1_5B.model_copy(update={"model_type": "brand_new"}), run())
    assert "brand_new were not measured" in estimate.unproven[0]


# ------------------------------------------------------------------ whether it fits


def test_the_three_answers():
    estimate = estimate_memory(LLAMA_8B, run())
    assert verdict(estimate, estimate.high).answer == "fits"
    assert verdict(estimate, estimate.needed).answer == "tight"
    assert verdict(estimate, 0.99 * estimate.low).answer == "no"


def test_an_answer_gives_both_numbers():
    estimate = estimate_memory(LLAMA_8B, run())
    assert f"{gib(estimate.needed):.1f} GiB" in verdict(estimate, 8 * 1024.0**3).why
    assert "the card has 8.0 GiB" in verdict(estimate, 8 * 1024.0**3).why


# ------------------------------------------------------------------ published runs


@pytest.fixture(scope="module")
def published():
    scores, _ = score_training(DATA / "points.csv", DATA / "models.json")
    return scores


def test_published_runs_that_nothing_was_fitted_to_agree(published):
    summary = summarise(s for s in published if s.split == "validation" and not is_swift(s))
    assert summary.rows > 60
    assert summary.median <= 0.06
    assert summary.p90 <= 0.20


def test_published_runs_of_many_lengths_agree_less(published):
    summary = summarise(s for s in published if s.split == "validation" and is_swift(s))
    assert summary.rows > 40
    assert summary.median <= 0.12


def test_answers_are_right_for_published_runs(published):
    answers = decisions(s for s in published if s.split == "validation")
    given_fits, right_fits = answers["fits"]
    given_no, right_no = answers["no"]
    assert right_fits / given_fits > 0.98
    assert right_no / given_no > 0.95
    assert answers["tight"][0] < 0.15 * (given_fits + given_no)


def test_published_inference_runs_agree():
    scores, left_out = score_inference(DATA / "inference_points.csv", DATA / "models.json")
    summary = summarise(scores)
    assert summary.median <= 0.03
    assert summary.p90 <= 0.15
    assert sum(left_out.values()) == 16  # the mixtures of experts


# ------------------------------------------------------------------ inference


def test_the_cache_grows_with_every_token_and_with_grouped_keys_only():
    short, long = (
        {p.name: p.bytes for p in estimate_inference(LLAMA_8B, prompt_tokens=n, new_tokens=0).parts}["cache"]
        for n in (1000, 2000)
    )
    assert long == 2 * short == 2 * 1000 * 2 * 2 * 8 * 128 * 32


def test_parts_of_inference_sum_to_the_whole():
    estimate = estimate_inference(QWEN_1_5B, prompt_tokens=4096, new_tokens=512, quantisation="nf4")
    assert sum(part.bytes for part in estimate.parts) == pytest.approx(estimate.total)

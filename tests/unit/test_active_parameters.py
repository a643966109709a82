"""The active parameters of a mixture of experts: what transformers' own classes count, or unknown with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from trainpkg_widgets.advice.model_facts import details_view
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.config_facts import with_config
from trainpkg_widgets.model_details import LoraAnswers, ModelDetails
from trainpkg_widgets.model_info import ModelInfo

MIXTRAL = {
    "model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "vocab_size": 32_000, "intermediate_size": 14_336, "num_local_experts": 8,
    "num_experts_per_tok": 2, "tie_word_embeddings": False,
}  # fmt: skip
QWEN3_30B = {
    "model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32,
    "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 151_936, "intermediate_size": 6144,
    "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "tie_word_embeddings": False,
}  # fmt: skip
QWEN15_A27 = {
    "model_type": "qwen2_moe", "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 16,
    "num_key_value_heads": 16, "vocab_size": 151_936, "intermediate_size": 5632, "moe_intermediate_size": 1408,
    "shared_expert_intermediate_size": 5632, "num_experts": 60, "num_experts_per_tok": 4, "decoder_sparse_step": 1,
    "mlp_only_layers": [], "tie_word_embeddings": False,
}  # fmt: skip
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "vocab_size": 129_280, "intermediate_size": 18_432, "moe_intermediate_size": 2048,
    "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
    "moe_layer_freq": 1, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "v_head_dim": 128, "tie_word_embeddings": False,
}  # fmt: skip


def active(config: dict[str, Any], parameters: int | None = None, name: str = "a/mixture", **facts: Any) -> Fact[int]:
    info = ModelInfo(id=name, origin="hub", as_of="2026", parameters=Fact(value=parameters, source="weights"), **facts)
    return with_config(info, config).active_parameters


@pytest.mark.parametrize(
    ("config", "all_of_them", "of_a_token"),
    [
        # Counted on torch's meta device: parameters of transformers 5.23.0's class for the configuration, less those
        # of the experts that a token does not use.
        (MIXTRAL, 46_702_792_704, 12.880e9),
        (QWEN3_30B, 30_532_122_624, 3.353e9),
        (QWEN15_A27, 14_315_784_192, 2.689e9),
        (DEEPSEEK_V3, 671_026_419_200, 37.552e9),
    ],
    ids=lambda given: given["model_type"] if isinstance(given, dict) else "",
)
def test_they_are_what_the_librarys_own_class_has(config: dict[str, Any], all_of_them: int, of_a_token: float) -> None:
    found = active(config, all_of_them)
    assert found.value == pytest.approx(of_a_token, rel=0.001)
    assert found.source.startswith("computed from config.json")


def test_a_shared_expert_and_dense_layers_are_of_every_token() -> None:
    without = {**DEEPSEEK_V3, "n_shared_experts": 0, "first_k_dense_replace": 0}
    more, less = active(DEEPSEEK_V3).value, active(without).value
    assert more is not None and less is not None
    shared, width = 58 * 3 * 7168 * 2048, 3 * 7168
    assert more - less == shared + 3 * (width * 18_432 - (8 * width * 2048 + 256 * 7168))


def test_weights_that_hold_more_than_the_dimensions_say_leave_them_unknown() -> None:
    # Qwen3-Next's weights hold a layer that predicts a second token, of which config.json says nothing.
    found = active(QWEN3_30B, 32_000_000_000)
    assert found.value is None and found.source == (
        "the dimensions in config.json make 30.5 B and the weights hold 32.0 B"
    )


def test_packed_weights_are_not_compared_with_their_count() -> None:
    packed = {**QWEN3_30B, "quantization_config": {"quant_method": "awq", "bits": 4}}
    assert active(packed, 5_000_000_000).value == active(QWEN3_30B, 30_532_122_624).value


@pytest.mark.parametrize("left_out", ["decoder_sparse_step", "moe_intermediate_size"])
def test_what_config_json_leaves_out_is_not_made_up(left_out: str) -> None:
    # Without a width of its own an expert is as wide as the MLP: the dimensions then make another count.
    config = {name: value for name, value in QWEN3_30B.items() if name != left_out} | {"moe_intermediate_size": None}
    assert active(config, 30_532_122_624).value is None
    unsaid = {name: value for name, value in QWEN15_A27.items() if name != "shared_expert_intermediate_size"}
    assert active(unsaid).value is None


def test_a_family_whose_layers_are_not_known_is_unknown_and_a_name_is_a_guess() -> None:
    jamba = {**MIXTRAL, "model_type": "jamba", "num_experts": 16}
    assert active(jamba) == Fact(value=None, source="config.json does not tell all of a jamba")
    guessed = active(jamba, name="maker/Some-30B-A3B-Instruct")
    assert guessed.value == 3_000_000_000 and guessed.source.startswith("guess from name")
    assert active(jamba, name="maker/granite-1b-a400m").value == 400_000_000
    assert active(jamba, name="maker/Llama3B-A").value is None


def test_a_dense_model_has_none() -> None:
    dense = {k: v for k, v in MIXTRAL.items() if "expert" not in k} | {"model_type": "llama"}
    assert active(dense) == Fact(value=None, source="not a mixture of experts")


def test_the_details_show_them_with_their_source() -> None:
    info = with_config(ModelInfo(id="a/b", origin="hub", as_of="2026"), MIXTRAL)
    no: Fact[Any] = Fact(source="not asked")
    lora = LoraAnswers(is_adapter=no, default_targets=no, trainable=no)
    details = ModelDetails(
        info=info, access=no, files=(), made_from_it=no, stored_bytes=no, lora=lora, quantised=no
    )  # fmt: skip
    line = next(line for line in details_view(details, "https://hub").facts if line.label == "Active parameters")
    assert line.text == "about 12.88 B for each token" and line.source.startswith("computed from config.json")


def test_the_catalogue_guesses_from_names_alone() -> None:
    catalogue = Catalogue()
    named, unnamed = catalogue.get("Qwen/Qwen3-30B-A3B"), catalogue.get("allenai/OLMoE-1B-7B-0924")
    assert named is not None and unnamed is not None
    assert named.active_parameters.value == 3_000_000_000
    assert named.active_parameters.source.startswith("guess from name")
    assert unnamed.active_parameters.value is None

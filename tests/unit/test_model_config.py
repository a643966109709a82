"""What a config.json says of a model's dimensions, and what it leaves to the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trainpkg_widgets.architecture import Architecture, Experts
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.hub.config_facts import config_facts, with_config
from trainpkg_widgets.hub.model_config import read_architecture, read_context_length
from trainpkg_widgets.model_info import ModelInfo

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "recorded_records.json").read_text())["models"]
BERT = next(r["raw_config"] for r in RECORDED if "raw_config" in r)
GRM = next(r["raw_config_subset"] for r in RECORDED if "raw_config_subset" in r)

LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "vocab_size": 128256,
    "intermediate_size": 8192,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": True,
    "rope_scaling": {"factor": 32.0, "rope_type": "llama3", "original_max_position_embeddings": 8192},
}
GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_positions": 1024,
    "vocab_size": 50257,
}


def dimensions(config: dict[str, Any]) -> Architecture:
    found = read_architecture(config, "config.json")
    assert found.value is not None, found.source
    return found.value


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in config.items() if k not in names}


class TestStatedDimensions:
    def test_a_llama_reads_as_it_is_written(self) -> None:
        assert dimensions(LLAMA) == Architecture(
            model_type="llama",
            hidden_size=2048,
            layers=16,
            heads=32,
            kv_heads=8,
            head_dim=64,
            vocab_size=128256,
            intermediate_size=8192,
            tied_embeddings=True,
            gated_mlp=True,
        )

    def test_everything_stated_leaves_nothing_to_the_library(self) -> None:
        assert read_architecture(LLAMA, "config.json").source == "from config.json"

    def test_the_recorded_config_of_bert_reads(self) -> None:
        found = dimensions(BERT)
        assert (found.hidden_size, found.layers, found.heads, found.vocab_size) == (768, 12, 12, 30522)

    def test_a_family_with_names_of_its_own_reads(self) -> None:
        found = dimensions(GPT2)
        assert (found.hidden_size, found.layers, found.heads, found.kv_heads, found.head_dim) == (768, 12, 12, 12, 64)

    def test_the_mlp_that_gpt2_leaves_out_is_four_times_as_wide(self) -> None:
        found = read_architecture(GPT2 | {"n_inner": None}, "config.json")
        assert found.value is not None and found.value.intermediate_size == 3072
        assert "4 x hidden_size" in found.source

    def test_a_gated_mlp_is_told_from_a_plain_one(self) -> None:
        assert (dimensions(LLAMA).gated_mlp, dimensions(GPT2).gated_mlp) == (True, False)

    def test_a_type_nobody_knows_has_no_known_mlp(self) -> None:
        assert dimensions(LLAMA | {"model_type": "llama99"}).gated_mlp is None


class TestModelsThatAlsoSee:
    def test_the_part_that_writes_is_read_and_said_to_be_a_part(self) -> None:
        found = read_architecture(GRM, "config.json")
        assert found.value is not None
        assert (found.value.hidden_size, found.value.layers, found.value.kv_heads) == (5120, 64, 4)
        assert found.value.model_type == "qwen3_5_text"
        assert "multimodal" in found.source

    def test_a_part_within_a_part_is_found(self) -> None:
        inner = without(LLAMA, "architectures")
        omni = {"model_type": "qwen2_5_omni", "thinker_config": {"text_config": inner, "model_type": "thinker"}}
        assert dimensions(omni).layers == 16

    def test_whether_embeddings_are_tied_may_stand_outside(self) -> None:
        config = {
            "model_type": "gemma3",
            "tie_word_embeddings": False,
            "text_config": without(LLAMA, "tie_word_embeddings"),
        }
        assert dimensions(config).tied_embeddings is False


class TestExperts:
    MOE: dict[str, Any] = {**LLAMA, "model_type": "qwen3_moe", "num_experts": 128, "num_experts_per_tok": 8}

    def test_experts_are_counted_with_those_a_token_uses(self) -> None:
        found = dimensions(self.MOE | {"moe_intermediate_size": 768})
        assert found.experts == Experts(total=128, active=8, intermediate_size=768)
        assert found.intermediate_size == 8192

    @pytest.mark.parametrize("name", ["num_local_experts", "n_routed_experts", "moe_num_experts"])
    def test_families_name_them_differently(self, name: str) -> None:
        config = without(self.MOE, "num_experts") | {name: 64, "model_type": "not-in-transformers"}
        experts = dimensions(config).experts
        assert experts is not None and experts.total == 64

    def test_mixtrals_experts_are_as_wide_as_its_mlp(self) -> None:
        config = LLAMA | {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
        assert dimensions(config).experts == Experts(total=8, active=2, intermediate_size=8192)

    def test_a_dense_model_has_none(self) -> None:
        assert dimensions(LLAMA).experts is None

    def test_latent_attention_has_heads_of_two_parts(self) -> None:
        config = without(LLAMA, "head_dim") | {
            "model_type": "deepseek_v3",
            "qk_rope_head_dim": 64,
            "qk_nope_head_dim": 128,
        }
        assert dimensions(config).head_dim == 192


class TestWhatTheFileLeavesOut:
    def test_the_librarys_default_is_named_as_such(self) -> None:
        config = without(LLAMA, "num_key_value_heads") | {"model_type": "mistral"}
        found = read_architecture(config, "config.json")
        assert found.value is not None and found.value.kv_heads == 8
        assert "num_key_value_heads: library default (transformers 5.23.0)" in found.source

    def test_an_explicit_null_is_not_the_librarys_default(self) -> None:
        config = LLAMA | {"model_type": "mistral", "num_key_value_heads": None}
        assert dimensions(config).kv_heads == 32

    def test_a_type_nobody_knows_gets_no_default(self) -> None:
        found = read_architecture(without(LLAMA, "vocab_size") | {"model_type": "llama99"}, "config.json")
        assert found.value is None and "vocab_size" in found.source

    def test_a_model_without_attention_heads_has_no_dimensions_of_this_kind(self) -> None:
        found = read_architecture({"model_type": "mamba", "hidden_size": 64, "num_hidden_layers": 2}, "config.json")
        assert found.value is None and "heads" in found.source

    def test_an_encoder_with_a_decoder_is_not_one_stack(self) -> None:
        assert read_architecture({"model_type": "t5", "d_model": 512}, "config.json").value is None

    @pytest.mark.parametrize("config", [None, [], "x", {}, {"model_type": 3}, LLAMA | {"hidden_size": "2048"}])
    def test_a_malformed_file_says_what_is_wrong_and_raises_nothing(self, config: Any) -> None:
        found = read_architecture(config, "config.json")
        assert found.value is None and found.source

    def test_lists_in_place_of_numbers_are_no_dimension(self) -> None:
        assert (
            read_architecture(LLAMA | {"num_attention_heads": [8, 16], "model_type": "x"}, "config.json").value is None
        )


class TestContext:
    def test_it_is_a_configured_maximum(self) -> None:
        found = read_context_length(LLAMA, "config.json")
        assert found.value == 131072
        assert "configured maximum" in found.source and "stretched 32 times" in found.source

    def test_a_family_with_a_name_of_its_own_reads(self) -> None:
        assert read_context_length(GPT2, "config.json").value == 1024

    def test_a_sliding_window_is_said(self) -> None:
        found = read_context_length(LLAMA | {"sliding_window": 4096}, "config.json")
        assert found.value == 131072 and "4,096" in found.source

    def test_relative_positions_have_no_maximum(self) -> None:
        assert read_context_length({"model_type": "t5", "n_positions": 512}, "config.json").value is None

    def test_none_stated_is_unknown(self) -> None:
        assert read_context_length({"model_type": "mistral"}, "config.json").value is None


class TestWhatStopsALaunch:
    """Each of these was run with TRL 1.16.0 and transformers 5.23.0, and stopped."""

    @staticmethod
    def problems(config: dict[str, Any]) -> str:
        return " ".join(config_facts(config, "config.json", whole=True)["problems"])

    def test_a_llama_has_no_problem(self) -> None:
        assert self.problems(LLAMA) == ""

    def test_a_type_that_the_library_does_not_know(self) -> None:
        assert "llama99" in self.problems(LLAMA | {"model_type": "llama99", "architectures": ["Llama99ForCausalLM"]})

    def test_no_class_named(self) -> None:
        assert "architectures" in self.problems(without(LLAMA, "architectures"))

    @pytest.mark.parametrize(
        ("model_type", "name"),
        [
            ("bert", "BertForMaskedLM"),
            ("llama", "LlamaForSequenceClassification"),
            ("t5", "T5ForConditionalGeneration"),
            ("qwen3", "Qwen3Model"),
        ],
    )
    def test_a_class_that_does_not_continue_text(self, model_type: str, name: str) -> None:
        assert name in self.problems(LLAMA | {"model_type": model_type, "architectures": [name]})

    @pytest.mark.parametrize(
        ("model_type", "name"),
        [("gpt2", "GPT2LMHeadModel"), ("gemma3", "Gemma3ForConditionalGeneration"), ("bart", "BartForCausalLM")],
    )
    def test_a_class_that_does(self, model_type: str, name: str) -> None:
        assert self.problems(LLAMA | {"model_type": model_type, "architectures": [name]}) == ""

    def test_the_few_keys_of_a_body_are_not_held_against_a_model(self) -> None:
        assert config_facts({"model_type": "llama"}, "config", whole=False)["problems"] == ()
        assert config_facts({}, "config", whole=False)["problems"] == ()

    def test_code_of_its_own_is_needed_only_where_the_library_has_none(self) -> None:
        code = {"auto_map": {"AutoModelForCausalLM": "modeling_x.X"}}
        assert config_facts(LLAMA | code, "config.json", whole=True)["remote_code"].value is False
        assert (
            config_facts(LLAMA | code | {"model_type": "tinyx"}, "config.json", whole=True)["remote_code"].value is True
        )


def test_a_whole_config_completes_a_model() -> None:
    info = with_config(ModelInfo(id="a/b", origin="hub", as_of="2026"), LLAMA)
    assert info.architecture.known and info.context_length.value == 131072
    assert info.model_type.value == "llama" and info.lora_targets.value == ("q_proj", "v_proj")


def test_a_config_that_says_nothing_takes_nothing_away() -> None:
    info = ModelInfo(id="a/b", origin="hub", as_of="2026", model_type=Fact(value="llama", source="tag llama"))
    assert with_config(info, {}).model_type.value == "llama"

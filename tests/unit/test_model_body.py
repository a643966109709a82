"""Reading what the Hub answers about a model: each fact with its source; what is malformed costs its own fact only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainpkg_widgets.facts import Fact
from trainpkg_widgets.hub.licences import licence_class
from trainpkg_widgets.hub.model_body import read_model_body
from trainpkg_widgets.model_info import ModelInfo

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "recorded_records.json").read_text())["models"]
BODIES: dict[str, dict[str, Any]] = {}
for record in RECORDED:
    BODIES.setdefault(record["body"]["id"], record["body"])


FIELDS = (
    *("safetensors", "gguf", "tags", "config", "siblings", "cardData", "gated", "baseModels"),
    *("downloads", "author", "library_name", "disabled"),
)
INNER_FIELDS = (
    *("parameters", "total", "BF16", "chat_template", "model_type", "architectures", "tokenizer_config", "auto_map"),
    *("quantization_config", "license", "rfilename", "size", "lfs", "models", "id", "relation"),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER_FIELDS), inner, max_size=3),
    max_leaves=8,
)


def read(**fields: Any) -> ModelInfo:
    return read_model_body({"id": "author/name", **fields})


def recorded(repo_id: str) -> ModelInfo:
    return read_model_body(BODIES[repo_id])


def files(*names: str) -> list[dict[str, str]]:
    return [{"rfilename": name} for name in names]


class TestRecordedBodies:
    @pytest.mark.parametrize("record", RECORDED, ids=lambda r: r["body"]["id"])
    def test_each_reads_and_survives_the_journey_through_json(self, record: dict[str, Any]) -> None:
        info = read_model_body(record["body"])
        assert info.id == record["body"]["id"] and info.origin == "hub"
        assert ModelInfo.model_validate_json(info.model_dump_json()) == info

    def test_bert_has_its_parameters_from_the_weights(self) -> None:
        info = recorded("google-bert/bert-base-uncased")
        assert (info.parameters.value, info.parameters.source) == (110_106_428, "from safetensors")
        assert info.gate.value == "open" and info.licence_class.value == "open"

    def test_gguf_total_is_parameters_and_not_bytes(self) -> None:
        info = recorded("ggml-org/gemma-3-1b-it-GGUF")
        assert info.parameters.value == 999_885_952
        assert info.weight_bytes.value is None  # three quantisations, no sizes
        assert info.context_length.value == 32_768 and info.quantised.value == "gguf"

    def test_a_sibling_alone_is_evidence_of_a_template(self) -> None:
        info = recorded("OrionLLM/GRM-2.6-Opus")
        assert (info.chat.value, info.chat.source) == ("template", "file chat_template.jinja")
        assert info.chat_template.value is None  # its text was not fetched

    def test_a_float_map_gives_the_bytes_to_within_the_header(self) -> None:
        assert recorded("OrionLLM/GRM-2.6-Opus").weight_bytes.value == 27_781_427_952 * 2

    def test_a_row_that_was_not_asked_for_its_gate_is_not_open(self) -> None:
        default_row = next(r["body"] for r in RECORDED if r["_complete"] == "complete default row")
        assert read_model_body(default_row).gate.value is None
        assert recorded("meta-llama/Llama-3.1-8B-Instruct").gate.value == "manual"

    def test_tags_alone_name_the_type_and_the_base(self) -> None:
        info = recorded("Qwen/Qwen2.5-1.5B-Instruct")
        assert (info.model_type.value, info.model_type.source) == ("qwen2", "tag qwen2")
        assert (info.base_model.value, info.base_model.source) == ("Qwen/Qwen2.5-1.5B", "tag base_model:finetune")
        assert (info.chat.value, info.instruct.value) == ("likely", True)
        assert info.lora_targets.value == ("q_proj", "v_proj")

    def test_packed_weights_give_neither_parameters_nor_bytes_for_sure(self) -> None:
        info = recorded("openai/gpt-oss-120b")
        assert "as counted by the Hub" in info.parameters.source
        assert info.weight_bytes.value is None


class TestParameters:
    def test_a_packed_map_gives_way_to_a_larger_total(self) -> None:
        found = read(
            safetensors={"parameters": {"BF16": 9_964_787_842, "U32": 78_613_118_976}, "total": 314_590_621_012}
        )
        assert found.parameters.value == 314_590_621_012 and "packed" in found.parameters.source

    def test_a_map_of_floats_is_believed_over_a_total_that_contradicts_it(self) -> None:
        found = read(safetensors={"parameters": {"BF16": 7_615_616_512}, "total": 333_312})
        assert found.parameters.value == 7_615_616_512
        assert "contradicts" in found.parameters.source and "333,312" in found.parameters.source

    def test_a_total_without_a_map_is_taken_as_such(self) -> None:
        assert read(safetensors={"total": 5}).parameters.value == 5

    @pytest.mark.parametrize(
        "broken", [None, [], "x", {}, {"parameters": None}, {"parameters": {"F32": "x"}}, {"total": True}]
    )
    def test_what_is_no_count_is_unknown(self, broken: Any) -> None:
        assert read(safetensors=broken).parameters.value is None

    def test_a_map_without_a_total_counts(self) -> None:
        assert read(safetensors={"parameters": {"F32": 7}}).parameters.value == 7

    def test_the_name_is_never_counted(self) -> None:
        assert read_model_body({"id": "meta-llama/Llama-4-Scout-17B-16E"}).parameters.value is None

    def test_an_adapter_counts_itself_and_says_so(self) -> None:
        found = read(safetensors={"parameters": {"F32": 9}, "total": 9}, tags=["base_model:adapter:a/b"])
        assert found.parameters.value == 9 and "adapter" in found.parameters.source

    def test_a_pipeline_counts_one_component_and_says_so(self) -> None:
        found = read(safetensors={"total": 9}, siblings=files("model_index.json", "unet/model.safetensors"))
        assert "one component" in found.parameters.source

    def test_pickled_weights_of_an_unknown_width_give_a_range_and_no_number(self) -> None:
        found = read(siblings=[{"rfilename": "pytorch_model.bin", "size": 4_000_000_000}])
        assert found.parameters.value is None and "1.00 B in fp32, 2.00 B in fp16" in found.parameters.source


class TestChat:
    JINJA = "{{ messages }}"

    @pytest.mark.parametrize(
        "fields",
        [
            {"gguf": {"chat_template": JINJA}},
            {"config": {"chat_template_jinja": JINJA}},
            {"config": {"tokenizer_config": {"chat_template": JINJA}}},
            {"config": {"tokenizer_config": {"chat_template": [{"name": "default", "template": JINJA}]}}},
            {"config": {"processor_config": {"chat_template": JINJA}}},
        ],
    )
    def test_a_template_is_found_wherever_it_is(self, fields: dict[str, Any]) -> None:
        info = read(**fields)
        assert info.chat.value == "template" and info.chat_template.value == self.JINJA

    def test_of_several_templates_the_default_one_is_meant(self) -> None:
        named = [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]
        assert read(config={"tokenizer_config": {"chat_template": named}}).chat_template.value == "D"

    def test_a_tag_or_a_name_only_makes_it_likely(self) -> None:
        assert read(tags=["conversational"]).chat.value == "likely"
        assert read_model_body({"id": "a/b-Chat", "config": {"model_type": "llama"}}).chat.value == "likely"

    def test_where_one_looked_and_found_nothing_it_is_none_found(self) -> None:
        assert read(siblings=files("model.safetensors"), config={"model_type": "llama"}).chat.value == "none_found"

    def test_where_nobody_looked_it_is_unknown(self) -> None:
        assert read(tags=["transformers"]).chat.value is None

    def test_a_base_model_with_a_template_is_not_called_instruct(self) -> None:
        info = read_model_body({"id": "Qwen/Qwen2.5-7B", "config": {"tokenizer_config": {"chat_template": self.JINJA}}})
        assert info.chat.value == "template" and info.instruct.value is None

    @pytest.mark.parametrize(
        ("name", "instruct"),
        [
            ("Qwen2.5-7B-Instruct", True),
            ("gemma-3-1b-it", True),
            ("Llama-2-7b-chat-hf", True),
            ("Qwen3-8B-Base", False),
            ("gemma-3-1b-pt", False),
            ("Mistral-7B-v0.3", None),
            ("chatty-7b", None),
        ],
    )
    def test_what_a_name_says_is_a_guess(self, name: str, instruct: bool | None) -> None:
        found = read_model_body({"id": f"a/{name}"}).instruct
        assert found.value is instruct
        assert instruct is None or "guess from name" in found.source

    def test_a_finetune_of_a_base_model_that_can_chat_is_instruct(self) -> None:
        tags = ["conversational", "base_model:finetune:Qwen/Qwen3-8B-Base"]
        assert read_model_body({"id": "Qwen/Qwen3-8B", "tags": tags}).instruct.value is True


class TestLora:
    def test_the_targets_are_pefts_own(self) -> None:
        found = read(config={"model_type": "gpt2"}).lora_targets
        assert found.value == ("c_attn",) and "PEFT 0.21.2" in found.source

    def test_a_type_that_peft_has_no_default_for_says_what_to_do(self) -> None:
        found = read(config={"model_type": "qwen3_moe"}).lora_targets
        assert found.value is None
        assert found.source == "PEFT 0.21.2 has no default for qwen3_moe: name the modules, or use all-linear"

    def test_a_pattern_stays_one_entry(self) -> None:
        found = read(config={"model_type": "gemma4"}).lora_targets
        assert found.value is not None and len(found.value) == 1 and "pattern" in found.source

    @pytest.mark.parametrize(
        "fields",
        [
            {"tags": ["base_model:adapter:a/b"]},
            {"library_name": "peft"},
            {"config": {"peft": {"base_model_name_or_path": "a/b"}}},
            {"siblings": files("adapter_config.json", "adapter_model.safetensors")},
        ],
    )
    def test_an_adapter_is_known_by_any_of_its_marks(self, fields: dict[str, Any]) -> None:
        info = read(**fields)
        assert info.weight_format.value == "adapter" and info.lora_targets.value is None


class TestFormatAndQuantisation:
    def test_mlx_weights_are_told_from_torchs(self) -> None:
        info = read(library_name="mlx", siblings=files("model.safetensors", "config.json"))
        assert info.weight_format.value == "mlx"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"quant_method": "gptq", "bits": 4}, "gptq 4-bit"),
            (
                {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
                "bitsandbytes 4-bit nf4",
            ),
            ({"quant_method": "mxfp4"}, "mxfp4"),
            (
                {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized"},
                "compressed-tensors nvfp4-pack-quantized",
            ),
            ({"quant_method": "fp8"}, "fp8"),
        ],
    )
    def test_the_method_and_width_are_said(self, given: dict[str, Any], said: str) -> None:
        assert read(config={"model_type": "llama", "quantization_config": given}).quantised.value == said

    def test_tags_say_it_where_the_config_does_not(self) -> None:
        assert read(tags=["4-bit", "awq"]).quantised.value == "awq 4-bit"

    def test_a_model_without_it_is_not_said_to_be_quantised(self) -> None:
        assert read(config={"model_type": "llama"}).quantised.value is None


class TestFilesThatAreMissing:
    def test_a_repository_without_a_tokenizer_would_not_start(self) -> None:
        assert "no tokenizer" in " ".join(read(siblings=files("model.safetensors", "config.json")).problems)

    def test_a_missing_shard_would_not_load(self) -> None:
        names = ("tokenizer.json", "model-00001-of-00002.safetensors")
        assert "1 of 2 shards" in " ".join(read(siblings=files(*names)).problems)

    def test_a_whole_repository_has_no_problem(self) -> None:
        assert read(siblings=files("tokenizer.json", "model.safetensors", "config.json")).problems == ()


class TestLicence:
    @pytest.mark.parametrize(
        ("licence", "kind"),
        [
            ("apache-2.0", "open"),
            ("llama3.1", "restricted"),
            ("cc-by-nc-4.0", "non_commercial"),
            ("cc-by-nd-4.0", "restricted"),
            ("acme-non-commercial-1.0", "non_commercial"),
            ("acme-community-1.0", None),
            ("mit, cc-by-nc-4.0", "non_commercial"),
            ("mit, acme-1.0", None),
        ],
    )
    def test_several_licences_bind_as_the_strictest(self, licence: str, kind: str | None) -> None:
        assert licence_class(Fact(value=licence, source="tag")).value == kind

    def test_a_licence_may_be_a_list(self) -> None:
        info = read(cardData={"license": ["apache-2.0", "mit"]})
        assert info.licence.value == "apache-2.0, mit" and info.licence_class.value == "open"

    def test_other_is_named_by_the_card(self) -> None:
        info = read(cardData={"license": "other", "license_name": "qwen-research"})
        assert info.licence.value == "qwen-research" and info.licence_class.value == "non_commercial"

    @pytest.mark.parametrize("tags", [None, [], ["license:other"], ["license:unknown"]])
    def test_what_says_nothing_is_unknown_and_never_open(self, tags: Any) -> None:
        info = read(tags=tags)
        assert info.licence.value is None and info.licence_class.value is None


class TestGate:
    @pytest.mark.parametrize(
        ("given", "gate"),
        [(False, "open"), ("auto", "auto"), ("manual", "manual"), (True, "manual"), (None, None), (0.5, None)],
    )
    def test_it_is_told_in_three_words_or_is_unknown(self, given: Any, gate: str | None) -> None:
        assert read(gated=given).gate.value == gate

    def test_it_is_unknown_where_it_was_not_asked_for(self) -> None:
        assert read().gate.value is None


class TestMalformedBodies:
    @pytest.mark.parametrize(
        "repo_id", [None, 7, "", "a/b/c", "~/.ssh", "/etc/passwd", "../x", "./x", "a/../b", "a\\b", "a/b\n", "x" * 501]
    )
    def test_no_usable_id_is_the_one_thing_that_is_refused(self, repo_id: Any) -> None:
        with pytest.raises(ValueError, match="usable id"):
            read_model_body({"id": repo_id})

    def test_an_old_id_without_an_author_is_usable(self) -> None:
        assert read_model_body({"id": "gpt2"}).author == ""

    def test_the_other_name_of_the_id_serves(self) -> None:
        assert read_model_body({"modelId": "a/b"}).id == "a/b"

    @pytest.mark.parametrize("body", [None, [], "a/b"])
    def test_what_is_no_body_is_refused(self, body: Any) -> None:
        with pytest.raises(ValueError):
            read_model_body(body)

    @pytest.mark.parametrize("key", sorted({k for b in BODIES.values() for k in b} - {"id", "modelId"}))
    @pytest.mark.parametrize("broken", [None, True, 7, "x", [], [None, 3], {}, {"total": {}, "models": 3}])
    def test_a_broken_field_costs_its_own_fact_only(self, key: str, broken: Any) -> None:
        body = BODIES["google-bert/bert-base-uncased"]
        whole, hurt = read_model_body(body), read_model_body({**body, key: broken})
        assert hurt.id == whole.id
        if key != "safetensors":
            assert hurt.parameters == whole.parameters

    def test_unknown_keys_are_passed_over(self) -> None:
        assert read(xetEnabled=True, transformersInfo={"new": 1}, somethingNew=[{}]).id == "author/name"

    @settings(max_examples=100, deadline=None)
    @given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON))
    def test_no_json_whatever_raises(self, fields: dict[str, Any]) -> None:
        assert read_model_body({**fields, "id": "author/name"}).id == "author/name"

"""What the wizard knows about a chosen model: what stops a run, what to agree to, what nobody said."""

from __future__ import annotations

from typing import Any

import pytest

from trainpkg_widgets.advice.model_findings import model_findings, model_summary
from trainpkg_widgets.facts import Fact, Finding, errors_in
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.config_facts import with_config
from trainpkg_widgets.hub.model_body import read_model_body
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings.loader import load_settings
from trainpkg_widgets.steps import ModelStep

SETTINGS = load_settings().model
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128_256,
    "intermediate_size": 8192,
}
BODY: dict[str, Any] = {
    "id": "meta-llama/Llama-3.2-1B-Instruct",
    "gated": False,
    "tags": ["license:apache-2.0"],
    "config": {"model_type": "llama", "tokenizer_config": {"chat_template": "{{ m }}"}},
    "safetensors": {"parameters": {"BF16": 1_235_814_400}},
    "siblings": [{"rfilename": "model.safetensors"}, {"rfilename": "tokenizer.json"}],
}


def model(config: dict[str, Any] | None = None, **fields: Any) -> ModelInfo:
    return with_config(read_model_body({**BODY, **fields}), {**CONFIG, **(config or {})})


def step(info: ModelInfo, *, confirmed: bool = False, revision: str | None = None) -> ModelStep:
    return ModelStep(repo_id=info.id, revision=revision, info=info, size_confirmed=confirmed)


def findings(info: ModelInfo, **choice: Any) -> list[Finding]:
    return model_findings(step(info, **choice), SETTINGS)


def only(info: ModelInfo, code: str) -> Finding:
    return next(f for f in findings(info) if f.code == code)


def codes(info: ModelInfo, **choice: Any) -> list[tuple[str, str]]:
    return [(f.severity, f.code) for f in findings(info, **choice)]


def test_a_model_with_nothing_against_it_has_no_findings() -> None:
    assert findings(model()) == []


def test_every_finding_is_about_the_model_and_says_what_was_seen() -> None:
    info = read_model_body({"id": "a/b"})
    for finding in findings(info):
        assert finding.step == "model" and finding.field.startswith("model.") and finding.evidence


class TestFormats:
    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"siblings": [{"rfilename": "m-Q8_0.gguf"}]}, "GGUF"),
            ({"siblings": [{"rfilename": "onnx/model.onnx"}]}, "ONNX"),
            ({"library_name": "mlx"}, "MLX"),
            ({"siblings": [{"rfilename": "adapter_config.json"}]}, "adapter"),
        ],
    )
    def test_what_is_no_base_is_an_error(self, fields: dict[str, Any], word: str) -> None:
        found = errors_in(findings(read_model_body({**BODY, **fields})))
        assert [f.code for f in found] == ["format-not-trainable"] and word in found[0].message

    @pytest.mark.parametrize(
        "method", [{"quant_method": "mxfp4"}, {"quant_method": "compressed-tensors", "format": "nvfp4"}]
    )
    def test_packed_fp4_is_an_error(self, method: dict[str, Any]) -> None:
        assert ("error", "format-not-trainable") in codes(model({"quantization_config": method}))

    @pytest.mark.parametrize("method", ["gptq", "awq", "fp8", "auto-round"])
    def test_a_quantisation_that_a_package_has_no_library_for_is_an_error(self, method: str) -> None:
        info = model({"quantization_config": {"quant_method": method, "bits": 4}})
        assert ("error", "format-quantised") in codes(info)

    def test_bitsandbytes_weights_are_for_qlora(self) -> None:
        quantised = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}
        info = model({"quantization_config": quantised})
        assert codes(info) == [("warning", "format-bitsandbytes")]
        assert "QLoRA" in findings(info)[0].message

    def test_the_model_it_was_made_from_is_offered(self) -> None:
        tags = ["base_model:quantized:Qwen/Qwen2.5-0.5B"]
        finding = only(
            read_model_body({**BODY, "tags": tags, "siblings": [{"rfilename": "a.gguf"}]}), "format-not-trainable"
        )
        assert finding.fix is not None and finding.fix.verb == "select_model"
        assert finding.fix.arguments == {"repo_id": "Qwen/Qwen2.5-0.5B"}

    def test_a_name_alone_warns_and_does_not_stop(self) -> None:
        info = Catalogue().get("unsloth/Qwen3-4B-GGUF")
        assert info is not None
        assert ("warning", "format-not-trainable") in codes(info) and not errors_in(findings(info))


class TestWhatTheLaunchWouldRunInto:
    def test_code_of_its_own_stops_it(self) -> None:
        info = model({"model_type": "tinyx", "auto_map": {"AutoModelForCausalLM": "modeling_x.X"}})
        assert ("error", "remote-code") in codes(info)

    def test_code_that_the_library_has_no_need_of_does_not(self) -> None:
        assert findings(model({"auto_map": {"AutoModelForCausalLM": "modeling_llama.X"}})) == []

    def test_each_problem_of_its_files_is_an_error(self) -> None:
        info = model(
            {"architectures": ["LlamaForSequenceClassification"]}, siblings=[{"rfilename": "model.safetensors"}]
        )
        assert [f.code for f in errors_in(findings(info))] == ["model-files"] * 2

    def test_a_disabled_repository_stops_it(self) -> None:
        finding = only(model(disabled=True), "model-disabled")
        assert finding.severity == "error" and finding.fix is not None and finding.fix.link.endswith(BODY["id"])

    def test_what_the_access_check_says_is_not_said_twice(self) -> None:
        info = model(disabled=True)
        chosen = step(info).model_copy(update={"access": Fact(value="disabled", source="403")})
        assert model_findings(chosen, SETTINGS) == []


class TestSize:
    def sized(self, gigabytes: float) -> ModelInfo:
        return model(safetensors={"parameters": {"BF16": int(gigabytes * 500_000_000)}})

    def test_a_large_model_is_warned_about(self) -> None:
        assert codes(self.sized(25)) == [("warning", "size-large")]

    def test_a_very_large_one_waits_for_a_yes(self) -> None:
        chosen = step(self.sized(45), revision="abc")
        (finding,) = model_findings(chosen, SETTINGS)
        assert (finding.severity, finding.code) == ("error", "size-confirm")
        assert finding.fix is not None and finding.fix.label == "I know, use it"
        assert finding.fix.arguments == {"repo_id": BODY["id"], "revision": "abc", "confirmed": True}

    def test_a_yes_is_remembered(self) -> None:
        assert codes(self.sized(45), confirmed=True) == [("warning", "size-large")]

    def test_above_the_last_threshold_no_yes_helps(self) -> None:
        found = findings(self.sized(145), confirmed=True)
        assert [(f.severity, f.code, f.fix) for f in found] == [("error", "size-refused", None)]

    def test_thresholds_are_the_settings(self) -> None:
        strict = load_settings(
            None, model={"size_rules": {"warn_over_gb": 1, "confirm_over_gb": 2, "refuse_over_gb": 2.4}}
        )
        assert [f.code for f in model_findings(step(model()), strict.model)] == ["size-refused"]

    def test_an_estimate_is_called_about(self) -> None:
        assert "about 25.0 GB" in findings(self.sized(25))[0].message

    def test_an_unknown_size_is_said_and_stops_nothing(self) -> None:
        assert codes(model(safetensors=None)) == [("info", "size-unknown")]


class TestChatLicenceMemory:
    def test_no_template_is_worth_knowing(self) -> None:
        info = model(id="a/b", tags=["license:mit"]).model_copy(
            update={"chat": Fact(value="none_found", source="no template in its files")}
        )
        assert codes(info) == [("info", "template-not-found")]

    def test_a_template_that_nobody_looked_for_is_unknown(self) -> None:
        info = Catalogue().get("Qwen/Qwen2.5-0.5B")
        assert info is not None and codes(info) == [("info", "template-unknown")]

    def test_a_licence_against_commerce_is_a_warning(self) -> None:
        assert codes(model(tags=["license:cc-by-nc-4.0"])) == [("warning", "licence-non-commercial")]

    @pytest.mark.parametrize("tags", [[], ["license:other"], ["license:acme-1.0"]])
    def test_a_licence_that_is_not_known_is_said(self, tags: list[str]) -> None:
        assert codes(model(tags=tags)) == [("info", "licence-unknown")]

    def test_without_dimensions_memory_is_not_estimated_and_that_is_said(self) -> None:
        finding = only(read_model_body(BODY), "architecture-unknown")
        assert finding.severity == "info" and finding.evidence == "config.json was not read"


class TestSummary:
    @pytest.mark.parametrize(
        ("parameters", "said"),
        [(1_543_714_304, "1.54 B"), (494_032_768, "0.49 B"), (82_000_000, "82.0 M"), (372, "372")],
    )
    def test_it_is_the_name_and_the_parameters(self, parameters: int, said: str) -> None:
        info = ModelInfo(id="Qwen/X", origin="hub", as_of="2026", parameters=Fact(value=parameters, source="weights"))
        assert model_summary(step(info)) == f"X · {said}"

    def test_unknown_parameters_are_said_to_be(self) -> None:
        assert (
            model_summary(step(ModelInfo(id="/m/mine", origin="folder", as_of="2026"))) == "mine · parameters unknown"
        )

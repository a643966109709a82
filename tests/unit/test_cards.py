"""What a card says of a model, and why."""

from __future__ import annotations

from typing import Any

import pytest

from trainpkg_widgets.advice.cards import card_of
from trainpkg_widgets.facts import Fact, unknown
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.config_facts import with_config
from trainpkg_widgets.hub.model_body import read_model_body
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.screens import Badge, Card
from trainpkg_widgets.settings.model_settings import CardDisplay, SizeRules

RULES = SizeRules(warn_over_gb=20, confirm_over_gb=30, refuse_over_gb=100)
EVERYTHING = CardDisplay(downloads=True, licence=True, notes=True)
BODY: dict[str, Any] = {
    "id": "Qwen/Qwen2.5-1.5B-Instruct",
    "gated": False,
    "downloads": 8_100_000,
    "tags": ["license:apache-2.0", "base_model:finetune:Qwen/Qwen2.5-1.5B"],
    "config": {
        "model_type": "qwen2",
        "architectures": ["Qwen2ForCausalLM"],
        "tokenizer_config": {"chat_template": "{{ m }}"},
    },
    "safetensors": {"parameters": {"BF16": 1_543_714_304}, "total": 1_543_714_304},
    "siblings": [{"rfilename": "model.safetensors"}, {"rfilename": "tokenizer.json"}],
}


def card(display: CardDisplay = EVERYTHING, **fields: Any) -> Card:
    return card_of(read_model_body({**BODY, **fields}), RULES, display)


def texts(shown: Card) -> list[str]:
    return [badge.text for badge in shown.badges]


def badge(shown: Card, text: str) -> Badge:
    return next(b for b in shown.badges if b.text == text)


def test_a_chat_model_shows_what_a_person_chooses_by() -> None:
    shown = card()
    assert (shown.author, shown.name, shown.origin) == ("Qwen", "Qwen2.5-1.5B-Instruct", "hub")
    assert (shown.parameters.value, shown.weight_bytes.value) == (1_543_714_304, 3_087_428_608)
    assert texts(shown) == ["Chat template", "Instruct", "LoRA", "Apache 2.0"]


def test_every_badge_says_why() -> None:
    assert all(badge.why for badge in card(gated="manual").badges)
    assert badge(card(), "Chat template").why == "from tokenizer_config.json"
    assert "q_proj, v_proj" in badge(card(), "LoRA").why


def test_experts_and_context_are_shown_where_the_configuration_was_read() -> None:
    raw = {
        "model_type": "qwen3_moe",
        "hidden_size": 2048,
        "num_hidden_layers": 48,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "vocab_size": 151_936,
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "max_position_embeddings": 40_960,
    }
    shown = card_of(with_config(read_model_body(BODY), raw), RULES, EVERYTHING)
    assert "128 experts, 8 active" in texts(shown)
    assert "configured maximum" in badge(shown, "40k context").why
    assert not any("context" in text for text in texts(card())), "what was not read is not guessed"


def test_a_card_says_when_what_it_shows_was_true() -> None:
    info = Catalogue().get("Qwen/Qwen2.5-0.5B")
    assert info is not None
    assert card_of(info, RULES, EVERYTHING).as_of == Catalogue().date


class TestChatAndBase:
    def test_a_base_model_is_called_base(self) -> None:
        assert texts(card(id="Qwen/Qwen3-8B-Base"))[:2] == ["Chat template", "Base"]

    def test_a_tag_is_not_a_template(self) -> None:
        shown = card(config={"model_type": "qwen2"}, tags=["conversational"])
        assert "Likely chat" in texts(shown) and "Chat template" not in texts(shown)

    def test_nothing_found_is_not_said_to_be_no(self) -> None:
        assert "No template found" in texts(card(id="a/b", config={"model_type": "qwen2"}, tags=[]))

    def test_the_popular_models_are_base_models_of_unknown_template(self) -> None:
        for repo_id in ("Qwen/Qwen2.5-0.5B", "meta-llama/Llama-3.2-1B", "mistralai/Mistral-7B-v0.3"):
            info = Catalogue().get(repo_id)
            assert info is not None
            shown = texts(card_of(info, RULES, EVERYTHING))
            assert "Base" in shown and "Template unknown" in shown and "Chat template" not in shown

    def test_where_nobody_asked_it_is_unknown(self) -> None:
        shown = card_of(read_model_body({"id": "a/b"}), RULES, EVERYTHING)
        assert texts(shown) == ["Chat unknown", "LoRA unknown", "Gate unknown", "Licence unknown"]
        assert shown.parameters.value is None and shown.weight_bytes.value is None


class TestLora:
    def test_a_type_without_default_targets_asks_for_their_names(self) -> None:
        shown = card(config={"model_type": "smollm3"})
        assert "LoRA: name the modules" in texts(shown) and "LoRA" not in texts(shown)


class TestObstacles:
    def test_gguf_is_not_trainable_and_shows_nothing_that_would_not_matter(self) -> None:
        shown = card(siblings=[{"rfilename": "m-Q4_K_M.gguf"}])
        assert texts(shown) == ["Not trainable: GGUF", "Apache 2.0"]
        assert shown.badges[0].tone == "bad"

    def test_an_adapter_is_not_trainable(self) -> None:
        assert "Not trainable: an adapter" in texts(card(siblings=[{"rfilename": "adapter_config.json"}]))

    def test_packed_fp4_is_not_trainable(self) -> None:
        config = {"model_type": "gpt_oss", "quantization_config": {"quant_method": "mxfp4"}}
        assert "Not trainable: packed FP4" in texts(card(config=config))

    def test_quantised_weights_say_how(self) -> None:
        config = {"model_type": "qwen2", "quantization_config": {"quant_method": "gptq", "bits": 4}}
        assert "Quantised: gptq 4-bit" in texts(card(config=config))

    def test_code_of_its_own_is_said(self) -> None:
        config = {"model_type": "tinyx", "auto_map": {"AutoModelForCausalLM": "x.Y"}}
        assert badge(card(config=config), "Needs its own code").tone == "bad"

    def test_what_would_not_start_says_why(self) -> None:
        shown = card(config={"model_type": "bert", "architectures": ["BertForMaskedLM"]})
        assert "BertForMaskedLM" in badge(shown, "Would not start").why

    def test_a_disabled_repository_is_said(self) -> None:
        assert texts(card(disabled=True))[0] == "Disabled"


class TestGateAndLicence:
    @pytest.mark.parametrize("gated", ["auto", "manual", True])
    def test_a_gate_is_shown(self, gated: Any) -> None:
        assert badge(card(gated=gated), "Gated").tone == "warn"

    def test_a_gate_that_nobody_asked_about_is_unknown(self) -> None:
        body = {key: value for key, value in BODY.items() if key != "gated"}
        assert "Gate unknown" in texts(card_of(read_model_body(body), RULES, EVERYTHING))

    def test_a_licence_against_commerce_is_coloured(self) -> None:
        assert badge(card(tags=["license:cc-by-nc-4.0"]), "CC BY-NC 4.0").tone == "warn"

    def test_a_licence_without_a_name_of_ours_keeps_its_own(self) -> None:
        assert "acme-1.0" in texts(card(tags=["license:acme-1.0"]))

    def test_no_licence_is_unknown(self) -> None:
        assert "Licence unknown" in texts(card(tags=[]))


class TestSize:
    @pytest.mark.parametrize(
        ("gigabytes", "said", "tone"),
        [
            (19, None, ""),
            (25, "Large", "warn"),
            (45, "Very large", "warn"),
            (145, "Too large", "bad"),
        ],
    )
    def test_a_warning_is_due_above_each_threshold(self, gigabytes: int, said: str | None, tone: str) -> None:
        shown = card(safetensors={"parameters": {"BF16": gigabytes * 500_000_000}})
        large = [b for b in shown.badges if "arge" in b.text]
        assert [(b.text, b.tone) for b in large] == ([(said, tone)] if said else [])

    def test_the_thresholds_are_the_settings(self) -> None:
        strict = SizeRules(warn_over_gb=1, confirm_over_gb=2, refuse_over_gb=3)
        shown = card_of(read_model_body(BODY), strict, EVERYTHING)
        assert "Too large" in texts(shown)

    def test_an_unknown_size_gives_no_warning_and_no_number(self) -> None:
        shown = card(safetensors=None)
        assert shown.weight_bytes.value is None and not any("arge" in t for t in texts(shown))


class TestDisplay:
    def test_downloads_can_be_left_out(self) -> None:
        shown = card(CardDisplay(downloads=False, licence=True, notes=True))
        assert shown.downloads.value is None and card().downloads.value == 8_100_000

    def test_the_licence_can_be_left_out(self) -> None:
        assert "Apache 2.0" not in texts(card(CardDisplay(downloads=True, licence=False, notes=True)))

    def test_notes_can_be_left_out(self) -> None:
        info = read_model_body(BODY).model_copy(update={"note": "Start here."})
        assert card_of(info, RULES, EVERYTHING).note == "Start here."
        assert card_of(info, RULES, CardDisplay(downloads=True, licence=True, notes=False)).note == ""

    def test_a_folder_shows_its_own_name(self) -> None:
        info = ModelInfo(
            id="/home/me/models/mine", origin="folder", as_of="2026", gate=Fact(value="open", source="here")
        )
        assert card_of(info, RULES, EVERYTHING).name == "mine"

    def test_a_card_travels_as_json(self) -> None:
        info = read_model_body(BODY).model_copy(update={"lora_targets": unknown("x")})
        assert Card.model_validate_json(card_of(info, RULES, EVERYTHING).model_dump_json()).id == BODY["id"]

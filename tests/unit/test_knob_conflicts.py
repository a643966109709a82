"""What a person is told of knobs that don't go together, or don't go with the model or the card."""

from __future__ import annotations

import pytest

from tests.unit.knob_samples import SETTINGS, card, changed, codes, mended, model, one
from trainpkg_widgets.advice.architecture_facts import ALL_LINEAR_REFUSED, LAYERS, PACKING_LEAKS, POSITIONS_END
from trainpkg_widgets.advice.knobs import config_findings, default_config
from trainpkg_widgets.facts import Fact, errors_in


def test_the_defaults_raise_nothing():
    assert codes(default_config(SETTINGS)) == {}


def test_bf16_on_an_older_card_is_slow_and_fp16_mends_it():
    config = default_config(SETTINGS)
    finding = one("bf16-emulated", config, gpu=card("T4"))
    assert finding.severity == "warning" and "7.5" in finding.evidence
    better = mended(config, finding)
    assert better.precision == "fp16"
    assert codes(better, gpu=card("T4")) == {}, "no advice to go back"
    assert "bf16-emulated" not in codes(config, gpu=card("A100 40GB"))


def test_qlora_on_an_older_card_is_not_sent_to_fp16_where_trl_stops():
    finding = one("bf16-emulated", changed(tuning="qlora"), gpu=card("T4"))
    assert (finding.severity, finding.fix) == ("info", None)


def test_fp16_where_bf16_would_do_is_pointed_out():
    assert codes(changed(precision="fp16"), gpu=card("RTX 4090")) == {"fp16-overflow": "info"}


@pytest.mark.parametrize("changes", [{"tuning": "qlora"}, {"optimizer": "paged_adamw_8bit"}])
def test_what_needs_bitsandbytes_says_that_it_is_added_and_needs_an_nvidia_card(changes):
    finding = one("needs-nvidia", changed(**changes))
    assert finding.severity == "info" and "added to the package's requirements" in finding.evidence
    assert "No card is chosen" in finding.evidence
    assert "No card is chosen" not in one("needs-nvidia", changed(**changes), gpu=card("L4")).evidence


def test_a_learning_rate_of_lora_is_too_much_for_all_weights():
    config = changed(changed(learning_rate=3e-4), tuning="full")
    finding = one("learning-rate-of-lora", config)
    assert mended(config, finding).learning_rate == 2e-5


def test_a_single_step_that_is_all_warm_up_trains_nothing():
    config = changed(max_steps=1)
    finding = one("warmup-whole-run", config)
    assert finding.severity == "error"
    assert codes(mended(config, finding)) == {}
    assert codes(changed(max_steps=2)) == {}


def test_an_adapter_that_counts_otherwise_than_usual_is_pointed_out():
    config = changed(lora_rank=64)
    finding = one("lora-scale", config)
    assert (finding.severity, mended(config, finding).lora_alpha) == ("info", 128)
    assert codes(changed(changed(lora_rank=64), tuning="full")) == {}


@pytest.mark.parametrize(
    ("state", "code", "knob"),
    [
        ({"lora_alpha": 0}, "lora-alpha-zero", "lora_alpha"),
        ({"lora_dropout": 1.5}, "lora-dropout-all", "lora_dropout"),
        ({"lora_rank": 0}, "knob-range", "lora_rank"),
        ({"batch_size": 0}, "knob-range", "batch_size"),
        ({"accumulation": 0}, "knob-range", "accumulation"),
        ({"max_steps": 0}, "knob-range", "max_steps"),
        ({"max_length": 1}, "knob-range", "max_length"),
        ({"optimizer": "adamw_9bit"}, "knob-range", "optimizer"),
        ({"lora_targets": ()}, "knob-range", "lora_targets"),
    ],
)
def test_a_saved_session_is_held_to_the_ranges_too(state, code, knob):
    config = default_config(SETTINGS).model_copy(update=state)
    errors = errors_in(config_findings(config, None, None, SETTINGS))
    assert [(error.code, error.field) for error in errors] == [(code, f"config.{knob}")]
    assert errors_in(config_findings(mended(config, errors[0]), None, None, SETTINGS)) == []


def test_rows_longer_than_the_context_are_warned_about():
    config = changed(max_length=4096)
    finding = one("length-beyond-context", config, model("llama", context_length=2048))
    assert finding.severity == "warning" and "config.json" in finding.evidence
    assert mended(config, finding).max_length == 2048
    assert codes(config, model("llama", context_length=4096)) == {}
    assert codes(config, model("llama")) == {}, "an unknown context is no reason to warn"


def test_a_model_with_no_positions_beyond_its_context_would_stop():
    assert {"gpt2", "opt"} <= POSITIONS_END and "llama" not in POSITIONS_END
    finding = one("length-beyond-positions", default_config(SETTINGS), model("gpt2", context_length=1024))
    assert "stops the run" in finding.evidence


@pytest.mark.parametrize("kind", ["mamba", "opt", "gpt_oss", "bloom", "falcon"])
def test_packing_is_warned_about_where_rows_were_measured_to_see_one_another(kind):
    assert kind in PACKING_LEAKS
    config = changed(packing=True)
    finding = one("packing-leaks", config, model(kind))
    assert finding.severity == "warning"
    assert "packing-leaks" not in codes(mended(config, finding), model(kind))


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mistral", "gemma2", "gpt2", "gpt_neox", "phi3"])
def test_packing_is_not_warned_about_where_rows_were_measured_to_stay_apart(kind):
    assert codes(changed(packing=True), model(kind)) == {}


def test_packing_stops_where_a_package_is_missing():
    assert codes(changed(packing=True, tuning="full"), model("bamba"))["packing-refused"] == "error"


def test_targets_that_a_model_has_none_of_stop_the_run():
    config = changed(lora_targets=["q_proj", "v_proj"])
    finding = one("lora-targets-missing", config, model("phi3"))
    assert finding.severity == "error" and "qkv_proj" in finding.evidence
    assert mended(config, finding).lora_targets == ("all-linear",)
    known = model("gpt2", lora_targets=("c_attn",))
    assert mended(config, one("lora-targets-missing", config, known)).lora_targets == ("c_attn",)


def test_targets_that_a_model_lacks_beside_others_are_left_out_without_a_word():
    config = changed(lora_targets=["q_proj", "qkv_proj", "self_attn.o_proj"])
    finding = one("lora-targets-partly-missing", config, model("llama"))
    assert finding.severity == "warning"
    assert mended(config, finding).lora_targets == ("q_proj", "self_attn.o_proj")


@pytest.mark.parametrize(
    ("targets", "kind"),
    [
        (["q_proj"], "llama"),
        (["all-linear"], "qwen3_moe"),
        (["gate_proj", "up_proj"], "qwen3_moe"),
        ([r".*self_attn\.(q|v)_proj"], "phi3"),
        (["anything"], "a_type_of_next_year"),
    ],
)
def test_nothing_is_claimed_of_targets_that_are_there_or_not_known(targets, kind):
    assert codes(changed(lora_targets=targets), model(kind)) == {}


@pytest.mark.parametrize("kind", ["mamba", "falcon_mamba"])
def test_every_linear_layer_is_too_many_where_peft_refuses_some(kind):
    assert kind in ALL_LINEAR_REFUSED
    config = default_config(SETTINGS)
    finding = one("lora-targets-refused", config, model(kind))
    better = mended(config, finding)
    assert errors_in(config_findings(better, model(kind), None, SETTINGS)) == []
    assert set(better.lora_targets) <= LAYERS[kind]


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_weights_that_are_quantised_already_are_trained_with_qlora(tuning):
    about = model("llama", quantised="bitsandbytes 4-bit nf4")
    config = changed(tuning=tuning)
    finding = one("weights-quantised", config, about)
    assert finding.severity == "error"
    assert "weights-quantised" not in codes(mended(config, finding), about)
    guess = model("llama").model_copy(update={"quantised": Fact(value="bitsandbytes", source="a guess from its name")})
    assert codes(config, guess)["weights-quantised"] == "warning"


# ------------------------------------------------------------------ methods, marks, kernels

MARKED = (
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<eos>"
    "{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
)
STOP_OUTSIDE = MARKED.replace("<eos>{% endgeneration %}", "{% endgeneration %}<eos>")
UNMARKED = MARKED.replace("{% generation %}", "").replace("{% endgeneration %}", "")


@pytest.mark.parametrize(
    ("template", "found"),
    [(MARKED, {}), (UNMARKED, {"marks-missing": "error"}), (STOP_OUTSIDE, {"marks-without-stop": "warning"})],
)
def test_learning_what_the_template_marks_needs_marks_that_hold_the_stop(template, found):
    config = changed(train_on="marked")
    about = model("llama", chat_template=template)
    assert codes(config, about) == found
    for code in found:
        assert mended(config, one(code, config, about)).train_on == "answers"
    assert codes(changed(train_on="answers"), about) == {}


@pytest.mark.parametrize(
    ("changes", "gpu", "found"),
    [
        ({"attention": "flash_attention_2"}, "RTX 4090", {}),
        ({"attention": "flash_attention_2", "precision": "fp32"}, "RTX 4090", {"flash-fp32": "error"}),
        ({"attention": "flash_attention_2", "precision": "fp16"}, "T4", {"flash-old-card": "error"}),
    ],
)
def test_flash_attention_asks_for_half_precision_and_a_card_of_2020(changes, gpu, found):
    assert codes(changed(**changes), None, card(gpu)) == found


@pytest.mark.parametrize(
    ("changes", "code", "mended_to"),
    [
        ({"learning_rate": 0.05}, "learning-rate-high", 2e-4),
        ({"method": "dpo", "learning_rate": 1e-3}, "learning-rate-high", 1e-5),
        ({"method": "dpo", "tuning": "full", "learning_rate": 1e-5}, "learning-rate-of-lora", 1e-6),
        ({"learning_rate": 1e-9}, "learning-rate-low", 2e-4),
    ],
)
def test_a_learning_rate_far_from_the_usual_of_its_method_is_warned_about(changes, code, mended_to):
    config = changed(**changes)
    assert codes(config) == {code: "warning"}
    assert mended(config, one(code, config)).learning_rate == mended_to


def test_rows_packed_as_one_endless_text_are_warned_about_where_they_are_conversations():
    config = changed(packing=True, packing_strategy="wrapped")
    assert codes(config) == {"packing-wrapped": "warning"}
    assert codes(changed(method="cpt", packing_strategy="wrapped")) == {}
    assert mended(config, one("packing-wrapped", config)).packing_strategy == "bfd"


def test_a_model_without_a_class_that_scores_can_not_become_a_reward_model():
    config = changed(method="reward")
    assert codes(config, model("mamba"))["reward-no-class"] == "error"
    assert codes(config, model("llama")) == {}


def test_layers_to_train_whole_have_to_be_there():
    config = changed(lora_modules_to_save="embed_tokens, wte")
    assert codes(config, model("llama")) == {"modules-missing": "warning"}
    assert mended(config, one("modules-missing", config, model("llama"))).lora_modules_to_save == ("embed_tokens",)
    assert codes(changed(method="reward", lora_modules_to_save="score"), model("llama")) == {}


def test_what_does_not_apply_to_a_method_is_not_held_against_it():
    assert "length-beyond-context" in codes(changed(max_length=4096), model("llama", context_length=2048))
    assert codes(changed(method="grpo", max_length=4096), model("llama", context_length=2048)) == {}
    assert "packing-leaks" in codes(changed(packing=True), model("bloom"))
    assert codes(changed(method="dpo", packing=True), model("bloom")) == {}

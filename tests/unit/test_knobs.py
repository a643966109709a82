"""What a person may expect of the knobs: sound defaults, changes that are whole or refused, named conflicts."""

from __future__ import annotations

import itertools
import math

import pytest

from trainpkg_widgets.advice.architecture_facts import ALL_LINEAR_REFUSED, LAYERS, PACKING_LEAKS, POSITIONS_END
from trainpkg_widgets.advice.knobs import (
    change_config,
    config_findings,
    config_summary,
    config_view,
    default_config,
)
from trainpkg_widgets.facts import Fact, Finding, errors_in
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.agreement import KNOB_NAMES
from trainpkg_widgets.settings.knob_values import read_knob_value
from trainpkg_widgets.settings.schema import Gpu
from trainpkg_widgets.steps import ConfigStep

SETTINGS = load_settings().config
TUNINGS = ("full", "lora", "qlora")
PRESETS = tuple(SETTINGS.presets)


def changed(current: ConfigStep | None = None, /, **changes) -> ConfigStep:
    config, findings = change_config(current, changes, SETTINGS)
    assert findings == []
    return config


def refused(current: ConfigStep | None = None, /, **changes) -> Finding:
    before = current or default_config(SETTINGS)
    config, findings = change_config(before, changes, SETTINGS)
    assert config == before, "a refusal changes nothing"
    [finding] = errors_in(findings)
    return finding


def model(model_type: str, **facts) -> ModelInfo:
    values = {name: Fact(value=value, source="config.json") for name, value in facts.items()}
    return ModelInfo(
        id="a/b", origin="hub", as_of="2026-01-01", model_type=Fact(value=model_type, source="config.json"), **values
    )


def card(name: str) -> Gpu:
    return next(gpu for gpu in SETTINGS.gpus if gpu.name == name)


def codes(config: ConfigStep, about: ModelInfo | None = None, gpu: Gpu | None = None) -> dict[str, str]:
    return {finding.code: finding.severity for finding in config_findings(config, about, gpu, SETTINGS)}


def one(code: str, config: ConfigStep, about: ModelInfo | None = None, gpu: Gpu | None = None) -> Finding:
    [finding] = [found for found in config_findings(config, about, gpu, SETTINGS) if found.code == code]
    return finding


def mended(config: ConfigStep, finding: Finding) -> ConfigStep:
    assert finding.fix is not None and finding.fix.verb == "configure"
    return changed(config, **finding.fix.arguments)


# ------------------------------------------------------------------ the declaration


def test_every_knob_is_declared_and_every_declared_knob_exists():
    assert set(SETTINGS.knobs) == set(ConfigStep.model_fields) - {"preset"} == set(KNOB_NAMES)


def test_every_knob_is_explained_in_one_sentence_and_named_as_trl_names_it():
    for name, knob in SETTINGS.knobs.items():
        assert knob.hint.endswith(".") and knob.hint.count(". ") == 0, name
        assert knob.trainer_names.get("trl"), name
    assert 10 <= sum(knob.main for knob in SETTINGS.knobs.values()) <= 14


@pytest.mark.parametrize(("tuning", "preset"), itertools.product(TUNINGS, PRESETS))
def test_every_preset_is_in_range_for_every_tuning_and_blocks_nothing(tuning, preset):
    config = default_config(SETTINGS, tuning, preset)
    assert (config.tuning, config.preset) == (tuning, preset)
    for name, knob in SETTINGS.knobs.items():
        value = getattr(config, name)
        assert read_knob_value(knob, value) == (list(value) if isinstance(value, tuple) else value)
    for name, value in SETTINGS.presets[preset].values.items():
        assert getattr(config, name) == value
    found = config_findings(config, model("llama", context_length=131072), card("RTX 4090"), SETTINGS)
    assert [finding for finding in found if finding.severity != "info"] == []


def test_each_choice_can_be_chosen():
    for name, knob in SETTINGS.knobs.items():
        for choice in knob.choices:
            assert getattr(changed(**{name: choice.value}), name) == choice.value


def test_the_defaults_fit_the_tuning():
    assert default_config(SETTINGS).tuning == "lora"
    assert [default_config(SETTINGS, tuning).learning_rate for tuning in TUNINGS] == [2e-5, 2e-4, 2e-4]


def test_settings_decide_what_a_new_session_starts_with():
    settings = load_settings(
        config={"default_preset": "small_gpu", "knobs": {"tuning": {"default": "qlora"}, "epochs": {"default": 5}}}
    ).config
    config, _ = change_config(None, {}, settings)
    assert (config.tuning, config.preset, config.batch_size, config.epochs) == ("qlora", "small_gpu", 1, 5)


# ------------------------------------------------------------------ changing


@pytest.mark.parametrize(
    ("knob", "given", "held"),
    [
        ("batch_size", 4.0, 4),
        ("batch_size", "16", 16),
        ("epochs", 1, 1.0),
        ("learning_rate", "2e-4", 2e-4),
        ("learning_rate", " 0.0001 ", 1e-4),
        ("max_steps", None, None),
        ("max_steps", "", None),
        ("max_steps", 100, 100),
        ("packing", "true", True),
        ("precision", "BF16", "bf16"),
        ("method", "SFT", "sft"),
        ("lora_targets", "q_proj, v_proj  q_proj", ("q_proj", "v_proj")),
        ("lora_targets", ["q_proj"], ("q_proj",)),
        ("seed", 4294967295, 4294967295),
    ],
)
def test_a_value_may_be_written_in_any_form_that_means_it(knob, given, held):
    value = getattr(changed(**{knob: given}), knob)
    assert value == held and type(value) is type(held)


@pytest.mark.parametrize(
    ("knob", "given", "nearest"),
    [
        ("batch_size", 0, 1),
        ("batch_size", -3, 1),
        ("batch_size", 2.5, 2),
        ("batch_size", 5000, 1024),
        ("batch_size", True, 2),
        ("batch_size", "many", 2),
        ("batch_size", None, 2),
        ("batch_size", [2], 2),
        ("accumulation", 0, 1),
        ("max_steps", 0, None),
        ("max_steps", -1, None),
        ("max_steps", 1.5, 2),
        ("max_length", 4, 16),
        ("learning_rate", 0, 2e-4),
        ("learning_rate", -1e-4, 2e-4),
        ("learning_rate", 3, 0.1),
        ("learning_rate", math.nan, 2e-4),
        ("learning_rate", math.inf, 2e-4),
        ("learning_rate", "nan", 2e-4),
        ("learning_rate", True, 2e-4),
        ("lora_alpha", 0, 1),
        ("lora_dropout", 1.5, 0.9),
        ("lora_targets", [], ["all-linear"]),
        ("lora_targets", [1], ["all-linear"]),
        ("lora_targets", {"q": 1}, ["all-linear"]),
        ("packing", 1, False),
        ("packing", "maybe", False),
        ("precision", "bf61", "bf16"),
        ("precision", 16, "bf16"),
        ("optimizer", "paged_adam_8bit", "paged_adamw_8bit"),
        ("tuning", "qlra", "qlora"),
        ("tuning", None, "lora"),
    ],
)
def test_a_wrong_value_is_refused_with_the_nearest_that_would_do(knob, given, nearest):
    finding = refused(**{knob: given})
    assert finding.field == f"config.{knob}"
    assert finding.message.startswith(f"“{SETTINGS.knobs[knob].label}” can't be ")
    assert finding.evidence.startswith(f"{knob} takes ")
    assert finding.fix is not None and finding.fix.arguments == {knob: nearest}
    assert changed(**finding.fix.arguments), "the fix is accepted"


def test_a_refused_change_takes_the_others_with_it():
    before = default_config(SETTINGS)
    config, findings = change_config(before, {"epochs": 3, "batch_size": 0, "seed": -1}, SETTINGS)
    assert config == before
    assert [finding.field for finding in findings] == ["config.batch_size", "config.seed"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("learning_rat", "learning_rate"),
        ("lora_r", "lora_rank"),
        ("per_device_train_batch_size", "batch_size"),
        ("gradient_accumulation_steps", "accumulation"),
        ("load_in_4bit", "tuning"),
    ],
)
def test_an_unknown_knob_is_answered_with_the_one_that_was_meant(name, meant):
    finding = refused(**{name: 1})
    assert finding.code == "knob-unknown"
    assert finding.fix is not None and finding.fix.arguments == {meant: 1}


def test_a_knob_that_resembles_none_is_answered_with_all_of_them():
    finding = refused(zzzz=1)
    assert finding.fix is None and "learning_rate" in finding.evidence


@pytest.mark.parametrize("method", ["dpo", "KTO", "orpo", "reward", "grpo", "cpt"])
def test_a_method_of_a_later_version_is_said_to_be_one(method):
    finding = refused(method=method)
    assert finding.code == "method-not-in-version"
    assert "not in this version" in finding.message
    assert finding.fix is not None and finding.fix.arguments == {"method": "sft"}


def test_a_method_that_nobody_knows_is_a_wrong_choice():
    assert refused(method="stf").code == "knob-choice"


def test_an_unknown_preset_is_answered_with_the_nearest():
    finding = refused(preset="qualty")
    assert finding.fix is not None and finding.fix.arguments == {"preset": "quality"}


def test_a_new_tuning_brings_its_defaults_to_the_knobs_that_nobody_touched():
    assert changed(changed(tuning="full"), tuning="lora") == default_config(SETTINGS)
    touched = changed(learning_rate=3e-4)
    assert changed(touched, tuning="full").learning_rate == 3e-4
    assert changed(tuning="full", learning_rate=1e-5).learning_rate == 1e-5


def test_a_preset_brings_its_values_and_takes_them_away_again():
    small = changed(preset="small_gpu")
    assert (small.batch_size, small.accumulation, small.max_length) == (1, 16, 1024)
    balanced = changed(small, preset="balanced")
    assert balanced == default_config(SETTINGS)


def test_a_preset_leaves_what_someone_set_unless_it_says_otherwise():
    own = changed(learning_rate=1e-4, batch_size=6)
    small = changed(own, preset="small_gpu")
    assert (small.learning_rate, small.batch_size) == (1e-4, 1)
    assert changed(small, preset="balanced").learning_rate == 1e-4


def test_choosing_the_same_preset_again_goes_back_to_it():
    moved = changed(changed(preset="small_gpu"), batch_size=8)
    assert changed(moved, preset="small_gpu").batch_size == 1


def test_what_is_given_beside_a_preset_wins_over_it():
    assert changed(preset="small_gpu", batch_size=3).batch_size == 3


def test_a_preset_that_the_settings_no_longer_have_does_not_stop_a_change():
    saved = default_config(SETTINGS).model_copy(update={"preset": "ours", "epochs": 7.0})
    config, findings = change_config(saved, {"seed": 1}, SETTINGS)
    assert (findings, config.seed, config.epochs) == ([], 1, 7.0)
    assert config_view(saved, SETTINGS, "trl").changed == ()


# ------------------------------------------------------------------ conflicts


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


def test_a_quantised_model_is_not_trained_in_full():
    about = model("llama", quantised="4-bit bitsandbytes")
    config = changed(tuning="full")
    assert mended(config, one("full-on-quantised", config, about)).tuning == "lora"
    assert "full-on-quantised" not in codes(changed(tuning="lora"), about)


# ------------------------------------------------------------------ showing


def test_the_view_shows_each_knob_in_words_with_the_trainers_own_name():
    view = config_view(None, SETTINGS, "trl")
    knob = {knob.name: knob for knob in view.knobs}
    assert list(knob) == list(SETTINGS.knobs)
    assert knob["lora_rank"].trainer_name == "lora_r" and knob["lora_rank"].applies
    assert knob["tuning"].choices[0] == ("full", "Full")
    assert config_view(None, SETTINGS, "axolotl").knobs[0].trainer_name == ""


def test_knobs_that_mean_nothing_to_a_tuning_are_marked():
    view = config_view(changed(tuning="full", lora_rank=8), SETTINGS, "trl")
    assert {knob.name for knob in view.knobs if not knob.applies} == {
        "lora_rank",
        "lora_alpha",
        "lora_dropout",
        "lora_targets",
    }
    assert view.changed == ()


def test_the_view_lists_what_differs_from_the_preset():
    config = changed(preset="small_gpu", max_steps=100, packing=True, learning_rate=3e-5, lora_targets="q_proj,v_proj")
    view = config_view(config, SETTINGS, "trl")
    assert [(change.knob, change.preset, change.now) for change in view.changed] == [
        ("learning_rate", "0.0002", "3e-5"),
        ("max_steps", "nothing", "100"),
        ("packing", "off", "on"),
        ("lora_targets", "all-linear", "q_proj, v_proj"),
    ]


def test_a_config_is_summed_up_in_one_line():
    assert config_summary(default_config(SETTINGS)) == "SFT · LoRA r16"
    assert config_summary(changed(tuning="qlora", lora_rank=8)) == "SFT · QLoRA r8"
    assert config_summary(changed(tuning="full")) == "SFT · full"

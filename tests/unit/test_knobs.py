"""What a person may expect of the knobs: sound defaults, and changes that are whole or refused with what would do."""

from __future__ import annotations

import itertools
import math

import pytest

from tests.unit.knob_samples import SETTINGS, card, changed, model
from trainpkg_widgets.advice.knobs import applies, change_config, config_findings, config_summary, default_config
from trainpkg_widgets.advice.trl_limits import trl_findings
from trainpkg_widgets.facts import Finding, errors_in
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.agreement import KNOB_NAMES
from trainpkg_widgets.settings.knob_values import read_knob_value
from trainpkg_widgets.steps import ConfigStep

TUNINGS = ("full", "lora", "qlora")
METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo")
PRESETS = tuple(SETTINGS.presets)


def refused(current: ConfigStep | None = None, /, **changes) -> Finding:
    before = current or default_config(SETTINGS)
    config, findings = change_config(before, changes, SETTINGS)
    assert config == before, "a refusal changes nothing"
    [finding] = errors_in(findings)
    return finding


# ------------------------------------------------------------------ the declaration


def test_every_knob_is_declared_and_every_declared_knob_exists():
    assert set(SETTINGS.knobs) == set(ConfigStep.model_fields) - {"preset", "trainer_keys"} == set(KNOB_NAMES)


def test_every_knob_is_explained_in_one_sentence_and_named_as_trl_names_it():
    for name, knob in SETTINGS.knobs.items():
        assert knob.hint.endswith(".") and knob.hint.count(". ") == 0, name
        assert knob.trainer_names.get("trl"), name


@pytest.mark.parametrize("method", METHODS)
def test_no_method_shows_more_at_once_than_a_person_reads(method):
    config = changed(method=method)
    assert 10 <= sum(knob.main and applies(knob, config) for knob in SETTINGS.knobs.values()) <= 15


@pytest.mark.parametrize(("method", "tuning", "preset"), list(itertools.product(METHODS, TUNINGS, PRESETS)))
def test_every_preset_is_in_range_for_every_method_and_tuning_and_blocks_nothing(method, tuning, preset):
    config = default_config(SETTINGS, tuning, preset, method)
    assert (config.method, config.tuning, config.preset) == (method, tuning, preset)
    for name, knob in SETTINGS.knobs.items():
        value = getattr(config, name)
        assert read_knob_value(knob, value) == (list(value) if isinstance(value, tuple) else value)
    for name, value in SETTINGS.presets[preset].values_for(method).items():
        assert getattr(config, name) == value
    found = config_findings(config, model("llama", context_length=131072), card("RTX 4090"), SETTINGS)
    found += trl_findings(config, ["bitsandbytes"], measured=True)
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
        ("method", "DPO", "dpo"),
        ("quantisation_bits", "8", 8),
        ("quantisation_bits", 8, 8),
        ("eval_strategy", "no", "no"),
        ("lora_modules_to_save", [], ()),
        ("lora_modules_to_save", "", ()),
        ("lora_modules_to_save", "embed_tokens", ("embed_tokens",)),
        ("trainer_keys", {"adam_beta2": 0.95}, {"adam_beta2": 0.95}),
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
        ("learning_rate", 3, 0.0002),
        ("learning_rate", math.nan, 2e-4),
        ("learning_rate", math.inf, 2e-4),
        ("learning_rate", "nan", 2e-4),
        ("learning_rate", True, 2e-4),
        ("lora_alpha", 0, 1),
        ("lora_dropout", 1.5, 0.05),
        ("lora_targets", [], ["all-linear"]),
        ("lora_targets", [1], ["all-linear"]),
        ("lora_targets", {"q": 1}, ["all-linear"]),
        ("packing", 1, False),
        ("packing", "maybe", False),
        ("precision", "bf61", "bf16"),
        ("precision", 16, "bf16"),
        ("optimizer", "paged_adam_8bit", "paged_adamw_8bit"),
        ("tuning", "qlra", "qlora"),
        ("quantisation_bits", 5, 4),
        ("num_generations", 1, 2),
        ("temperature", 0, 1.0),
        ("eval_strategy", "epochs", "epoch"),
        ("method", "ppo", "dpo"),
        ("tuning", None, "lora"),
    ],
)
def test_a_wrong_value_is_refused_with_one_that_would_do(knob, given, nearest):
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


def test_a_method_that_nobody_knows_is_a_wrong_choice():
    assert refused(method="stf").code == "knob-choice"


def test_the_trainers_own_keys_are_a_mapping_and_stay_through_other_changes():
    assert refused(trainer_keys=["adam_beta2"]).code == "trainer-keys-type"
    config = changed(trainer_keys={"adam_beta2": 0.95})
    assert changed(changed(config, tuning="full"), preset="quality").trainer_keys == {"adam_beta2": 0.95}
    assert changed(config, trainer_keys={}).trainer_keys == {}


def test_a_new_method_brings_its_defaults_to_the_knobs_that_nobody_touched():
    dpo = changed(method="dpo")
    assert (dpo.learning_rate, dpo.epochs, dpo.lora_dropout) == (1e-5, 1.0, 0.0)
    assert changed(dpo, tuning="full").learning_rate == 1e-6
    assert changed(dpo, method="sft") == default_config(SETTINGS)
    assert changed(changed(learning_rate=3e-4), method="dpo").learning_rate == 3e-4
    assert changed(method="cpt").packing and changed(method="cpt").packing_strategy == "bfd_split"


def test_a_preset_brings_what_is_right_for_the_method():
    quick = changed(method="grpo", preset="quick_try")
    assert quick.batch_size * quick.accumulation % quick.num_generations == 0
    assert changed(method="kto", preset="small_gpu").batch_size == 2
    assert changed(changed(preset="small_gpu"), method="kto").batch_size == 2


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


def test_a_config_is_summed_up_in_one_line():
    assert config_summary(default_config(SETTINGS)) == "SFT · LoRA r16"
    assert config_summary(changed(tuning="qlora", lora_rank=8)) == "SFT · QLoRA r8"
    assert config_summary(changed(tuning="full")) == "SFT · full"


# What a program or a person in a hurry may hand over.
ODD: list[object] = [
    *(None, True, 0, -1, 2**63, 10**400, -(10**400), 1e308, 1e-320, float("nan"), float("inf"), 1 + 2j, b"1"),
    *("", " ", "nan", "1e999", "0x10", "½", "∞", "1,5", "\x00", "a" * 100_000, "<img src=x>", "(", ".*"),
    *([], [[]], {}, {"a": 1}, [1, 2], ["a", "a"], (), set(), object(), range(3), ["a" * 5000] * 3),
]


@pytest.mark.parametrize("name", [*SETTINGS.knobs, "preset", "trainer_keys", "", "x" * 100_000])
def test_whatever_is_handed_over_is_taken_or_refused_in_a_short_sentence(name):
    before = default_config(SETTINGS)
    for value in ODD:
        config, said = change_config(before, {name: value}, SETTINGS)
        assert config == before if any(f.severity == "error" for f in said) else config is not None
        for finding in said:
            assert len(finding.message) < 250, finding.message[:300]
            assert finding.fix is None or len(finding.fix.label) < 250

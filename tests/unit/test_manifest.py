"""The manifest: what it says, that it says it in the same bytes, and that it refuses what it does not understand."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.package_samples import model_step, sample_package, sample_state, warning
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.package.manifest import (
    ManifestError,
    manifest_schema,
    manifest_yaml,
    published_schema,
    read_manifest,
)
from trainpkg_widgets.steps import SessionState

STATE = sample_state()
MANIFEST = sample_package(STATE).manifest


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert json.loads(published_schema()) == json.loads(manifest_schema()), (
        "run: python -m trainpkg_widgets.package.manifest > trainpkg_widgets/package/manifest.schema.json"
    )


def test_reading_a_manifest_back_gives_every_choice_and_every_warning() -> None:
    state = sample_state(tuning="qlora", max_steps=7)
    manifest = sample_package(state, findings=[warning()]).manifest
    again = read_manifest(manifest_yaml(manifest))
    assert again == manifest
    assert again.choices == state
    assert again.accepted == (warning(),)


def test_each_fact_keeps_its_source_and_unknown_stays_unknown() -> None:
    data = yaml.safe_load(manifest_yaml(sample_package().manifest))
    info = data["choices"]["model"]["info"]
    assert info["licence"] == {"value": "apache-2.0", "source": "the model card"}
    assert info["parameters"] == {"value": None, "source": "not asked"}


def test_the_model_is_pinned_to_the_revision_that_was_chosen() -> None:
    (pin,) = sample_package().manifest.pins
    assert (pin.kind, pin.id, pin.revision) == ("model", model_step().repo_id, model_step().revision)


def test_where_the_package_was_written_is_no_part_of_it() -> None:
    state = sample_state()
    assert state.deploy is not None
    written = state.model_copy(update={"deploy": state.deploy.model_copy(update={"written_to": "/home/someone/out"})})
    assert manifest_yaml(sample_package(written).manifest) == manifest_yaml(sample_package(state).manifest)


@settings(deadline=None)
@example("a\r\nb\x85c\u2028d\ufeffe\x00f \n  g: #\t'\"")
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_template_survives_the_way_through_yaml(template: str) -> None:
    info = model_step().info.model_copy(update={"chat_template": Fact(value=template, source=template)})
    state = STATE.model_copy(update={"model": model_step(info=info)})
    manifest = MANIFEST.model_copy(update={"choices": state})
    assert read_manifest(manifest_yaml(manifest)).choices == state


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "no mapping"),
        ("a: [", "no YAML"),
        ("format: 3\nname: x\n", "format 3"),
        ("format: 1\nname: x\n", "does not fit its schema"),
        ("format: 1\nextra: 2026-01-01\n", "does not fit its schema"),
        ("a: &a [1]\nb: *a\n", "aliases"),
        ("!!python/object/apply:os.system ['true']\n", "no YAML"),
        ("[" * 5000, "no YAML"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ManifestError, match=said):
        read_manifest(text)


def test_a_field_that_nobody_declared_is_refused() -> None:
    data = yaml.safe_load(manifest_yaml(sample_package().manifest))
    data["choices"]["config"]["learning_rte"] = 1
    with pytest.raises(ManifestError, match=r"choices\.config\.learning_rte"):
        read_manifest(yaml.safe_dump(data))


def test_a_state_is_what_it_was_after_json() -> None:
    state = sample_state()
    assert SessionState.model_validate_json(state.model_dump_json()) == state


# Every knob at another value than its default.
OTHERWISE: dict[str, object] = {
    "method": "grpo",
    "tuning": "qlora",
    "preset": "quality",
    "quantisation_bits": 8,
    "lora_variant": "dora",
    "learning_rate": 3e-7,
    "epochs": 0.5,
    "max_steps": 3,
    "max_length": 99,
    "batch_size": 6,
    "accumulation": 4,
    "train_on": "marked",
    "packing": True,
    "packing_strategy": "wrapped",
    "padding_free": True,
    "beta": 0.3,
    "dpo_loss": "ipo",
    "label_smoothing": 0.1,
    "precompute_reference": True,
    "kto_loss": "apo_zero_unpaired",
    "desirable_weight": 2.0,
    "undesirable_weight": 3.0,
    "reward_functions": ("rewards.prefers_short",),
    "num_generations": 12,
    "max_completion_length": 77,
    "temperature": 0.6,
    "grpo_loss": "bnpo",
    "lora_rank": 3,
    "lora_alpha": 5,
    "lora_dropout": 0.25,
    "lora_targets": ("q_proj", "v_proj"),
    "lora_modules_to_save": ("embed_tokens",),
    "precision": "fp32",
    "gradient_checkpointing": False,
    "attention": "eager",
    "liger": True,
    "optimizer": "adafactor",
    "scheduler": "linear",
    "warmup_share": 0.1,
    "weight_decay": 0.5,
    "max_grad_norm": 0.25,
    "neftune_alpha": 5.0,
    "seed": 7,
    "logging_steps": 3,
    "report_to": "wandb",
    "eval_strategy": "steps",
    "eval_steps": 4,
    "save_strategy": "steps",
    "save_steps": 8,
    "save_limit": 3,
    "keep_best": True,
    "gpus": 2,
    "sharding": "zero2",
    "trainer_keys": {"top_p": 0.9},
}


def test_every_knob_comes_back_from_a_package_and_from_a_saved_state() -> None:
    state = sample_state(**OTHERWISE)
    config, usual = state.config, sample_state().config
    assert config is not None and usual is not None
    unchanged = [name for name in type(config).model_fields if getattr(config, name) == getattr(usual, name)]
    assert unchanged == []
    assert SessionState.model_validate_json(state.model_dump_json()) == state
    manifest = sample_package(state, held_back=5).manifest
    assert read_manifest(manifest_yaml(manifest)).choices.config == config

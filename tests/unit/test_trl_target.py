"""What the choices become in TRL's YAML. That TRL takes it is shown in tests/training/."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.package_samples import REVISION, config_step, model_step, sample_state
from trainpkg_widgets.package.data_files import DataFile, DataFiles
from trainpkg_widgets.package.targets import trl
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import ConfigStep

TARGET = load_settings().deploy.targets["trl"]


def data_files(rows: int = 100, held_back: int = 0) -> DataFiles:
    test = DataFile(path="data/test.jsonl", rows=held_back, bytes=1, sha256="0" * 64) if held_back else None
    return DataFiles(train=DataFile(path="data/train.jsonl", rows=rows, bytes=1, sha256="0" * 64), test=test)


def keys_of(rows: int = 100, held_back: int = 0, **config: Any) -> dict[str, Any]:
    data = data_files(rows, held_back)
    return trl.trl_config(sample_state(**config), data=data, settings=TARGET, shape={"completion_only_loss": True})


def test_every_field_of_the_config_step_has_its_place_in_the_table() -> None:
    assert set(trl.KEYS) == set(ConfigStep.model_fields)


def test_every_key_of_the_table_is_one_that_trl_knows() -> None:
    assert {key for keys in trl.KEYS.values() for key in keys} <= trl.known_keys()


CHANGES: dict[str, Any] = {
    "learning_rate": 3e-5,
    "epochs": 7.5,
    "max_steps": 11,
    "max_length": 333,
    "batch_size": 5,
    "accumulation": 3,
    "packing": True,
    "lora_rank": 9,
    "lora_alpha": 27,
    "lora_dropout": 0.25,
    "lora_targets": ("q_proj", "v_proj"),
    "precision": "fp32",
    "gradient_checkpointing": False,
    "optimizer": "adafactor",
    "scheduler": "linear",
    "warmup_share": 0.5,
    "weight_decay": 0.125,
    "seed": 7,
    "logging_steps": 3,
    "tuning": "qlora",
}


@pytest.mark.parametrize("field", [name for name in trl.KEYS if name in CHANGES])
def test_a_changed_knob_changes_its_own_keys(field: str) -> None:
    before, after = keys_of(), keys_of(**{field: CHANGES[field]})
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed & set(trl.KEYS[field])


def test_only_the_method_the_preset_and_the_loss_are_no_keys_of_one_knob_alone() -> None:
    # The loss depends on the format of the rows too, and comes in as the shape; the other two are no keys.
    assert set(trl.KEYS) - set(CHANGES) == {"method", "preset", "train_on"}


@pytest.mark.parametrize(
    ("precision", "tuning", "dtype", "bf16", "fp16"),
    [
        ("bf16", "lora", "bfloat16", True, False),
        ("bf16", "full", "bfloat16", True, False),
        ("fp16", "lora", "float16", False, True),
        ("fp16", "full", "float32", False, True),
        ("fp32", "lora", "float32", False, False),
        ("fp32", "full", "float32", False, False),
    ],
)
def test_the_dtype_is_always_written_and_bf16_is_never_left_to_its_default(
    precision: str, tuning: str, dtype: str, bf16: bool, fp16: bool
) -> None:
    keys = keys_of(precision=precision, tuning=tuning)
    assert (keys["dtype"], keys["bf16"], keys["fp16"]) == (dtype, bf16, fp16)


def test_a_full_run_has_no_key_of_lora_that_would_do_nothing() -> None:
    keys = keys_of(tuning="full")
    assert keys["use_peft"] is False
    assert not [key for key in keys if key.startswith(("lora_", "load_in", "bnb_"))]


def test_qlora_loads_the_weights_in_four_bits() -> None:
    keys = keys_of(tuning="qlora")
    assert keys["load_in_4bit"] is True
    assert (keys["bnb_4bit_quant_type"], keys["use_bnb_nested_quant"]) == ("nf4", True)


def test_one_target_alone_is_a_pattern_that_matches_as_the_name_would() -> None:
    import re

    (pattern,) = keys_of(lora_targets=("q_proj",))["lora_target_modules"]
    assert re.fullmatch(pattern, "model.layers.0.self_attn.q_proj")
    assert re.fullmatch(pattern, "q_proj")
    assert not re.fullmatch(pattern, "model.layers.0.self_attn.seq_proj")
    assert keys_of(lora_targets=(r".*mlp\.(up|down)_proj",))["lora_target_modules"] == [r".*mlp\.(up|down)_proj"]
    assert keys_of(lora_targets=("q_proj", "v_proj"))["lora_target_modules"] == ["q_proj", "v_proj"]
    assert keys_of(lora_targets=("all-linear",))["lora_target_modules"] == ["all-linear"]


def test_the_run_is_as_long_as_its_steps_or_its_epochs_and_only_one_is_written() -> None:
    assert "max_steps" not in keys_of(epochs=2)
    assert keys_of(epochs=2)["num_train_epochs"] == 2
    assert "num_train_epochs" not in keys_of(max_steps=20)


@pytest.mark.parametrize(
    ("config", "rows", "expected"),
    [
        ({"max_steps": 200, "warmup_share": 0.03}, 100, 6),
        ({"epochs": 2, "batch_size": 2, "accumulation": 8, "warmup_share": 0.1}, 100, 2),
        ({"epochs": 1, "batch_size": 3, "accumulation": 1, "warmup_share": 0.5}, 10, 2),
        ({"packing": True, "warmup_share": 0.03}, 100, 0.03),
        ({"max_steps": 1, "warmup_share": 0.03}, 100, 0),
        ({"max_steps": 50, "warmup_share": 0.0}, 100, 0),
    ],
)
def test_the_warm_up_is_a_number_of_steps_where_their_number_is_known(
    config: dict[str, Any], rows: int, expected: float
) -> None:
    keys = keys_of(rows=rows, **config)
    assert keys["warmup_steps"] == expected
    assert type(keys["warmup_steps"]) is type(expected)


def test_rows_held_back_are_measured_on_after_each_epoch() -> None:
    assert "eval_strategy" not in keys_of()
    keys = keys_of(held_back=5, batch_size=3)
    assert (keys["eval_strategy"], keys["per_device_eval_batch_size"]) == ("epoch", 3)


def test_a_model_of_the_hub_is_pinned_and_a_folder_is_not() -> None:
    assert keys_of()["model_revision"] == REVISION
    state = sample_state().model_copy(update={"model": model_step(repo_id="/models/tiny", revision=None)})
    keys = trl.trl_config(state, data=data_files(), settings=TARGET, shape={})
    assert keys["model_name_or_path"] == "/models/tiny"
    assert "model_revision" not in keys


def test_no_key_is_one_that_this_version_of_transformers_dropped_or_deprecated() -> None:
    keys = set(keys_of(held_back=5)) | set(keys_of(tuning="qlora"))
    gone = {"warmup_ratio", "max_seq_length", "gradient_checkpointing", "torch_dtype", "evaluation_strategy", "tf32"}
    assert not keys & gone


def test_the_yaml_says_what_the_keys_say() -> None:
    keys = keys_of(held_back=5, learning_rate=1e-5, lora_targets=("q_proj",))
    keys["model_name_or_path"] = "/a b/#1: 'x'\n☃"
    text = trl.trl_yaml(keys, "two\nlines")
    assert yaml.safe_load(text) == keys
    assert text.startswith("# two\n# lines\n")


def test_keys_that_the_settings_add_are_written() -> None:
    keys = keys_of()
    assert keys["report_to"] == "none"
    assert keys["save_strategy"] == "epoch"


def test_a_key_that_the_settings_may_not_add_is_refused_by_name() -> None:
    wrong = TARGET.model_copy(update={"extra_keys": {"learning_rate": 1.0, "report_too": "none", "max_grad_norm": 1.0}})
    findings = trl.extra_key_findings(wrong)
    assert [f.code for f in findings] == ["extra-key-refused"] * 2
    assert "A choice of the wizard decides it." in findings[0].evidence
    assert "“report_to”" in findings[1].evidence


def test_the_warm_up_never_takes_the_whole_run() -> None:
    for steps in range(1, 40):
        assert trl.warmup_steps(config_step(max_steps=steps, warmup_share=0.5), 10) < steps

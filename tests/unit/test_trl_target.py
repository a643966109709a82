"""What the choices become in TRL's YAML. That TRL takes it is shown in tests/training/."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.unit.package_samples import REVISION, config_step, model_step, sample_state
from trainpkg_widgets.advice.knobs import default_config
from trainpkg_widgets.advice.trl_keys import known_keys
from trainpkg_widgets.advice.trl_limits import PACKAGE_REWARDS
from trainpkg_widgets.advice.trl_run_keys import KEYS, run_keys, warmup_steps
from trainpkg_widgets.package.data_files import DataFile, DataFiles
from trainpkg_widgets.package.targets import trl
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import ConfigStep

SETTINGS = load_settings()
TARGET = SETTINGS.deploy.targets["trl"]


def data_files(rows: int = 100, held_back: int = 0) -> DataFiles:
    test = DataFile(path="data/test.jsonl", rows=held_back, bytes=1, sha256="0" * 64) if held_back else None
    return DataFiles(train=DataFile(path="data/train.jsonl", rows=rows, bytes=1, sha256="0" * 64), test=test)


def keys_of(rows: int = 100, held_back: int = 0, **config: Any) -> dict[str, Any]:
    data = data_files(rows, held_back)
    return trl.trl_config(sample_state(**config), data=data, settings=TARGET, shape={"completion_only_loss": True})


def test_every_field_of_the_config_step_has_its_place_in_the_table() -> None:
    assert set(KEYS) == set(ConfigStep.model_fields)


def test_every_key_of_the_table_is_one_that_trl_knows() -> None:
    assert {key for keys in KEYS.values() for key in keys} <= {key for method in METHODS for key in known_keys(method)}


METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tuning", ["full", "lora", "qlora"])
def test_a_method_is_told_only_what_its_trainer_knows(method: str, tuning: str) -> None:
    config = default_config(SETTINGS.config, tuning, None, method)
    assert run_keys(config, 100, measured=True).keys() <= known_keys(method).keys()


# Each knob changed, beside what it means something with.
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
    "max_grad_norm": 0.5,
    "neftune_alpha": 5.0,
    "lora_variant": "dora",
    "lora_modules_to_save": ("embed_tokens",),
    "attention": "eager",
    "liger": True,
    "report_to": "tensorboard",
    "eval_strategy": "steps",
    "save_strategy": "no",
    "save_limit": 4,
    "keep_best": True,
    "padding_free": True,
}
BESIDE: dict[str, tuple[dict[str, Any], Any]] = {
    "quantisation_bits": ({"tuning": "qlora"}, 8),
    "packing_strategy": ({"packing": True}, "wrapped"),
    "eval_steps": ({"eval_strategy": "steps"}, 7),
    "save_steps": ({"save_strategy": "steps"}, 7),
    "beta": ({"method": "dpo"}, 0.3),
    "dpo_loss": ({"method": "dpo"}, "ipo"),
    "label_smoothing": ({"method": "dpo"}, 0.1),
    "precompute_reference": ({"method": "kto"}, True),
    "kto_loss": ({"method": "kto"}, "apo_zero_unpaired"),
    "desirable_weight": ({"method": "kto"}, 2.0),
    "undesirable_weight": ({"method": "kto"}, 2.0),
    "grpo_loss": ({"method": "grpo"}, "grpo"),
    "num_generations": ({"method": "grpo"}, 4),
    "max_completion_length": ({"method": "grpo"}, 99),
    "temperature": ({"method": "grpo"}, 0.7),
    "reward_functions": ({"method": "grpo"}, ("rewards.prefers_short",)),
}


@pytest.mark.parametrize("field", [name for name in KEYS if name in CHANGES or name in BESIDE])
def test_a_changed_knob_changes_its_own_keys(field: str) -> None:
    beside, value = BESIDE.get(field) or ({}, CHANGES[field])
    before, after = keys_of(held_back=5, **beside), keys_of(held_back=5, **beside, **{field: value})
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed & set(KEYS[field])


def test_the_other_knobs_are_said_outside_the_yaml() -> None:
    # What is learnt depends on the format of the rows too, and comes in as the shape; GPUs are said to `trl` itself.
    others = {"method", "preset", "train_on", "gpus", "sharding", "trainer_keys"}
    assert set(KEYS) - set(CHANGES) - set(BESIDE) == others


def test_keys_of_ones_own_are_written_as_they_are() -> None:
    assert keys_of(trainer_keys={"adam_beta2": 0.95})["adam_beta2"] == 0.95


def test_a_reward_model_gets_the_head_it_needs_trained() -> None:
    keys = keys_of(method="reward")
    assert (keys["lora_task_type"], keys["lora_modules_to_save"]) == ("SEQ_CLS", ["score"])
    assert keys_of(method="reward", lora_modules_to_save=("embed_tokens",))["lora_modules_to_save"][-1] == "score"


def test_a_batch_that_is_measured_holds_whole_groups_of_answers() -> None:
    for batch, group, measured in ((2, 8, 8), (16, 8, 16), (20, 8, 16)):
        keys = keys_of(held_back=5, method="grpo", batch_size=batch, num_generations=group)
        assert keys["per_device_eval_batch_size"] == measured


@pytest.mark.parametrize("method", METHODS)
def test_the_command_names_the_method_and_the_file(method: str) -> None:
    command = trl.command(config_step(method=method))
    assert trl.config_file(method) in command.split()
    assert command.split()[:2] == (
        ["python", "train.py"] if method == "orpo" else ["trl", method.replace("cpt", "sft")]
    )


def test_several_gpus_are_said_to_the_command() -> None:
    command = trl.command(config_step(gpus=4, sharding="zero3", precision="fp16"))
    assert command == ("trl sft --config sft.yaml --num_processes 4 --accelerate_config zero3 --mixed_precision fp16")
    script = trl.command(config_step(method="orpo", gpus=2, sharding="ddp"))
    assert script.startswith("accelerate launch --num_processes 2 --multi_gpu --mixed_precision bf16 train.py")


def test_a_package_brings_the_scripts_that_its_method_needs() -> None:
    for method, scripts in {"orpo": ["train.py"], "grpo": ["rewards.py"], "dpo": []}.items():
        state = sample_state(method=method)
        files = trl.trl_files(state, data=data_files(), settings=TARGET, shape={})
        assert [script.path for script in files.scripts] == scripts
        for script in files.scripts:
            compile(script.text, script.path, "exec")


@pytest.mark.parametrize(
    ("config", "packages"),
    [
        ({}, ()),
        ({"tuning": "qlora"}, ("bitsandbytes",)),
        ({"optimizer": "adamw_8bit"}, ("bitsandbytes",)),
        ({"liger": True}, ("liger-kernel",)),
        ({"attention": "flash_attention_2"}, ("flash-attn",)),
        ({"report_to": "wandb"}, ("wandb",)),
        ({"gpus": 2, "sharding": "zero2"}, ("deepspeed",)),
        ({"trainer_keys": {"use_vllm": True}}, ("vllm",)),
    ],
)
def test_what_a_choice_needs_is_asked_for_by_name(config: dict[str, Any], packages: tuple[str, ...]) -> None:
    files = trl.trl_files(sample_state(**config), data=data_files(), settings=TARGET, shape={})
    assert files.packages == packages


def test_the_rewards_of_a_package_tell_answers_apart() -> None:
    space: dict[str, Any] = {}
    [script] = trl.trl_files(sample_state(method="grpo"), data=data_files(), settings=TARGET, shape={}).scripts
    exec(compile(script.text, "rewards.py", "exec"), space)
    answers = ["The answer is 4.", "4, I think", "no idea"]
    assert space["matches_solution"](answers, ["4", "4", "4"]) == [1.0, 0.5, 0.0]
    turns = [[{"role": "assistant", "content": "so: 4"}]]
    assert space["matches_solution"](turns, ["4"]) == [1.0]
    short, long = space["prefers_short"](["a", "a " * 200])
    assert short > 0.9 > 0.3 > long
    assert space["ends_itself"](["Done.", "and then"]) == [1.0, 0.0]
    assert set(PACKAGE_REWARDS) == {f"rewards.{name}" for name in re.findall(r"^def ([a-z]\w*)", script.text, re.M)}


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
    added = TARGET.model_copy(update={"extra_keys": {"adam_beta2": 0.95}})
    keys = trl.trl_config(sample_state(), data=data_files(), settings=added, shape={})
    assert keys["adam_beta2"] == 0.95


def test_checkpoints_are_kept_as_they_were_in_the_first_version() -> None:
    keys = keys_of()
    assert (keys["save_strategy"], keys["save_total_limit"], keys["report_to"]) == ("epoch", 1, "none")


def test_a_key_that_the_settings_may_not_add_is_refused_by_name() -> None:
    wrong = TARGET.model_copy(update={"extra_keys": {"learning_rate": 1.0, "report_too": "none", "adam_beta1": 0.9}})
    findings = trl.extra_key_findings(wrong)
    assert [f.code for f in findings] == ["extra-key-refused"] * 2
    assert "A choice of the wizard decides it." in findings[0].evidence
    assert "“report_to”" in findings[1].evidence


def test_the_warm_up_never_takes_the_whole_run() -> None:
    for steps in range(1, 40):
        assert warmup_steps(config_step(max_steps=steps, warmup_share=0.5), 10) < steps

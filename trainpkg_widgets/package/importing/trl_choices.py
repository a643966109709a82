"""What the keys of a TRL config are among the wizard's knobs, and which keys no knob stands for."""

# ruff: noqa: SIM905 - a list of words would take a line for each

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...advice.knobs import change_config
from ...facts import errors_in
from ..targets.transformers_keys import SHARED_KNOBS

if TYPE_CHECKING:
    from ...settings.config_settings import ConfigSettings
    from ...steps import ConfigStep

# TRL's key → our knob, where the value is the same on both sides.
KNOBS: dict[str, str] = {
    **SHARED_KNOBS,
    "num_train_epochs": "epochs",
    "max_length": "max_length",
    "per_device_train_batch_size": "batch_size",
    "packing": "packing",
    "packing_strategy": "packing_strategy",
    "padding_free": "padding_free",
    "beta": "beta",
    "label_smoothing": "label_smoothing",
    "precompute_ref_log_probs": "precompute_reference",
    "desirable_weight": "desirable_weight",
    "undesirable_weight": "undesirable_weight",
    "reward_funcs": "reward_functions",
    "num_generations": "num_generations",
    "max_completion_length": "max_completion_length",
    "temperature": "temperature",
    "lora_r": "lora_rank",
    "lora_target_modules": "lora_targets",
    "lora_modules_to_save": "lora_modules_to_save",
    "attn_implementation": "attention",
    "use_liger_kernel": "liger",
    "optim": "optimizer",
    "lr_scheduler_type": "scheduler",
    "report_to": "report_to",
    "num_processes": "gpus",
}
# Keys that the other steps decide, or that mean something on the machine the file was written for only.
_OF_OTHER_STEPS = frozenset(
    """
model_name_or_path model_revision datasets dataset_name dataset_config dataset_train_split dataset_test_split
dataset_streaming streaming test_split_size output_dir use_cpu
""".split()
)
# What TRL 1.16.0 does where a key is left out, which is not what the wizard would suggest.
_DEFAULTS: dict[str, Any] = {
    "num_train_epochs": 3.0,
    "max_steps": -1,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "lr_scheduler_type": "linear",
    "warmup_steps": 0,
    "weight_decay": 0.0,
    "optim": "adamw_torch_fused",
    "max_grad_norm": 1.0,
    "seed": 42,
    "logging_steps": 10,
    "save_strategy": "steps",
    "save_steps": 500,
    "eval_strategy": "no",
    "max_length": 1024,
    "packing": False,
    "gradient_checkpointing": True,
    "bf16": None,
    "report_to": "none",
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
}
_DEFAULT_RATES = {"sft": 2e-5, "cpt": 2e-5, "reward": 1e-4}
_DEFAULTS_BY_METHOD: dict[str, dict[str, Any]] = {
    "dpo": {"beta": 0.1, "loss_type": ["sigmoid"], "label_smoothing": 0.0},
    "kto": {"beta": 0.1, "loss_type": "kto", "desirable_weight": 1.0, "undesirable_weight": 1.0},
    "grpo": {
        "beta": 0.0,
        "loss_type": "dapo",
        "num_generations": 8,
        "max_completion_length": 512,
        "temperature": 1.0,
    },
}
_LOSSES = {"dpo": "dpo_loss", "kto": "kto_loss", "grpo": "grpo_loss"}


def choices_of(
    method: str, keys: Mapping[str, Any], settings: ConfigSettings, *, completions: bool = False
) -> tuple[ConfigStep, dict[str, str]]:
    """The config step of TRL's keys, and the keys kept as they stand: each with why no knob took it.

    A key that no knob stands for, or whose value its knob does not take, is written into the package as it is
    (`trainer_keys`). `completions` says whether the rows have prompts and completions, of which TRL learns the latter.
    """
    tuning, used = _tuning(keys)
    config, _ = change_config(None, {"method": method, "tuning": tuning}, settings)
    given = set(keys)
    if "gradient_checkpointing" in keys or "activation_checkpointing" in keys:
        given |= {"gradient_checkpointing"}
    usual = {"learning_rate": _DEFAULT_RATES.get(method, 1e-6), **_DEFAULTS, **_DEFAULTS_BY_METHOD.get(method, {})}
    if method == "sft":
        usual["completion_only_loss"] = completions
    silent = {key: value for key, value in usual.items() if key not in given}
    keys = {**silent, **keys}
    kept: dict[str, str] = {}
    for key, value in keys.items():
        if key in _OF_OTHER_STEPS or key in used or (value is None and key != "bf16"):
            continue
        changes = _changes(method, key, value, keys)
        if changes is None:
            if key in given:
                kept[key] = "no knob stands for it"
            continue
        after, said = change_config(config, changes, settings)
        if errors_in(said):
            if key not in given:
                continue
            kept[key] = said[0].evidence or said[0].message
        else:
            config = after
    rest = {key: keys[key] for key in kept}
    after, said = change_config(config, {"trainer_keys": rest}, settings)
    return (config if errors_in(said) else after), kept


def _changes(method: str, key: str, value: Any, keys: Mapping[str, Any]) -> dict[str, Any] | None:
    """The knobs that one key sets; None where none stands for it."""
    if key == "max_steps":
        return {"max_steps": value if _is_number(value) and value > 0 else None}
    if key in ("bf16", "fp16", "dtype"):
        return {"precision": _precision(keys)}
    if key in ("activation_checkpointing", "gradient_checkpointing"):
        return {"gradient_checkpointing": keys.get("activation_checkpointing", keys.get("gradient_checkpointing"))}
    if key in ("assistant_only_loss", "completion_only_loss"):
        marks = keys.get("assistant_only_loss") is True
        whole = keys.get("completion_only_loss") is False
        return {"train_on": "marked" if marks else "everything" if whole else "answers"}
    if key in ("use_rslora", "use_dora"):
        variants = [name for name, on in (("rslora", "use_rslora"), ("dora", "use_dora")) if keys.get(on) is True]
        return None if len(variants) > 1 else {"lora_variant": variants[0] if variants else "plain"}
    if key == "warmup_steps" and _is_number(value):
        steps = keys.get("max_steps")
        if 0 <= value < 1:
            return {"warmup_share": value}
        return {"warmup_share": value / steps} if _is_number(steps) and steps >= value > 0 else None
    if key == "loss_type" and method in _LOSSES:
        losses = value if isinstance(value, list) else [value]
        return {_LOSSES[method]: losses[0]} if len(losses) == 1 else None
    knob = KNOBS.get(key)
    return {knob: value} if knob else None


def _tuning(keys: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """The tuning, and the keys that say it."""
    if keys.get("use_peft") is not True:
        return "full", frozenset(["use_peft"])
    used = frozenset(["use_peft", "load_in_4bit", "load_in_8bit", "bnb_4bit_quant_type", "use_bnb_nested_quant"])
    quantised = keys.get("load_in_4bit") is True or keys.get("load_in_8bit") is True
    return ("qlora" if quantised else "lora"), used


def _precision(keys: Mapping[str, Any]) -> str:
    # TRL 1.16 turns bf16 on by itself where neither bf16 nor fp16 is said.
    if keys.get("fp16") is True:
        return "fp16"
    return "fp32" if keys.get("bf16") is False else "bf16"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def changed_keys(before: ConfigStep, after: ConfigStep) -> dict[str, Any]:
    """TRL's keys for the knobs in which two configs differ; None for a key that goes."""
    differs = [name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)]
    keys: dict[str, Any] = {key: _plain(getattr(after, knob)) for key, knob in KNOBS.items() if knob in differs}
    if "tuning" in differs:
        keys |= {"use_peft": after.tuning != "full", "load_in_4bit": after.tuning == "qlora" or None}
    if "max_steps" in differs:
        keys["max_steps"] = after.max_steps
    if "precision" in differs:
        dtype = {"bf16": "bfloat16", "fp16": "float32", "fp32": "float32"}[after.precision]
        keys |= {"bf16": after.precision == "bf16", "fp16": after.precision == "fp16", "dtype": dtype}
    if "gradient_checkpointing" in differs:
        keys |= {"activation_checkpointing": after.gradient_checkpointing, "gradient_checkpointing": None}
    if "train_on" in differs:
        keys |= {
            "assistant_only_loss": after.train_on == "marked" or None,
            "completion_only_loss": {"answers": None, "everything": False, "marked": None}[after.train_on],
        }
    if "warmup_share" in differs:
        keys["warmup_steps"] = after.warmup_share
    if "trainer_keys" in differs:
        keys |= {**dict.fromkeys(before.trainer_keys), **after.trainer_keys}
    if "lora_targets" in differs and len(after.lora_targets) == 1 and after.lora_targets[0] != "all-linear":
        # One name alone is a pattern to PEFT.
        keys["lora_target_modules"] = [rf"(.*\.)?{after.lora_targets[0]}"]
    return keys


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

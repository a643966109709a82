"""The keys that TRL, Axolotl and LLaMA-Factory have from transformers, with the same meaning in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...steps import ConfigStep

# The key → our knob, where the value is the same on both sides.
SHARED_KNOBS: dict[str, str] = {
    "learning_rate": "learning_rate",
    "gradient_accumulation_steps": "accumulation",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "neftune_noise_alpha": "neftune_alpha",
    "seed": "seed",
    "logging_steps": "logging_steps",
    "eval_strategy": "eval_strategy",
    "eval_steps": "eval_steps",
    "save_strategy": "save_strategy",
    "save_steps": "save_steps",
    "save_total_limit": "save_limit",
    "load_best_model_at_end": "keep_best",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
}


def saving_keys(config: ConfigStep) -> dict[str, Any]:
    """When checkpoints are saved, and how many are kept."""
    keys: dict[str, Any] = {"save_strategy": config.save_strategy}
    if config.save_strategy == "steps" and config.save_steps is not None:
        keys["save_steps"] = config.save_steps
    if config.save_strategy != "no" and config.save_limit is not None:
        keys["save_total_limit"] = config.save_limit
    return keys


def measuring_keys(config: ConfigStep) -> dict[str, Any]:
    """When the held-back rows are measured; nothing where they are not."""
    if config.eval_strategy == "no":
        return {}
    keys: dict[str, Any] = {"eval_strategy": config.eval_strategy}
    if config.eval_strategy == "steps" and config.eval_steps is not None:
        keys["eval_steps"] = config.eval_steps
    if config.keep_best:
        keys["load_best_model_at_end"] = True
    return keys

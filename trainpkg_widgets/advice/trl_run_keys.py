"""What the knobs of a run are called in the YAML of TRL 1.16.0 with transformers 5.23.0: one table, one function.

The model, the rows and the folder that is written to come from the other steps: `package/targets/trl.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .run_length import optimizer_steps, warmup_of

if TYPE_CHECKING:
    from ..steps import ConfigStep

# Our knob → the keys it becomes. Empty where a choice is no key: the method is the sub-command, a preset is a name for
# values that are all written, and how many GPUs share what is said to `trl` beside the YAML.
KEYS: dict[str, tuple[str, ...]] = {
    "method": (),
    "preset": (),
    "tuning": (
        *("use_peft", "bnb_4bit_quant_type", "use_bnb_nested_quant", "bnb_4bit_quant_storage", "lora_task_type"),
    ),
    "quantisation_bits": ("load_in_4bit", "load_in_8bit"),
    "learning_rate": ("learning_rate",),
    "epochs": ("num_train_epochs",),
    "max_steps": ("max_steps",),
    "max_length": ("max_length",),
    "batch_size": ("per_device_train_batch_size", "per_device_eval_batch_size"),
    "accumulation": ("gradient_accumulation_steps",),
    "train_on": ("completion_only_loss", "assistant_only_loss"),
    "packing": ("packing",),
    "packing_strategy": ("packing_strategy",),
    "padding_free": ("padding_free",),
    "beta": ("beta",),
    "dpo_loss": ("loss_type",),
    "label_smoothing": ("label_smoothing",),
    "precompute_reference": ("precompute_ref_log_probs",),
    "kto_loss": ("loss_type",),
    "desirable_weight": ("desirable_weight",),
    "undesirable_weight": ("undesirable_weight",),
    "grpo_loss": ("loss_type",),
    "num_generations": ("num_generations",),
    "max_completion_length": ("max_completion_length",),
    "temperature": ("temperature",),
    "reward_functions": ("reward_funcs",),
    "lora_rank": ("lora_r",),
    "lora_alpha": ("lora_alpha",),
    "lora_dropout": ("lora_dropout",),
    "lora_targets": ("lora_target_modules",),
    "lora_variant": ("use_rslora", "use_dora"),
    "lora_modules_to_save": ("lora_modules_to_save",),
    "precision": ("dtype", "bf16", "fp16"),
    # The older name is an alias that the newer one overrules.
    "gradient_checkpointing": ("activation_checkpointing", "gradient_checkpointing"),
    "attention": ("attn_implementation",),
    "liger": ("use_liger_kernel",),
    "optimizer": ("optim",),
    "scheduler": ("lr_scheduler_type",),
    "warmup_share": ("warmup_steps",),
    "weight_decay": ("weight_decay",),
    "max_grad_norm": ("max_grad_norm",),
    "neftune_alpha": ("neftune_noise_alpha",),
    "seed": ("seed",),
    "logging_steps": ("logging_steps",),
    "report_to": ("report_to",),
    "eval_strategy": ("eval_strategy",),
    "eval_steps": ("eval_steps",),
    "save_strategy": ("save_strategy",),
    "save_steps": ("save_steps",),
    "save_limit": ("save_total_limit",),
    "keep_best": ("load_best_model_at_end",),
    "gpus": (),
    "sharding": (),
    "trainer_keys": (),
}

# Keys that follow from the other steps, and one that would be a secret.
ALSO_DECIDED = frozenset(
    [
        *("model_name_or_path", "model_revision", "output_dir", "hub_token", "chat_template_path"),
        *("dataset_name", "dataset_config", "dataset_train_split", "dataset_test_split", "dataset_streaming"),
        *("datasets", "streaming", "test_split_size", "dataset_text_field"),
    ]
)

_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def run_keys(config: ConfigStep, train_rows: int | None = None, *, measured: bool = False) -> dict[str, Any]:
    """The keys that the knobs become, in the order they are written.

    `train_rows` are the rows of the training file, None where they are not known; `measured` says that some rows are
    held back to measure the run on. `trainer_keys` are not among them.
    """
    return {
        **_precision(config),
        **_method(config),
        **_tuning(config),
        **_run(config, train_rows),
        **_memory(config),
        **_kept(config, measured),
    }


def warmup_steps(config: ConfigStep, train_rows: int | None) -> int | float:
    """The warm-up as a number of steps where the length of the run is known, else as a share of it (below 1)."""
    if config.max_steps is not None:
        return warmup_of(config.warmup_share, config.max_steps)
    if train_rows is None or (config.packing and config.method in ("sft", "cpt")):
        # How many rows fit in one sequence is known after tokenising only.
        return config.warmup_share
    # GRPO of TRL 1.16 repeats each prompt once for each answer (RepeatSampler).
    rows = train_rows * (config.num_generations if config.method == "grpo" else 1)
    steps = optimizer_steps(rows, config.batch_size, config.accumulation, config.epochs, config.gpus)
    return warmup_of(config.warmup_share, steps)


def target_modules(names: tuple[str, ...]) -> list[str]:
    """LoRA targets in a form that TRL hands to PEFT unharmed."""
    # TRL 1.16: ModelConfig unwraps a list of one to a string, and PEFT takes a string (but "all-linear") for a regular
    # expression that the whole path of a module must match: the plain name "q_proj" matches no module then.
    if len(names) == 1 and names[0] != "all-linear" and not is_pattern(names[0]):
        return [rf"(.*\.)?{re.escape(names[0])}"]
    return list(names)


def is_pattern(target: str) -> bool:
    """Whether a LoRA target is a regular expression over whole paths, and not the name of a module."""
    return re.search(r"[\\^$*+?()\[\]{}|]", target) is not None


def _precision(config: ConfigStep) -> dict[str, Any]:
    # Full fine-tuning in fp16 keeps its weights in float32: the gradient scaler of torch refuses float16 gradients
    # ("Attempting to unscale FP16 gradients"). PEFT keeps LoRA's own weights in float32 by itself.
    scaled = config.precision == "fp16" and config.tuning == "full"
    return {
        "dtype": "float32" if scaled else _DTYPES[config.precision],
        "bf16": config.precision == "bf16",
        "fp16": config.precision == "fp16",
        **({} if config.attention == "auto" else {"attn_implementation": config.attention}),
    }


def _method(config: ConfigStep) -> dict[str, Any]:
    if config.method == "grpo":
        return {
            "reward_funcs": list(config.reward_functions),
            "num_generations": config.num_generations,
            "max_completion_length": config.max_completion_length,
            "temperature": config.temperature,
            "beta": config.beta,
            "loss_type": config.grpo_loss,
        }
    keys: dict[str, Any] = {"max_length": config.max_length}
    if config.method in ("sft", "cpt"):
        if config.padding_free and not config.packing:
            # TRL 1.16, SFTTrainer: "When `padding_free=True` without packing, `max_length` is not enforced."
            keys["max_length"] = None
        keys["packing"] = config.packing
        if config.packing:
            keys["packing_strategy"] = config.packing_strategy
        if config.padding_free:
            keys["padding_free"] = True
        if config.neftune_alpha is not None and config.method == "sft":
            keys["neftune_noise_alpha"] = config.neftune_alpha
    elif config.method != "reward":
        keys["beta"] = config.beta
    if config.method == "dpo":
        keys["loss_type"] = [config.dpo_loss]
        if config.label_smoothing:
            keys["label_smoothing"] = config.label_smoothing
    if config.method == "kto":
        keys["loss_type"] = config.kto_loss
        keys |= {"desirable_weight": config.desirable_weight, "undesirable_weight": config.undesirable_weight}
    if config.method in ("dpo", "kto") and config.precompute_reference:
        keys["precompute_ref_log_probs"] = True
    return keys


def _tuning(config: ConfigStep) -> dict[str, Any]:
    if config.tuning == "full":
        return {"use_peft": False}
    keys: dict[str, Any] = {"use_peft": True}
    if config.tuning == "qlora" and config.quantisation_bits == 8:
        keys["load_in_8bit"] = True
    elif config.tuning == "qlora":
        keys |= {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "use_bnb_nested_quant": True}
        if config.gpus > 1 and config.sharding in ("zero3", "fsdp"):
            # Weights are split by the type they are stored in, which for 4 bits is uint8 if nothing else is said.
            keys["bnb_4bit_quant_storage"] = _DTYPES[config.precision]
    keys |= {
        "lora_r": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        "lora_target_modules": target_modules(config.lora_targets),
    }
    if config.lora_variant != "plain":
        keys[f"use_{config.lora_variant}"] = True
    whole = list(config.lora_modules_to_save)
    if config.method == "reward":
        # TRL 1.16 trains a model with a new head, score. With the task of a language model PEFT looks for a method
        # that such a model lacks, and would leave the head as it was made: at random.
        keys["lora_task_type"] = "SEQ_CLS"
        whole = [*whole, *(["score"] if "score" not in whole else [])]
    return keys | ({"lora_modules_to_save": whole} if whole else {})


def _run(config: ConfigStep, train_rows: int | None) -> dict[str, Any]:
    length = {"num_train_epochs": config.epochs} if config.max_steps is None else {"max_steps": config.max_steps}
    return {
        **length,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": config.scheduler,
        "warmup_steps": warmup_steps(config, train_rows),
        "optim": config.optimizer,
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
    }


def _memory(config: ConfigStep) -> dict[str, Any]:
    return {
        "activation_checkpointing": config.gradient_checkpointing,
        **({"use_liger_kernel": True} if config.liger else {}),
    }


def _kept(config: ConfigStep, measured: bool) -> dict[str, Any]:
    keys: dict[str, Any] = {"logging_steps": config.logging_steps, "report_to": config.report_to}
    if measured and config.eval_strategy != "no":
        rows = config.batch_size
        if config.method == "grpo":
            # A batch that is measured has to hold whole groups of answers too (GRPOConfig.__post_init__).
            rows = config.num_generations * max(1, rows // config.num_generations)
        keys |= {"eval_strategy": config.eval_strategy, "per_device_eval_batch_size": rows}
        if config.eval_strategy == "steps" and config.eval_steps is not None:
            keys["eval_steps"] = config.eval_steps
    keys["save_strategy"] = config.save_strategy
    if config.save_strategy == "steps" and config.save_steps is not None:
        keys["save_steps"] = config.save_steps
    if config.save_strategy != "no" and config.save_limit is not None:
        keys["save_total_limit"] = config.save_limit
    if measured and config.keep_best:
        keys["load_best_model_at_end"] = True
    return keys

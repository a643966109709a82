"""What a session's choices become in the YAML of `trl sft --config` (TRL 1.16.0 with transformers 5.23.0).

What TRL can't be told is a finding: `advice/trl_limits.py`. That the result is right is shown by TRL itself, in
`tests/training/`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from ...advice.trl_limits import VERSION as VERSION
from ...advice.trl_limits import is_pattern
from ...facts import Finding
from ..manifest import LEFT_BEHIND, ExactDumper

if TYPE_CHECKING:
    from ...settings.deploy_settings import TargetSettings
    from ...steps import ConfigStep, SessionState
    from ..data_files import DataFiles

CONFIG_FILE = "sft.yaml"
COMMAND = f"trl sft --config {CONFIG_FILE}"
OUTPUT = LEFT_BEHIND[0]

# Our field → what it is called here. Empty where the choice is not a key: the method is the sub-command, and a preset
# is a name for values that are all written.
KEYS: dict[str, tuple[str, ...]] = {
    "method": (),
    "preset": (),
    "tuning": ("use_peft", "load_in_4bit", "bnb_4bit_quant_type", "use_bnb_nested_quant"),
    "learning_rate": ("learning_rate",),
    "epochs": ("num_train_epochs",),
    "max_steps": ("max_steps",),
    "max_length": ("max_length",),
    "batch_size": ("per_device_train_batch_size", "per_device_eval_batch_size"),
    "accumulation": ("gradient_accumulation_steps",),
    "train_on": ("completion_only_loss",),
    "packing": ("packing",),
    "lora_rank": ("lora_r",),
    "lora_alpha": ("lora_alpha",),
    "lora_dropout": ("lora_dropout",),
    "lora_targets": ("lora_target_modules",),
    "precision": ("dtype", "bf16", "fp16"),
    "gradient_checkpointing": ("activation_checkpointing",),
    "optimizer": ("optim",),
    "scheduler": ("lr_scheduler_type",),
    "warmup_share": ("warmup_steps",),
    "weight_decay": ("weight_decay",),
    "seed": ("seed",),
    "logging_steps": ("logging_steps",),
}

# Keys that follow from the other steps, and one that would be a secret.
_ALSO_DECIDED = frozenset(
    ["model_name_or_path", "model_revision", "dataset_name", "datasets", "eval_strategy", "output_dir", "hub_token"]
)

_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}

# What a reader of the file can't know from the key alone.
_HEADINGS = {
    "model_name_or_path": "The model",
    "dataset_name": "The data",
    "use_peft": "What is trained",
    "num_train_epochs": "The run",
    "max_steps": "The run",
    "activation_checkpointing": "Memory",
    "logging_steps": "What is kept",
}
_NOTES = {
    "model_revision": "the commit these weights were chosen at",
    "dtype": "of the weights in memory; TRL's own default is float32",
    "bf16": "TRL's own default is true, which needs a GPU",
    "dataset_name": "the folder whose files train.jsonl and test.jsonl are the splits",
    "max_length": "tokens; what is longer is cut at its end",
    "max_steps": "the run ends here, however many passes over the data that is",
    "activation_checkpointing": "less memory for about a fifth more time",
    "output_dir": "the trained model goes here",
}


def trl_config(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: Mapping[str, Any]
) -> dict[str, Any]:
    """The keys of the YAML in the order they are written.

    `data` are the files of the package, `shape` are the keys that say which tokens are trained (they depend on the
    model's template and the format of the rows), `settings.extra_keys` are written as they stand.

    Raises:
        ValueError: the model or the config step is missing.
    """
    if state.model is None or state.config is None:
        raise ValueError("A trainer's config needs a model and a config step.")
    config = state.config
    keys: dict[str, Any] = {"model_name_or_path": state.model.repo_id}
    if state.model.revision:
        keys["model_revision"] = state.model.revision
    keys |= _precision(config)
    keys |= _data(data, config)
    keys |= shape
    keys |= _tuning(config)
    keys |= _run(config, data)
    keys |= {
        "activation_checkpointing": config.gradient_checkpointing,
        "logging_steps": config.logging_steps,
        "output_dir": OUTPUT,
    }
    return keys | settings.extra_keys


def trl_yaml(keys: Mapping[str, Any], heading: str) -> str:
    """The config as YAML text with a comment where a key needs one. `heading` opens the file, one comment a line."""
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for key, value in keys.items():
        if key in _HEADINGS:
            lines += ["", f"# {_HEADINGS[key]}"]
        entry = f"{key}: {_inline(value)}"
        note = _note(key, value)
        lines.append(f"{entry}  # {note}" if note else entry)
    return "\n".join(lines) + "\n"


@cache
def known_keys() -> frozenset[str]:
    """Every key that the parser of `trl sft` takes."""
    text = resources.files(__package__).joinpath(f"trl-{VERSION}-sft-keys.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def extra_key_findings(settings: TargetSettings) -> list[Finding]:
    """What is wrong with the keys that the settings add to those that the choices decide."""
    found = []
    for key in settings.extra_keys:
        if key not in known_keys():
            near = difflib.get_close_matches(key, known_keys(), 1)
            reason = f"TRL {VERSION} does not know it{f'; the nearest one it knows is “{near[0]}”' if near else ''}."
        elif key in _ALSO_DECIDED or any(key in names for names in KEYS.values()):
            reason = "A choice of the wizard decides it."
        else:
            continue
        found.append(
            Finding(
                severity="error",
                step="deploy",
                field="deploy.target",
                code="extra-key-refused",
                message=f"The key “{key}” can't be added to the trainer's config.",
                evidence=f"{reason} It stands under extra_keys in step4_deploy.yaml.",
            )
        )
    return found


def warmup_steps(config: ConfigStep, train_rows: int) -> int | float:
    """The warm-up as a number of steps where the length of the run is known, else as a share of it (below 1)."""
    if config.max_steps is not None:
        steps = config.max_steps
    elif config.packing:
        # How many rows fit in one sequence is known after tokenising only.
        return config.warmup_share
    else:
        # transformers 5.23: Trainer.set_initial_training_values counts a last step that is not full.
        batches = math.ceil(train_rows / config.batch_size)
        steps = math.ceil(config.epochs * math.ceil(batches / config.accumulation))
    # The first step of a warm-up has a learning rate of 0: one as long as the run would teach next to nothing.
    return min(math.ceil(config.warmup_share * steps), max(steps - 1, 0))


def target_modules(names: tuple[str, ...]) -> list[str]:
    """LoRA targets in a form that TRL hands to PEFT unharmed."""
    # TRL 1.16: ModelConfig unwraps a list of one to a string, and PEFT takes a string (but "all-linear") for a regular
    # expression that the whole path of a module must match: the plain name "q_proj" matches no module then.
    if len(names) == 1 and names[0] != "all-linear" and not is_pattern(names[0]):
        return [rf"(.*\.)?{re.escape(names[0])}"]
    return list(names)


def _note(key: str, value: Any) -> str:
    if key == "warmup_steps" and 0 < value < 1:
        return "a share of all steps"
    if key == "lora_target_modules" and value != ["all-linear"] and len(value) == 1:
        return "one name alone is read as a pattern, so it is written as one"
    return _NOTES.get(key, "")


def _inline(value: Any) -> str:
    # PyYAML writes 1e-05 as 1.0e-05: YAML 1.1, which TRL reads, takes 1e-05 for a string.
    text = yaml.dump([value], Dumper=ExactDumper, allow_unicode=True, width=10**6, default_flow_style=True)
    return str(text)[1:-2]


def _precision(config: ConfigStep) -> dict[str, Any]:
    # Full fine-tuning in fp16 keeps its weights in float32: the gradient scaler of torch refuses float16 gradients
    # ("Attempting to unscale FP16 gradients"). PEFT keeps LoRA's own weights in float32 by itself.
    scaled = config.precision == "fp16" and config.tuning == "full"
    return {
        "dtype": "float32" if scaled else _DTYPES[config.precision],
        "bf16": config.precision == "bf16",
        "fp16": config.precision == "fp16",
    }


def _data(data: DataFiles, config: ConfigStep) -> dict[str, Any]:
    keys: dict[str, Any] = {"dataset_name": data.folder}
    if data.test is not None:
        # TRL 1.16: `datasets:` can't name a second file as the test split; a folder with train and test files can.
        keys |= {"eval_strategy": "epoch", "per_device_eval_batch_size": config.batch_size}
    return keys | {"max_length": config.max_length, "packing": config.packing}


def _tuning(config: ConfigStep) -> dict[str, Any]:
    if config.tuning == "full":
        return {"use_peft": False}
    keys: dict[str, Any] = {"use_peft": True}
    if config.tuning == "qlora":
        keys |= {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "use_bnb_nested_quant": True}
    return keys | {
        "lora_r": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        "lora_target_modules": target_modules(config.lora_targets),
    }


def _run(config: ConfigStep, data: DataFiles) -> dict[str, Any]:
    length = {"num_train_epochs": config.epochs} if config.max_steps is None else {"max_steps": config.max_steps}
    return {
        **length,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": config.scheduler,
        "warmup_steps": warmup_steps(config, data.train.rows),
        "optim": config.optimizer,
        "weight_decay": config.weight_decay,
        "seed": config.seed,
    }

"""What a session's choices become for Unsloth: unsloth.yaml, and the script that trains by it.

Unsloth trains with TRL's own trainer, so the rows and most keys are TRL's. It starts on a GPU only: what is proven of
the script is that it compiles and that every argument is one of the functions it calls. What it can't be told is in
`advice/target_offers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from ...advice.trl_run_keys import run_keys
from ..manifest import LEFT_BEHIND, ExactDumper
from .written import Script, TargetFiles

if TYPE_CHECKING:
    from ...settings.deploy_settings import TargetSettings
    from ...steps import ConfigStep, SessionState
    from ..data_files import DataFiles

CONFIG = "unsloth.yaml"
SCRIPT = "train.py"

# The keys of a run that TRL 1.15's SFTConfig has under the same name; the others are Unsloth's own.
_TRAINING = (
    *("max_length", "packing", "neftune_noise_alpha", "num_train_epochs", "max_steps", "per_device_train_batch_size"),
    *("gradient_accumulation_steps", "learning_rate", "lr_scheduler_type", "warmup_steps", "optim", "weight_decay"),
    *("max_grad_norm", "seed", "logging_steps", "report_to", "eval_strategy", "per_device_eval_batch_size"),
    *("eval_steps", "save_strategy", "save_steps", "save_total_limit", "load_best_model_at_end", "bf16", "fp16"),
)
_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def unsloth_files(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: Mapping[str, Any]
) -> TargetFiles:
    """The settings, the script and the command; `shape` says which tokens are trained, as TRL's trainer has it.

    Raises:
        ValueError: the model, config or deploy step is missing.
    """
    config, deploy = state.config, state.deploy
    if state.model is None or config is None or deploy is None:
        raise ValueError("A trainer's config needs a model, a config and a deploy step.")
    keys = unsloth_config(state, data=data, settings=settings, shape=shape)
    heading = f"# {deploy.name}: what {SCRIPT} reads, for Unsloth {settings.version}\n"
    text = yaml.dump(keys, Dumper=ExactDumper, allow_unicode=True, sort_keys=False, width=120)
    script = (resources.files(__package__) / "scripts" / "train_unsloth.py.txt").read_text(encoding="utf-8")
    return TargetFiles(
        config_file=CONFIG,
        config=heading + text,
        command=f"python {SCRIPT}",
        scripts=(Script(SCRIPT, "the script that trains", script.replace("{version}", settings.version)),),
    )


def unsloth_config(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments of the functions the script calls, by function. Raises as `unsloth_files` does."""
    model, config = state.model, state.config
    if model is None or config is None:
        raise ValueError("A trainer's config needs a model and a config step.")
    run = run_keys(config, data.train.rows, measured=data.test is not None)
    files = {"train": data.train.path} | ({"test": data.test.path} if data.test is not None else {})
    return {
        "model": {
            "model_name": model.repo_id,
            **({"revision": model.revision} if model.revision else {}),
            # Unsloth may load weights of its own in place of the model that was chosen.
            "use_exact_model_name": True,
            "max_seq_length": config.max_length,
            "dtype": _DTYPES[config.precision],
            **_weights(config),
            "use_gradient_checkpointing": "unsloth" if config.gradient_checkpointing else False,
        },
        "adapter": _adapter(config),
        "data": files,
        "training": {
            **{key: run[key] for key in _TRAINING if key in run},
            **shape,
            "output_dir": LEFT_BEHIND[0],
            **settings.extra_keys,
        },
    }


def _weights(config: ConfigStep) -> dict[str, Any]:
    packed = config.tuning == "qlora"
    return {
        "load_in_4bit": packed and config.quantisation_bits == 4,
        "load_in_8bit": packed and config.quantisation_bits == 8,
        "full_finetuning": config.tuning == "full",
    }


def _adapter(config: ConfigStep) -> dict[str, Any]:
    if config.tuning == "full":
        return {}
    keys: dict[str, Any] = {
        "r": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        "use_gradient_checkpointing": "unsloth" if config.gradient_checkpointing else False,
        "random_state": config.seed,
    }
    if config.lora_targets != ("all-linear",):
        # Unsloth's own default is all linear layers of the decoder.
        keys["target_modules"] = list(config.lora_targets)
    if config.lora_variant == "rslora":
        keys["use_rslora"] = True
    if config.lora_modules_to_save:
        keys["modules_to_save"] = list(config.lora_modules_to_save)
    return keys

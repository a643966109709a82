"""What a session's choices become for LLaMA-Factory 0.9.5: the YAML of `llamafactory-cli train`, and dataset_info.json.

What it can't be told is in `advice/target_offers.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from ...advice.trl_run_keys import warmup_steps
from ..manifest import LEFT_BEHIND, ExactDumper
from .transformers_keys import measuring_keys, saving_keys
from .written import Script, TargetFiles

if TYPE_CHECKING:
    from ...settings.deploy_settings import TargetSettings
    from ...steps import ConfigStep, RowShape, SessionState
    from ..data_files import DataFiles

CONFIG = "llamafactory.yaml"
COMMAND = f"llamafactory-cli train {CONFIG}"

# ORPO is a loss of the stage dpo there; text is learnt by the stage pt whatever our method is called.
_STAGES = {"sft": "sft", "cpt": "pt", "dpo": "dpo", "orpo": "dpo", "kto": "kto", "reward": "rm"}
_ATTENTION = {
    "auto": "auto",
    "sdpa": "sdpa",
    "eager": "disabled",
    "flash_attention_2": "fa2",
    "flash_attention_3": "fa3",
}

_TURNS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "system_tag": "system",
}
# Rows as they lie in the data files → how dataset_info.json describes them.
_ROWS: dict[str, dict[str, Any]] = {
    "conversations": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _TURNS},
    "plain_answers": {"columns": {"prompt": "prompt", "response": "completion"}},
    "plain_text": {"columns": {"prompt": "text"}},
    "preference_plain": {"ranking": True, "columns": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}},
    "judged_plain": {"columns": {"prompt": "prompt", "response": "completion", "kto_tag": "label"}},
}


def llamafactory_files(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, rows: RowShape
) -> TargetFiles:
    """The config, the description of the data, and the command; `rows` is the shape that the data files hold.

    Raises:
        ValueError: the model, config or deploy step is missing.
    """
    config, deploy = state.config, state.deploy
    if state.model is None or config is None or deploy is None:
        raise ValueError("A trainer's config needs a model, a config and a deploy step.")
    keys = llamafactory_config(state, data=data, settings=settings, rows=rows)
    heading = f"# {deploy.name}: the config of `{COMMAND}`, for LLaMA-Factory {settings.version}\n"
    text = yaml.dump(keys, Dumper=ExactDumper, allow_unicode=True, sort_keys=False, width=120)
    described = json.dumps(dataset_info(data, rows), indent=2, ensure_ascii=False) + "\n"
    return TargetFiles(
        config_file=CONFIG,
        config=heading + text,
        command=COMMAND,
        scripts=(Script(f"{data.folder}/dataset_info.json", "what the columns of the rows are", described),),
        packages=("bitsandbytes",) if config.tuning == "qlora" or "8bit" in config.optimizer else (),
    )


def dataset_info(data: DataFiles, rows: RowShape) -> dict[str, Any]:
    """The text of dataset_info.json as values: one entry for the rows trained on, one for those held back."""
    files = {"train": data.train, "test": data.test}
    return {name: {"file_name": f"{name}.jsonl", **_ROWS[rows]} for name, file in files.items() if file is not None}


def llamafactory_config(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, rows: RowShape
) -> dict[str, Any]:
    """The keys of the YAML in the order they are written. Raises as `llamafactory_files` does."""
    model, config = state.model, state.config
    if model is None or config is None:
        raise ValueError("A trainer's config needs a model and a config step.")
    keys: dict[str, Any] = {"model_name_or_path": model.repo_id}
    if model.revision:
        keys["model_revision"] = model.revision
    keys |= {
        "stage": "pt" if rows == "plain_text" else _STAGES[config.method],
        "do_train": True,
        **_tuning(config),
        "dataset_dir": data.folder,
        "dataset": "train",
        # Conversations follow the template of the tokenizer, which LLaMA-Factory reads if it is told none.
        **({} if rows == "conversations" else {"template": "empty"}),
        "cutoff_len": config.max_length,
        **_learnt(config, rows),
        **_run(config, data),
        "output_dir": LEFT_BEHIND[0],
    }
    return keys | settings.extra_keys


def _tuning(config: ConfigStep) -> dict[str, Any]:
    if config.tuning == "full":
        return {"finetuning_type": "full"}
    keys: dict[str, Any] = {"finetuning_type": "lora"}
    if config.tuning == "qlora":
        keys |= {"quantization_bit": config.quantisation_bits, "quantization_method": "bnb"}
    targets = "all" if config.lora_targets == ("all-linear",) else ",".join(config.lora_targets)
    keys |= {
        "lora_rank": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "lora_dropout": config.lora_dropout,
        "lora_target": targets,
    }
    if config.lora_variant != "plain":
        keys[f"use_{config.lora_variant}"] = True
    if config.lora_modules_to_save:
        keys["additional_target"] = ",".join(config.lora_modules_to_save)
    return keys


def _learnt(config: ConfigStep, rows: RowShape) -> dict[str, Any]:
    if config.method in ("dpo", "orpo"):
        keys: dict[str, Any] = {
            "pref_beta": config.beta,
            "pref_loss": "orpo" if config.method == "orpo" else config.dpo_loss,
        }
        if config.method == "dpo" and config.label_smoothing:
            keys["dpo_label_smoothing"] = config.label_smoothing
        return keys
    if config.method == "kto":
        return {
            "pref_beta": config.beta,
            "kto_chosen_weight": config.desirable_weight,
            "kto_rejected_weight": config.undesirable_weight,
        }
    if config.method == "reward":
        return {}
    keys = {"packing": config.packing}
    if config.packing and rows != "plain_text":
        # Without it rows that share a sequence see one another.
        keys["neat_packing"] = True
    if rows != "plain_text":
        keys["train_on_prompt"] = config.train_on == "everything"
    return keys


def _run(config: ConfigStep, data: DataFiles) -> dict[str, Any]:
    length = {"num_train_epochs": config.epochs} if config.max_steps is None else {"max_steps": config.max_steps}
    steps = warmup_steps(config, data.train.rows)
    keys: dict[str, Any] = {
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        **length,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": config.scheduler,
        # 0.9.5 goes with a transformers that still has the share.
        **({"warmup_steps": int(steps)} if steps == 0 or steps >= 1 else {"warmup_ratio": steps}),
        "optim": config.optimizer,
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
        "bf16": config.precision == "bf16",
        "fp16": config.precision == "fp16",
        "flash_attn": _ATTENTION[config.attention],
        "disable_gradient_checkpointing": not config.gradient_checkpointing,
        **({"enable_liger_kernel": True} if config.liger else {}),
        **({"neftune_noise_alpha": config.neftune_alpha} if config.neftune_alpha and config.method == "sft" else {}),
        "logging_steps": config.logging_steps,
        "report_to": config.report_to,
        **saving_keys(config),
    }
    measured = measuring_keys(config) if data.test is not None else {}
    if measured:
        keys |= {"eval_dataset": "test", **measured, "per_device_eval_batch_size": config.batch_size}
    return keys

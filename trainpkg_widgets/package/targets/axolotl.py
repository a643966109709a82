"""What a session's choices become for Axolotl 0.19.0: the YAML of `axolotl train`.

Axolotl takes keys that it does not know without a word, so a test holds every key that is written here against its own
schema. What it can't be told is in `advice/target_offers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from ...advice.trl_run_keys import warmup_steps
from ..manifest import LEFT_BEHIND, ExactDumper
from .transformers_keys import measuring_keys, saving_keys
from .written import TargetFiles

if TYPE_CHECKING:
    from ...settings.deploy_settings import TargetSettings
    from ...steps import ConfigStep, RowShape, SessionState
    from ..data_files import DataFile, DataFiles

CONFIG = "axolotl.yaml"

# Axolotl names the schedules and optimizers of transformers as transformers does.
_REPORTS = {"tensorboard": "use_tensorboard", "wandb": "use_wandb", "mlflow": "use_mlflow", "trackio": "use_trackio"}


def axolotl_files(state: SessionState, *, data: DataFiles, settings: TargetSettings, rows: RowShape) -> TargetFiles:
    """The config and the command; `rows` is the shape that the data files hold.

    Raises:
        ValueError: the model, config or deploy step is missing.
    """
    config, deploy = state.config, state.deploy
    if state.model is None or config is None or deploy is None:
        raise ValueError("A trainer's config needs a model, a config and a deploy step.")
    command = f"axolotl train {CONFIG}"
    if config.gpus > 1:
        command += f" --num-processes {config.gpus}"
    keys = axolotl_config(state, data=data, settings=settings, rows=rows)
    heading = f"# {deploy.name}: the config of `{command}`, for Axolotl {settings.version}\n"
    text = yaml.dump(keys, Dumper=ExactDumper, allow_unicode=True, sort_keys=False, width=120)
    packages = ("bitsandbytes",) if config.tuning == "qlora" or "8bit" in config.optimizer else ()
    return TargetFiles(config_file=CONFIG, config=heading + text, command=command, packages=packages)


def axolotl_config(state: SessionState, *, data: DataFiles, settings: TargetSettings, rows: RowShape) -> dict[str, Any]:
    """The keys of the YAML in the order they are written. Raises as `axolotl_files` does."""
    model, config = state.model, state.config
    if model is None or config is None:
        raise ValueError("A trainer's config needs a model and a config step.")
    keys: dict[str, Any] = {"base_model": model.repo_id}
    if model.revision:
        keys["revision_of_model"] = model.revision
    template = _template(state)
    if rows in ("conversations", "preference_chat"):
        keys |= template
    if config.method == "dpo":
        keys |= {"rl": "dpo", "rl_beta": config.beta, "dpo_loss_type": [config.dpo_loss]}
        if config.label_smoothing:
            keys["dpo_label_smoothing"] = config.label_smoothing
        if config.precompute_reference:
            keys["precompute_ref_log_probs"] = True
    keys["datasets"] = [_dataset(data.train, rows, config)]
    if data.test is not None and config.eval_strategy != "no":
        keys["test_datasets"] = [_dataset(data.test, rows, config)]
    keys |= {
        **_precision(config),
        **_tuning(config),
        "sequence_len": config.max_length,
        # Axolotl drops what is longer if nothing is said; TRL cuts it, and the wizard's counts are of that.
        "excess_length_strategy": "truncate",
        # Axolotl's own default; both words are written because the opposite of either fills every row.
        "sample_packing": config.packing,
        "pad_to_sequence_len": False,
        **_run(config, data),
        "output_dir": LEFT_BEHIND[0],
    }
    return keys | settings.extra_keys


def _template(state: SessionState) -> dict[str, Any]:
    chosen = state.dataset.template if state.dataset else None
    if chosen is None:
        return {"chat_template": "tokenizer_default"}
    return {"chat_template": "jinja", "chat_template_jinja": chosen.text}


def _dataset(file: DataFile, rows: RowShape, config: ConfigStep) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": file.path, "split": "train"}
    if config.method != "dpo":
        # Axolotl 0.19: its DPODataset has no such field, and goes by the file's name.
        entry["ds_type"] = "json"
    answers = config.train_on != "everything"
    match rows:
        case "conversations":
            entry |= {
                "type": "chat_template",
                "field_messages": "messages",
                "roles_to_train": ["assistant"] if answers else ["system", "user", "assistant", "tool"],
                "train_on_eos": "turn" if answers else "all",
            }
        case "plain_answers":
            entry["type"] = {
                "field_instruction": "prompt",
                "field_output": "completion",
                "format": "{instruction}",
                "no_input_format": "{instruction}",
            }
        case "plain_text":
            entry |= {"type": "completion", "field": "text"}
        case "preference_chat":
            entry |= {"type": "chat_template.default", "field_messages": "prompt"}
        case "preference_plain":
            entry["type"] = {"field_prompt": "prompt", "field_chosen": "chosen", "field_rejected": "rejected"}
        case _:
            raise ValueError(f"Axolotl is not written for rows of the shape {rows}.")
    return entry


def _precision(config: ConfigStep) -> dict[str, Any]:
    keys: dict[str, Any] = {"bf16": config.precision == "bf16", "fp16": config.precision == "fp16", "tf32": False}
    if config.attention != "auto":
        keys["attn_implementation"] = config.attention
    return keys


def _tuning(config: ConfigStep) -> dict[str, Any]:
    if config.tuning == "full":
        return {}
    keys: dict[str, Any] = {"adapter": config.tuning}
    if config.tuning == "qlora":
        # Axolotl 0.19 calls 4-bit weights QLoRA, and 8-bit weights LoRA.
        keys = {"adapter": "lora", "load_in_8bit": True} if config.quantisation_bits == 8 else keys
        if config.quantisation_bits == 4:
            keys["load_in_4bit"] = True
    keys |= {"lora_r": config.lora_rank, "lora_alpha": config.lora_alpha, "lora_dropout": config.lora_dropout}
    if config.lora_targets == ("all-linear",):
        keys["lora_target_linear"] = True
    else:
        keys["lora_target_modules"] = list(config.lora_targets)
    if config.lora_variant != "plain":
        keys[f"peft_use_{config.lora_variant}"] = True
    if config.lora_modules_to_save:
        keys["lora_modules_to_save"] = list(config.lora_modules_to_save)
    if config.precision == "fp32":
        # Axolotl 0.19 turns its LoRA kernels on by itself; they stop a run on a processor, which fp32 is for.
        keys |= dict.fromkeys(("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel", "lora_embedding_kernel"), False)
    return keys


def _run(config: ConfigStep, data: DataFiles) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "micro_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        # Axolotl asks for passes even where the steps are counted.
        "num_epochs": config.epochs,
        **({"max_steps": config.max_steps} if config.max_steps is not None else {}),
        "learning_rate": config.learning_rate,
        "lr_scheduler": config.scheduler,
        **_warmup(config, data),
        "optimizer": config.optimizer,
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
        "gradient_checkpointing": config.gradient_checkpointing,
        "logging_steps": config.logging_steps,
        **saving_keys(config),
        **(measuring_keys(config) if data.test is not None else {}),
    }
    if config.neftune_alpha is not None and config.method == "sft":
        keys["neftune_noise_alpha"] = config.neftune_alpha
    if config.report_to != "none":
        keys[_REPORTS[config.report_to]] = True
    return keys


def _warmup(config: ConfigStep, data: DataFiles) -> Mapping[str, Any]:
    steps = warmup_steps(config, data.train.rows)
    # A whole number of steps is warmup_steps, a share of them is warmup_ratio: Axolotl takes one of the two.
    return {"warmup_steps": int(steps)} if steps == 0 or steps >= 1 else {"warmup_ratio": steps}

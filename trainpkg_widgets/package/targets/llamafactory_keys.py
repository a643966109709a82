"""LLaMA-Factory's (0.9.5) keys and what each is here: read by the import of its configs, and by what writes them."""

# ruff: noqa: SIM905 - a list of words would take a line for each

from __future__ import annotations

from .transformers_keys import SHARED_KNOBS

# LLaMA-Factory's key → our knob, where the value is the same on both sides.
KNOBS: dict[str, str] = {
    **SHARED_KNOBS,
    "max_steps": "max_steps",
    "num_train_epochs": "epochs",
    "cutoff_len": "max_length",
    "per_device_train_batch_size": "batch_size",
    "packing": "packing",
    "lora_rank": "lora_rank",
    "additional_target": "lora_modules_to_save",
    "enable_liger_kernel": "liger",
    "optim": "optimizer",
    "lr_scheduler_type": "scheduler",
    "warmup_ratio": "warmup_share",
    "report_to": "report_to",
    "pref_beta": "beta",
    "dpo_label_smoothing": "label_smoothing",
    "kto_chosen_weight": "desirable_weight",
    "kto_rejected_weight": "undesirable_weight",
}
# What LLaMA-Factory does where a key is left out.
DEFAULTS: dict[str, object] = {
    "num_train_epochs": 3.0,
    "cutoff_len": 2048,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "learning_rate": 5e-5,
    "lr_scheduler_type": "linear",
    "lora_rank": 8,
    "lora_dropout": 0.0,
    "lora_target": "all",
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "val_size": 0.0,
}
# `stage` → our method.
METHODS: dict[str, str] = {"pt": "cpt", "sft": "sft", "rm": "reward", "dpo": "dpo", "kto": "kto"}
# `flash_attn` → our attention.
ATTENTION: dict[str, str] = {"auto": "auto", "disabled": "eager", "sdpa": "sdpa", "fa2": "flash_attention_2"}
# A key of a dataset's `columns` → ours, by our format of rows.
COLUMNS: dict[str, dict[str, str]] = {
    "instruction": {
        "prompt": "instruction",
        "query": "input",
        "response": "output",
        "system": "system",
        "history": "history",
    },
    "sharegpt": {"messages": "messages", "system": "system", "tools": "tools"},
    "preference": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected", "system": "system"},
    "kto": {"prompt": "prompt", "response": "completion", "kto_tag": "label", "system": "system"},
}
# Keys that are read where they are used: model, rows, precision, machine.
READ = frozenset(
    """
stage do_train finetuning_type quantization_bit model_name_or_path model_revision dataset dataset_dir val_size
eval_dataset max_samples bf16 fp16 pure_bf16 lora_target use_rslora use_dora train_on_prompt warmup_steps pref_loss
flash_attn disable_gradient_checkpointing deepspeed fsdp output_dir mix_strategy
""".split()
)
# Keys that mean nothing to the choices here.
WITHOUT_MEANING = frozenset(
    """
template neat_packing overwrite_cache overwrite_output_dir preprocessing_num_workers dataloader_num_workers
plot_loss run_name ddp_timeout resume_from_checkpoint trust_remote_code per_device_eval_batch_size save_only_model
do_eval quantization_method quantization_type double_quantization enable_thinking tokenized_path use_swanlab
gradient_checkpointing_kwargs hub_model_id push_to_hub cache_dir
""".split()
)

"""Axolotl's (0.19) keys and what each is here: read by the import of its configs, and by what writes them."""

# ruff: noqa: SIM905 - a list of words would take a line for each

from __future__ import annotations

from .transformers_keys import SHARED_KNOBS

# Axolotl's key → our knob, where the value is the same on both sides.
KNOBS: dict[str, str] = {
    **SHARED_KNOBS,
    "max_steps": "max_steps",
    "num_epochs": "epochs",
    "sequence_len": "max_length",
    "micro_batch_size": "batch_size",
    "sample_packing": "packing",
    "lora_r": "lora_rank",
    "lora_target_modules": "lora_targets",
    "lora_modules_to_save": "lora_modules_to_save",
    "attn_implementation": "attention",
    "optimizer": "optimizer",
    "lr_scheduler": "scheduler",
    "warmup_ratio": "warmup_share",
    "rl_beta": "beta",
    "dpo_label_smoothing": "label_smoothing",
    "precompute_ref_log_probs": "precompute_reference",
    "kto_desirable_weight": "desirable_weight",
    "kto_undesirable_weight": "undesirable_weight",
}
# The same under `trl:`, for GRPO.
GRPO_KNOBS: dict[str, str] = {
    "reward_funcs": "reward_functions",
    "num_generations": "num_generations",
    "max_completion_length": "max_completion_length",
    "temperature": "temperature",
    "beta": "beta",
    "loss_type": "grpo_loss",
}
# What Axolotl does where a key is left out.
DEFAULTS: dict[str, object] = {
    "num_epochs": 1.0,
    "lr_scheduler": "cosine",
    "optimizer": "adamw_torch_fused",
    "gradient_checkpointing": False,
    "lora_dropout": 0.0,
    "sample_packing": False,
    "val_set_size": 0,
    "warmup_ratio": 0.0,
}
# `rl` → our method.
METHODS: dict[str, str] = {"dpo": "dpo", "kto": "kto", "orpo": "orpo", "grpo": "grpo"}
# A dataset's `type` → our format of rows.
FORMATS: dict[str, str] = {"alpaca": "instruction", "chat_template": "messages", "completion": "text"}
# Keys that were taken out or renamed, and what is written now.
GONE: dict[str, str] = {
    "flash_attention": "attn_implementation: flash_attention_2",
    "sdp_attention": "attn_implementation: sdpa",
    "xformers_attention": "attn_implementation",
    "eager_attention": "attn_implementation: eager",
    "lora_target_linear": "lora_target_modules: all-linear",
}
# Keys that are read where they are used: model, rows, precision, machine.
READ = frozenset(
    """
base_model revision_of_model adapter load_in_4bit load_in_8bit rl reward_model datasets pretraining_dataset trl
val_set_size test_datasets bf16 fp16 bfloat16 float16 gradient_checkpointing lora_target_linear peft_use_rslora
peft_use_dora train_on_inputs warmup_steps dpo_loss_type flash_attention sdp_attention eager_attention deepspeed
fsdp fsdp_config wandb_project use_tensorboard use_wandb use_mlflow use_trackio output_dir
""".split()
)
# Keys that mean nothing to the choices here: paths of caches, names of runs, what the launcher does.
WITHOUT_MEANING = frozenset(
    """
dataset_prepared_path wandb_entity wandb_watch wandb_name wandb_log_model wandb_run_id hub_model_id hub_strategy
strict debug local_rank special_tokens tokens tokenizer_type model_type tokenizer_config is_llama_derived_model
pad_to_sequence_len group_by_length tf32 resume_from_checkpoint auto_resume_from_checkpoints plugins chat_template
early_stopping_patience gradient_checkpointing_kwargs remove_unused_columns xformers_attention dataset_processes
shuffle_merged_datasets eval_sample_packing eval_batch_size saves_per_epoch evals_per_epoch
""".split()
)

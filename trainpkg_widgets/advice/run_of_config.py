"""The run that a config step becomes under TRL 1.16.0 with transformers 5.23.0, as memory sees it.

Nobody is asked what decides memory most (the loss path, the adapters' type, the attention kernel, padding): it follows
from the config that is written, and from the trainer's own code. The longest batch is assumed: `batch_size` rows of
`max_length` tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decoder_families import EAGER_ONLY
from .dimensions import OutOfScopeError
from .run import Attention, Optimizer, Run

if TYPE_CHECKING:
    from ..architecture import Architecture
    from ..settings.config_settings import Gpu
    from ..steps import ConfigStep, Precision

# transformers 5.23, OptimizerNames: those whose states are known. The paged ones lie in memory that the driver moves.
_OPTIMIZERS: dict[str, Optimizer] = {
    "adamw_torch": "adamw",
    "adamw_torch_fused": "adamw_fused",
    "adamw_8bit": "adamw_8bit",
    "adamw_bnb_8bit": "adamw_8bit",
    "paged_adamw_32bit": "paged_adamw",
    "paged_adamw": "paged_adamw",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "adafactor": "adafactor",
    "lion_32bit": "lion",
    "sgd": "sgd",
}
# Flash attention and bfloat16 came with compute capability 8.0 (torch, sdp_utils.cpp: check_flash_attention_hardware).
_FLASH_CAPABILITY = 8.0
# torch 2.13, flash attention takes heads of up to 256 numbers; transformers 5.23, use_gqa_in_sdpa, says the same.
_FLASH_HEAD = 256


def run_of(config: ConfigStep, architecture: Architecture, gpu: Gpu | None) -> Run:
    """The run of `config` on one GPU; one of 2020 or later where none is known.

    Raises:
        OutOfScopeError: the memory of the optimizer is not known.
    """
    optimizer = _OPTIMIZERS.get(config.optimizer)
    if optimizer is None:
        raise OutOfScopeError(f"How much memory the optimizer “{config.optimizer}” needs is not known.")
    full = config.tuning == "full"
    weights = _weights(config)
    # A micro-batch of one row has no padding, and TRL flattens packed rows into one: `packing_strategy` is bfd, which
    # implies padding_free (SFTTrainer.__init__). Rows of different lengths, or packed ones, need a mask.
    masked = config.packing or config.batch_size > 1
    return Run(
        tuning=config.tuning,
        batch=config.batch_size,
        length=config.max_length,
        accumulation=config.accumulation,
        one_row=config.packing,
        masked=masked,
        varying=not config.packing,
        weights=weights,
        # `trl sft` is told load_in_4bit, nf4 and use_bnb_nested_quant (package/targets/trl.py). TRL 1.16 never calls
        # prepare_model_for_kbit_training: what is not quantised stays in `dtype`.
        quantisation="nf4_double" if config.tuning == "qlora" else "none",
        # TrainingArguments.bf16 / fp16: accelerate runs the model's forward under autocast.
        autocast=config.precision != "fp32",
        lora_rank=0 if full else config.lora_rank,
        lora_targets=() if full else config.lora_targets,
        lora_dropout=not full and config.lora_dropout > 0,
        # PEFT 0.21 makes adapters float32 (autocast_adapter_dtype); TRL 1.16 casts those of a quantised model to
        # bfloat16 (SFTTrainer.__init__, "When using QLoRA").
        adapters="bf16" if config.tuning == "qlora" else "fp32",
        optimizer=optimizer,
        checkpointing="layers" if config.gradient_checkpointing else "none",
        attention=_attention(architecture, weights=weights, config=config, gpu=gpu, masked=masked),
        # SFTTrainer.__init__: add_fused_lm_head, for every loss_type.
        loss="tiled",
        compute_capability=gpu.compute_capability if gpu is not None else None,
    )


def _weights(config: ConfigStep) -> Precision:
    # package/targets/trl.py: full fine-tuning in fp16 keeps float32 weights, for torch's gradient scaler asks for it.
    return "fp32" if config.precision == "fp16" and config.tuning == "full" else config.precision


def _attention(
    architecture: Architecture, *, weights: Precision, config: ConfigStep, gpu: Gpu | None, masked: bool
) -> Attention:
    # The config names no attention, so it is SDPA where the model can (transformers 5.23, _check_attn_implementation).
    if architecture.model_type in EAGER_ONLY:
        return "eager"
    if masked:
        # With a mask, keys are repeated for each head (sdpa_attention_forward), and the memory-efficient kernel runs.
        return "fused"
    half = config.precision != "fp32"
    able = gpu is None or gpu.compute_capability >= _FLASH_CAPABILITY
    if half and able and architecture.head_dim <= _FLASH_HEAD:
        return "flash"
    # Without one, grouped keys are handed over as they are (enable_gqa), which of torch's kernels only flash attention
    # and the one that makes all scores can take.
    grouped = architecture.kv_heads < architecture.heads and architecture.head_dim <= _FLASH_HEAD
    return "math" if grouped else "fused"

"""The run that a config step becomes under TRL 1.16.0 with transformers 5.23.0, as memory sees it.

Nobody is asked what decides memory most (the loss path, the adapters' type, the attention kernel, padding): it follows
from the config that is written, and from the trainer's own code. The longest batch is assumed: `batch_size` rows of
`max_length` tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decoder_families import EAGER_ONLY
from .dimensions import OutOfScopeError
from .run import Attention, Optimizer, Quantisation, Reference, Run, Sharding

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


# trl 1.16.0: their batches hold a chosen and a rejected answer for each row (DPO and reward in their collators, ORPO in
# concatenated_inputs).
_PAIRED = frozenset(["dpo", "orpo", "reward"])
# Names that transformers' models give to modules as large as the embedding.
_LARGE_MODULES = frozenset(["embed_tokens", "lm_head", "wte", "embed_in", "embed_out", "word_embeddings", "output"])


def run_of(config: ConfigStep, architecture: Architecture, gpu: Gpu | None, prompt_tokens: int = 512) -> Run:
    """The run of `config` on each of its GPUs; one of 2020 or later where none is known.

    `prompt_tokens` is how long GRPO's prompts are: nothing in its config limits them.

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
    padded = config.method not in ("sft", "cpt")
    packed = config.packing and not padded
    one_row = (packed and config.packing_strategy != "wrapped") or (config.padding_free and not padded)
    masked = (one_row or (config.batch_size > 1 and not packed) or padded) and not _is_flash(config)
    rows = config.batch_size * (2 if config.method in _PAIRED else 1)
    generates = config.method == "grpo"
    return Run(
        tuning=config.tuning,
        batch=rows,
        length=prompt_tokens + config.max_completion_length if generates else config.max_length,
        accumulation=config.accumulation,
        one_row=one_row,
        masked=masked,
        varying=not packed,
        weights=weights,
        # `trl sft` is told load_in_4bit, nf4 and use_bnb_nested_quant (package/targets/trl.py). TRL 1.16 never calls
        # prepare_model_for_kbit_training: what is not quantised stays in `dtype`.
        quantisation=_quantisation(config),
        # TrainingArguments.bf16 / fp16: accelerate runs the model's forward under autocast.
        autocast=config.precision != "fp32",
        lora_rank=0 if full else config.lora_rank,
        lora_targets=() if full else config.lora_targets,
        lora_dropout=not full and config.lora_dropout > 0,
        adapters="bf16" if _half_adapters(config) else "fp32",
        dora=not full and config.lora_variant == "dora",
        whole_modules=0 if full else sum(name in _LARGE_MODULES for name in config.lora_modules_to_save),
        upcast_trained=config.gpus > 1 and config.sharding == "fsdp" and config.precision != "fp32",
        optimizer=optimizer,
        checkpointing="layers" if config.gradient_checkpointing else "none",
        attention=_attention(architecture, weights=weights, config=config, gpu=gpu, masked=masked),
        # add_fused_lm_head in the trainers of SFT, DPO, KTO and GRPO, for every loss_type.
        loss="odds" if config.method == "orpo" else "score" if config.method == "reward" else "tiled",
        # Liger's kernels compute a layer's norms and activations again, as compiled layers do. TRL 1.16 keeps its own
        # head in their place ("fused_linear_cross_entropy": False).
        compiled=config.liger,
        reference=_reference(config),
        # GRPOConfig.__post_init__: the rows of an update are written at once (steps_per_generation).
        generated_rows=rows * config.accumulation if generates else 0,
        prompt_tokens=prompt_tokens if generates else 0,
        new_tokens=config.max_completion_length if generates else 0,
        gpus=config.gpus,
        sharding=_sharding(config),
        compute_capability=gpu.compute_capability if gpu is not None else None,
    )


def _quantisation(config: ConfigStep) -> Quantisation:
    if config.tuning != "qlora":
        return "none"
    return "int8" if config.quantisation_bits == 8 else "nf4_double"


def _half_adapters(config: ConfigStep) -> bool:
    # PEFT 0.21 makes adapters float32 (autocast_adapter_dtype); TRL 1.16 casts those of a quantised model to bfloat16
    # (SFTTrainer.__init__, "When using QLoRA"), ORPO's trainer only those of one in 4 bits. Under ZeRO-3 adapters of
    # whole weights keep their type (get_peft_model_kwargs).
    if config.tuning == "qlora":
        return config.method != "orpo" or config.quantisation_bits == 4
    return config.gpus > 1 and config.sharding == "zero3" and config.precision != "fp32"


def _reference(config: ConfigStep) -> Reference:
    # trl 1.16.0: an adapter is switched off for it; without one a second model is loaded. GRPO needs none at beta 0.
    if config.method not in ("dpo", "kto", "grpo") or (config.method == "grpo" and config.beta == 0):
        return "none"
    if config.method != "grpo" and config.precompute_reference:
        return "none"
    return "model" if config.tuning == "full" else "adapter_off"


def _sharding(config: ConfigStep) -> Sharding:
    # Without a plan of its own, `accelerate launch` on several GPUs is DistributedDataParallel.
    return "none" if config.gpus == 1 else "ddp" if config.sharding == "none" else config.sharding


def _is_flash(config: ConfigStep) -> bool:
    return config.attention.startswith("flash")


def _weights(config: ConfigStep) -> Precision:
    # package/targets/trl.py: full fine-tuning in fp16 keeps float32 weights, for torch's gradient scaler asks for it.
    return "fp32" if config.precision == "fp16" and config.tuning == "full" else config.precision


def _attention(
    architecture: Architecture, *, weights: Precision, config: ConfigStep, gpu: Gpu | None, masked: bool
) -> Attention:
    if _is_flash(config):
        return "flash"
    # Where the config names none, it is SDPA if the model can (transformers 5.23, _check_attn_implementation).
    if architecture.model_type in EAGER_ONLY or config.attention == "eager":
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

"""What of a run decides its memory, whoever the trainer is. Deriving it from the config step is in `run_of_config.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..facts import Frozen
from ..steps import Precision, Tuning

Quantisation = Literal["none", "nf4", "nf4_double", "int8", "gptq4", "gptq8", "stored"]
Attention = Literal["flash", "fused", "math", "eager"]
Checkpointing = Literal["none", "layers", "offloaded"]
LossPath = Literal[
    "tiled", "float_logits", "float_logits_held", "copied_logits_held", "half_logits", "split_logits", "split_float_logits",
    "split_head", "fused_head",
]
Optimizer = Literal["adamw", "adamw_fused", "adamw_8bit", "paged_adamw", "paged_adamw_8bit", "adafactor", "lion", "sgd"]
LayerCode = Literal["transformers", "transformers_old", "litgpt", "torchtune"]
Sharding = Literal["none", "ddp", "zero1", "zero2", "zero3", "fsdp"]


class Run(Frozen):
    """One training run as memory sees it. A micro-batch is `batch` rows of `length` tokens on one GPU.

    `one_row` says that the rows are flattened into one attention row (TRL's padding-free packing); `masked` that
    attention gets a mask tensor; `varying` that the shape changes from batch to batch (rows that are not packed).
    `autocast` says whether torch.autocast runs the matrix products in half precision. `kbit_upcast` says whether
    PEFT's `prepare_model_for_kbit_training` turned what is not quantised into float32.
    """

    tuning: Tuning
    batch: int = Field(ge=1)
    length: int = Field(ge=1)
    accumulation: int = Field(default=1, ge=1)
    one_row: bool = False
    masked: bool = False
    varying: bool = False
    weights: Precision = "bf16"
    quantisation: Quantisation = "none"
    quantised_head: bool = False
    kbit_upcast: bool = False
    autocast: bool = True
    compute_capability: float | None = None
    lora_rank: int = Field(default=0, ge=0)
    lora_targets: tuple[str, ...] = ()
    lora_dropout: bool = False
    adapters: Precision = "fp32"
    optimizer: Optimizer = "adamw"
    optimizer_in_backward: bool = False
    checkpointing: Checkpointing = "layers"
    attention: Attention = "fused"
    loss: LossPath = "tiled"
    layers: LayerCode = "transformers"
    compiled: bool = False
    gpus: int = Field(default=1, ge=1)
    sharding: Sharding = "none"
    cpu_offload: bool = False

    @property
    def tokens(self) -> int:
        """Tokens of a micro-batch, padding included."""
        return self.batch * self.length

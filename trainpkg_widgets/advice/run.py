"""What of a run decides its memory, whoever the trainer is. It is derived from a config step in `run_of_config.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..facts import Frozen
from ..steps import Precision, Tuning

# `nf4_double` quantises NF4's scales once more; `stored` is a checkpoint that is loaded as it was published.
Quantisation = Literal["none", "nf4", "nf4_double", "int8", "gptq4", "gptq8", "stored"]

# `flash` reads grouped keys as they are; `fused` is any other kernel that keeps no scores, with keys repeated for each
# head; `math` is what torch falls back to; `eager` is transformers' own.
Attention = Literal["flash", "fused", "math", "eager"]

# How the loss is computed from the last hidden states; `loss_path.py` says what each one holds.
LossPath = Literal[
    "tiled",
    "float",
    "float_held",
    "float_copy_held",
    "half",
    "split",
    "split_compiled",
    "split_float",
    "fused",
    "odds",
    "score",
]
# The frozen model that DPO, KTO and GRPO compare with: none, the model itself with its adapter off, or a second one.
Reference = Literal["none", "adapter_off", "model"]
Checkpointing = Literal["none", "layers", "offloaded"]
Optimizer = Literal["adamw", "adamw_fused", "adamw_8bit", "paged_adamw", "paged_adamw_8bit", "adafactor", "lion", "sgd"]
LayerCode = Literal["transformers", "litgpt", "torchtune"]
Sharding = Literal["none", "ddp", "zero1", "zero2", "zero3", "fsdp"]


class Run(Frozen):
    """One training run as memory sees it. A micro-batch is `batch` rows of `length` tokens on one GPU.

    `one_row` says that the rows are flattened into one attention row (TRL's padding-free packing), `masked` that
    attention is given a mask, `varying` that the shape changes from batch to batch (rows that are not packed).
    `autocast` says whether matrix products run in half precision whatever the weights are, and `kbit_upcast` whether
    PEFT's `prepare_model_for_kbit_training` turned all that is not quantised into float32.
    `quantised_inputs` is how many batches' inputs of quantised matrices are kept: 0 since bitsandbytes 0.43.
    `compiled` says that torch.compile or Liger's kernels run the layers, which keep less. `upcast_trained` that what is
    trained is kept in float32 whatever it computes in (accelerate's FSDP). `whole_modules` counts modules as large as
    the embedding that are trained beside the adapter. `generated_rows` is how many rows GRPO writes at once, of
    `prompt_tokens` and `new_tokens` each. `compute_capability` is the card's, None where it is not known.
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
    quantised_inputs: int = Field(default=0, ge=0)
    kbit_upcast: bool = False
    autocast: bool = True

    lora_rank: int = Field(default=0, ge=0)
    lora_targets: tuple[str, ...] = ()
    lora_dropout: bool = False
    adapters: Precision = "fp32"
    dora: bool = False
    whole_modules: int = Field(default=0, ge=0)
    upcast_trained: bool = False

    optimizer: Optimizer = "adamw"
    optimizer_in_backward: bool = False

    checkpointing: Checkpointing = "layers"
    attention: Attention = "fused"
    loss: LossPath = "tiled"
    layers: LayerCode = "transformers"
    compiled: bool = False
    reference: Reference = "none"
    generated_rows: int = Field(default=0, ge=0)
    prompt_tokens: int = Field(default=0, ge=0)
    new_tokens: int = Field(default=0, ge=0)

    gpus: int = Field(default=1, ge=1)
    sharding: Sharding = "none"
    cpu_offload: bool = False
    compute_capability: float | None = None

    @property
    def tokens(self) -> int:
        """Tokens of a micro-batch, padding included."""
        return self.batch * self.length

    @property
    def row(self) -> int:
        """Tokens that one token may look at, as attention's kernel sees it."""
        return self.tokens if self.one_row else self.length

"""How long GRPO takes to write the answers of an update: token by token, bound by memory or by what starts the kernels.

TRL 1.16 writes with transformers' `generate`, all rows of an update at once. Each token of them takes one pass through
the layers, which reads every weight, and starts as many kernels whatever the rows are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .activations import cache_bytes
from .dimensions import Dimensions, dimensions_of, lora_matrices
from .run_of_config import run_of

if TYPE_CHECKING:
    from ..architecture import Architecture
    from ..settings.config_settings import Gpu, WritingSettings
    from ..steps import ConfigStep
    from .run import Run

# Kernels of one decoder layer for one token, counted in transformers 5.23 (qwen2 and llama, SDPA, a dynamic cache), and
# those that PEFT 0.21 adds for each matrix with an adapter: views left out.
_KERNELS = 43
_KERNELS_OF_AN_ADAPTER = 6
# bitsandbytes 0.49, MatMul4Bit.forward: for more than one row, the 4 bits are read, 16 are written, and read again.
_BYTES_OF_FOUR_BITS = 0.5 + 2 + 2


class Writing(NamedTuple):
    """Seconds from the least to the most for one token of every row, the tokens of an answer, and of all rows."""

    low: float
    high: float
    tokens: int
    of_all_rows: int


def writing_of(
    config: ConfigStep, architecture: Architecture, gpu: Gpu, settings: WritingSettings, prompt_tokens: int
) -> Writing | str:
    """The time of one token, on each card; why none can be told where that is so.

    Raises:
        OutOfScopeError: the model's dimensions are not known.
    """
    if gpu.bandwidth_gbs is None:
        return f"how quickly {gpu.name} reads its memory is not known"
    if config.tuning != "full" and config.lora_variant == "dora":
        return "DoRA makes each matrix anew for every token, and nobody published how long that takes"
    if config.tuning == "qlora" and config.quantisation_bits == 8:
        return "nobody published how long weights in 8 bits take"
    dims = dimensions_of(architecture)
    run = run_of(config, architecture, gpu, prompt_tokens)
    adapted = sum(matrix.reads != "head" for matrix in lora_matrices(dims, run.lora_targets))
    kernels = dims.layers * (_KERNELS + _KERNELS_OF_AN_ADAPTER * adapted)
    # Half of an answer is there when the middle one of its tokens is written.
    cache = cache_bytes(dims) * run.generated_rows * (prompt_tokens + run.new_tokens / 2)
    reading = (_read_weights(dims, run) + cache) / (gpu.bandwidth_gbs * 1e9)
    starting, share = settings.seconds_per_kernel, settings.bandwidth
    return Writing(
        max(reading / share.high, kernels * starting.low),
        max(reading / share.low, kernels * starting.high),
        run.new_tokens,
        run.generated_rows * (prompt_tokens + run.new_tokens),
    )


def _read_weights(dims: Dimensions, run: Run) -> float:
    wide = 4.0 if run.weights == "fp32" else 2.0
    return (_BYTES_OF_FOUR_BITS if run.quantisation != "none" else wide) * dims.matrices + wide * dims.embedding

"""How much a run computes, and how long that may take: FLOPs as they follow from the config, time as a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .dimensions import Dimensions, dimensions_of, lora_matrices, lora_weights
from .run_of_config import run_of
from .writing_time import writing_of

if TYPE_CHECKING:
    from ..architecture import Architecture
    from ..settings.config_settings import EstimateSettings, Gpu
    from ..steps import ConfigStep
    from .run import Run

# bfloat16 and grouped attention kernels came with this compute capability, in 2020.
_AMPERE = 8.0


class Duration(NamedTuple):
    """Seconds from the least to the most that is expected, and what that rests on; None where it can't be told."""

    low: float | None
    high: float | None
    why: str


def flops_per_token(config: ConfigStep, architecture: Architecture, prompt_tokens: int = 512) -> float:
    """Floating-point operations for each token of a training batch.

    Forward 2 for each weight of a matrix (the output head among them, the embedding not), backward twice that, or once
    where the weights are frozen: only the gradient of their input is needed (Kaplan et al. 2020, arXiv 2001.08361,
    section 2.1, for 6 in all). Checkpointing computes the layers' forward again. Attention adds 4 · q · length for
    each layer, half of it behind the causal mask, and twice that backward.

    Raises:
        OutOfScopeError: the model's dimensions are not known.
    """
    dims = dimensions_of(architecture)
    run = run_of(config, architecture, None, prompt_tokens)
    head = 0 if run.loss == "score" else dims.embedding
    layers = 2.0 * dims.matrices + _attention(dims, run)
    forward = layers + 2.0 * head
    frozen = config.tuning != "full"
    backward = 2.0 * (1 if frozen else 2) * (dims.matrices + head) + 2.0 * _attention(dims, run)
    again = layers if run.checkpointing != "none" else 0.0
    if run.loss == "tiled":
        # trl 1.16.0, ChunkedLogProbFunction.backward: each tile of logits once more.
        again += 2.0 * head
    adapter = 6.0 * lora_weights(lora_matrices(dims, run.lora_targets), run.lora_rank, dims.layers) if frozen else 0.0
    compared = forward if run.reference != "none" else 0.0
    # trl 1.16.0, KTOTrainer: each answer once more behind another row's question, which is what it is compared with.
    compared *= 2 if config.method == "kto" and config.kto_loss == "kto" else 1
    extra = forward if config.method == "kto" and config.kto_loss == "kto" else 0.0
    return forward + backward + again + adapter + compared + extra


def forward_flops(architecture: Architecture) -> float:
    """Floating-point operations of reading one token: 2 for each weight of a matrix, the output head among them.

    Raises:
        OutOfScopeError: the model's dimensions are not known.
    """
    dims = dimensions_of(architecture)
    return 2.0 * (dims.matrices + dims.embedding)


def duration(
    flops: float | None, config: ConfigStep, gpu: Gpu | None, settings: EstimateSettings, *, at_most: bool
) -> Duration:
    """How long `flops` take on the cards of `config`; `at_most` says that rows may be shorter than was counted."""
    if flops is None:
        return Duration(None, None, "The number of steps is not known yet.")
    if gpu is None:
        return Duration(None, None, "No card is chosen.")
    if gpu.peak_tflops is None or config.precision == "fp32":
        what = "this precision" if gpu.peak_tflops else gpu.name
        return Duration(None, None, f"No figure of its maker's is known for {what}.")
    share = settings.utilisation if gpu.compute_capability >= _AMPERE else settings.utilisation_before_2020
    peak = gpu.peak_tflops * 1e12 * config.gpus
    cards = gpu.name if config.gpus == 1 else f"{config.gpus} × {gpu.name}"
    why = (
        f"{flops:.3g} operations at {share.low:.0%} to {share.high:.0%} of the peak of {cards}, "
        f"{gpu.peak_tflops:g} TFLOPS each: what published runs reach"
    )
    rows = "; less where rows are shorter than the longest" if at_most else ""
    return Duration(flops / (peak * share.high), flops / (peak * share.low), why + rows + ".")


def duration_with_writing(
    flops: float | None,
    steps: int | None,
    config: ConfigStep,
    architecture: Architecture | None,
    gpu: Gpu | None,
    settings: EstimateSettings,
) -> Duration:
    """The same for GRPO, which writes its answers before it learns from them; what their rewards take is not in it.

    Raises:
        OutOfScopeError: the model's dimensions are not known.
    """
    if flops is None or steps is None or architecture is None or gpu is None:
        return duration(flops, config, gpu, settings, at_most=False)
    writing = writing_of(config, architecture, gpu, settings.writing, settings.prompt_tokens)
    if isinstance(writing, str):
        return Duration(None, None, f"Writing the answers takes most of the time of GRPO, and {writing}.")
    read = steps * config.gpus * writing.of_all_rows * forward_flops(architecture)
    low, high, why = duration(flops + read, config, gpu, settings, at_most=False)
    if low is None or high is None:
        return Duration(None, None, why)
    tokens = steps * writing.tokens
    each = f"{1000 * writing.low:.2g} to {1000 * writing.high:.2g} ms"
    return Duration(
        low + tokens * writing.low,
        high + tokens * writing.high,
        f"{tokens:,} tokens of the longest answers written one after another, each in {each}, then {why[:-1]}; less "
        "where answers end sooner, and without what the rewards take. No published run of GRPO backs it.",
    )


def _attention(dims: Dimensions, run: Run) -> float:
    return 2.0 * dims.q * run.length * dims.layers

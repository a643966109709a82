"""What a process takes of a card beyond what torch allocates: blocks kept for reuse, and CUDA's own context.

The coefficients are what torch's caching allocator (CUDACachingAllocator.cpp, default settings) does when it is given
the allocations of training steps: replayed for TRL 1.16's own step and for one that makes all logits, on nine models of
0.1 to 8 billion weights. The same replay gives what fitcheck's T4 runs with SDPA reserved to 0.2 % where nothing is
quantised. One is fitted: how much of a layer's blocks stays unused at most, the median of the `dev` rows.
"""

from __future__ import annotations

from .activations import Layer
from .loss_path import Loss
from .run import Run

GIB = 1024.0**3
# CUDA's context as measured: 140.9 MiB on a T4 with torch 2.14 (fitcheck 0.3.1), 0.3 to 0.5 GiB on later cards.
_CONTEXT_T4 = 140.875 * 1024**2
_CONTEXT = 0.4 * GIB
# NCCL's buffers for each pair of GPUs lie outside torch's count.
_CONTEXT_SEVERAL = 0.5 * GIB

# A layer's blocks are not the loss's blocks: both stay cached. How much of the layer's do not find use again.
_OF_LAYER, _OF_LAYER_AND_LOSS, _AT_MOST = 0.35, 0.2, 0.9
# Where every batch has another shape, blocks of other sizes pile up: of what is kept and at work, and of the loss
# where its size follows the batch. The replay spreads widely around these: 0.2 to 2.9 for the loss.
_VARYING_LAYER, _VARYING_LOSS = 0.6, 1.2


def cached_bytes(run: Run, layer: Layer, loss: Loss, *, kept: float) -> float:
    """Bytes that torch reserves beyond what it allocates, at the end of some steps."""
    work = layer.peak * run.tokens + layer.once
    same = min(_AT_MOST * work, _OF_LAYER * work + _OF_LAYER_AND_LOSS * loss.peak)
    if run.tuning == "full":
        # The trained head's gradient, and the blocks that gradients were cut from.
        same += _OF_LAYER * loss.peak
    if not run.varying:
        return same
    follows = 0.0 if run.loss == "tiled" else loss.peak
    return max(same, _VARYING_LAYER * work) + _VARYING_LOSS * follows + 0.1 * kept


def context_bytes(run: Run) -> float:
    """Bytes of CUDA's context, and of NCCL's where there are several GPUs."""
    capability = run.compute_capability
    one = _CONTEXT_T4 if capability is not None and capability < 8 else _CONTEXT
    return one + (_CONTEXT_SEVERAL if run.gpus > 1 else 0.0)

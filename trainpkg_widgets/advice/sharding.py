"""How a run's states are divided among GPUs, and what has to be gathered to compute with them."""

from __future__ import annotations

from typing import NamedTuple

from .dimensions import Dimensions
from .model_states import States
from .run import Run


class Share(NamedTuple):
    """Bytes on one GPU of several, and of the weights that are gathered for the layers at work."""

    weights: float
    adapters: float
    gradients: float
    optimizer: float
    step_extra: float
    head_gradient: float
    gathered: float


def share_of(states: States, dims: Dimensions, run: Run) -> Share:
    """One GPU's share. Rajbhandari et al. 2020 (arXiv 1910.02054): stage 1 divides the optimizer's states, stage 2
    the gradients too, stage 3 (and PyTorch's FSDP) the weights as well.
    """
    n = run.gpus
    whole = run.sharding in ("zero3", "fsdp")
    o = n if run.sharding in ("zero1", "zero2") or whole else 1
    g = n if run.sharding == "zero2" or whole else 1
    w = n if whole else 1
    gathered = 0.0
    if whole:
        # Two layers (the one at work and the next one, gathered ahead) and what is outside the layers.
        gathered = 2 * states.in_layers / dims.layers + (states.weights - states.in_layers)
    on_gpu = 0.0 if run.cpu_offload else 1.0
    return Share(
        weights=on_gpu * states.weights / w,
        adapters=on_gpu * states.adapters / w,
        gradients=on_gpu * states.gradients / g,
        optimizer=on_gpu * states.optimizer / o,
        step_extra=on_gpu * states.step_extra / o,
        head_gradient=states.head_gradient / g,
        gathered=gathered,
    )

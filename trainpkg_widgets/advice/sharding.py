"""How a run's states are divided among GPUs, and what has to be gathered to compute with them."""

from __future__ import annotations

from typing import NamedTuple

from .dimensions import Dimensions
from .model_states import States
from .run import Run

# DeepSpeed 0.15, reduce_bucket_size: 5e8 numbers in half precision, two of them while communication overlaps.
_BUCKET = 5e8 * 2


class Share(NamedTuple):
    """Bytes on one GPU. `gathered` are weights brought together for the layers at work, `buckets` are for sending.

    Of gradients: `small_gradients` are LoRA's, which are always there; `before_first_layer` is what exists when the
    backward pass reaches the first layer, `embedding_again` the copies that a shared embedding's gradient needs.
    """

    weights: float
    gathered: float
    gathered_whole: float
    reference: float
    adapters: float
    optimizer: float
    step_extra: float
    gradients: float
    small_gradients: float
    head_gradient: float
    before_first_layer: float
    embedding_again: float
    buckets: float
    trained: int
    divided: bool


def share_of(states: States, dims: Dimensions, run: Run) -> Share:
    """One GPU's share.

    Rajbhandari et al. 2020 (arXiv 1910.02054): stage 1 divides the optimizer's states, stage 2 the gradients too,
    stage 3 (and PyTorch's FSDP) the weights as well.
    """
    whole = run.sharding in ("zero3", "fsdp")
    weights_by = run.gpus if whole else 1
    gradients_by = run.gpus if whole or run.sharding == "zero2" else 1
    optimizer_by = run.gpus if whole or run.sharding in ("zero1", "zero2") else 1
    here = 0.0 if run.cpu_offload else 1.0
    gradients = here * states.gradients / gradients_by
    full = run.tuning == "full"
    each = gradients / states.trained if full and states.trained else 0.0
    # Two layers (the one at work, and the next one gathered ahead) and what lies outside the layers, in half precision
    # where the shares are kept in float32. Nobody gathers more than there is.
    missing = states.weights * (1 - 1 / weights_by)
    computed = states.weights / (2 if run.upcast_trained and full else 1)
    outside = computed - min(states.in_layers, computed)
    gathered = min(missing, 2 * states.in_layers / dims.layers + outside) if whole else 0.0
    headless = run.loss == "score"
    apart = dims.layer_matrices + (0 if dims.tied or headless else dims.embedding)
    return Share(
        weights=here * states.weights / weights_by,
        gathered=gathered,
        # trl 1.16.0, unwrap_model_for_generation: ds3_gather_for_generation brings the whole model together.
        gathered_whole=min(missing, computed) if whole else 0.0,
        reference=here * states.reference / weights_by,
        adapters=here * states.adapters / weights_by,
        optimizer=here * states.optimizer / optimizer_by,
        step_extra=here * states.step_extra / optimizer_by,
        gradients=gradients,
        small_gradients=0.0 if full else gradients,
        head_gradient=0.0 if headless else each * dims.embedding,
        before_first_layer=gradients if run.optimizer_in_backward else max(0.0, gradients - each * apart),
        # autograd adds the embedding's gradient to the head's, out of place.
        embedding_again=2 * each * dims.embedding if dims.tied and not headless else 0.0,
        buckets=_buckets(states, run),
        trained=states.trained,
        divided=run.gpus > 1 and run.sharding not in ("none", "ddp"),
    )


def _buckets(states: States, run: Run) -> float:
    if run.gpus == 1:
        return 0.0
    if run.sharding == "ddp":
        # DistributedDataParallel copies gradients into buckets of its own.
        return states.gradients
    if run.sharding in ("zero1", "zero2", "zero3"):
        return min(2 * _BUCKET, 2.0 * states.gradients)
    return 0.0

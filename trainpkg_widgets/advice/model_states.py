"""Bytes of what a run holds whatever the batch: weights, adapters, their gradients and the optimizer's states."""

from __future__ import annotations

from typing import NamedTuple

from .activations import WIDTH
from .dimensions import Dimensions, Matrix, lora_weights
from .run import Quantisation, Run

# Bytes for each weight of a quantised matrix.
_QUANTISED: dict[Quantisation, float] = {
    # QLoRA (arXiv 2305.14314): 4 bits and a float32 scale for 64 weights; double quantisation makes it 0.127 bits.
    "nf4": 0.5 + 4 / 64,
    "nf4_double": 0.5 + 0.127 / 8,
    "int8": 1.0,
    # GPTQ, groups of 128: a half-precision scale and a zero of as many bits as a weight.
    "gptq4": 0.5 + 2.5 / 128,
    "gptq8": 1.0 + 3.0 / 128,
}
# bitsandbytes 0.50: two 8-bit moments, and a float32 scale for 256 numbers of each.
_EIGHT_BIT = 2 * (1 + 4 / 256)


class States(NamedTuple):
    """Bytes before they are divided among GPUs, and `step_extra`: what an optimizer's step needs beside them."""

    weights: float
    in_layers: float
    reference: float
    adapters: float
    gradients: float
    optimizer: float
    step_extra: float
    trained: int


def weight_bytes_of(dims: Dimensions, run: Run, parameters: int | None, stored: int | None) -> tuple[float, float]:
    """Bytes of the frozen or trained model itself, and those of them in its layers.

    `parameters` is the number of weights where it is known (a model may have more than its decoder), `stored` the
    bytes of a checkpoint that is loaded as it was quantised.
    """
    if run.quantisation == "stored":
        outside = float((dims.embedding + dims.head) * WIDTH[run.weights])
        return float(stored or 0), max(0.0, float(stored or 0) - outside)
    width = WIDTH[run.weights]
    rest = 4 if run.kbit_upcast else width
    matrix = _QUANTISED.get(run.quantisation, float(width))
    head = matrix if run.quantised_head else rest
    beyond = max(0, (parameters or 0) - dims.parameters)
    layers = dims.matrices * matrix
    words = 0 if run.loss == "score" else dims.head
    return layers + (dims.embedding + dims.norms + beyond) * rest + words * head, layers


def states_of(
    dims: Dimensions, run: Run, lora: tuple[Matrix, ...], parameters: int | None, stored: int | None
) -> States:
    """What is held whatever the batch."""
    weights, in_layers = weight_bytes_of(dims, run, parameters, stored)
    full = run.tuning == "full"
    trained = _trained(dims, run, lora, parameters)
    width = _width_of_trained(dims, run, trained)
    reference = weights if run.reference == "model" else 0.0
    if run.upcast_trained:
        # accelerate 1.15, Accelerator._prepare_fsdp2 and prepare_model: what is trained becomes float32 as soon as
        # mixed precision is asked for. It is gathered in half precision.
        weights, width = (2.0 * weights if full and width == 2 else weights), 4
    largest = max(dims.embedding, dims.d * dims.f) if full else 0
    optimizer, extra = _optimizer(run, trained, width, dims.embedding if full else 0, largest)
    if run.sharding in ("zero1", "zero2", "zero3"):
        # DeepSpeed keeps a float32 copy of what is trained, with float32 states (ZeRO, arXiv 1910.02054: K = 12).
        optimizer, extra = 12.0 * trained, 4.0 * trained
    gradients = float(trained * width)
    if run.optimizer_in_backward:
        # Each gradient is used and freed at once: the largest one is what there is of them.
        gradients, extra = float(largest * width), 0.0
    return States(
        weights=weights,
        in_layers=in_layers,
        reference=reference,
        adapters=0.0 if full else float(trained * width),
        gradients=gradients,
        optimizer=optimizer,
        step_extra=extra,
        trained=trained,
    )


def _trained(dims: Dimensions, run: Run, lora: tuple[Matrix, ...], parameters: int | None) -> int:
    if run.tuning == "full":
        missing = dims.head if run.loss == "score" else 0
        return max(dims.parameters, parameters or 0) - missing
    # DoRA (arXiv 2402.09353): one magnitude for each column of a matrix, besides LoRA's two.
    magnitudes = sum(m.outputs for m in lora) * dims.layers if run.dora else 0
    return lora_weights(lora, run.lora_rank, dims.layers) + magnitudes + run.whole_modules * dims.embedding


def _width_of_trained(dims: Dimensions, run: Run, trained: int) -> float:
    """Bytes of a trained weight, on average: PEFT's copies of whole modules keep the model's type (0.21)."""
    if run.tuning == "full":
        return WIDTH[run.weights]
    whole = run.whole_modules * dims.embedding
    adapters = trained - whole
    return (adapters * WIDTH[run.adapters] + whole * WIDTH[run.weights]) / trained if trained else 0.0


def _optimizer(run: Run, trained: int, width: float, embedding: int, largest: int) -> tuple[float, float]:
    """Bytes of the optimizer's states, and of what a step needs for itself."""
    name = run.optimizer
    if name in ("adamw", "adamw_fused"):
        # torch.optim.AdamW: both moments in the parameter's own type. Its foreach step makes one more list of them.
        return 2.0 * width * trained, 0.0 if name == "adamw_fused" else width * trained
    if name == "adamw_8bit":
        # transformers 5.23 registers embeddings for 32-bit states (Trainer, GlobalOptimManager).
        return _EIGHT_BIT * trained + (8 - _EIGHT_BIT) * embedding, 0.0
    if name in ("paged_adamw", "paged_adamw_8bit"):
        # Paged states lie in unified memory: the driver moves them, torch does not count them.
        return 0.0, 0.0
    if name == "adafactor":
        # transformers.optimization.Adafactor: rows and columns only, and four float32 copies of one matrix at a time.
        return 0.0, 16.0 * largest
    # Lion keeps one moment; SGD without momentum none.
    return (width * trained if name == "lion" else 0.0), 0.0

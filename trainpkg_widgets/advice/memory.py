"""What a run needs of a GPU's memory, part by part, and whether a card has it. Pure arithmetic, no torch.

Two numbers matter: what torch allocates at the worst moment (with less, the run stops), and what the process takes
from the card, which nvidia-smi shows (torch keeps freed blocks, CUDA keeps its context). Nothing here was fitted to a
published run but where a comment says so; `tests/bench/memory.py` scores it against all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..architecture import Architecture
from ..facts import Fact
from .activations import Layer, cache_bytes, layer_bytes
from .decoder_families import MEASURED
from .dimensions import Dimensions, OutOfScopeError, dimensions_of, lora_matrices
from .loss_path import Loss, loss_bytes
from .model_states import states_of
from .moments import Moment, held_throughout, kept_of_a_layer, worst_moment
from .reserved import cached_bytes, context_bytes
from .run import Run
from .sharding import Share, share_of

__all__ = ["MemoryEstimate", "OutOfScopeError", "Part", "Run", "Verdict", "estimate_memory", "verdict"]

GIB = 1024.0**3
# torch 2.13, parseChosenWorkspaceSize: 4096 KiB × 2 + 16 KiB × 8 for cuBLAS, once for the thread that runs the forward
# pass and once for autograd's.
WORKSPACE = 2 * (2 * 4096 + 8 * 16) * 1024.0

# A rule that held on runs nothing was fitted to (99.6 % of its "fits" and over 92 % of its "no" were right). The replay
# of torch's allocator says the same: the least memory that a run survives on is 1.01 to 1.11 × what it allocates.
FITS_MARGIN = 1.15
NO_MARGIN = 0.88

# What backs the estimate on several GPUs: the rows of tests/bench/data/points.csv with each way of sharing.
_SHARED = {
    "ddp": "Two published runs on two GPUs back this.",
    "fsdp": "Published runs with FSDP were from 2 % to more than a half off this.",
}

Answer = Literal["fits", "tight", "no"]


class Part(NamedTuple):
    """One part of the memory of a run in bytes, and how it was computed, in words."""

    name: str
    bytes: float
    why: str


class Verdict(NamedTuple):
    """Whether a run fits a card, and why."""

    answer: Answer
    why: str


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """The memory of a run on each of its GPUs, in bytes. `parts` sum to `total`.

    `allocated` is what torch needs at the worst `moment`; `needed` adds CUDA's context: with less the run stops.
    `total` is what the process takes where the card has it: reserved and context. What will be measured is expected
    between `low` and `high`. `unproven` says what about this run no measurement backs.
    """

    parts: tuple[Part, ...]
    allocated: float
    reserved: float
    context: float
    moment: str
    unproven: tuple[str, ...] = ()

    @property
    def needed(self) -> float:
        """Allocated and context."""
        return self.allocated + self.context

    @property
    def total(self) -> float:
        """Reserved and context."""
        return self.reserved + self.context

    @property
    def low(self) -> float:
        """The least that is expected."""
        return NO_MARGIN * self.needed

    @property
    def high(self) -> float:
        """The most that is expected."""
        return max(FITS_MARGIN * self.needed, self.total)


def estimate_memory(
    architecture: Architecture,
    run: Run,
    *,
    parameters: Fact[int] | None = None,
    weight_bytes: Fact[int] | None = None,
) -> MemoryEstimate:
    """The memory of `run`, for a model of this architecture.

    `parameters` is what the model's files hold, which may be more than its decoder. `weight_bytes` are the bytes of
    its files, used where a quantised checkpoint is loaded as it is stored.

    Raises:
        OutOfScopeError: nothing is known that an estimate could rest on.
    """
    dims = dimensions_of(architecture)
    lora = () if run.tuning == "full" else lora_matrices(dims, run.lora_targets)
    counted = parameters.value if parameters is not None else None
    stored = weight_bytes.value if weight_bytes is not None else None
    if run.quantisation == "stored" and stored is None:
        raise OutOfScopeError("The weights are quantised as they are stored, and the size of their files is not known.")
    share = share_of(states_of(dims, run, lora, counted, stored), dims, run)
    layer, loss = layer_bytes(dims, run, lora), loss_bytes(dims, run)
    moment = worst_moment(dims, run, share, layer, loss)
    allocated = held_throughout(share) + moment.bytes + WORKSPACE
    cached = cached_bytes(run, layer, loss, kept=dims.layers * kept_of_a_layer(run, layer) * run.tokens)
    context = context_bytes(run)
    parts = _parts(dims, run, share, layer, loss, moment, cached, context)
    return MemoryEstimate(parts, allocated, allocated + cached, context, moment.name, _unproven(dims, run, counted))


def verdict(estimate: MemoryEstimate, capacity_bytes: float) -> Verdict:
    """Whether a run fits a card of `capacity_bytes`: all of what is expected does, nothing of it does, or some."""
    needs = (
        f"It needs about {estimate.needed / GIB:.1f} GiB while {estimate.moment}, and may hold "
        f"{estimate.total / GIB:.1f} GiB as nvidia-smi counts it"
    )
    has = f"{capacity_bytes / GIB:.1f} GiB"
    if estimate.high <= capacity_bytes:
        return Verdict("fits", f"{needs}; the card has {has}, more than the most that is expected.")
    if estimate.low > capacity_bytes:
        return Verdict("no", f"{needs}; the card has {has}, less than the least that is expected.")
    return Verdict("tight", f"{needs}; the card has {has}, within what is expected.")


# ------------------------------------------------------------------ in words


def _parts(
    dims: Dimensions,
    run: Run,
    share: Share,
    layer: Layer,
    loss: Loss,
    moment: Moment,
    cached: float,
    context: float,
) -> tuple[Part, ...]:
    each = f"{dims.layers} layers × {run.tokens:,} tokens × {kept_of_a_layer(run, layer):,.0f} bytes"
    among = f", divided among {run.gpus} GPUs" if share.divided else ""
    full = run.tuning == "full"
    gathered = f", and {share.gathered / GIB:.1f} GiB gathered to compute with" if share.gathered else ""
    return (
        Part(
            "weights",
            share.weights + share.gathered + moment.gathered,
            f"{dims.parameters:,} weights {_stored_as(run)}{among}{gathered}",
        ),
        Part("reference", share.reference, f"the frozen model that is compared with{among}" if share.reference else ""),
        Part(
            "adapters",
            share.adapters,
            "" if full else f"{share.trained:,} weights of rank {run.lora_rank} in {run.adapters}{among}",
        ),
        Part(
            "gradients",
            moment.gradients + share.buckets,
            f"of {share.trained:,} trained weights, as far as they exist while {moment.name}",
        ),
        Part("optimizer", share.optimizer + moment.optimizer, f"{run.optimizer} for {share.trained:,} weights{among}"),
        Part(
            "cache",
            moment.cache,
            f"keys and values of {run.generated_rows:,} rows × {run.prompt_tokens + run.new_tokens:,} tokens "
            f"× {cache_bytes(dims):,.0f} bytes",
        ),
        Part("kept_activations", moment.kept, f"{each}, while {moment.name}"),
        Part("recompute_peak", moment.layer, f"one layer at work while {moment.name}"),
        Part("loss_block", moment.loss, loss.why),
        Part("allocator", cached + WORKSPACE, "blocks that torch keeps for reuse, and cuBLAS' workspaces"),
        Part("context", context, "CUDA's own, for kernels and handles"),
    )


def _stored_as(run: Run) -> str:
    names = {"nf4": "in 4 bits", "nf4_double": "in 4 bits, scales quantised too", "int8": "in 8 bits"}
    if run.quantisation == "none":
        return f"in {run.weights}"
    rest = "float32" if run.kbit_upcast else run.weights
    return f"{names.get(run.quantisation, 'as they are stored')}; embeddings, head and norms in {rest}"


def _unproven(dims: Dimensions, run: Run, counted: int | None) -> tuple[str, ...]:
    found = []
    if dims.model_type not in MEASURED:
        found.append(f"The layers of {dims.model_type} were not measured; Llama's stand in for them.")
    if counted and not 0.95 <= counted / dims.parameters <= 1.05:
        found.append(
            f"The model has {counted:,} weights, its config gives {dims.parameters:,}: it has parts that are not known."
        )
    if run.gpus > 1:
        found.append(_SHARED.get(run.sharding, "No published run with ZeRO backs this: it is derived from its paper."))
    if run.reference != "none" or run.loss in ("odds", "score") or run.generated_rows:
        found.append("No published run of this method backs this; its parts were counted on a small model.")
    if run.dora:
        found.append("No published run with DoRA backs this; it was counted on a small model.")
    if run.quantisation == "int8":
        found.append("No published run in 8 bits backs this: its weights were counted, and the rest is derived.")
    return tuple(found)

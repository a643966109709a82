"""What a run needs of a GPU's memory, part by part, and whether a card has it. Pure arithmetic, no torch.

Two numbers matter: what torch allocates at the worst moment (with less, the run stops), and what the process takes
from the card, which nvidia-smi shows (torch keeps freed blocks, and CUDA keeps its context).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..architecture import Architecture
from ..facts import Fact
from .activations import Layer, layer_bytes
from .dimensions import Dimensions, OutOfScope, dimensions_of, lora_matrices
from .loss_path import Loss, loss_bytes
from .model_states import States, states_of
from .run import Run
from .sharding import Share, share_of

__all__ = ["MemoryEstimate", "OutOfScope", "Part", "Run", "Verdict", "estimate_memory", "verdict"]

GIB = 1024.0**3
# torch 2.13, parseChosenWorkspaceSize: 4096 KiB × 2 + 16 KiB × 8 for cuBLAS, once for the thread that runs the forward
# pass and once for autograd's.
_WORKSPACE = 2 * (2 * 4096 + 8 * 16) * 1024.0
_CONTEXT = 0.4 * GIB

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

    `allocated` is what torch needs at the worst moment, which `moment` names; `total` is what the process takes:
    reserved and context. The truth is expected between `low` and `high`.
    """

    parts: tuple[Part, ...]
    allocated: float
    reserved: float
    total: float
    low: float
    high: float
    moment: str


def estimate_memory(
    architecture: Architecture,
    run: Run,
    *,
    parameters: int | None = None,
    weight_bytes: Fact[int] | None = None,
    context: float = _CONTEXT,
) -> MemoryEstimate:
    """The memory of `run`, for a model of this architecture.

    Raises:
        OutOfScope: nothing is known that an estimate could rest on.
    """
    dims = dimensions_of(architecture)
    lora = () if run.tuning == "full" else lora_matrices(dims, run.lora_targets)
    stored = weight_bytes.value if weight_bytes is not None else None
    states = states_of(dims, run, lora, parameters, stored)
    share = share_of(states, dims, run)
    layer = layer_bytes(dims, run, lora)
    loss = loss_bytes(dims, run)
    return moments(dims, run, share, layer, loss, context)


class _M(NamedTuple):
    name: str
    gradients: float
    kept: float
    work: float
    loss: float
    extra: float


def moments(dims, run, share, layer, loss, context):
    T=run.tokens
    final=4.0*dims.d*T
    if run.checkpointing=='none': kept=dims.layers*layer.kept*T; stay=kept-layer.kept*T
    else:
        kept=0.0 if run.checkpointing=='offloaded' else dims.layers*layer.entry*T; stay=kept
    work=layer.peak*T+layer.once
    full=run.tuning=='full'
    held=share.gradients if run.accumulation>1 and not run.optimizer_in_backward or not full else 0.0
    g=share.gradients
    before_first=g
    if full and not run.optimizer_in_backward and held==0:
        w=g/ dims.parameters
        before_first=g-w*dims.layer_matrices-(0 if dims.tied else w*dims.embedding)
    ms=[
      _M('loss',held,kept+final,0,loss.peak,0),
      _M('last layer',max(held,share.head_gradient),stay,work,loss.stays,0),
      _M('first layer',before_first,0,work,0,0),
      _M('embedding',g,0,0,0,2*share.head_gradient if dims.tied else 0),
      _M('step',g,0,0,0,share.step_extra),
    ]
    best=max(ms,key=lambda m:m.gradients+m.kept+m.work+m.loss+m.extra)
    states=share.weights+share.gathered+share.adapters+share.optimizer
    allocated=states+best.gradients+best.kept+best.work+best.loss+best.extra+_WORKSPACE
    frag=.9*min(loss.peak,work)
    reserved=allocated+frag
    total=reserved+context
    e=MemoryEstimate((Part('weights',share.weights+share.gathered,''),Part('adapters',share.adapters,''),Part('gradients',best.gradients,''),Part('optimizer',share.optimizer,''),Part('kept',best.kept,''),Part('work',best.work,''),Part('loss',best.loss,''),Part('overhead',frag+_WORKSPACE+best.extra,''),Part('context',context,'')),allocated,reserved,total,total,total,best.name)
    return e
def verdict(*a): pass

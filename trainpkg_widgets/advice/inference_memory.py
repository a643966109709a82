"""What generating text needs of a GPU's memory: weights, the cache of keys and values, and reading the prompt."""

from __future__ import annotations

from ..architecture import Architecture
from ..facts import Fact
from .activations import cache_bytes, forward_bytes
from .dimensions import dimensions_of
from .memory import WORKSPACE, MemoryEstimate, Part
from .model_states import weight_bytes_of
from .reserved import context_bytes
from .run import Quantisation, Run


def estimate_inference(
    architecture: Architecture,
    *,
    prompt_tokens: int,
    new_tokens: int,
    batch: int = 1,
    quantisation: Quantisation = "none",
    weight_bytes: Fact[int] | None = None,
    prompt_at_once: bool = True,
) -> MemoryEstimate:
    """The memory of generating `new_tokens` behind a prompt, for `batch` prompts at once, in half precision.

    `weight_bytes` are those of the model's files: used where they are known. `prompt_at_once` says that the whole
    prompt goes through the model in one pass, as transformers' `generate` does; servers read it in pieces.

    Raises:
        OutOfScopeError: nothing is known that an estimate could rest on.
    """
    dims = dimensions_of(architecture)
    run = Run(tuning="full", batch=batch, length=1, quantisation=quantisation)
    known = weight_bytes.value if weight_bytes is not None else None
    weights = float(known) if known is not None else weight_bytes_of(dims, run, None, None)[0]
    tokens = batch * (prompt_tokens + new_tokens)
    cache = cache_bytes(dims) * tokens
    prompt = forward_bytes(dims) * batch * prompt_tokens if prompt_at_once else 0.0
    allocated = weights + cache + prompt + WORKSPACE
    context = context_bytes(run)
    parts = (
        Part("weights", weights, "bytes of the files" if known is not None else f"{dims.parameters:,} weights"),
        Part("cache", cache, f"keys and values: {dims.layers} layers × {tokens:,} tokens × {4 * dims.k:,} bytes"),
        Part("prompt", prompt, f"one layer at work on {batch * prompt_tokens:,} tokens"),
        Part("allocator", WORKSPACE, "cuBLAS' workspaces"),
        Part("context", context, "CUDA's own, for kernels and handles"),
    )
    return MemoryEstimate(parts, allocated, allocated, context, "generating")

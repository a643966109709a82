"""What one decoder layer keeps for its backward pass, and the most that is alive while it is computed again.

Every coefficient follows from which tensors autograd saves, read off transformers 5.23 with PEFT 0.21 by listing them
(torch.utils._python_dispatch on small models), LitGPT and torchtune from their source. Korthikanti et al. 2022
(arXiv 2205.05198) count the same for a GELU layer with every weight trained: 34 s·b·h + 5 a·s²·b.
"""

from __future__ import annotations

from typing import NamedTuple

from .dimensions import Dimensions, Matrix
from .run import Run

WIDTH = {"bf16": 2, "fp16": 2, "fp32": 4}


class Layer(NamedTuple):
    """Bytes of one layer for one token: kept from forward to backward, and alive at the worst moment of its backward.

    `entry` is the layer's input, all that is kept of a checkpointed layer. `once` is bytes whatever the tokens.
    """

    kept: float
    peak: float
    entry: float
    once: float


class _Widths(NamedTuple):
    """Bytes of one number of the residual stream, of a matrix product's result, and of what attention reads."""

    stream: int
    product: int
    attention: int


def layer_bytes(dims: Dimensions, run: Run, lora: tuple[Matrix, ...]) -> Layer:
    """The bytes of one layer of a run, for one token."""
    widths = _widths(run)
    norms, mlp_norm = _norms(dims, run, widths)
    attention, scores = _attention(dims, run, widths)
    # The gate, its activation and the other half; the activation is computed again where layers are compiled.
    mlp = ((3 - run.compiled) if dims.gated else 1) * widths.product * dims.f
    if run.tuning == "full":
        mlp += widths.product * dims.f
    if dims.gelu_in_parts and run.layers == "transformers":
        mlp += 3 * widths.product * dims.f
    in_attention, in_mlp = _lora_inputs(dims, run, widths, lora)
    # bitsandbytes before 0.43, MatMul4Bit: `ctx.tensors = (A, B)`, which outlives the backward pass of its batch.
    in_attention += run.quantised_inputs * 2.0 * dims.d
    in_mlp += run.quantised_inputs * 2.0 * ((0 if dims.parallel else dims.d) + dims.f)
    kept = norms + attention + scores.kept + mlp + in_attention + in_mlp
    down = _lora_at_down(run, widths, lora)
    # The backward of the MLP: gradients of the product, of the gate and of the gate's activation, and of the stream.
    in_gate = ((3 - run.compiled) if dims.gated else 2) * widths.product * dims.f - down.kept * dims.f
    in_backward = (
        max(in_gate, down.gradients * dims.f + (6.0 * dims.d if down.gradients > 2 else 0.0)) + widths.stream * dims.d
    )
    # The MLP is done when attention's turn comes: gradients of the stream and of attention's output are alive then.
    without_mlp = kept - mlp - mlp_norm - in_mlp - scores.kept
    at_scores = without_mlp + scores.peak + widths.stream * dims.d + widths.attention * dims.q
    # bitsandbytes, MatMul4Bit.backward, and GPTQ's kernels: a whole matrix is dequantised to multiply with it.
    once = 2.0 * dims.d * dims.f if run.quantisation != "none" else 0.0
    if run.dora and lora:
        kept += _dora_kept(run, lora)
        # PEFT 0.21, DoraLinearLayer.forward: the matrix, the adapter's product and their sum, in the adapter's type.
        inside = [m for m in lora if m.reads != "head"]
        once = max(once, 3.0 * WIDTH[run.adapters] * max((m.inputs * m.outputs for m in inside), default=0))
        if run.lora_dropout:
            # The base product is made again of what dropout left, with a copy of each matrix that waits for its turn.
            kept += 2.0 * sum(m.inputs for m in inside)
            once += 2.0 * sum(m.inputs * m.outputs for m in inside)
    return Layer(kept, max(kept + in_backward, at_scores), widths.stream * dims.d, once)


def _dora_kept(run: Run, lora: tuple[Matrix, ...]) -> float:
    # The same: both products that the magnitude multiplies, of each matrix, for the magnitude is trained.
    product = 2 if run.autocast else WIDTH[run.adapters]
    return 2.0 * product * sum(m.outputs for m in lora if m.reads != "head")


class _Down(NamedTuple):
    """LoRA on the last matrix of the MLP: bytes kept of its input, and of its branch's gradients, for each of `f`."""

    kept: float
    gradients: float


def _lora_at_down(run: Run, widths: _Widths, lora: tuple[Matrix, ...]) -> _Down:
    if run.layers == "litgpt" or not any(m.reads == "mlp_out" for m in lora):
        return _Down(0.0, 0.0)
    adapter = WIDTH[run.adapters]
    product = 2 if run.autocast else adapter
    kept = product + (1.0 if run.lora_dropout else 0.0)
    if adapter == 2:
        return _Down(kept, 2.0)
    # LoRA's own branch comes first: its gradient in half precision, in float32, and again behind dropout.
    return _Down(kept, 8.0 if run.lora_dropout else 6.0)


def forward_bytes(dims: Dimensions) -> float:
    """Bytes for one token of one layer at work where nothing is kept: of a prompt, or of a reference model.

    The gate, its activation and the other half (2 bytes each), beside the stream in half and in full precision.
    """
    return (6.0 if dims.gated else 4.0) * dims.f + 8.0 * dims.d


def cache_bytes(dims: Dimensions) -> float:
    """Bytes of the keys and values of one token in all layers, in half precision."""
    return 2.0 * 2 * dims.k * dims.layers


def _widths(run: Run) -> _Widths:
    wide = run.kbit_upcast or run.weights == "fp32"
    # bitsandbytes 0.50, Linear4bit.forward: the result is cast back to the type of the input, float32 after the upcast.
    product = 4 if run.kbit_upcast or (run.weights == "fp32" and not run.autocast) else 2
    return _Widths(stream=4 if wide else 2, product=product, attention=2 if run.autocast else product)


def _norms(dims: Dimensions, run: Run, widths: _Widths) -> tuple[float, float]:
    """Bytes of the norms of a layer, and those of them that belong to the MLP."""
    d, count = dims.d, dims.norms_per_layer
    half_kept = dims.layer_norm or run.compiled
    # LlamaRMSNorm keeps a float32 copy of its input. torch.nn.LayerNorm keeps the input itself, which parallel halves
    # share, and so do compiled layers, which compute the rest again.
    total = (widths.stream if half_kept else 4.0) * d * count
    if run.tuning == "full":
        readers = 1 if dims.parallel else 2
        if widths.stream == 4 and run.autocast:
            # Each matrix casts its input for itself: query, key, value, gate and up.
            total += (5 if dims.gated else 4) * 2 * d
        else:
            total += readers * widths.stream * d
        if not half_kept:
            # What the norm's own weight multiplies.
            total += (4 if dims.float_norms else widths.stream) * d * count
    if dims.head_norms:
        # Qwen3: queries and keys are normed in float32.
        total += (4 + (2 if run.tuning == "full" else 0)) * (dims.q + dims.k)
    return total, 0.0 if dims.parallel else total / 2


class _Scores(NamedTuple):
    kept: float
    peak: float


def _attention(dims: Dimensions, run: Run, widths: _Widths) -> tuple[float, _Scores]:
    """Bytes of query, key, value and output, and of the scores where a kernel makes them."""
    wide = widths.attention
    keys = dims.k if run.attention == "flash" else dims.q
    kept = wide * (2.0 * dims.q + 2.0 * keys) + 4.0 * dims.heads
    if dims.value_is_view:
        # Value is a view that keeps the whole product of query, key and value alive.
        kept += wide * (dims.q + dims.k)
    if run.layers == "litgpt":
        # LitGPT makes query, key and value with one matrix too.
        kept = wide * (3.0 * dims.q + keys + 2.0 * dims.k)
    # torch SDPA, convert_boolean_attn_mask: each layer copies the mask in the type of the scores, and keeps the copy.
    mask = float(wide * run.row) if run.masked else 0.0
    table = float(dims.heads * run.row)
    if run.attention == "eager":
        # Softmax in float32, and a copy of it in half precision. Its CUDA backward makes grad * output for itself
        # (torch, aten/native/cuda/SoftMax.cu): saved + gradient + that + result.
        kept_scores, peak = (4, 16) if wide == 4 else (6, 14)
        return kept, _Scores(kept_scores * table + mask, peak * table + mask)
    if run.attention == "math":
        # torch 2.13, _scaled_dot_product_attention_math: everything in float32 when the input is half precision.
        return 4.0 * 3 * dims.q + wide * dims.q, _Scores(4 * table + mask, 16 * table + mask)
    return kept, _Scores(mask, mask)


def _lora_inputs(dims: Dimensions, run: Run, widths: _Widths, lora: tuple[Matrix, ...]) -> tuple[float, float]:
    """What LoRA keeps of the inputs of its matrices, in attention and in the MLP."""
    adapter = WIDTH[run.adapters]
    kept = {"attention": 0.0, "mlp": 0.0}
    seen: set[str] = set()
    for matrix in lora:
        if matrix.reads == "head":
            continue
        half = "mlp" if matrix.reads.startswith("mlp") else "attention"
        given = {"attention_out": widths.attention, "mlp_out": widths.product}.get(matrix.reads, widths.stream)
        if run.layers == "litgpt":
            # LitGPT: dropout's output and mask, once for a fused query-key-value; its index_copy keeps its source.
            if matrix.reads == "attention":
                kept[half] += (3 * matrix.inputs if matrix.reads not in seen else 0) + 2 * matrix.outputs
            else:
                kept[half] += 3 * matrix.inputs
        elif run.lora_dropout:
            # The mask (one byte) and what is left of the input, in the type that the product runs in.
            kept[half] += (1 + (2 if run.autocast else adapter)) * matrix.inputs
        elif given == adapter and not (run.autocast and adapter == 4):
            # The input itself, once for all that read it; attention's output is kept already.
            if matrix.reads not in seen and matrix.reads != "attention_out":
                kept[half] += adapter * matrix.inputs
        else:
            # PEFT casts the input to the adapter's type, and autocast back: a copy for each matrix.
            kept[half] += (2 if run.autocast else adapter) * matrix.inputs
        kept[half] += (2 if run.autocast else adapter) * run.lora_rank
        seen.add(matrix.reads)
    return kept["attention"], kept["mlp"]

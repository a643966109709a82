"""What computing the loss from the last hidden states holds: the largest block of many runs, and the trainer's choice.

A row of logits is one number for each word of the vocabulary and each token, so bytes per logit decide.
"""

from __future__ import annotations

from typing import NamedTuple

from .decoder_families import CAPPED_LOGITS
from .dimensions import Dimensions
from .run import LossPath, Run

# trl 1.16.0, kernels/chunked_logprob.py: TOKEN_CHUNK_SIZE, and _CHUNKED_LOGPROB_CHUNK_SIZE of trainer/utils.py.
TILE_TOKENS = 4096
TILE_WORDS = 32768

# Bytes per logit, and how many of them live on through the backward of the layers.
_PER_LOGIT: dict[LossPath, tuple[float, float]] = {
    # transformers 5.23, ForCausalLMLoss, under its Trainer: log-softmax and two gradients in float32.
    "float": (12, 0),
    # The same in a loop that still holds the model's output: 2 bytes of logits more.
    "float_held": (14, 2),
    # transformers before 4.45 made all logits float32, and a shifted copy of them.
    "float_copy_held": (16, 4),
    # Cross-entropy in the logits' own half precision: logits, log-softmax, two gradients.
    "half": (8, 2),
    # torchtune 2024, CEWithChunkedOutputLoss: half-precision logits, float32 log-softmax, gradients of one chunk of 8;
    # the recipe deletes the logits before the backward pass.
    "split": (2 + 4 + 8 / 8, 0),
    # The same compiled: the log-softmax is computed again from the logits, and each chunk's gradient replaces them.
    "split_compiled": (2 + 2 / 8, 0),
    # LitGPT, chunks of 128 tokens: Lightning's Fabric turns the logits into float32; log-softmax beside them.
    "split_float": (8, 4),
    # trl 1.16.0, experimental ORPOTrainer.concatenated_forward: float32 logits of both answers, the log-softmax of the
    # chosen ones, and two gradients of all of them on their way back. Counted by running it on a small model.
    "odds": (18, 0),
}
# Liger 0.5, fused linear cross-entropy, and Apple's CCE: bytes for each hidden number; Liger's own benchmark data
# (benchmark/data/all_benchmark_data.csv) gives 13.8 for a vocabulary of 128256.
_FUSED_PER_HIDDEN = 14.0


class Loss(NamedTuple):
    """Bytes that the loss holds at its worst, bytes of it that stay while the layers are differentiated, and why."""

    peak: float
    stays: float
    why: str


def loss_bytes(dims: Dimensions, run: Run) -> Loss:
    """The loss block of one micro-batch. Every token is taken to be trained on."""
    tokens, words, d = run.tokens, dims.vocabulary, dims.d
    if run.loss == "tiled":
        return _tiled(dims, run)
    if run.loss == "score":
        # transformers 5.23, GenericForSequenceClassification: one number a token.
        return Loss(8.0 * tokens, 0.0, f"one score a token: {tokens:,} tokens")
    if run.loss == "fused":
        held = _FUSED_PER_HIDDEN * tokens * d
        return Loss(held, 0.0, f"fused with the output head: {_FUSED_PER_HIDDEN:g} bytes × {tokens:,} tokens × {d:,}")
    per_logit, stays = _PER_LOGIT[run.loss]
    if run.kbit_upcast and stays and run.loss == "float_held":
        # The output head is float32 after prepare_model_for_kbit_training, and so are the logits.
        per_logit, stays = 16, 4
    if dims.model_type in CAPPED_LOGITS:
        per_logit += 2
    once = 8.0 * 128 * words if run.loss == "split_float" else 0.0
    if run.quantised_head and run.quantised_inputs:
        # bitsandbytes before 0.43 quantised from float16: the head is dequantised to it, and cast to bfloat16.
        once += 2 * 2.0 * dims.embedding
    return Loss(
        per_logit * tokens * words + once,
        stays * tokens * words,
        f"{per_logit:g} bytes × {tokens:,} tokens × {words:,} words",
    )


def _tiled(dims: Dimensions, run: Run) -> Loss:
    # trl 1.16.0, ChunkedLogProbFunction: one tile of logits, reused; a compact copy of the hidden states, their
    # gradient in float32 and its copy in their own type; with a trained head its gradient in float32 and the same.
    tokens, d = run.tokens, dims.d
    tile = 2.0 * min(tokens, TILE_TOKENS) * TILE_WORDS
    if run.weights == "fp32" and not run.autocast:
        tile *= 2
    hidden = 4 if run.weights == "fp32" else 2
    peak = tile + tokens * d * (hidden + 4.0 + hidden)
    why = f"one tile of {min(tokens, TILE_TOKENS):,} × {TILE_WORDS:,} logits, whatever the vocabulary, and its gradient"
    if run.tuning == "full":
        peak += dims.embedding * (4.0 + hidden)
        why += f"; the output head's own gradient in float32, {dims.vocabulary:,} × {d:,}"
    return Loss(peak, 0.0, why)

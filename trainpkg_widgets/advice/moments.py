"""The moments of a training step at which memory can be highest, and what is alive at each beside what always is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .activations import Layer, cache_bytes, forward_bytes
from .dimensions import Dimensions
from .loss_path import TILE_TOKENS, TILE_WORDS, Loss
from .run import Run
from .sharding import Share


class Moment(NamedTuple):
    """Bytes that are alive at one moment of a step. `layer` is of the layer at work, `cache` of generated text."""

    name: str
    gradients: float = 0.0
    kept: float = 0.0
    layer: float = 0.0
    loss: float = 0.0
    optimizer: float = 0.0
    cache: float = 0.0
    gathered: float = 0.0

    @property
    def bytes(self) -> float:
        """All of it."""
        return self.gradients + self.kept + self.layer + self.loss + self.optimizer + self.cache + self.gathered


def held_throughout(share: Share) -> float:
    """Bytes that are there at every moment."""
    return share.weights + share.gathered + share.reference + share.adapters + share.optimizer + share.buckets


def worst_moment(dims: Dimensions, run: Run, share: Share, layer: Layer, loss: Loss) -> Moment:
    """The moment at which most is alive. Gradients come as activations go, so it is not always the loss."""
    return max(_moments(dims, run, share, layer, loss), key=lambda moment: moment.bytes)


def kept_of_a_layer(run: Run, layer: Layer) -> float:
    """Bytes of one layer for one token that wait for the backward pass."""
    if run.checkpointing == "none":
        return layer.kept
    return layer.entry if run.checkpointing == "layers" else 0.0


def _moments(dims: Dimensions, run: Run, share: Share, layer: Layer, loss: Loss) -> Iterator[Moment]:
    tokens = run.tokens
    kept = dims.layers * kept_of_a_layer(run, layer) * tokens
    work = layer.peak * tokens + layer.once
    # The last norm keeps its input in float32.
    last_norm = 4.0 * dims.d * tokens
    held = share.gradients if run.accumulation > 1 and not run.optimizer_in_backward else share.small_gradients
    # Without checkpoints, the last layer's own share of what is kept is part of its work.
    behind = kept - (layer.kept * tokens if run.checkpointing == "none" else 0.0)
    yield Moment("computing the loss", held, kept + last_norm, loss=loss.peak)
    yield Moment("going back through the last layer", max(held, share.head_gradient), behind, work, loss.stays)
    yield Moment("going back through the first layer", max(held, share.before_first_layer), layer=work)
    yield Moment("the gradient of the embedding", share.gradients + share.embedding_again)
    yield Moment("the optimizer's step", share.gradients, optimizer=share.step_extra)
    if run.reference != "none":
        # trl 1.16.0, DPOTrainer._compute_loss: the reference runs behind the forward pass, whose activations wait.
        reading = forward_bytes(dims) * tokens
        tile = 2.0 * min(tokens, TILE_TOKENS) * TILE_WORDS
        # GRPO asks it before, when nothing waits.
        waits = 0.0 if run.generated_rows else kept + last_norm
        yield Moment("running the reference model", held, waits, reading, tile)
    if run.generated_rows:
        # trl 1.16.0, GRPOTrainer: transformers' generate, for all rows of an update at once. Logits of the last token.
        rows, prompt = run.generated_rows, run.prompt_tokens
        cache = cache_bytes(dims) * rows * (prompt + run.new_tokens)
        words = 4.0 * rows * dims.vocabulary
        yield Moment(
            "generating answers",
            share.small_gradients,
            layer=forward_bytes(dims) * rows * max(prompt, 1) + words,
            cache=cache,
            gathered=max(0.0, share.gathered_whole - share.gathered),
        )

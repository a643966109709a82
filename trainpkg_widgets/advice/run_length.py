"""How many updates a run makes, as transformers counts them, and how many of them warm up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .training_shape import kept_rows, training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import ConfigStep, DatasetStep
    from .token_lengths import TokenLengths


class Length(NamedTuple):
    """Updates of a run and how they were counted; None with the reason where they can't be."""

    steps: int | None
    why: str


def run_length(
    config: ConfigStep, dataset: DatasetStep | None, model: ModelInfo | None, tokens: TokenLengths | None = None
) -> Length:
    """The updates that a run makes; of packed rows only where their `tokens` were counted."""
    if config.max_steps is not None:
        return Length(config.max_steps, "as the config says")
    if dataset is None or dataset.format.value is None:
        return Length(None, "not known before a dataset is chosen")
    if _is_packed(config):
        return _packed_length(config, tokens)
    rows, exact = _training_rows(config, dataset, model)
    if rows < 1:
        return Length(None, "there is no row to train on")
    if config.method == "grpo":
        return _generated_length(config, rows)
    steps = optimizer_steps(rows, config.batch_size, config.accumulation, config.epochs, config.gpus)
    batches = f"{rows:,} rows in batches of {_batches(config)}, {config.epochs:g} times"
    return Length(steps, batches if exact else f"about: {batches}")


def optimizer_steps(rows: int, batch: int, accumulation: int, epochs: float, gpus: int = 1) -> int:
    """Updates of a run of `rows` training rows.

    transformers 5.23, Trainer.set_initial_training_values: the last batch of an epoch may be short, and so may the
    last update; the epochs' updates are rounded up. accelerate 1.15, BatchSamplerShard: batches are dealt to the GPUs.
    """
    batches = math.ceil(math.ceil(rows / batch) / gpus)
    return math.ceil(epochs * max(math.ceil(batches / accumulation), 1))


def warmup_of(share: float, steps: int) -> int:
    """Updates that warm up. The last one never does: a warm-up as long as the run would teach next to nothing."""
    return min(math.ceil(share * steps), max(steps - 1, 0))


def _is_packed(config: ConfigStep) -> bool:
    return config.packing and config.method in ("sft", "cpt")


def _packed_length(config: ConfigStep, tokens: TokenLengths | None) -> Length:
    if tokens is None:
        return Length(None, "packed: how many rows share a sequence is known once their tokens are counted")
    sequences, full = tokens.packed(config.max_length, config.packing_strategy)
    steps = optimizer_steps(
        max(1, round(sequences)), config.batch_size, config.accumulation, config.epochs, config.gpus
    )
    packed = f"about: {round(sequences):,} packed sequences, {full:.0%} full, in batches of {_batches(config)}"
    return Length(steps, f"{packed}, {config.epochs:g} times")


def _generated_length(config: ConfigStep, rows: int) -> Length:
    # trl 1.16.0, RepeatSampler.__len__: an update takes as many prompts as its rows hold groups of answers, and
    # prompts that do not fill the last one are left out.
    prompts = config.batch_size * config.accumulation * config.gpus // config.num_generations
    if prompts < 1:
        return Length(None, "an update has fewer rows than one prompt has answers")
    steps = math.ceil(config.epochs * (rows // prompts))
    return Length(steps, f"{rows:,} prompts, {prompts:,} to an update, {config.num_generations} answers to each")


def _batches(config: ConfigStep) -> str:
    gpus = f" × {config.gpus} GPUs" if config.gpus > 1 else ""
    return f"{config.batch_size} × {config.accumulation}{gpus}"


def _training_rows(config: ConfigStep, dataset: DatasetStep, model: ModelInfo | None) -> tuple[int, bool]:
    """Rows that are trained on, and whether that is exact: conversations may make several rows each."""
    kept = kept_rows(dataset)
    if kept < 1:
        return 0, True
    made = training_shape(dataset, config.train_on, model, config.method).training_rows
    train = kept - (0 if dataset.eval_split else round(kept * dataset.eval_share))
    if made == kept or train == kept:
        return (made if train == kept else train), True
    return round(made * train / kept), False

"""How many updates a run makes, as transformers counts them, and how many of them warm up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .training_shape import kept_rows, training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import ConfigStep, DatasetStep


class Length(NamedTuple):
    """Updates of a run and how they were counted; None with the reason where they can't be."""

    steps: int | None
    why: str


def run_length(config: ConfigStep, dataset: DatasetStep | None, model: ModelInfo | None) -> Length:
    """The updates that a run makes."""
    if config.max_steps is not None:
        return Length(config.max_steps, "as the config says")
    if dataset is None or dataset.format.value is None:
        return Length(None, "not known before a dataset is chosen")
    if config.packing:
        return Length(None, "packed: how many rows share a sequence is known once they are tokenised")
    rows, exact = _training_rows(config, dataset, model)
    if rows < 1:
        return Length(None, "there is no row to train on")
    steps = optimizer_steps(rows, config.batch_size, config.accumulation, config.epochs)
    batches = f"{rows:,} rows in batches of {config.batch_size} × {config.accumulation}, {config.epochs:g} times"
    return Length(steps, batches if exact else f"about: {batches}")


def optimizer_steps(rows: int, batch: int, accumulation: int, epochs: float) -> int:
    """Updates of a run on one GPU, of `rows` training rows.

    transformers 5.23, Trainer.set_initial_training_values: the last batch of an epoch may be short, and so may the
    last update; the epochs' updates are rounded up.
    """
    batches = math.ceil(rows / batch)
    return math.ceil(epochs * max(math.ceil(batches / accumulation), 1))


def warmup_of(share: float, steps: int) -> int:
    """Updates that warm up. The last one never does: a warm-up as long as the run would teach next to nothing."""
    return min(math.ceil(share * steps), max(steps - 1, 0))


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

"""What would stop a run once its model and rows are there, or spoil it: splits, steps, packing, lengths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...facts import Finding
from ..architecture_facts import PACKING_LEAKS, PACKING_REFUSED, POSITIONS_END
from .evidence import Case
from .learnt import length_limit
from .words import harms, setting, stops


def training_findings(case: Case) -> list[Finding]:
    """The findings on the run itself."""
    return [*_evaluation(case), *_steps(case), *_packing(case), *_positions(case), *_losses(case)]


def _evaluation(case: Case) -> Iterator[Finding]:
    train = str(case.get("dataset_train_split", "train"))
    if case.get("datasets") and train != "train" and train not in (case.data.splits or {train}):
        message = f"`dataset_train_split` asks for “{train}”, and a mixture (`datasets`) has no split of that name."
        yield stops("dataset", "dataset.rows", "split-missing", message, f"TRL stops: KeyError '{train}'.")
    size, rows = case.keys.get("test_split_size"), case.data.train
    if size is not None and case.on("streaming") and case.get("datasets"):
        message = "Streamed rows can't be split (test_split_size): nobody knows how many there are."
        yield stops(
            "dataset", "dataset.eval_share", "split-of-stream", message, "TRL stops: it has no train_test_split."
        )
    if size is not None and _is_number(size) and case.get("datasets") and rows is not None:
        fits = 0 < size < 1 if isinstance(size, float) else 0 < size < rows.count
        if not fits:
            message = f"{size:g} is no part of {rows.count:,} rows to hold back (test_split_size)."
            evidence = "It is a share above 0 and below 1, or a whole number of rows. TRL stops."
            yield stops("dataset", "dataset.eval_share", "eval-share-empty", message, evidence)
    evaluated = str(case.get("eval_strategy", "no"))
    splits = case.data.splits
    if evaluated == "no" or splits is None:
        return
    batch = case.get("per_device_eval_batch_size", 8)
    if _is_number(batch) and batch <= 0:
        message = f"per_device_eval_batch_size can't well be {batch:g}."
        yield stops("config", "config.trainer_keys", "value-refused", message, "torch stops: it has to be positive.")
    wanted = str(case.get("dataset_test_split", "test"))
    if wanted not in splits:
        message = f"The run is to be measured on the split “{wanted}”, and there is none."
        evidence = f"The splits are {', '.join(sorted(splits))}. TRL stops: KeyError '{wanted}'."
        yield stops("dataset", "dataset.eval_share", "split-missing", message, evidence)


def _steps(case: Case) -> Iterator[Finding]:
    steps = case.get("max_steps", -1)
    if (case.on("streaming") or case.on("dataset_streaming")) and (not _is_number(steps) or steps <= 0):
        message = "Streamed rows have no number, so the length of the run must be said: max_steps."
        yield stops("config", "config.max_steps", "streaming-without-steps", message, "TRL stops and says so.")
    warmup = case.get("warmup_steps", 0)
    total = _total_steps(case)
    if total is not None and _is_number(warmup) and total > 0:
        climb = warmup if warmup >= 1 else round(warmup * total)
        # The last step is taken at (total - 1) / warm-up of the full rate; the first of a warm-up at 0.
        reached = min(1.0, (total - 1) / climb) if climb else 1.0
        if reached < 0.1:
            message = (
                f"The learning rate never gets above a tenth of what is asked: {total} steps, {climb:g} of warm-up."
            )
            evidence = "The first step of a warm-up has a rate of 0."
            yield harms(
                "config", "config.warmup_share", "warmup-beyond-run", message, evidence, setting(warmup_share=0.0)
            )


def _total_steps(case: Case) -> int | None:
    """How many steps the run has, None where that is not known."""
    steps = case.get("max_steps", -1)
    if _is_number(steps) and steps > 0:
        return int(steps)
    rows, batch = case.data.train, case.get("per_device_train_batch_size", 8)
    accumulation, epochs = case.get("gradient_accumulation_steps", 1), case.get("num_train_epochs", 3)
    numbers = (batch, accumulation, epochs)
    if rows is None or not all(_is_number(n) and 0 < n < 1e9 for n in numbers) or case.on("packing"):
        return None
    batches = -(-rows.count // int(batch))
    per_epoch = max(1, -(-batches // int(accumulation)))
    return max(1, -int(-epochs * per_epoch // 1))


def _packing(case: Case) -> Iterator[Finding]:
    if case.method not in ("sft", "cpt") or not case.on("packing"):
        return
    kind = case.model.model_type
    if kind in PACKING_LEAKS:
        message = "Packed rows would see one another in this model."
        evidence = f"{kind} takes no note of where one row ends: the logits of the second change with the first."
        yield harms("config", "config.packing", "packing-leaks", message, evidence, setting(packing=False))
    elif kind in PACKING_REFUSED:
        message = "This model can't train on packed rows without the package causal_conv1d."
        yield stops("config", "config.packing", "packing-refused", message, "", setting(packing=False))
    elif case.get("packing_strategy", "bfd") == "wrapped":
        message = "Packed this way (wrapped), rows see one another."
        evidence = "They are cut and joined with no mark between; bfd keeps them apart."
        yield harms(
            "config", "config.packing_strategy", "packing-wrapped", message, evidence, setting(packing_strategy="bfd")
        )


def _positions(case: Case) -> Iterator[Finding]:
    kind, config = case.model.model_type, case.model.config or {}
    context = config.get("max_position_embeddings") or config.get("n_positions")
    tokenizer, rows = case.model.tokenizer, case.data.train
    if kind not in POSITIONS_END or not isinstance(context, int) or tokenizer is None or rows is None:
        return
    limit = length_limit(case)
    if limit is not None and limit <= context:
        return
    longest = max(
        (tokenizer.count(value) or 0 for row in rows.rows for value in row.values() if isinstance(value, str)),
        default=0,
    )
    if case.on("packing") and limit is not None:
        longest = max(longest, limit if sum(1 for _ in rows.rows) > 1 else longest)
    reach = min(longest, limit) if limit is not None else longest
    if reach > context:
        message = f"Rows of {reach:,} tokens are longer than the {context:,} positions of this model."
        evidence = f"{kind} has no position for what comes after: the run stops there."
        yield stops(
            "config", "config.max_length", "length-beyond-positions", message, evidence, setting(max_length=context)
        )


def _losses(case: Case) -> Iterator[Finding]:
    metric = case.get("metric_for_best_model")
    if case.on("load_best_model_at_end") and isinstance(metric, str):
        name = metric.removeprefix("eval_")
        if name not in _METRICS.get(case.method, ()) and name not in _METRICS["every"]:
            message = f"The best model is to be told by “{metric}”, which is not measured."
            evidence = (
                f"What is measured is {', '.join(f'eval_{m}' for m in _METRICS['every'])}. TRL stops at the first save."
            )
            yield stops("config", "config.keep_best", "metric-unknown", message, evidence)


# What the trainers of TRL 1.16 log beside the loss when they measure.
_METRICS: dict[str, tuple[str, ...]] = {
    "every": ("loss", "runtime", "samples_per_second", "steps_per_second"),
    "sft": ("mean_token_accuracy", "entropy", "num_tokens"),
    "cpt": ("mean_token_accuracy", "entropy", "num_tokens"),
    "dpo": (
        "rewards/accuracies",
        "rewards/margins",
        "rewards/chosen",
        "rewards/rejected",
        "logps/chosen",
        "logps/rejected",
    ),
    "kto": ("rewards/chosen", "rewards/rejected", "rewards/margins", "kl"),
    "reward": ("accuracy", "margin", "mean_reward", "max_reward", "min_reward", "num_tokens"),
    "grpo": ("reward", "reward_std", "entropy", "completions/mean_length"),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

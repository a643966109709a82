"""Whether a dataset fits a method and a model: ready, ready with changes, or not at all, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ..facts import Finding, Frozen, errors_in
from ..steps import DatasetStep, Method
from .training_shape import training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import ConfigStep

Verdict = Literal["ready", "changes", "cannot"]

# What TRL 1.16 calls the columns of each kind of rows.
_COLUMNS = frozenset({"messages", "prompt", "completion", "text", "chosen", "rejected", "label", "tools", "input_ids"})
_ROLES = frozenset({"system", "user", "assistant", "tool"})


class DataVerdict(Frozen):
    """`changes` says what is done to the rows so that they fit, one sentence each; `reasons` why they do not."""

    verdict: Verdict
    changes: tuple[str, ...] = ()
    reasons: tuple[Finding, ...] = ()


def data_verdict(
    step: DatasetStep, model: ModelInfo | None, config: ConfigStep | None, findings: Sequence[Finding]
) -> DataVerdict:
    """The verdict on a dataset for the model and the config that are chosen; `findings` are what is known of it."""
    reasons = tuple(errors_in(list(findings), "dataset"))
    if reasons or step.format.value is None:
        return DataVerdict(verdict="cannot", reasons=reasons)
    changes = tuple(_changes(step, model, config))
    return DataVerdict(verdict="changes" if changes else "ready", changes=changes)


def _changes(step: DatasetStep, model: ModelInfo | None, config: ConfigStep | None) -> list[str]:
    method: Method = config.method if config else "sft"
    shape = training_shape(step, config.train_on if config else "answers", model, method)
    found = []
    renamed = {need: column for need, column in step.columns.items() if need in _COLUMNS and need != column}
    if renamed:
        words = ", ".join(f"“{column}” as {need}" for need, column in renamed.items())
        found.append(f"Columns are renamed: {words}.")
    strange = [role for role in step.role_names if role not in _ROLES]
    if strange:
        found.append(f"Roles are called what chat templates call them, not {', '.join(strange)}.")
    if step.format.value == "sharegpt":
        found.append("Turns are written with role and content.")
    if step.format.value == "instruction" and shape.rows != "plain_text":
        found.append("An instruction and its answer become a prompt and its completion.")
    if step.format.value == "preference" and "prompt" not in step.columns:
        found.append("What both answers begin with becomes the prompt.")
    if step.format.value == "preference" and method == "kto":
        found.append("Each pair becomes two rows, one judged good and one bad.")
    if step.turns and shape.training_rows > step.turns.conversations > 0 and shape.rows == "chat_answers":
        found.append("A conversation becomes a row for each of its answers.")
    if shape.system_into_question:
        found.append("System texts go before the first question.")
    if any(kind == "text_of_turns" for kind in step.first_row.values()):
        found.append("Turns that are written as text are read as turns.")
    if step.excluded_rows:
        found.append(f"{len(step.excluded_rows):,} rows are left out.")
    return found

"""In what shape rows are written for the trainer, and what of them is then learnt.

To learn the answers only, each answer is written as a row of its own: what came before it is the prompt, the answer is
the completion, and TRL 1.16 learns the completion (`completion_only_loss`). That works with every chat template: TRL
cuts by comparing the rendered prompt with the rendered whole, so the stop mark after an answer is learnt too, and the
model sees in training what it will see when it is used. TRL's other way, `assistant_only_loss`, asks for marks in the
template: TRL refuses a template without them unless it is, to the letter, one of about thirty it has a marked copy of
(not Llama 3.1's or Mistral's), leaves the stop mark out where the marks do, and renders earlier answers otherwise than
they are rendered in use (Qwen3). Run with TRL 1.16.0 on templates of nine families, labels decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..facts import Frozen
from ..steps import Method, RowShape
from .chat_template import TemplateBehaviour, template_behaviour
from .method_rows import SHAPES, method_misfit
from .offered_templates import with_template

TrainOn = Literal["answers", "everything", "marked"]

_SAYS: dict[Method, str] = {
    "dpo": "What makes the better answer likelier than the worse one is learnt.",
    "orpo": "The better answer is learnt, and to prefer it to the worse one.",
    "reward": "To score the better answer above the worse one is learnt.",
    "kto": "To give answers like the good ones, and none like the bad ones, is learnt.",
    "grpo": "What the reward functions pay for is learnt; the answers are the model's own.",
}

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import DatasetStep


class TrainingShape(Frozen):
    """How rows are prepared (`rows`, `system_into_question`: see `data/prepare.py`) and what TRL is told (`keys`).

    `training_rows` is how many rows that makes: more than the dataset's where conversations have several answers.
    `misfit` says why the method can't be trained on rows of this format; empty where it can.
    """

    rows: RowShape
    keys: dict[str, bool]
    system_into_question: bool = False
    training_rows: int
    says: str
    misfit: str = ""


def training_shape(
    step: DatasetStep, train_on: TrainOn, info: ModelInfo | None, method: Method = "sft"
) -> TrainingShape:
    """The shape that suits a dataset, the method, what is to be learnt of it, and the model's chat template.

    Raises:
        ValueError: the dataset's format is unknown.
    """
    if step.format.value is None:
        raise ValueError("Rows of an unknown format have no shape to be trained in.")
    info = with_template(info, step)
    misfit = method_misfit(method, step.format.value)
    if misfit:
        return TrainingShape(rows=SHAPES[method][0], keys={}, training_rows=0, says="", misfit=misfit)
    if step.format.value == "tokens":
        says = "The tokens are learnt as they are, but for those with a label of -100."
        return TrainingShape(rows="tokens", keys={}, training_rows=kept_rows(step), says=says)
    if method == "cpt" or step.format.value == "text" or step.turns is None:
        says = "All of the text is learnt."
        return TrainingShape(rows="plain_text", keys={}, training_rows=kept_rows(step), says=says)
    plain = not step.turns.conversations and has_chat_template(info) is not True
    if method != "sft":
        return _of_method(step, info, method, plain)
    return _plain_answers(step, train_on) if plain else _chat(step, train_on, info)


def kept_rows(step: DatasetStep) -> int:
    """How many rows of a dataset are used: not left out, not another split's, and no more than its limit."""
    ends = step.rows - step.eval_rows
    kept = ends - sum(number < ends for number in step.excluded_rows)
    return kept if step.limit is None else min(kept, step.limit)


def _of_method(step: DatasetStep, info: ModelInfo | None, method: Method, plain: bool) -> TrainingShape:
    kept = kept_rows(step)
    rows = kept * 2 if method == "kto" and step.format.value == "preference" else kept
    moved = not plain and _system_moves(step, info)
    shape = SHAPES[method][1 if plain else 0]
    return TrainingShape(rows=shape, keys={}, system_into_question=moved, training_rows=rows, says=_SAYS[method])


def _plain_answers(step: DatasetStep, train_on: TrainOn) -> TrainingShape:
    rows = _of_kept(step, step.turns.good if step.turns and step.format.value == "kto" else None)
    only_answers = train_on != "everything"
    says = "The answers are learnt, as plain text after their prompts." if only_answers else "All of it is learnt."
    return TrainingShape(
        rows="plain_answers", keys={"completion_only_loss": only_answers}, training_rows=rows, says=says
    )


def _chat(step: DatasetStep, train_on: TrainOn, info: ModelInfo | None) -> TrainingShape:
    moved = _system_moves(step, info)
    kept = _of_kept(step, step.turns.good if step.turns and step.format.value == "kto" else None)
    if train_on == "everything":
        says = "All turns are learnt, the questions too."
        return TrainingShape(rows="conversations", keys={}, system_into_question=moved, training_rows=kept, says=says)
    if train_on == "marked":
        says = "What the chat template marks as the assistant's is learnt."
        keys = {"assistant_only_loss": True}
        return TrainingShape(rows="conversations", keys=keys, system_into_question=moved, training_rows=kept, says=says)
    answers = _of_kept(step, step.turns.answers if step.turns else None)
    says = "The answers are learnt; what comes before each is read, not learnt."
    if answers > kept:
        says = f"{says} {kept:,} conversations make {answers:,} rows, one for each answer."
    keys = {"completion_only_loss": True}
    return TrainingShape(rows="chat_answers", keys=keys, system_into_question=moved, training_rows=answers, says=says)


def _of_kept(step: DatasetStep, count: int | None) -> int:
    """A count of all rows that are not left out, brought down to those within the dataset's limit."""
    kept = kept_rows(step)
    if count is None:
        return kept
    everything = kept_rows(step.model_copy(update={"limit": None}))
    return count if kept == everything else round(count * kept / everything)


def _system_moves(step: DatasetStep, info: ModelInfo | None) -> bool:
    behaviour = behaviour_of(info)
    with_system = step.turns.with_system if step.turns else 0
    return behaviour is not None and behaviour.system != "printed" and with_system > 0


def has_chat_template(info: ModelInfo | None) -> bool | None:
    """Whether a model has a chat template; None where nobody said."""
    if info is None:
        return None
    if info.chat_template.value or info.chat.value == "template":
        return True
    return False if info.chat.value == "none_found" else None


def behaviour_of(info: ModelInfo | None) -> TemplateBehaviour | None:
    """How the model's chat template behaves; None where its text is not known."""
    return template_behaviour(info.chat_template.value) if info and info.chat_template.value else None

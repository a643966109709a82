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
from ..steps import RowShape
from .chat_template import TemplateBehaviour, template_behaviour

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import DatasetStep


class TrainingShape(Frozen):
    """How rows are prepared (`rows`, `system_into_question`: see `data/prepare.py`) and what TRL is told (`keys`).

    `training_rows` is how many rows that makes: more than the dataset's where conversations have several answers.
    """

    rows: RowShape
    keys: dict[str, bool]
    system_into_question: bool = False
    training_rows: int
    says: str


def training_shape(
    step: DatasetStep, train_on: Literal["answers", "everything"], info: ModelInfo | None
) -> TrainingShape:
    """The shape that suits a dataset, what is to be learnt of it, and the model's chat template.

    Raises:
        ValueError: the dataset's format is unknown.
    """
    if step.format.value is None:
        raise ValueError("Rows of an unknown format have no shape to be trained in.")
    kept = kept_rows(step)
    if step.format.value == "text" or step.turns is None:
        return TrainingShape(rows="plain_text", keys={}, training_rows=kept, says="All of the text is learnt.")
    if not step.turns.conversations and has_chat_template(info) is not True:
        only_answers = train_on == "answers"
        says = "The answers are learnt, as plain text after their prompts." if only_answers else "All of it is learnt."
        return TrainingShape(
            rows="plain_answers", keys={"completion_only_loss": only_answers}, training_rows=kept, says=says
        )
    behaviour = behaviour_of(info)
    moved = behaviour is not None and behaviour.system != "printed" and step.turns.with_system > 0
    if train_on == "everything":
        says = "All turns are learnt, the questions too."
        return TrainingShape(rows="conversations", keys={}, system_into_question=moved, training_rows=kept, says=says)
    answers = step.turns.answers
    says = "The answers are learnt; what comes before each is read, not learnt."
    if answers > kept:
        says = f"{says} {kept:,} conversations make {answers:,} rows, one for each answer."
    return TrainingShape(
        rows="chat_answers",
        keys={"completion_only_loss": True},
        system_into_question=moved,
        training_rows=answers,
        says=says,
    )


def kept_rows(step: DatasetStep) -> int:
    """How many rows of a dataset are not left out."""
    return step.rows - len(step.excluded_rows)


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

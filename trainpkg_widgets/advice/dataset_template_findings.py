"""What the chat template of the model does with the rows of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts import Finding, Fix, Severity
from .chat_template import TemplateBehaviour
from .offered_templates import takes_template
from .training_shape import TrainingShape, has_chat_template

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import DatasetStep

HANDLES = {"printed": "prints it", "left_out": "leaves it out", "refused": "refuses it"}

# Problem → what the template does with it.
ASKED_OF_TEMPLATE = {
    "system-in-middle": "system_in_middle",
    "unknown-role": "unknown_role",
    "starts-with-answer": "starts_with_answer",
    "repeated-role": "repeated_role",
}


def template_not_taken(step: DatasetStep, model: ModelInfo | None, method: str) -> Iterator[Finding]:
    """A chat template or a stop token that was chosen and that the trainer can't be told of for this method."""
    if model is None or step.template is None or step.template.model != model.id or takes_template(method):
        return
    message = "The chat template or the stop token that was chosen can't be given to the trainer for this method."
    evidence = "TRL 1.16 takes them for SFT and for reward models only."
    undone = Fix(label="Take it back", verb="use_template", arguments={"template": "", "stop_token": ""})
    yield dataset_finding("error", "dataset.template", "template-not-taken", message, evidence, undone)


def _sentence(source: str) -> str:
    return f"{source[0].upper()}{source[1:].rstrip('.')}." if source else ""


def template_findings(
    step: DatasetStep, shape: TrainingShape, model: ModelInfo | None, behaviour: TemplateBehaviour | None
) -> Iterator[Finding]:
    """What the model's chat template makes of the conversations; nothing where they are written as plain text."""
    if model is None or "plain" in shape.rows or step.turns is None:
        return
    other_model = Fix(label="Choose an instruct model", verb="go_to", arguments={"step": "model"})
    there = has_chat_template(model)
    if there is False:
        message = "This model has no chat template, and conversations can't be written without one."
        plain = Fix(label="Give it a plain one", verb="use_template", arguments={"template": "tags"})
        yield dataset_finding(
            "error", "dataset.format", "no-chat-template", message, _sentence(model.chat.source), plain
        )
    elif there is None:
        message = "Whether this model has a chat template is not known, and conversations need one."
        evidence = _sentence(model.chat.source)
        yield dataset_finding("warning", "dataset.format", "chat-template-unknown", message, evidence)
    if behaviour is None:
        return
    if behaviour.broken:
        message = "This model's chat template can't print a conversation."
        yield dataset_finding("error", "dataset.format", "chat-template-broken", message, behaviour.broken, other_model)
        return
    if shape.system_into_question:
        message = "This model's chat template takes no system turn, so its text is put before the first question."
        evidence = f"{rows_words(step.turns.with_system)} with a system turn; the template {HANDLES[behaviour.system]}."
        yield dataset_finding("info", "dataset.format", "system-into-question", message, evidence)
    if step.turns.with_tools and behaviour.tools != "printed":
        refused = behaviour.tools == "refused"
        message = f"This model's chat template {'refuses' if refused else 'leaves out'} tool calls."
        evidence = f"{rows_words(step.turns.with_tools)} with tools."
        severity: Severity = "error" if refused else "warning"
        yield dataset_finding(
            severity, "dataset.format", "tools-refused" if refused else "tools-left-out", message, evidence
        )
    if shape.rows == "chat_answers" and behaviour.question_learnt:
        message = "With this model's chat template the questions would be learnt along with the answers."
        evidence = (
            "It prints a question otherwise once it is answered, so the trainer can't tell where the answer begins."
        )
        yield dataset_finding("warning", "dataset.format", "question-learnt", message, evidence)
    elif shape.rows == "chat_answers" and behaviour.prompt_ends:
        message = "This model's chat template begins an answer with a mark that these answers will not follow."
        evidence = f"It ends a prompt in {behaviour.prompt_ends!r}, and leaves that out once the answer is there."
        yield dataset_finding("warning", "dataset.format", "prompt-differs", message, evidence)


def rows_words(count: int) -> str:
    """“1 row”, “2,000 rows”."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def dataset_finding(
    severity: Severity, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    """A finding of the dataset step."""
    return Finding(
        severity=severity, step="dataset", field=field, code=code, message=message, evidence=evidence, fix=fix
    )

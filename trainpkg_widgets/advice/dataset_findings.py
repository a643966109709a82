"""What is known about a dataset, for the model and the config that are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Finding, Fix, Severity
from ..steps import CHOSEN, DatasetStep, OtherKind, RowProblem
from .chat_template import TemplateBehaviour
from .training_shape import TrainingShape, behaviour_of, has_chat_template, kept_rows, training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.dataset_settings import DatasetSettings
    from ..steps import ConfigStep

_OTHER_KINDS: dict[OtherKind, tuple[str, str]] = {
    "preference": ("preference-data", "This is preference data, and DPO isn't in this version."),
    "kto": ("kto-data", "These rows say of each answer whether it is good, and KTO isn't in this version."),
    "tokens": ("tokenised-data", "These rows are tokens already, and this version trains on text."),
    "media": ("media-data", "These rows have images, audio or video, and this version trains on text."),
}
_NEEDED = (
    "Conversations need a column such as “messages” with a list of turns, each with role and content; instructions "
    "need “instruction” and “output”; prompts need “prompt” and “completion”; plain text needs “text”."
)
_HANDLES = {"printed": "prints it", "left_out": "leaves it out", "refused": "refuses it"}
# Problem → what the template does with it.
_ASKED_OF_TEMPLATE = {
    "system-in-middle": "system_in_middle",
    "unknown-role": "unknown_role",
    "starts-with-answer": "starts_with_answer",
    "repeated-role": "repeated_role",
}


# Names that say of themselves that they hold text to learn from.
_TEXT_COLUMNS = frozenset({"text", "content", "document", "body", "raw_content", "story", "article"})


def dataset_findings(
    step: DatasetStep, model: ModelInfo | None, config: ConfigStep | None, settings: DatasetSettings
) -> list[Finding]:
    """The findings of the dataset step. `model` and `config` are None where they are not chosen yet."""
    if step.format.value is None:
        return [_unknown_format(step)]
    shape = training_shape(step, config.train_on if config else "answers", model)
    behaviour = None if shape.rows.startswith("plain") else behaviour_of(model)
    return [
        *_template_findings(step, shape, model, behaviour),
        *(_problem_finding(problem, step, behaviour) for problem in _problems(step, shape)),
        *_row_findings(step, shape, settings),
        *_guessed_text(step),
        _finding("info", "dataset.format", "what-is-learnt", shape.says, step.format.source),
    ]


def dataset_summary(step: DatasetStep) -> str:
    """One line: “support_chats · 18,002 rows”."""
    kept = kept_rows(step)
    return f"{step.source.name} · {f'{kept:,} of ' if kept < step.rows else ''}{_rows(step.rows)}"


def _unknown_format(step: DatasetStep) -> Finding:
    columns = ", ".join(f"{name} ({words})" for name, words in list(step.features.items())[:12])
    if step.recognised is None:
        message = "These rows fit no format that can be trained on."
        return _finding("error", "dataset.format", "format-unknown", message, f"The columns are {columns}. {_NEEDED}")
    code, message = _OTHER_KINDS[step.recognised]
    fix = None
    if step.recognised == "preference" and step.columns:
        wanted = "messages" if "messages" in step.columns else "prompt_completion"
        arguments = {"format": wanted, "columns": step.columns, "eval_share": step.eval_share}
        fix = Fix(label="Train on the better answers", verb="use_dataset", arguments=arguments)
    return _finding("error", "dataset.format", code, message, step.format.source, fix)


def _guessed_text(step: DatasetStep) -> list[Finding]:
    """A lone column of text may be anything: names of goods are text too."""
    column = step.columns.get("text", "text")
    if step.format.value != "text" or step.format.source == CHOSEN or column in _TEXT_COLUMNS:
        return []
    message = f"The column “{column}” is taken for text to learn from, word by word."
    evidence = "It is the only column of text, and its name does not say what it is for."
    fix = Fix(label="It is text to learn", verb="use_dataset", arguments=read_again(step, format="text"))
    return [_finding("warning", "dataset.format", "text-guessed", message, evidence, fix)]


def _template_findings(
    step: DatasetStep, shape: TrainingShape, model: ModelInfo | None, behaviour: TemplateBehaviour | None
) -> Iterator[Finding]:
    if model is None or shape.rows.startswith("plain") or step.turns is None:
        return
    other_model = Fix(label="Choose an instruct model", verb="go_to", arguments={"step": "model"})
    there = has_chat_template(model)
    if there is False:
        message = "This model has no chat template, and conversations can't be written without one."
        yield _finding("error", "dataset.format", "no-chat-template", message, model.chat.source, other_model)
    elif there is None:
        message = "Whether this model has a chat template is not known, and conversations need one."
        evidence = f"{model.chat.source}." if model.chat.source else ""
        yield _finding("warning", "dataset.format", "chat-template-unknown", message, evidence)
    if behaviour is None:
        return
    if behaviour.broken:
        message = "This model's chat template can't print a conversation."
        yield _finding("error", "dataset.format", "chat-template-broken", message, behaviour.broken, other_model)
        return
    if shape.system_into_question:
        message = "This model's chat template takes no system turn, so its text is put before the first question."
        evidence = f"{_rows(step.turns.with_system)} with a system turn; the template {_HANDLES[behaviour.system]}."
        yield _finding("info", "dataset.format", "system-into-question", message, evidence)
    if step.turns.with_tools and behaviour.tools != "printed":
        refused = behaviour.tools == "refused"
        message = f"This model's chat template {'refuses' if refused else 'leaves out'} tool calls."
        evidence = f"{_rows(step.turns.with_tools)} with tools."
        severity: Severity = "error" if refused else "warning"
        yield _finding(severity, "dataset.format", "tools-refused" if refused else "tools-left-out", message, evidence)
    if shape.rows == "chat_answers" and behaviour.question_learnt:
        message = "With this model's chat template the questions would be learnt along with the answers."
        evidence = (
            "It prints a question otherwise once it is answered, so the trainer can't tell where the answer begins."
        )
        yield _finding("warning", "dataset.format", "question-learnt", message, evidence)
    elif shape.rows == "chat_answers" and behaviour.prompt_ends:
        message = "This model's chat template begins an answer with a mark that these answers will not follow."
        evidence = f"It ends a prompt in {behaviour.prompt_ends!r}, and leaves that out once the answer is there."
        yield _finding("warning", "dataset.format", "prompt-differs", message, evidence)


def _problems(step: DatasetStep, shape: TrainingShape) -> Iterator[RowProblem]:
    for problem in step.problems:
        # A whole conversation lies in one field: it is all dates only where questions and answers are.
        if problem.code != "all-dates" or shape.rows != "conversations":
            yield problem


def _problem_finding(problem: RowProblem, step: DatasetStep, behaviour: TemplateBehaviour | None) -> Finding:
    severity: Severity = problem.severity
    says = ""
    if problem.code in _ASKED_OF_TEMPLATE and behaviour is not None and not behaviour.broken:
        handling = getattr(behaviour, _ASKED_OF_TEMPLATE[problem.code])
        says = f"This model's chat template {_HANDLES[handling]}."
        if handling == "refused":
            severity = "error"
        elif handling == "printed" and problem.code != "unknown-role":
            severity = "info"
    evidence = " ".join(part for part in (_numbers(problem), _sentence(problem.evidence), says) if part)
    fix = None
    if problem.rows and problem.count < kept_rows(step):
        codes = [*step.exclude_problems, problem.code]
        fix = Fix(label="Leave them out", verb="use_dataset", arguments=read_again(step, exclude_problems=codes))
    return _finding(severity, "dataset.rows", problem.code, problem.message, evidence, fix)


def _row_findings(step: DatasetStep, shape: TrainingShape, settings: DatasetSettings) -> Iterator[Finding]:
    kept = kept_rows(step)
    back = Fix(label="Put them back", verb="use_dataset", arguments=read_again(step, exclude_problems=[]))
    reasons = f"Left out for: {', '.join(step.exclude_problems)}."
    if not kept:
        yield _finding("error", "dataset.rows", "no-rows-left", "All rows are left out.", reasons, back)
        return
    if step.excluded_rows:
        count = len(step.excluded_rows)
        message = f"{_rows(count)} {'is' if count == 1 else 'are'} left out."
        yield _finding("info", "dataset.rows", "rows-left-out", message, reasons, back)
    if not shape.training_rows:
        message = "No row has an answer, so there is nothing to learn."
        everything = Fix(label="Learn everything", verb="configure", arguments={"train_on": "everything"})
        yield _finding("error", "dataset.rows", "nothing-to-learn", message, "", everything)
    elif kept < settings.few_rows:
        message = f"{_rows(kept)} {'is' if kept == 1 else 'are'} few: a model learns little from so little."
        evidence = f"Fewer than {settings.few_rows:,} draw this warning (few_rows in step3_dataset.yaml)."
        yield _finding("warning", "dataset.rows", "few-rows", message, evidence)
    held_back = round(kept * step.eval_share)
    if step.eval_share and held_back in (0, kept):
        which = "none is held back" if not held_back else "none is left to train on"
        message = f"Of {_rows(kept)}, {which}."
        none = Fix(label="Hold nothing back", verb="use_dataset", arguments=read_again(step, eval_share=0.0))
        yield _finding(
            "error", "dataset.eval_share", "eval-share-empty", message, f"The share is {step.eval_share:g}.", none
        )


def read_again(step: DatasetStep, **changes: Any) -> dict[str, Any]:
    """The arguments that read the same dataset again with something changed."""
    kept: dict[str, Any] = {"eval_share": step.eval_share, "exclude_problems": list(step.exclude_problems)}
    if step.format.source == CHOSEN:
        kept |= {"format": step.format.value, "columns": step.columns}
    return kept | changes


def _numbers(problem: RowProblem) -> str:
    """The rows with a problem as people count them, from 1."""
    if not problem.rows:
        return ""
    shown = ", ".join(f"{row + 1:,}" for row in problem.rows)
    more = problem.count - len(problem.rows)
    return f"{'Row' if problem.count == 1 else 'Rows'} {shown}{f' and {more:,} more' if more else ''}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _finding(
    severity: Severity, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    return Finding(
        severity=severity, step="dataset", field=field, code=code, message=message, evidence=evidence, fix=fix
    )

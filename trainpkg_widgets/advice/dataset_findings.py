"""What is known about a dataset, for the model and the config that are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Finding, Fix, Severity
from ..steps import CHOSEN, FORMAT_LABELS, DatasetStep, Method, RowProblem
from .chat_template import TemplateBehaviour
from .dataset_template_findings import (
    ASKED_OF_TEMPLATE,
    HANDLES,
    dataset_finding,
    rows_words,
    template_findings,
    template_not_taken,
)
from .method_rows import METHOD_FORMATS, METHOD_NAMES, methods_for
from .offered_templates import with_template
from .training_shape import TrainingShape, behaviour_of, kept_rows, training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.dataset_settings import DatasetSettings
    from ..steps import ConfigStep

_NEEDED = (
    "Conversations need a column such as “messages” with a list of turns, each with role and content; instructions "
    "need “instruction” and “output”; prompts need “prompt” and “completion”; preferences need “chosen” and "
    "“rejected”; plain text needs “text”."
)

# Names that say of themselves that they hold text to learn from.
_TEXT_COLUMNS = frozenset({"text", "content", "document", "body", "raw_content", "story", "article"})

# Problem → the methods it is one for; one that is not named here is one for all.
_ANSWERED: tuple[Method, ...] = ("sft", "dpo", "orpo", "reward", "kto")
_COMPARED: tuple[Method, ...] = ("dpo", "orpo", "reward", "kto")
_TURNED: tuple[Method, ...] = (*_ANSWERED, "grpo")
_ONE_FOR: dict[str, tuple[Method, ...]] = {
    **dict.fromkeys(("no-answer", "empty-answer", "printed-nothing", "ends-with-question"), _ANSWERED),
    **dict.fromkeys(("same-answers", "empty-rejected"), _COMPARED),
    **dict.fromkeys(("one-label", "labels-unbalanced"), ("kto",)),
    **dict.fromkeys(("starts-with-answer", "repeated-role", "system-in-middle", "unknown-role"), _TURNED),
}
# Two formats that differ by less than this in how sure they are: the person chooses.
_NEARLY_AS_SURE = 0.12
_BROKEN_LINE, _SHOWN_LINES = "broken-line", 5


def dataset_findings(
    step: DatasetStep, model: ModelInfo | None, config: ConfigStep | None, settings: DatasetSettings
) -> list[Finding]:
    """The findings of the dataset step. `model` and `config` are None where they are not chosen yet."""
    if step.format.value is None:
        return [_unknown_format(step)]
    method: Method = config.method if config else "sft"
    model = with_template(model, step)
    shape = training_shape(step, config.train_on if config else "answers", model, method)
    if shape.misfit:
        return [_misfit(step, shape, method)]
    behaviour = None if shape.rows == "tokens" or "plain" in shape.rows else behaviour_of(model)
    return [
        *template_findings(step, shape, model, behaviour),
        *template_not_taken(step, model, method),
        *(_problem_finding(problem, step, behaviour, settings) for problem in _problems(step, shape, method)),
        *_row_findings(step, shape, settings),
        *_guessed_text(step),
        *_better_method(step, method),
        *_other_formats(step, method),
        *_other_splits(step),
        *_sampled(step),
        *_lines_left_out(step),
        dataset_finding("info", "dataset.format", "what-is-learnt", shape.says, step.format.source),
    ]


def dataset_summary(step: DatasetStep) -> str:
    """One line: “support_chats · 18,002 rows”."""
    kept, there = kept_rows(step), step.rows - step.eval_rows
    return f"{step.source.name} · {f'{kept:,} of ' if kept < there else ''}{rows_words(there)}"


def _unknown_format(step: DatasetStep) -> Finding:
    columns = ", ".join(f"{name} ({words})" for name, words in list(step.features.items())[:12])
    if step.recognised is None:
        message = "These rows fit no format that can be trained on."
        return dataset_finding(
            "error", "dataset.format", "format-unknown", message, f"The columns are {columns}. {_NEEDED}"
        )
    message = "These rows have images, audio or video, and this version trains on text."
    return dataset_finding("error", "dataset.format", "media-data", message, step.format.source)


def _misfit(step: DatasetStep, shape: TrainingShape, method: Method) -> Finding:
    """Rows that the method can't be trained on, with another reading of them or another method as the way out."""
    other = next((c for c in step.candidates if c.format in METHOD_FORMATS[method]), None)
    fitting = methods_for(step.format.value) if step.format.value else ()
    fix = None
    if other is not None and other.format is not None:
        arguments = read_again(step, format=other.format, columns=other.columns)
        fix = Fix(label=f"Read them as “{FORMAT_LABELS[other.format]}”", verb="use_dataset", arguments=arguments)
    elif fitting:
        fix = Fix(label=f"Train with {METHOD_NAMES[fitting[0]]}", verb="configure", arguments={"method": fitting[0]})
    return dataset_finding("error", "dataset.format", "method-misfit", shape.misfit, step.format.source, fix)


def _better_method(step: DatasetStep, method: Method) -> Iterator[Finding]:
    """SFT learns part of what judged answers say."""
    if method != "sft" or step.format.value not in ("preference", "kto"):
        return
    if step.format.value == "preference":
        message, instead = "Only the better answers are learnt; what makes them better than the others is not.", "dpo"
    else:
        message, instead = "Only the answers judged good are learnt; the others are left aside.", "kto"
    fix = Fix(label=f"Train with {instead.upper()}", verb="configure", arguments={"method": instead})
    yield dataset_finding("warning", "dataset.format", "judgements-unused", message, step.format.source, fix)


def _other_formats(step: DatasetStep, method: Method) -> Iterator[Finding]:
    """Where rows can be read in several ways and one is nearly as likely as the one that is taken."""
    if step.format.source == CHOSEN or len(step.candidates) < 2:
        return
    first = step.candidates[0]
    for other in step.candidates[1:]:
        if other.format is None or other.format not in METHOD_FORMATS[method]:
            continue
        if first.confidence - other.confidence > _NEARLY_AS_SURE:
            return
        message = f"These rows can also be read as “{FORMAT_LABELS[other.format]}”."
        arguments = read_again(step, format=other.format, columns=other.columns)
        fix = Fix(label="Read them so", verb="use_dataset", arguments=arguments)
        yield dataset_finding("info", "dataset.format", "format-also", message, other.evidence, fix)
        return


def _other_splits(step: DatasetStep) -> Iterator[Finding]:
    """A split that was made for measuring, where nothing is held back yet."""
    others = [name for name in step.source.splits if name.startswith(("test", "val", "dev", "eval"))]
    if step.eval_split or step.eval_share or not others or others[0] == step.source.split:
        return
    message = f"The split “{others[0]}” is there to measure the model on, and is not used."
    evidence = f"Its splits are {', '.join(step.source.splits)}; “{step.source.split}” is trained on."
    fix = Fix(label="Hold it back", verb="use_dataset", arguments=read_again(step, eval_split=others[0]))
    yield dataset_finding("info", "dataset.eval_split", "split-unused", message, evidence, fix)


def _sampled(step: DatasetStep) -> Iterator[Finding]:
    if step.checked_rows is not None and step.checked_rows < step.rows:
        message = (
            f"{step.checked_rows:,} of {rows_words(step.rows)} were looked at: what is said of them is of a sample."
        )
        evidence = "A dataset of the Hub is not downloaded; the run itself reads all of it."
        yield dataset_finding("info", "dataset.rows", "sample-only", message, evidence)


def _lines_left_out(step: DatasetStep) -> Iterator[Finding]:
    if lines := step.source.broken_lines:
        one = len(lines) == 1
        message = f"{len(lines):,} lines of the file can't be read and are left out."
        if one:
            message = "1 line of the file can't be read and is left out."
        more = f" and {len(lines) - _SHOWN_LINES:,} more" if len(lines) > _SHOWN_LINES else ""
        evidence = (
            f"{'Line' if one else 'Lines'} {', '.join(f'{line:,}' for line in lines[:_SHOWN_LINES])}{more}; rows are "
            "counted as if they were not there, and the package's own file holds none of them."
        )
        yield dataset_finding("warning", "dataset.source", "lines-left-out", message, evidence)


def _guessed_text(step: DatasetStep) -> list[Finding]:
    """A lone column of text may be anything: names of goods are text too."""
    column = step.columns.get("text", "text")
    if step.format.value != "text" or step.format.source == CHOSEN or column in _TEXT_COLUMNS:
        return []
    message = f"The column “{column}” is taken for text to learn from, word by word."
    evidence = "It is the only column of text, and its name does not say what it is for."
    fix = Fix(label="It is text to learn", verb="use_dataset", arguments=read_again(step, format="text"))
    return [dataset_finding("warning", "dataset.format", "text-guessed", message, evidence, fix)]


def _problems(step: DatasetStep, shape: TrainingShape, method: Method) -> Iterator[RowProblem]:
    for problem in step.problems:
        if method not in _ONE_FOR.get(problem.code, (method,)):
            continue
        # A whole conversation lies in one field: it is all dates only where questions and answers are.
        if problem.code != "all-dates" or shape.rows != "conversations":
            yield problem


def _problem_finding(
    problem: RowProblem, step: DatasetStep, behaviour: TemplateBehaviour | None, settings: DatasetSettings
) -> Finding:
    severity: Severity = problem.severity
    says = ""
    if problem.code in ("same-answers", "masked-row") and problem.count >= min(
        kept_rows(step), step.checked_rows or step.rows
    ):
        severity = "error"
    if problem.code == "secret-seen" and step.source.kind != "hub":
        severity = "error"
        says = "A package holds its rows and is handed to others, so none is written with a secret in it."
    if problem.code in ASKED_OF_TEMPLATE and behaviour is not None and not behaviour.broken:
        handling = getattr(behaviour, ASKED_OF_TEMPLATE[problem.code])
        says = f"This model's chat template {HANDLES[handling]}."
        if handling == "refused":
            severity = "error"
        elif handling == "printed" and problem.code != "unknown-role":
            severity = "info"
    compared = settings.checks.near_copies.rows
    if problem.code == "near-duplicate" and compared < step.rows:
        says = f"They were looked for in the first {compared:,} of {rows_words(step.rows)}."
    evidence = " ".join(part for part in (_numbers(problem), _sentence(problem.evidence), says) if part)
    fix = None
    if problem.rows and problem.count < kept_rows(step):
        codes = [*step.exclude_problems, problem.code]
        fix = Fix(label="Leave them out", verb="use_dataset", arguments=read_again(step, exclude_problems=codes))
    return dataset_finding(severity, "dataset.rows", problem.code, problem.message, evidence, fix)


def _row_findings(step: DatasetStep, shape: TrainingShape, settings: DatasetSettings) -> Iterator[Finding]:
    kept = kept_rows(step)
    back = Fix(label="Put them back", verb="use_dataset", arguments=read_again(step, exclude_problems=[]))
    reasons = f"Left out for: {', '.join(code for code in step.exclude_problems if code != _BROKEN_LINE)}."
    if not kept:
        yield dataset_finding("error", "dataset.rows", "no-rows-left", "All rows are left out.", reasons, back)
        return
    if step.excluded_rows:
        count = len(step.excluded_rows)
        message = f"{rows_words(count)} {'is' if count == 1 else 'are'} left out."
        yield dataset_finding("info", "dataset.rows", "rows-left-out", message, reasons, back)
    if not shape.training_rows:
        message = "No row has an answer, so there is nothing to learn."
        everything = Fix(label="Learn everything", verb="configure", arguments={"train_on": "everything"})
        yield dataset_finding("error", "dataset.rows", "nothing-to-learn", message, "", everything)
    elif kept < settings.few_rows:
        message = f"{rows_words(kept)} {'is' if kept == 1 else 'are'} few: a model learns little from so little."
        evidence = f"Fewer than {settings.few_rows:,} draw this warning (few_rows in step3_dataset.yaml)."
        yield dataset_finding("warning", "dataset.rows", "few-rows", message, evidence)
    held_back = round(kept * step.eval_share)
    if step.eval_share and not step.eval_split and held_back in (0, kept):
        which = "none is held back" if not held_back else "none is left to train on"
        message = f"Of {rows_words(kept)}, {which}."
        none = Fix(label="Hold nothing back", verb="use_dataset", arguments=read_again(step, eval_share=0.0))
        yield dataset_finding(
            "error", "dataset.eval_share", "eval-share-empty", message, f"The share is {step.eval_share:g}.", none
        )


def read_again(step: DatasetStep, **changes: Any) -> dict[str, Any]:
    """The arguments that read the same dataset again with something changed."""
    kept: dict[str, Any] = {"eval_share": step.eval_share, "exclude_problems": list(step.exclude_problems)}
    said = {"eval_split": step.eval_split, "limit": step.limit, "seed": step.seed, "roles": step.roles or None}
    kept |= {name: value for name, value in said.items() if value is not None}
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

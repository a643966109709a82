"""What `trl sft` makes of the rows as they stand: what would stop it, and what it would learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...facts import Finding
from .evidence import Case, Row, RowsEvidence
from .known_templates import trainable_copy
from .learnt import learnt_findings, said_by
from .preparing import (
    CONVERSATION_KEYS,
    Learnt,
    Renderer,
    StopsError,
    has_marks,
    is_conversational,
    joined,
    needed,
    shared,
    tools_of,
    with_stop,
)
from .words import PREPARE, harms, stops

_IMAGES = ("image", "images")


def supervised_findings(case: Case, rows: RowsEvidence) -> list[Finding]:
    """The findings of supervised fine-tuning on these rows, and of continued pre-training, which is the same to TRL."""
    first = rows.rows[0]
    found: list[Finding] = []
    images = [name for name in _IMAGES if name in first]
    if images and not _sees(case):
        message = f"The rows have a column “{images[0]}”, and this model takes text only."
        evidence = "TRL stops: the dataset appears to be vision-related, the model is no vision-language model."
        return [stops("dataset", "dataset.rows", "images-for-text-model", message, evidence, PREPARE)]
    if "input_ids" in rows.columns:
        return [*_asked_of_conversations(case, first), *_tokens(case, rows)]
    found += _asked_of_conversations(case, first)
    if found:
        return found
    looked_at = [name for name in CONVERSATION_KEYS if name in first] or [""]
    outcomes = [_with_key(case, rows, key) for key in looked_at]
    failed = [outcome for outcome in outcomes if isinstance(outcome, StopsError)]
    if failed:
        error = failed[0]
        evidence = error.evidence
        if len(failed) < len(outcomes):
            evidence += " Which column TRL looks at first changes from run to run, and it stops with some."
        return [stops("dataset", "dataset.rows", error.code, error.message, evidence, PREPARE)]
    learnt = next(outcome for outcome in outcomes if not isinstance(outcome, StopsError))
    return [*learnt_findings(case, learnt), *_ignored(case, rows)]


def _sees(case: Case) -> bool:
    architecture = case.model.architecture
    return "ForConditionalGeneration" in architecture or "ImageText" in architecture or case.model.place == "elsewhere"


def _asked_of_conversations(case: Case, first: Row) -> Iterator[Finding]:
    """`assistant_only_loss` asks for conversations, and for a template that marks its answers."""
    if not case.on("assistant_only_loss"):
        return
    try:
        conversation = is_conversational(first)
    except StopsError as error:
        yield stops("dataset", "dataset.rows", error.code, error.message, error.evidence, PREPARE)
        return
    if not conversation:
        message = "Only answers are to be learnt (assistant_only_loss), and these rows are no conversations."
        evidence = "TRL stops: this option is only supported for conversational datasets."
        yield stops("dataset", "dataset.format", "marks-need-conversations", message, evidence, PREPARE)
        return
    template = case.template
    if template is None:
        if case.model.place == "folder":
            message = "Only answers are to be learnt (assistant_only_loss), and this model has no chat template."
            evidence = "TRL stops: it looks for {% generation %} in the template, and there is none (TypeError)."
            yield stops("model", "model.chat_template", "no-chat-template", message, evidence)
    elif not has_marks(template) and trainable_copy(template) is None:
        message = "This model's chat template does not mark its answers, as assistant_only_loss needs."
        evidence = "TRL stops: it has no {% generation %}, and is none of those TRL has a marked copy of."
        yield stops("model", "model.chat_template", "template-without-marks", message, evidence, PREPARE)


def _with_key(case: Case, rows: RowsEvidence, key: str) -> list[Learnt] | StopsError:
    """What is learnt where TRL tells a conversation by the column `key`, or why it stops."""
    tokenizer = case.chosen_tokenizer or case.model.tokenizer
    eos = case.get("eos_token", tokenizer.eos if tokenizer else None)
    unknown_tokenizer = tokenizer is None
    renderer = Renderer(case.template, eos)
    try:
        renamed = _of_from_and_value(rows.rows[0])
        table = [_converted(row) for row in rows.rows] if renamed else list(rows.rows)
        look = key or None
        if renamed and not key:
            look = "messages"
        conversation = _conversational(table[0], look)
        if not conversation:
            table = [_plain(case, row, eos, unknown_tokenizer) for row in table]
        return [_learnt(case, row, look, renderer, unknown_tokenizer) for row in table]
    except StopsError as error:
        return error


def _conversational(row: Row, look: str | None) -> bool:
    return is_conversational(row, look) if look is None or look in row else False


def _of_from_and_value(row: Row) -> bool:
    """Whether a row's “conversations” have turns of from and value (`is_conversational_from_value`)."""
    turns = row.get("conversations")
    if not isinstance(turns, list):
        return False
    if not turns:
        raise StopsError("empty-conversation", "A conversation has no turns.", "TRL stops: IndexError.")
    return isinstance(turns[0], Mapping) and "from" in turns[0] and "value" in turns[0]


def _converted(row: Row) -> Row:
    """The row with role and content in “messages”, as `maybe_convert_to_chatml` makes it of every row."""
    names = {"from": "role", "value": "content"}
    turns = row.get("conversations")
    if isinstance(turns, list):
        turns = [{names.get(k, k): v for k, v in turn.items()} if isinstance(turn, Mapping) else turn for turn in turns]
    return {**{name: value for name, value in row.items() if name != "conversations"}, "messages": turns}


def _plain(case: Case, row: Row, eos: str | None, unknown_tokenizer: bool) -> Row:
    """A row of plain text with the stop token at its end."""
    field = str(case.get("dataset_text_field", "text"))
    kept = {name: value for name, value in row.items() if name != "messages"}
    mark = "" if unknown_tokenizer else eos
    if field in kept:
        return {**kept, field: with_stop(kept[field], mark, field)}
    if "completion" in kept:
        return {**kept, "completion": with_stop(kept["completion"], mark, "completion")}
    if "messages" in row and not kept:
        raise StopsError(
            "messages-no-list",
            "“messages” holds text, and not a list of turns.",
            "TRL takes the rows for plain text and drops the column; then there is nothing to train on.",
        )
    return kept


def _learnt(case: Case, row: Row, look: str | None, renderer: Renderer, unknown: bool) -> Learnt:
    field = str(case.get("dataset_text_field", "text"))
    conversation = _conversational(row, look)
    marks, tools = case.on("assistant_only_loss"), tools_of(row)
    if unknown and conversation and case.template is None:
        return Learnt("", "", "")
    if "prompt" in row:
        needed(row, "completion")
        if conversation:
            _turns(row["prompt"], "prompt")
            before = renderer.text(row["prompt"], True, tools)
            turns = joined(row["prompt"], row["completion"], "completion")
            whole = renderer.text(turns, False, tools)
        else:
            before, turns = row["prompt"], ()
            whole = joined(before, row["completion"], "completion")
            if not isinstance(whole, str):
                raise StopsError("content-no-text", "“prompt” holds a list where TRL needs text.", "TRL stops there.")
        cut = shared(before, whole)
        only = case.keys.get("completion_only_loss")
        trained = whole[cut:] if only is None or case.on("completion_only_loss") else whole
        if conversation and marks:
            trained = "".join(_marked(case, renderer, turns[len(row["prompt"]) :], whole, tools))
        return Learnt(before, trained, whole, tuple(turns))
    if not conversation:
        text = needed(row, field)
        if not isinstance(text, str):
            raise StopsError("content-no-text", f"“{field}” is no text.", "TRL stops when it tokenises it.")
        return Learnt("", text, text)
    turns = needed(row, "messages")
    _turns(turns, "messages")
    whole = renderer.text(turns, False, tools)
    if not marks:
        return Learnt("", whole, whole, tuple(turns))
    answers = _marked(case, renderer, turns, whole, tools)
    if not "".join(answers):
        raise StopsError(
            "no-answer-marked",
            "A row has no answer, and only answers are to be learnt (assistant_only_loss).",
            "TRL stops: at least one example has no assistant tokens.",
        )
    return Learnt("", "".join(answers), whole, tuple(turns))


def _marked(case: Case, renderer: Renderer, turns: Sequence[Any], whole: str, tools: Any) -> list[str]:
    """The answers as the template marks them; TRL's marked copies mark each with what ends it, up to the line's end."""
    if has_marks(case.template or ""):
        return renderer.answers(turns, tools)
    found = []
    for turn in turns:
        if turn.get("role") != "assistant":
            continue
        answer = said_by(turn).strip()
        at = whole.find(answer) if answer else -1
        end = at + len(answer)
        # Of an answer that says nothing, the mark of its end is still marked.
        found.append(whole[at:end] + whole[end:].split("\n")[0] if at >= 0 else renderer.eos)
    return found


def _turns(value: Any, column: str) -> None:
    if not isinstance(value, list):
        kind = "text" if isinstance(value, str) else type(value).__name__
        message = f"“{column}” is {kind}, and TRL takes the rows for conversations."
        raise StopsError("messages-no-list", message, "TRL stops where it renders it.")


def _tokens(case: Case, rows: RowsEvidence) -> Iterator[Finding]:
    """Rows that are tokens already are taken as they are."""
    vocabulary = (case.model.config or {}).get("vocab_size")
    ids = [row.get("input_ids") or [] for row in rows.rows]
    highest = max((max(row) for row in ids if row), default=0)
    if isinstance(vocabulary, int) and highest >= vocabulary:
        message = f"The rows hold token {highest:,}, and this model knows {vocabulary:,}."
        evidence = "They were made with another tokenizer; the run stops at the first batch."
        yield stops("dataset", "dataset.rows", "tokens-beyond-vocabulary", message, evidence)
        return
    labels = [row.get("labels") for row in rows.rows]
    if all(isinstance(row, list) and all(label == -100 for label in row) for row in labels):
        message = "Every label of these rows is -100, so there is nothing to learn."
        evidence = "TRL drops rows without a label: none is left, and the run stops."
        yield stops("dataset", "dataset.rows", "nothing-to-learn", message, evidence)
        return
    stop_ids = set(case.model.tokenizer.stop_ids if case.model.tokenizer else ())
    if stop_ids and not any(stop_ids & set(row) for row in ids[:64]):
        message = "The stop token is in none of the first rows, so the model would not learn to stop."
        evidence = "The rows are tokens already, and TRL adds none to them."
        yield harms("dataset", "dataset.rows", "stop-not-learnt", message, evidence)


def _ignored(case: Case, rows: RowsEvidence) -> Iterator[Finding]:
    """Columns and settings that are passed over without a word."""
    labels = [row.get("label") for row in rows.rows]
    if "label" in rows.columns and all(isinstance(label, bool) for label in labels) and not all(labels):
        bad = sum(not label for label in labels)
        message = "The rows say which answers are good, and SFT learns the bad ones just as well."
        evidence = f"“label” is false in {bad:,} of the first {len(labels):,} rows; TRL's SFT does not read it."
        yield harms("dataset", "dataset.rows", "labels-ignored", message, evidence)
    if case.on("completion_only_loss") and "prompt" not in rows.columns:
        message = "Only completions are to be learnt (completion_only_loss), and the rows have none."
        evidence = "There is no column “prompt”; TRL then trains on every token, without a word."
        yield harms("config", "config.train_on", "completion-only-ignored", message, evidence, PREPARE)

"""What `trl dpo`, `trl reward` and `trl kto` make of the rows as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...facts import Finding
from .evidence import Case, Row, RowsEvidence, Tokenizer
from .learnt import LOOKED_AT, beyond_vocabulary, length_limit, question_in_answer, question_learnt
from .preparing import (
    CONVERSATION_KEYS,
    Learnt,
    Renderer,
    StopsError,
    is_conversational,
    joined,
    needed,
    shared,
    tools_of,
    with_stop,
)
from .words import PREPARE, harms, setting, stops


def preference_findings(case: Case, rows: RowsEvidence) -> list[Finding]:
    """The findings of DPO, reward modelling and KTO on these rows."""
    looked_at: list[str | None] = [name for name in CONVERSATION_KEYS if name in rows.columns]
    outcomes = [_outcome(case, rows, key) for key in looked_at or [None]]
    failed = [outcome for outcome in outcomes if isinstance(outcome, StopsError)]
    if failed:
        error = failed[0]
        return [stops("dataset", "dataset.rows", error.code, error.message, error.evidence, PREPARE)]
    pairs = next(outcome for outcome in outcomes if not isinstance(outcome, StopsError))
    found = [
        *beyond_vocabulary(case, (text.whole for pair in pairs[:LOOKED_AT] for text in pair)),
        *_lengths(case, pairs),
    ]
    if not any(finding.severity == "error" for finding in found):
        found += [*_signal(case, rows), *_questions(case, pairs)]
    return found


class _Maker:
    """What the rows of one run are made with."""

    def __init__(self, case: Case) -> None:
        tokenizer = case.model.tokenizer
        self.unknown = tokenizer is None
        self.eos = "" if tokenizer is None else tokenizer.eos
        self.renderer = Renderer(case.template, self.eos)
        self.no_template = tokenizer is None and case.template is None

    def pair(self, row: Row, answers: Sequence[str], look: str | None) -> list[Learnt]:
        """Prompt and answers as texts, as DPO and KTO make them."""
        before, tools = needed(row, "prompt"), tools_of(row)
        said = [needed(row, name) for name in answers]
        if look in row and is_conversational(row, look):
            if self.no_template:
                return []
            if not isinstance(before, list):
                joined(before, said[0], answers[0])
            prompt = self.renderer.text(before, True, tools)
            turns = [joined(before, answer, name) for answer, name in zip(said, answers, strict=True)]
            wholes = [self.renderer.text(turn, False, tools) for turn in turns]
        else:
            prompt = before
            turns = [() for _ in said]
            wholes = [joined(before, answer, name) for answer, name in zip(said, answers, strict=True)]
        cut = min(shared(prompt, whole) for whole in wholes)
        return [Learnt(prompt[:cut], w[cut:], w, tuple(t)) for w, t in zip(wholes, turns, strict=True)]


def _outcome(case: Case, rows: RowsEvidence, key: str | None) -> list[list[Learnt]] | StopsError:
    prepare = {"reward": _reward, "kto": _judged}.get(case.method, _preferred)
    try:
        return prepare(case, rows, key)
    except StopsError as error:
        return error


def _preferred(case: Case, rows: RowsEvidence, key: str | None) -> list[list[Learnt]]:
    maker = _Maker(case)
    table = [_with_prompt(row) for row in rows.rows]
    if not _conversation(table[0], key):
        table = [
            {**row, **{name: with_stop(needed(row, name), maker.eos, name) for name in ("chosen", "rejected")}}
            for row in table
        ]
    return [maker.pair(row, ("chosen", "rejected"), key) for row in table]


def _judged(case: Case, rows: RowsEvidence, key: str | None) -> list[list[Learnt]]:
    maker = _Maker(case)
    table = [_with_prompt(row) for row in rows.rows]
    if "chosen" in table[0] and "rejected" in table[0]:
        table = [
            {
                **{n: v for n, v in row.items() if n not in ("chosen", "rejected")},
                "completion": row[name],
                "label": good,
            }
            for name, good in (("chosen", True), ("rejected", False))
            for row in table
        ]
        key = "completion" if key in ("chosen", "rejected") else key
    if not _conversation(table[0], key):
        table = [{**row, "completion": with_stop(needed(row, "completion"), maker.eos, "completion")} for row in table]
    made = [maker.pair(row, ("completion",), key) for row in table]
    if "label" not in table[0]:
        raise StopsError(
            "column-missing", "The rows have no column “label”, which KTO learns from.", "TRL stops: no such column."
        )
    for row in table:
        if not isinstance(row["label"], (bool, int)):
            given = "nothing (null)" if row["label"] is None else f"{row['label']!r}"
            raise StopsError(
                "label-no-boolean",
                f"“label” holds {given} where KTO needs true or false.",
                "TRL adds the labels up, and stops with a TypeError.",
            )
    return made


def _reward(case: Case, rows: RowsEvidence, key: str | None) -> list[list[Learnt]]:
    maker = _Maker(case)
    table = [dict(row) for row in rows.rows]
    if not _conversation(table[0], key):
        for row in table:
            row["chosen"] = with_stop(needed(row, "chosen"), maker.eos, "chosen")
            row["rejected"] = with_stop(needed(row, "rejected"), maker.eos, "rejected")
    made = []
    for row in table:
        chosen, rejected = needed(row, "chosen"), needed(row, "rejected")
        if "prompt" in row:
            chosen, rejected = joined(row["prompt"], chosen, "chosen"), joined(row["prompt"], rejected, "rejected")
        if _conversation({**row, "chosen": chosen, "rejected": rejected}, key):
            if maker.no_template:
                return []
            texts = [maker.renderer.text(turns, False, tools_of(row)) for turns in (chosen, rejected)]
        else:
            texts = [chosen, rejected]
        made.append([Learnt("", text, text) for text in texts])
    return made


def _conversation(row: Row, key: str | None) -> bool:
    if key is not None and key not in row:
        key = None
    return is_conversational(row, key)


def _with_prompt(row: Row) -> dict[str, Any]:
    """The row with the common start of both answers as its prompt, where it has none (`extract_prompt`)."""
    if "prompt" in row:
        return dict(row)
    chosen, rejected = needed(row, "chosen"), needed(row, "rejected")
    for side, name in ((chosen, "chosen"), (rejected, "rejected")):
        if not isinstance(side, (str, list)):
            raise StopsError("missing-value", f"“{name}” is empty in a row.", "TRL stops where it asks for its length.")
        if not side:
            raise StopsError("missing-value", f"“{name}” is empty in a row.", "TRL stops: it finds no common start.")
    at = 0
    for at in range(min(len(chosen), len(rejected))):
        if chosen[at] != rejected[at]:
            at -= chosen[at - 1] == " "
            break
    return {**row, "prompt": chosen[:at], "chosen": chosen[at:], "rejected": rejected[at:]}


def _lengths(case: Case, pairs: Sequence[Sequence[Learnt]]) -> Iterator[Finding]:
    """Rows whose prompt (reward: whose answer) fills `max_length` are dropped."""
    limit, tokenizer = length_limit(case), case.model.tokenizer
    if limit is None or tokenizer is None or not pairs or not pairs[0]:
        return
    if case.method != "reward" and case.get("truncation_mode", "keep_start") != "keep_start":
        return
    dropped = sum(_is_dropped(case, pair, limit, tokenizer) for pair in pairs)
    longest = max((tokenizer.count(text.whole) or 0) for pair in pairs for text in pair)
    fix = setting(max_length=1 << (longest - 1).bit_length())
    if dropped == len(pairs):
        message = f"With max_length {limit} no row is left."
        evidence = f"Rows have up to {longest:,} tokens; TRL drops those that do not fit, and stops with none."
        yield stops("config", "config.max_length", "all-rows-cut-away", message, evidence, fix)
    elif dropped > 0.1 * len(pairs):
        message = f"With max_length {limit}, {dropped:,} of {len(pairs):,} rows are dropped without a word."
        evidence = f"Rows have up to {longest:,} tokens."
        yield harms("config", "config.max_length", "rows-dropped", message, evidence, fix)


def _is_dropped(case: Case, pair: Sequence[Learnt], limit: int, tokenizer: Tokenizer) -> bool:
    if case.method == "reward":
        return any((tokenizer.count(text.whole) or 0) > limit for text in pair)
    return (tokenizer.count(pair[0].prompt) or 0) >= limit


def _signal(case: Case, rows: RowsEvidence) -> Iterator[Finding]:
    if case.method == "kto":
        labels = {bool(row.get("label")) for row in rows.rows} if "label" in rows.columns else {True, False}
        if len(labels) == 1:
            message = f"Every answer is labelled {str(labels.pop()).lower()}: there is nothing to tell apart."
            evidence = "KTO learns from good answers and bad ones; with one kind alone it drifts."
            yield harms("dataset", "dataset.rows", "labels-all-the-same", message, evidence)
        return
    same = sum(row.get("chosen") == row.get("rejected") for row in rows.rows)
    if same == len(rows.rows):
        message = "The better answer and the worse one are the same in every row."
        evidence = "The loss stands still: no weight gets a direction."
        yield harms("dataset", "dataset.rows", "answers-all-the-same", message, evidence)


def _questions(case: Case, pairs: Sequence[Sequence[Learnt]]) -> Iterator[Finding]:
    """A template that prints a question otherwise once it is answered puts it into what is learnt."""
    asked = sum(any(map(question_in_answer, pair)) for pair in pairs) if case.method != "reward" else 0
    if asked:
        yield question_learnt(asked, len(pairs))

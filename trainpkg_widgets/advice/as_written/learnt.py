"""What would be learnt from texts as the trainer makes them: whether an answer ever ends, and what else is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...facts import Finding
from .evidence import Case, Tokenizer
from .preparing import Learnt
from .words import PREPARE, harms, notes, setting, stops

# How many of the first rows are looked at for what is learnt.
LOOKED_AT = 64
ROLES = frozenset({"system", "user", "assistant", "tool", "developer"})
_DEFAULT_LENGTH = 1024


def learnt_findings(case: Case, learnt: Sequence[Learnt]) -> Iterator[Finding]:
    """The findings on texts to learn from, in the order of the rows."""
    tokenizer = case.chosen_tokenizer or case.model.tokenizer
    yield from beyond_vocabulary(case, (row.whole for row in learnt[:LOOKED_AT]))
    if tokenizer is not None and not any(row.trained.strip() for row in learnt):
        message = "The chat template prints nothing of these rows, so there is nothing to learn."
        evidence = "TRL drops rows without anything to learn, and stops with none left."
        yield stops("dataset", "dataset.rows", "nothing-to-learn", message, evidence, PREPARE)
        return
    cut = list(_cut(case, learnt, tokenizer))
    yield from cut
    if any(finding.severity == "error" for finding in cut):
        return
    first = learnt[:LOOKED_AT]
    if tokenizer is not None:
        yield from _ends(case, first, tokenizer, any(finding.code == "rows-cut" for finding in cut))
    yield from _turns(case, first, learnt)


def beyond_vocabulary(case: Case, texts: Iterable[str]) -> Iterator[Finding]:
    """Texts that hold a token which the model has no embedding for end the run."""
    vocabulary, tokenizer = (case.model.config or {}).get("vocab_size"), case.model.tokenizer
    if not isinstance(vocabulary, int) or tokenizer is None or (tokenizer.highest or 0) < vocabulary:
        return
    highest = max((number for text in texts for number in tokenizer.encode(text) or ()), default=0)
    if highest >= vocabulary:
        message = f"The rows hold token {highest:,}, and this model has {vocabulary:,} embeddings."
        evidence = "Its tokenizer gives more tokens than it knows; the run stops at the first batch with one of them."
        yield stops("model", "model.repo_id", "tokens-beyond-vocabulary", message, evidence)


def length_limit(case: Case) -> int | None:
    """The tokens a row may have; None where rows are not cut."""
    if "max_length" in case.keys and case.keys["max_length"] is None:
        return None
    limit = case.get("max_length", _DEFAULT_LENGTH)
    return limit if isinstance(limit, int) and not isinstance(limit, bool) else _DEFAULT_LENGTH


def _ends(case: Case, learnt: Sequence[Learnt], tokenizer: Tokenizer, cut: bool) -> Iterator[Finding]:
    known = [*tokenizer.stops, *([str(case.get("eos_token"))] if case.get("eos_token") else [])]
    if not known:
        message = "Neither the tokenizer nor the generation settings of this model name a stop token."
        evidence = "Nothing in the rows can teach it to stop."
        yield harms("model", "model.repo_id", "no-stop-token", message, evidence)
        return
    rows = [row for row in learnt if row.whole]
    if not rows:
        return
    if not any(_has_stop(row.trained, known) for row in rows):
        message = "The stop token is in nothing that is learnt, so the model would not learn to stop."
        evidence = f"Its stop tokens are {', '.join(known)}; the first row is learnt as {rows[0].trained[-60:]!r}."
        yield harms("dataset", "dataset.rows", "stop-not-learnt", message, evidence, PREPARE)
        return
    if case.on("packing") or cut:
        return
    ending = sum(_ends_in_stop(row.trained, known) for row in rows)
    if ending < 0.95 * len(rows):
        message = f"{len(rows) - ending:,} of the first {len(rows):,} rows do not end in a stop token that is learnt."
        evidence = f"Its stop tokens are {', '.join(known)}."
        yield harms("dataset", "dataset.rows", "stop-not-learnt", message, evidence, PREPARE)
    only = sum(not _without(row.trained, known) for row in rows)
    if only:
        message = f"{only:,} of the first {len(rows):,} rows teach the stop token and nothing else."
        yield harms("dataset", "dataset.rows", "nothing-but-stop", message, "What is to be learnt is empty there.")


def _cut(case: Case, learnt: Sequence[Learnt], tokenizer: Tokenizer | None) -> Iterator[Finding]:
    """Rows longer than the limit lose an end; those with nothing left to learn are dropped."""
    limit = length_limit(case)
    # Packed the usual way (bfd), rows are cut just so; the other ways split them.
    if tokenizer is None or (case.on("packing") and case.get("packing_strategy", "bfd") != "bfd"):
        return
    lengths = [tokenizer.count(row.whole) for row in learnt]
    if limit is None or any(length is None for length in lengths):
        return
    counted = [length for length in lengths if length is not None]
    over = sum(length > limit for length in counted)
    full = sum(length >= limit for length in counted[:LOOKED_AT])
    longest = max(counted)
    if not over:
        return
    dropped = 0
    if case.get("truncation_mode", "keep_start") == "keep_start":
        for row, length in zip(learnt, counted, strict=True):
            before = tokenizer.count(row.whole[: len(row.whole) - len(row.trained)]) if length > limit else 0
            dropped += length > limit and row.trained != row.whole and (before or 0) >= limit
    raise_to = 1 << (longest - 1).bit_length()
    if dropped == len(counted):
        message = f"With max_length {limit} nothing is left to learn of any row."
        evidence = f"Every prompt alone fills it: rows have up to {longest:,} tokens. TRL drops them all and stops."
        yield stops("config", "config.max_length", "all-rows-cut-away", message, evidence, setting(max_length=raise_to))
    elif dropped > 0.1 * len(counted):
        message = f"With max_length {limit}, {dropped:,} of {len(counted):,} rows are dropped without a word."
        yield harms("config", "config.max_length", "rows-dropped", message, "", setting(max_length=raise_to))
    elif full >= 0.5 * min(len(counted), LOOKED_AT):
        message = f"{full:,} of the first {min(len(counted), LOOKED_AT):,} rows are cut to {limit} tokens."
        evidence = f"The longest has {longest:,}; what is cut off is lost without a word."
        yield harms("config", "config.max_length", "rows-cut", message, evidence, setting(max_length=raise_to))
    else:
        message = f"{over:,} of {len(counted):,} rows are cut to {limit} tokens."
        yield notes("config", "config.max_length", "some-rows-cut", message, f"The longest has {longest:,}.")


def _turns(case: Case, first: Sequence[Learnt], learnt: Sequence[Learnt]) -> Iterator[Finding]:
    conversations = [row for row in first if row.turns]
    if not conversations:
        return
    strange = sorted(
        {
            str(turn.get("role"))
            for row in conversations
            for turn in row.turns
            if str(turn.get("role")) not in ROLES and _prints_role(row.whole, str(turn.get("role")))
        }
    )
    if strange:
        message = f"The chat template prints roles it does not know: {', '.join(strange)}."
        evidence = "The model would learn these words as names of who speaks; it knows user and assistant."
        yield harms("dataset", "dataset.rows", "unknown-role", message, evidence, PREPARE)
    empty = sum(any(_is_empty_answer(turn, row.whole) for turn in row.turns) for row in conversations)
    if empty:
        message = f"In {empty:,} of the first {len(conversations):,} rows an answer is empty."
        evidence = "The model would learn to say nothing."
        yield harms("dataset", "dataset.rows", "empty-answer", message, evidence, PREPARE)
    printed = sum(bool(re.search(r"\[\{'type'|\[\{\"type\"", row.whole)) for row in conversations)
    if printed:
        message = f"In {printed:,} of the first {len(conversations):,} rows the chat template prints a list of parts."
        evidence = "The content is a list such as [{'type': 'text', …}], and this template takes text."
        yield harms("dataset", "dataset.rows", "content-printed-as-list", message, evidence, PREPARE)
    none = sum("\nNone" in row.whole or ">None" in row.whole for row in conversations)
    if none:
        message = f"In {none:,} of the first {len(conversations):,} rows the word None stands for what is missing."
        yield harms("dataset", "dataset.rows", "missing-content", message, "", PREPARE)
    asked = sum(question_in_answer(row) for row in conversations if row.prompt and row.trained != row.whole)
    if asked:
        yield question_learnt(asked, len(conversations))
    roles = {str(turn.get("role")) for row in learnt for turn in row.turns}
    if case.method == "sft" and "assistant" not in roles and not strange:
        message = "No row has an answer: nobody speaks as assistant."
        evidence = f"The roles are {', '.join(sorted(roles))}. TRL would train on the questions."
        yield harms("dataset", "dataset.rows", "no-answer", message, evidence, PREPARE)


def _is_empty_answer(turn: Mapping[str, Any], whole: str) -> bool:
    """Whether nothing of an answer is printed: it says nothing, or the template leaves out what it says."""
    if turn.get("role") != "assistant":
        return False
    content, calls = turn.get("content"), turn.get("tool_calls") or ()
    names = [str((call.get("function") or call).get("name", "")) for call in calls if isinstance(call, Mapping)]
    if names:
        return not any(name and name in whole for name in names) and not str(content or "").strip()
    # Templates strip an answer, and may take its thinking out; its end stays.
    said = said_by(turn).strip()[-30:]
    return not said or said not in whole


def said_by(turn: Mapping[str, Any]) -> str:
    """The text of a turn, whose content may be a list of parts."""
    content = turn.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content or "")


def question_learnt(asked: int, rows: int) -> Finding:
    """The finding that a template puts the question into what is learnt."""
    message = "The question is among what is learnt as the answer."
    evidence = (
        "The chat template prints the prompt otherwise once the answer is there, so TRL can't tell where the "
        f"answer begins ({asked:,} of {rows:,} rows)."
    )
    return harms("dataset", "dataset.rows", "question-learnt", message, evidence)


def question_in_answer(row: Learnt) -> bool:
    """Whether the words of a question are among what is learnt as the answer to it."""
    asked = [turn for turn in row.turns if turn.get("role") == "user"]
    return any(str(turn.get("content") or "\0") in row.trained for turn in asked)


def _prints_role(text: str, role: str) -> bool:
    """Whether a role stands in a rendered text as the name of who speaks: right after a mark or at a line's start."""
    return re.search(rf"(?:^|[>\]\n|]){re.escape(role)}(?![\w ])", text) is not None


def _has_stop(text: str, known: Sequence[str]) -> bool:
    return any(stop in text for stop in known)


def _ends_in_stop(text: str, known: Sequence[str]) -> bool:
    bare = text.rstrip()
    return len(text) - len(bare) <= 2 and any(bare.endswith(stop) for stop in known)


def _without(text: str, known: Sequence[str]) -> str:
    for stop in known:
        text = text.replace(stop, "")
    return text.strip()

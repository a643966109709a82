"""What is wrong with one example by itself: who says nothing, who speaks out of turn, what can't be learnt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .example import Example
from .turns import STANDARD_ROLES, Turn

# What pandas, Python and JavaScript print where there is nothing.
PRINTED_NOTHING = frozenset({"none", "nan", "null", "n/a", "undefined", "<na>"})
_IGNORED = -100
# =HYPERLINK(…), @SUM(…), =cmd|' /C …'!A0: what a spreadsheet would run when the file is opened in one.
_FORMULA = re.compile(r"\s*[=@+-][A-Za-z.]+[(|]")


def row_problems(example: Example) -> Iterator[tuple[str, str]]:
    """Problems of an example, each a code and what was seen."""
    if any(map(_FORMULA.match, _texts(example))):
        yield "formula", ""
    if example.tokens is not None:
        if is_masked(example):
            yield "masked-row", ""
    elif example.text is not None:
        if not example.text.strip():
            yield "empty-text", ""
    else:
        yield from _turn_problems(example)
        if example.rejected:
            yield from _rejected_problems(example)


def is_masked(example: Example) -> bool:
    """Whether an example is tokens of which none is learnt."""
    if example.tokens is None:
        return False
    masks = (example.tokens.get("completion_mask"), example.tokens.get("assistant_masks"))
    labels = example.tokens.get("labels")
    if labels is not None:
        return all(label == _IGNORED for label in labels)
    return any(mask is not None and not any(mask) for mask in masks)


def said(example: Example) -> str:
    """All that is said in an example, as one text."""
    return "\n".join(_texts(example))


def _texts(example: Example) -> list[str]:
    if example.text is not None:
        return [example.text]
    return [turn["content"] for turn in (*example.turns, *example.rejected)]


def _turn_problems(example: Example) -> Iterator[tuple[str, str]]:
    turns, answers = example.turns, example.answers
    prompt_alone = example.learnt_from == len(turns)
    if prompt_alone:
        if turns[-1]["role"] == "assistant":
            yield "starts-with-answer", "the prompt ends with an answer"
    elif not answers:
        yield "no-answer", ""
    elif answers[-1] != len(turns) - 1:
        yield "ends-with-question", f"it ends with {turns[-1]['role']}"
    if any(turn["role"] == "assistant" and _says_nothing(turn) for turn in turns):
        yield "empty-answer", ""
    elif any(turns[number]["content"].strip().lower() in PRINTED_NOTHING for number in answers):
        yield "printed-nothing", ""
    if any(turn["role"] == "user" and _says_nothing(turn) for turn in turns):
        yield "empty-question", ""
    unknown = dict.fromkeys(turn["role"] for turn in turns if turn["role"] not in STANDARD_ROLES)
    if unknown:
        yield "unknown-role", f"roles {', '.join(map(repr, unknown))}"
    if any(turn["role"] == "system" for turn in turns[1:]):
        yield "system-in-middle", ""
    spoken = [turn["role"] for turn in turns if turn["role"] != "system"]
    if spoken[:1] == ["assistant"]:
        yield "starts-with-answer", ""
    twice = [role for role, after in pairwise(spoken) if role == after and role != "tool"]
    if twice:
        yield "repeated-role", f"{twice[0]} after {twice[0]}"


def _rejected_problems(example: Example) -> Iterator[tuple[str, str]]:
    if all(_says_nothing(turn) for turn in example.rejected):
        yield "empty-rejected", ""
    better = [(turn["role"], turn["content"].strip()) for turn in example.turns[example.learnt_from :]]
    if better == [(turn["role"], turn["content"].strip()) for turn in example.rejected]:
        yield "same-answers", ""


def _says_nothing(turn: Turn) -> bool:
    return not turn["content"].strip() and "tool_calls" not in turn

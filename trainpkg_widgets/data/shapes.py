"""One example as the rows that a trainer takes (the names of the columns are TRL 1.16's)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ..steps import RowShape
from .errors import DataError
from .example import Example
from .rows import Row
from .turns import Turn, clean


def shaped(example: Example, shape: RowShape, system_into_question: bool) -> Iterator[Row]:
    """The rows that an example makes in one shape; `prepare.PreparedRows` says what each shape holds.

    Raises:
        DataError: the example can't be written in that shape.
    """
    made = _MAKERS[shape]
    if system_into_question and example.turns:
        example = without_system(example)
    rows = made(example)
    if rows is None:
        raise DataError("shape-misfit", f"A row of this format can't be written as {shape}.", "Choose another format.")
    yield from rows


def without_system(example: Example) -> Example:
    """The example with a leading system text put before the first question."""
    turns = example.turns
    asked = next((n for n, turn in enumerate(turns) if turn["role"] == "user"), None)
    if turns[0]["role"] != "system" or asked is None:
        return example
    question = {**turns[asked], "content": f"{turns[0]['content']}\n\n{turns[asked]['content']}"}
    moved = (*turns[1:asked], question, *turns[asked + 1 :])
    return Example(
        turns=moved,
        learnt_from=max(example.learnt_from - 1, 0),
        tools=example.tools,
        prompt=example.prompt,
        completion=example.completion,
        rejected=example.rejected,
        rejected_text=example.rejected_text,
        label=example.label,
        others=example.others,
    )


Made = list[Row] | None


def _conversations(example: Example) -> Made:
    if not example.turns:
        return None
    return [] if example.label is False else [{"messages": list(example.turns), **_tools(example)}]


def _chat_answers(example: Example) -> Made:
    if not example.turns:
        return None
    if example.label is False:
        return []
    # The conversation up to an answer is what the model will have before it when it is used; TRL cuts the prompt off
    # by its tokens, which needs no marks in the template (assistant_only_loss does).
    turns = example.turns
    return [{"prompt": list(turns[:at]), "completion": [turns[at]], **_tools(example)} for at in example.answers]


def _plain_answers(example: Example) -> Made:
    if example.prompt is None or example.completion is None:
        return None
    return [] if example.label is False else [{"prompt": example.prompt, "completion": example.completion}]


def _plain_text(example: Example) -> Made:
    if example.text is not None:
        return [{"text": example.text}]
    if not example.turns:
        return None
    return [] if example.label is False else [{"text": "\n\n".join(turn["content"] for turn in example.turns)}]


def _preference_chat(example: Example) -> Made:
    if not example.rejected:
        return None
    before, after = _cut(example)
    return [{"prompt": before, "chosen": after, "rejected": list(example.rejected), **_tools(example)}]


def _preference_plain(example: Example) -> Made:
    if example.prompt is None or example.rejected_text is None:
        return None
    return [{"prompt": example.prompt, "chosen": example.completion, "rejected": example.rejected_text}]


def _judged_chat(example: Example) -> Made:
    before, after = _cut(example)
    if example.label is not None:
        return [{"prompt": before, "completion": after, "label": example.label, **_tools(example)}]
    if not example.rejected:
        return None
    both = ((after, True), (list(example.rejected), False))
    return [{"prompt": before, "completion": said, "label": label, **_tools(example)} for said, label in both]


def _judged_plain(example: Example) -> Made:
    if example.prompt is None or (example.label is None and example.rejected_text is None):
        return None
    if example.label is not None:
        return [{"prompt": example.prompt, "completion": example.completion, "label": example.label}]
    both = ((example.completion, True), (example.rejected_text, False))
    return [{"prompt": example.prompt, "completion": said, "label": label} for said, label in both]


def _prompts_chat(example: Example) -> Made:
    if not example.turns:
        return None
    at, solution = _asked(example)
    return [{"prompt": list(example.turns[:at]), **_tools(example), **_others(example, solution)}]


def _prompts_plain(example: Example) -> Made:
    if example.prompt is None:
        return None
    return [{"prompt": example.prompt, **_others(example, _asked(example)[1])}]


def _tokens(example: Example) -> Made:
    return None if example.tokens is None else [dict(example.tokens)]


_MAKERS: dict[RowShape, Callable[[Example], Made]] = {
    "conversations": _conversations,
    "chat_answers": _chat_answers,
    "plain_answers": _plain_answers,
    "plain_text": _plain_text,
    "preference_chat": _preference_chat,
    "preference_plain": _preference_plain,
    "judged_chat": _judged_chat,
    "judged_plain": _judged_plain,
    "prompts_chat": _prompts_chat,
    "prompts_plain": _prompts_plain,
    "tokens": _tokens,
}


def _cut(example: Example) -> tuple[list[Turn], list[Turn]]:
    return list(example.turns[: example.learnt_from]), list(example.turns[example.learnt_from :])


def _asked(example: Example) -> tuple[int, str | None]:
    """How many turns are asked, and the answer that follows them where there is one."""
    answers = example.answers
    return (answers[-1], example.turns[answers[-1]]["content"]) if answers else (len(example.turns), None)


def _tools(example: Example) -> dict[str, str]:
    return {} if example.tools is None else {"tools": example.tools}


def _others(example: Example, solution: str | None) -> Row:
    """The columns that reward functions are given beside the prompt."""
    found = {clean(name): _json(value) for name, value in example.others.items() if name != "prompt"}
    return found if solution is None else {**found, "solution": solution}


def _json(value: Any) -> Any:
    """A value as JSON can hold it; a date, for one, as its text."""
    return json.loads(json.dumps(value, default=str))

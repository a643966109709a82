"""Rows with answers that somebody judged: a better and a worse one (preference), or one that is good or bad (KTO)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .example import Example
from .sides import plain_before, side_turns, system_turn
from .transcripts import transcript_turns
from .turns import Turn, UnfitRowError, clean, tools_text

_YES = frozenset({"true", "1", "yes", "good", "thumbs_up", "👍", "desirable"})
_NO = frozenset({"false", "0", "no", "bad", "thumbs_down", "👎", "undesirable", "-1"})


def preference_example(cells: Mapping[str, Any], roles: Mapping[str, str]) -> Example:
    """The example of a row with a better and a worse answer; `rejected` is the worse one.

    Where there is no prompt, or it is repeated in both answers, what they have in common at their start is the prompt:
    whole turns, or of plain text whole words, as TRL 1.16 does (`extract_prompt`).

    Raises:
        UnfitRowError: an answer is neither text nor turns, or the two have no common start and there is no prompt.
    """
    better, plain_better = _side(cells["chosen"], "chosen", roles)
    worse, plain_worse = _side(cells["rejected"], "rejected", roles)
    before: list[Turn] = []
    plain: str | None = None
    if cells.get("prompt") is not None:
        before, plain = _prompt(cells, roles)
    elif plain_better is not None and plain_worse is not None:
        return _cut_plain(cells, plain_better, plain_worse)
    shared = _shared_turns(better, worse)
    if shared and (not before or _repeats(better[:shared], before)):
        before, better, worse, plain = better[:shared], better[shared:], worse[shared:], None
    if not before:
        raise UnfitRowError("no-prompt", "the two answers have no common start")
    system = system_turn(cells, before)
    before = [*system, *before]
    texts = plain is not None and plain_better is not None and plain_worse is not None
    return Example(
        turns=(*before, *better),
        learnt_from=len(before),
        tools=tools_text(cells.get("tools")),
        prompt=plain_before(system) + (plain or "") if texts else None,
        completion=plain_better if texts else None,
        rejected=tuple(worse),
        rejected_text=plain_worse if texts else None,
    )


def judged_example(cells: Mapping[str, Any], roles: Mapping[str, str]) -> Example:
    """The example of a row whose answer is judged; with no prompt the answer is the last turn of a conversation.

    Raises:
        UnfitRowError: the label says neither good nor bad, or there is no prompt.
    """
    after, completion = _side(cells["completion"], "completion", roles)
    before: list[Turn] = []
    plain: str | None = None
    if cells.get("prompt") is not None:
        before, plain = _prompt(cells, roles)
        if _repeats(after[: len(before)], before) and len(after) > len(before):
            after = after[len(before) :]
    else:
        last = next((n for n in range(len(after) - 1, -1, -1) if after[n]["role"] == "assistant"), 0)
        before, after, completion = after[:last], after[last:], None
        if not before:
            raise UnfitRowError("no-prompt", "nothing comes before the answer")
    system = system_turn(cells, before)
    before = [*system, *before]
    texts = plain is not None and completion is not None
    return Example(
        turns=(*before, *after),
        learnt_from=len(before),
        tools=tools_text(cells.get("tools")),
        prompt=plain_before(system) + (plain or "") if texts else None,
        completion=completion if texts else None,
        label=verdict_of(cells["label"]),
    )


def verdict_of(value: Any) -> bool:
    """Whether a label says good.

    Raises:
        UnfitRowError: it says neither good nor bad.
    """
    word = str(value).strip().lower().removesuffix(".0")
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise UnfitRowError("label-unreadable", f"the label is {value!r:.60}")


def _prompt(cells: Mapping[str, Any], roles: Mapping[str, str]) -> tuple[list[Turn], str | None]:
    """The turns of a prompt, with a further input behind it where there is one, and its plain text where it has one."""
    turns, plain = side_turns(cells["prompt"], "user", "prompt", roles)
    more = cells.get("input")
    if plain is None or not isinstance(more, str) or not more.strip():
        return turns, plain
    plain = f"{plain.strip()}\n\n{clean(more).strip()}"
    return [{"role": "user", "content": plain}], f"{plain}\n\n"


def _side(value: Any, name: str, roles: Mapping[str, str]) -> tuple[list[Turn], str | None]:
    turns, text = side_turns(value, "assistant", name, roles)
    said = transcript_turns(text) if text is not None else None
    return (said, None) if said else (turns, text)


def _shared_turns(one: list[Turn], other: list[Turn]) -> int:
    """How many turns both begin with; the last of each is an answer and never counts."""
    most = min(len(one), len(other)) - 1
    return next((n for n in range(max(most, 0)) if one[n] != other[n]), max(most, 0))


def _repeats(turns: list[Turn], prompt: list[Turn]) -> bool:
    """Whether a prompt is said again in the turns; a system turn that only one of them has is no difference."""
    said = [turn["content"].strip() for turn in turns if turn["role"] != "system"]
    asked = [turn["content"].strip() for turn in prompt if turn["role"] != "system"]
    return said[: len(asked)] == asked or said[-len(asked) :] == asked


def _cut_plain(cells: Mapping[str, Any], better: str, worse: str) -> Example:
    end = next((n for n, (a, b) in enumerate(zip(better, worse, strict=False)) if a != b), min(len(better), len(worse)))
    # Between words, and a blank before an answer stays with the answer.
    while end and not better[end - 1].isspace():
        end -= 1
    while end and better[end - 1].isspace():
        end -= 1
    if not end:
        raise UnfitRowError("no-prompt", "the two answers have no common start")
    prompt, chosen, rejected = better[:end], better[end:], worse[end:]
    system = system_turn(cells, [])
    before = [*system, {"role": "user", "content": prompt.strip()}]
    return Example(
        turns=(*before, {"role": "assistant", "content": chosen.strip()}),
        learnt_from=len(before),
        tools=tools_text(cells.get("tools")),
        prompt=plain_before(system) + prompt,
        completion=chosen,
        rejected=({"role": "assistant", "content": rejected.strip()},),
        rejected_text=rejected,
    )

"""Which tokens of a row are trained, as TRL 1.16.0 tells it (`_prepare_dataset` of its SFT, DPO, KTO, Reward trainers).

That the two agree token by token is shown in `tests/training/test_preview_is_trl.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .words import Encoded, Words


def sequences(row: dict[str, Any], how: dict[str, Any], words: Words) -> list[Encoded]:
    """The token sequences that a prepared row becomes, each with the mask of what is trained, before any cut."""
    tools = row.get("tools")
    tools = json.loads(tools) if isinstance(tools, str) else tools
    if "input_ids" in row:
        ids = list(row["input_ids"])
        labels = row.get("labels") or ids
        return [{"text": None, "input_ids": ids, "mask": [label != -100 for label in labels], "name": ""}]
    if "chosen" in row:
        return _preference(row, how["method"], tools, words)
    if "completion" in row:
        completion = row["completion"] if isinstance(row["completion"], list) else words.ended(row["completion"])
        marks = how["assistant_only"] and isinstance(completion, list)
        prompt = words.either(row["prompt"], tools, prompt=True)["input_ids"]
        whole = words.either(row["prompt"] + completion, tools, marks=marks)
        start = shared(prompt, whole["input_ids"])
        mask = [not how["completion_only"] or n >= start for n in range(len(whole["input_ids"]))]
        if marks:
            mask = [kept and bool(mark) for kept, mark in zip(mask, whole["assistant_masks"], strict=True)]
        return [_sequence(whole, mask, left=words.decode(prompt[start:]) if start < len(prompt) else "")]
    if "messages" in row:
        whole = words.chat(row["messages"], tools, marks=how["assistant_only"])
        return [_sequence(whole, [bool(m) for m in whole.get("assistant_masks") or [1] * len(whole["input_ids"])])]
    if "text" in row:
        whole = words.plain(words.ended(row["text"]))
        return [_sequence(whole, [True] * len(whole["input_ids"]))]
    prompt = words.either(row["prompt"], tools, prompt=True)
    return [_sequence(prompt, [False] * len(prompt["input_ids"]))]


def _preference(row: dict[str, Any], method: str, tools: Any, words: Words) -> list[Encoded]:
    sides = ("chosen", "rejected")
    prompt = row.get("prompt", [] if isinstance(row["chosen"], list) else "")
    said = {side: row[side] if isinstance(row[side], list) else words.ended(row[side]) for side in sides}
    whole = {side: words.either(prompt + said[side], tools) for side in sides}
    if method == "reward":
        # TRL 1.16: the reward is read at the last token; no token is learnt.
        return [_sequence(whole[side], [False] * len(whole[side]["input_ids"]), side) for side in sides]
    ids = words.either(prompt, tools, prompt=True)["input_ids"] if prompt else []
    start = min(shared(ids, whole[side]["input_ids"]) for side in sides)
    left = words.decode(ids[start:]) if start < len(ids) else ""
    return [
        _sequence(whole[side], [n >= start for n in range(len(whole[side]["input_ids"]))], side, left) for side in sides
    ]


def _sequence(encoded: Encoded, mask: list[bool], name: str = "", left: str = "") -> Encoded:
    return {**encoded, "mask": mask, "name": name, "left": left}


def shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many items two sequences begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def stop_of(sequence: Encoded, words: Words) -> tuple[str, str]:
    """Whether the last thing that is learnt is to stop, and the token that stands there.

    `trained`, or `other` (a special token that generation does not stop at), `untrained` (a stop token is there and is
    not learnt), `missing`; empty where nothing is learnt.
    """
    ids, mask = sequence["input_ids"], sequence["mask"]
    for n in reversed([n for n, kept in enumerate(mask) if kept]):
        text = words.decode([ids[n]])
        if text.strip() == "" and ids[n] not in words.special:
            continue
        if ids[n] in words.stops:
            return "trained", text
        if ids[n] in words.special:
            return "other", text
        after = [i for i in ids[n + 1 :] if i in words.special]
        return ("untrained", words.decode([after[0]])) if after else ("missing", text)
    return "", ""

"""Rows as the model sees them: the exact text in pieces, each with its tokens and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from .trained import sequences, shared, stop_of
from .words import Encoded, Words

# What becomes of a token.
TRAINED, READ, CUT, SCORED = "trained", "read", "cut", "scored"

# Turns beyond these are drawn without their boundaries: each boundary is one more rendering.
_TURNS = 40


def see(request: dict[str, Any], words: Words) -> dict[str, Any]:
    """Rows as the model sees them: the exact text in pieces, each with its tokens and what becomes of them."""
    how = request["how"]
    return {"rows": [_seen_row(row, how, words, request["most"]) for row in request["rows"]]}


def _seen_row(row: dict[str, Any], how: dict[str, Any], words: Words, most: int) -> list[dict[str, Any]]:
    found = []
    for sequence in sequences(row, how, words):
        states = _states(sequence, how)
        pieces = _pieces(sequence, states, words)
        stop, stop_token = stop_of(sequence, words)
        # Where the end is cut off, the token that was to be learnt last is too.
        if stop and any(kept and state == CUT for kept, state in zip(sequence["mask"], states, strict=True)):
            stop = "cut"
        found.append(
            {
                "name": sequence["name"],
                "pieces": pieces[:most],
                "more": len(pieces) > most,
                "turns": _turns(row, sequence, pieces[:most], words),
                "counts": {state: states.count(state) for state in (TRAINED, READ, CUT, SCORED)},
                "ids": sequence["input_ids"][:most],
                "states": states[:most],
                "left": sequence.get("left", ""),
                "stop": stop,
                "stop_token": stop_token,
            }
        )
    return found


def _states(sequence: Encoded, how: dict[str, Any]) -> list[str]:
    states = [TRAINED if kept else READ for kept in sequence["mask"]]
    longest = how["max_length"]
    if how["method"] == "reward":
        states[-1:] = [SCORED]
    elif longest is not None and how["cut"]:
        states[longest:] = [CUT] * len(states[longest:])
    return states


def _pieces(sequence: Encoded, states: list[str], words: Words) -> list[list[Any]]:
    """`[text, ids, state, special, start]` of each piece: a token, or tokens that share one character."""
    ids, text, offsets = sequence["input_ids"], sequence["text"], sequence.get("offset_mapping")
    if text is None or offsets is None:
        return [[words.decode([i]), [i], state, i in words.special, 0] for i, state in zip(ids, states, strict=True)]
    pieces: list[list[Any]] = []
    reached = 0
    for i, state, (start, end) in zip(ids, states, offsets, strict=True):
        if start == end and i in words.special:
            pieces.append([words.decode([i]), [i], state, True, reached])
        elif end <= reached and pieces:
            pieces[-1][1].append(i)
        else:
            if start > reached:
                pieces.append([text[reached:start], [], READ, False, reached])
            start = max(start, reached)
            pieces.append([text[start:end], [i], state, i in words.special, start])
            reached = end
    if reached < len(text):
        pieces.append([text[reached:], [], READ, False, reached])
    return pieces


def _turns(row: dict[str, Any], sequence: Encoded, pieces: list[list[Any]], words: Words) -> list[list[Any]]:
    """The role of each turn with the piece it begins at, found by rendering the conversation up to it."""
    said = row.get(sequence["name"] or "completion") or []
    before = row.get("prompt") or []
    turns = row.get("messages") or [*(before if isinstance(before, list) else ()), *(said if before != said else ())]
    if not turns or not isinstance(turns[0], dict) or not sequence["text"]:
        return []
    tools = row.get("tools")
    tools = json.loads(tools) if isinstance(tools, str) else tools
    found, reached, piece = [[turns[0]["role"], 0]], 0, 0
    for number in range(1, min(len(turns), _TURNS)):
        try:
            text = words.tokenizer.apply_chat_template(turns[:number], tools=tools, tokenize=False)
        except Exception:  # noqa: BLE001, S112 - a template may refuse a conversation that ends here
            continue
        start = shared(text, sequence["text"])
        if start <= reached:
            continue
        reached = start
        piece = next((n for n in range(piece, len(pieces)) if pieces[n][4] >= start), len(pieces))
        found.append([turns[number]["role"], piece])
    return found

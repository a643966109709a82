"""Rows counted: each looked at whole (`survey`), or its tokens alone, many at a time (`count`)."""

from __future__ import annotations

import json
from typing import Any

from .trained import sequences, stop_of
from .words import RefusedError, Words


def survey(request: dict[str, Any], words: Words) -> dict[str, Any]:
    """Of each row: tokens of its longest sequence and of all, where learning begins, what is learnt, how it stops."""
    found: list[list[Any]] = []
    for row in request["rows"]:
        try:
            told = sequences(row, request["how"], words)
        except RefusedError as error:
            found.append([0, 0, 0, 0, "refused", str(error), ""])
            continue
        except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything
            found.append([0, 0, 0, 0, "refused", f"{type(error).__name__}: {error}"[:200], ""])
            continue
        lengths = [len(sequence["input_ids"]) for sequence in told]
        firsts = [sequence["mask"].index(True) if True in sequence["mask"] else -1 for sequence in told]
        first = min(firsts, key=lambda n: (n < 0, n))
        stops = [stop_of(sequence, words) for sequence in told]
        stop = next((stop for stop in stops if stop[0] != "trained"), stops[0])
        learnt = sum(sum(sequence["mask"]) for sequence in told)
        found.append([max(lengths), sum(lengths), first, learnt, *stop, told[0].get("left", "")])
    return {"rows": found}


def count(request: dict[str, Any], words: Words) -> dict[str, Any]:
    """Tokens of each row and nothing else, as many rows at a time as come: its longest sequence, and all of them."""
    texts: list[str] = []
    owners: list[int] = []
    around: list[bool] = []
    longest, total = [0] * len(request["rows"]), [0] * len(request["rows"])
    for number, row in enumerate(request["rows"]):
        if "input_ids" in row:
            longest[number] = total[number] = len(row["input_ids"])
            continue
        tools = row.get("tools")
        tools = json.loads(tools) if isinstance(tools, str) else tools
        for said in _sides(row, words):
            chat = isinstance(said, list)
            prompt = not row.keys() & {"completion", "chosen", "messages", "text"}
            texts.append(
                words.tokenizer.apply_chat_template(said, tools=tools, tokenize=False, add_generation_prompt=prompt)
                if chat
                else said
            )
            owners.append(number)
            around.append(not chat)
    for owner, length in zip(owners, _lengths(texts, around, words), strict=True):
        longest[owner] = max(longest[owner], length)
        total[owner] += length
    return {"longest": longest, "total": total}


def _sides(row: dict[str, Any], words: Words) -> list[Any]:
    if "chosen" in row:
        before = row.get("prompt") or ("" if isinstance(row["chosen"], str) else [])
        return [before + words.ended(row[side]) for side in ("chosen", "rejected")]
    if "completion" in row:
        return [row["prompt"] + words.ended(row["completion"])]
    return [row["messages"] if "messages" in row else words.ended(row["text"]) if "text" in row else row["prompt"]]


def _lengths(texts: list[str], around: list[bool], words: Words) -> list[int]:
    if not words.tokenizer.is_fast:
        return [
            len(words.tokenizer(text, add_special_tokens=special)["input_ids"])
            for text, special in zip(texts, around, strict=True)
        ]
    backend = words.tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    found = [0] * len(texts)
    for special in (True, False):
        places = [n for n, flag in enumerate(around) if flag == special]
        encoded = backend.encode_batch_fast([texts[n] for n in places], add_special_tokens=special)
        for place, one in zip(places, encoded, strict=True):
            found[place] = len(one)
    return found

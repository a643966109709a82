"""One row of any format as one example: what is said before, what is to be learnt, and the tools at hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .example import Example
from .judged import judged_example, preference_example
from .rows import Row
from .sides import plain_before, plain_text, side_turns, system_turn
from .turns import Turn, UnfitRowError, standard_turn, tools_text, turns_in

if TYPE_CHECKING:
    from ..steps import RowFormat

__all__ = ["NEEDS", "USES", "Example", "example_of", "fingerprint"]

# What each format reads: the columns it needs, then those it uses where they are there.
NEEDS: dict[RowFormat, tuple[str, ...]] = {
    "messages": ("messages",),
    "sharegpt": ("messages",),
    "instruction": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
    "text": ("text",),
    "preference": ("chosen", "rejected"),
    "kto": ("completion", "label"),
    "prompts": ("prompt",),
    "tokens": ("input_ids",),
}
USES: dict[RowFormat, tuple[str, ...]] = {
    "messages": ("system", "tools"),
    "sharegpt": ("system", "tools"),
    "instruction": ("input", "system", "history"),
    "prompt_completion": ("system", "tools"),
    "text": (),
    "preference": ("prompt", "input", "system", "tools"),
    "kto": ("prompt", "input", "system", "tools"),
    "prompts": ("solution", "system", "tools"),
    "tokens": ("labels", "completion_mask", "assistant_masks"),
}

_NO_ROLES: dict[str, str] = {}


def example_of(
    row: Row, row_format: RowFormat, columns: Mapping[str, str], roles: Mapping[str, str] = _NO_ROLES
) -> Example:
    """The example that a row makes. `roles` overrules what roles of turns are taken for.

    Raises:
        UnfitRowError: the row makes none.
    """
    cells = {need: row.get(column) for need, column in columns.items()}
    missing = [need for need in NEEDS[row_format] if cells.get(need) is None]
    if missing:
        raise UnfitRowError("missing-value", f"the column “{columns.get(missing[0], missing[0])}” is empty")
    if row_format == "text":
        return Example(text=plain_text(cells["text"], "text"))
    if row_format == "tokens":
        return _tokens(cells)
    if row_format == "instruction":
        return _instruction(cells)
    if row_format == "prompt_completion":
        return _prompt_completion(cells, roles)
    if row_format == "preference":
        return preference_example(cells, roles)
    if row_format == "kto":
        return judged_example(cells, roles)
    if row_format == "prompts":
        return _prompt(row, cells, columns, roles)
    return _conversation(cells, roles)


def fingerprint(example: Example) -> int:
    """A number that two examples share where everything in them is the same (64 bits of BLAKE2b)."""
    said: list[Any] = [example.turns, example.learnt_from, example.tools, example.text]
    if example.rejected or example.label is not None or example.tokens:
        said += [example.rejected, example.label, example.tokens]
    if example.others:
        said.append(example.others)
    text = json.dumps(said, sort_keys=True, default=str)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _conversation(cells: dict[str, Any], roles: Mapping[str, str]) -> Example:
    turns = turns_in(cells["messages"])
    if turns is None:
        raise UnfitRowError("no-conversation", f"the row holds {cells['messages']!r:.60}")
    if not turns:
        raise UnfitRowError("empty-conversation", "the list of turns is empty")
    standard = [standard_turn(turn, roles) for turn in turns]
    return Example(turns=(*system_turn(cells, standard), *standard), tools=tools_text(cells.get("tools")))


def _instruction(cells: dict[str, Any]) -> Example:
    asked = [plain_text(cells[name], name) for name in ("instruction", "input") if cells.get(name) is not None]
    question = "\n\n".join(part.strip() for part in asked if part.strip())
    answer = plain_text(cells["output"], "output").strip()
    turns = [*system_turn(cells, []), *_history(cells.get("history")), {"role": "user", "content": question}]
    return Example(
        turns=(*turns, {"role": "assistant", "content": answer}),
        learnt_from=len(turns),
        prompt=plain_before(turns),
        completion=answer,
    )


def _prompt_completion(cells: dict[str, Any], roles: Mapping[str, str]) -> Example:
    tools = tools_text(cells.get("tools"))
    before, plain = side_turns(cells["prompt"], "user", "prompt", roles)
    after, completion = side_turns(cells["completion"], "assistant", "completion", roles)
    system = system_turn(cells, before)
    turns = (*system, *before, *after)
    if plain is None or completion is None:
        return Example(turns, len(turns) - len(after), tools)
    return Example(turns, len(turns) - len(after), tools, plain_before(system) + plain, completion)


def _prompt(row: Row, cells: dict[str, Any], columns: Mapping[str, str], roles: Mapping[str, str]) -> Example:
    turns, plain = side_turns(cells["prompt"], "user", "prompt", roles)
    system = system_turn(cells, turns)
    taken = {columns[need] for need in ("prompt", "system", "tools") if need in columns}
    others = {name: value for name, value in row.items() if name not in taken}
    if "solution" in columns and "solution" not in others:
        others["solution"] = others.pop(columns["solution"], None)
    return Example(
        turns=(*system, *turns),
        learnt_from=len(system) + len(turns),
        tools=tools_text(cells.get("tools")),
        prompt=None if plain is None else plain_before(system) + plain,
        others=others,
    )


def _tokens(cells: dict[str, Any]) -> Example:
    found = {}
    for name, value in cells.items():
        if value is None and name != "input_ids":
            continue
        if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
            raise UnfitRowError("tokens-no-numbers", f"the column for {name} holds {value!r:.60}")
        found[name] = [int(number) for number in value]
    if not found["input_ids"]:
        raise UnfitRowError("no-tokens", "the list of tokens is empty")
    odd = next((name for name, numbers in found.items() if len(numbers) != len(found["input_ids"])), None)
    if odd:
        seen = f"{len(found['input_ids'])} tokens beside {len(found[odd])} {odd}"
        raise UnfitRowError("tokens-uneven", seen)
    return Example(tokens=found)


def _history(value: Any) -> list[Turn]:
    """Earlier turns as pairs of question and answer, as in Alpaca's column `history`."""
    if not isinstance(value, (list, type(None))):
        raise UnfitRowError("content-no-text", f"the history is {value!r:.60}")
    turns = []
    for pair in value or []:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise UnfitRowError("content-no-text", f"the history holds {pair!r:.60}")
        turns += [{"role": "user", "content": plain_text(pair[0], "history")}]
        turns += [{"role": "assistant", "content": plain_text(pair[1], "history")}]
    return turns

"""One row of any format as one example: what is said before, what is to be learnt, and the tools at hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..steps import RowFormat
from .rows import Row
from .turns import Turn, UnfitRowError, clean, has_tools, standard_turn, tools_text, turn_keys, turns_in

# What each format reads: the columns it needs, then those it uses where they are there.
NEEDS: dict[RowFormat, tuple[str, ...]] = {
    "messages": ("messages",),
    "sharegpt": ("messages",),
    "instruction": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
    "text": ("text",),
}
USES: dict[RowFormat, tuple[str, ...]] = {
    "messages": ("system", "tools"),
    "sharegpt": ("system", "tools"),
    "instruction": ("input", "system", "history"),
    "prompt_completion": ("system", "tools"),
    "text": (),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A row made standard. Either `text` is set, or `turns` are, of which those from `learnt_from` on may be learnt.

    `prompt` and `completion` are the same as plain text, for a model without a chat template; None where the row is a
    conversation, which has no one plain form.
    """

    turns: tuple[Turn, ...] = ()
    learnt_from: int = 0
    tools: str | None = None
    prompt: str | None = None
    completion: str | None = None
    text: str | None = None

    @property
    def answers(self) -> tuple[int, ...]:
        """The turns that can be learnt: the assistant's, after something was asked."""
        asked = next((n for n, turn in enumerate(self.turns) if turn["role"] in ("user", "tool")), len(self.turns))
        first = max(asked, self.learnt_from)
        return tuple(n for n, turn in enumerate(self.turns) if n >= first and turn["role"] == "assistant")

    @property
    def uses_tools(self) -> bool:
        """Whether tools are offered, called or answered."""
        return self.tools is not None or any(has_tools(turn) for turn in self.turns)


def example_of(row: Row, row_format: RowFormat, columns: Mapping[str, str]) -> Example:
    """The example that a row makes.

    Raises:
        UnfitRowError: the row makes none.
    """
    cells = {need: row.get(column) for need, column in columns.items()}
    missing = [need for need in NEEDS[row_format] if cells.get(need) is None]
    if missing:
        raise UnfitRowError("missing-value", f"the column “{columns.get(missing[0], missing[0])}” is empty")
    if row_format == "text":
        return Example(text=_text(cells["text"], "text"))
    if row_format == "instruction":
        return _instruction(cells)
    if row_format == "prompt_completion":
        return _prompt_completion(cells)
    return _conversation(cells)


def fingerprint(example: Example) -> int:
    """A number that two examples share where they say the same (64 bits of BLAKE2b)."""
    said = json.dumps([example.turns, example.learnt_from, example.tools, example.text], sort_keys=True, default=str)
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest(), "big")


def _conversation(cells: dict[str, Any]) -> Example:
    turns = turns_in(cells["messages"])
    if turns is None:
        raise UnfitRowError("no-conversation", f"the row holds {cells['messages']!r:.60}")
    if not turns:
        raise UnfitRowError("empty-conversation", "the list of turns is empty")
    standard = [standard_turn(turn) for turn in turns]
    return Example(turns=(*_system(cells, standard), *standard), tools=tools_text(cells.get("tools")))


def _instruction(cells: dict[str, Any]) -> Example:
    asked = [_text(cells[name], name) for name in ("instruction", "input") if cells.get(name) is not None]
    question = "\n\n".join(part.strip() for part in asked if part.strip())
    answer = _text(cells["output"], "output").strip()
    turns = [*_system(cells, []), *_history(cells.get("history")), {"role": "user", "content": question}]
    # A blank line ends the prompt, so that no token spans it and the answer: TRL cuts between tokens.
    prompt = "".join(f"{turn['content']}\n\n" for turn in turns)
    return Example(
        turns=(*turns, {"role": "assistant", "content": answer}),
        learnt_from=len(turns),
        prompt=prompt,
        completion=answer,
    )


def _prompt_completion(cells: dict[str, Any]) -> Example:
    prompt, completion = cells["prompt"], cells["completion"]
    if isinstance(prompt, str) and isinstance(completion, str) and not _is_turns(completion):
        before = [*_system(cells, []), {"role": "user", "content": clean(prompt).strip()}]
        answer = {"role": "assistant", "content": clean(completion).strip()}
        plain = "".join(f"{turn['content']}\n\n" for turn in before[:-1]) + clean(prompt)
        return Example((*before, answer), len(before), tools_text(cells.get("tools")), plain, clean(completion))
    before = _side(prompt, "user", "prompt")
    before = [*_system(cells, before), *before]
    after = _side(completion, "assistant", "completion")
    return Example((*before, *after), len(before), tools_text(cells.get("tools")))


def _side(value: Any, role: str, name: str) -> list[Turn]:
    turns = turns_in([value] if turn_keys(value) else value)
    if turns is None:
        return [{"role": role, "content": _text(value, name).strip()}]
    if not turns:
        raise UnfitRowError("empty-conversation", f"the {name} has no turns")
    return [standard_turn(turn) for turn in turns]


def _is_turns(value: str) -> bool:
    turns = turns_in(value)
    return bool(turns) and turn_keys((turns or [None])[0]) is not None


def _system(cells: dict[str, Any], turns: list[Turn]) -> list[Turn]:
    """The turn that the column for system texts makes, where it has one and the conversation does not."""
    text = cells.get("system")
    if text is None or (turns and turns[0]["role"] == "system"):
        return []
    said = _text(text, "system").strip()
    return [{"role": "system", "content": said}] if said else []


def _history(value: Any) -> list[Turn]:
    """Earlier turns as pairs of question and answer, as in Alpaca's column `history`."""
    if not isinstance(value, (list, type(None))):
        raise UnfitRowError("content-no-text", f"the history is {value!r:.60}")
    turns = []
    for pair in value or []:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise UnfitRowError("content-no-text", f"the history holds {pair!r:.60}")
        turns += [{"role": "user", "content": _text(pair[0], "history")}]
        turns += [{"role": "assistant", "content": _text(pair[1], "history")}]
    return turns


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise UnfitRowError("content-no-text", f"the {name} is {value!r:.60}")
    return clean(value)

"""The two sides of an example, given as text, as one turn or as several: turns, and plain text where there is some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .turns import Turn, UnfitRowError, clean, standard_turn, turn_keys, turns_in


def side_turns(value: Any, role: str, name: str, roles: Mapping[str, str]) -> tuple[list[Turn], str | None]:
    """The turns of one side, and the text it was given as; None where it was given as turns.

    Raises:
        UnfitRowError: it is neither text nor turns.
    """
    turns = turns_in([value] if turn_keys(value) else value)
    if turns and isinstance(value, str) and turn_keys(turns[0]) is None:
        turns = None
    if turns is None:
        text = plain_text(value, name)
        return [{"role": role, "content": text.strip()}], text
    if not turns:
        raise UnfitRowError("empty-conversation", f"the {name} has no turns")
    return [standard_turn(turn, roles) for turn in turns], None


def plain_text(value: Any, name: str) -> str:
    """The text of a cell.

    Raises:
        UnfitRowError: it holds something else.
    """
    if not isinstance(value, str):
        raise UnfitRowError("content-no-text", f"the {name} is {value!r:.60}")
    return clean(value)


def plain_before(turns: Sequence[Turn]) -> str:
    """Turns as the plain text that comes before an answer."""
    # A blank line ends the prompt, so that no token spans it and the answer: TRL cuts between tokens.
    return "".join(f"{turn['content']}\n\n" for turn in turns)


def system_turn(cells: Mapping[str, Any], turns: Sequence[Turn]) -> list[Turn]:
    """The turn that the column for system texts makes, where it has one and the conversation does not."""
    text = cells.get("system")
    if text is None or (turns and turns[0]["role"] == "system"):
        return []
    said = plain_text(text, "system").strip()
    return [{"role": "system", "content": said}] if said else []

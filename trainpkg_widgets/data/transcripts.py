"""Conversations written down as one text with the speakers' names in it, as in Anthropic's hh-rlhf."""

from __future__ import annotations

import re

from .turns import Turn

_SPEAKERS = {"Human": "user", "Assistant": "assistant", "System": "system"}
_MARK = re.compile(r"(?:^|\n\n)(Human|Assistant|System): ?")


def transcript_turns(text: str) -> list[Turn] | None:
    """The turns of a text that begins with “Human:” and has an “Assistant:” after it; None where it is no such text."""
    if not text.lstrip().startswith(("Human:", "System:")):
        return None
    parts = _MARK.split(f"\n\n{text.lstrip()}")[1:]
    turns = [{"role": _SPEAKERS[parts[n]], "content": parts[n + 1].strip()} for n in range(0, len(parts) - 1, 2)]
    return turns if any(turn["role"] == "assistant" for turn in turns) else None

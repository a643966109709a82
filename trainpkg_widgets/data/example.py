"""What one row comes to, whatever format it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .turns import Turn, has_tools


@dataclass(frozen=True, slots=True)
class Example:
    """A row made standard. Either `text` or `tokens` are set, or `turns` are, of which those from `learnt_from` on
    may be learnt.

    `prompt` and `completion` are the same as plain text, for a model without a chat template; None where the row is a
    conversation, which has no one plain form. `rejected` is a worse answer beside the one in `turns` (`rejected_text`
    as plain text), `label` whether the answer is judged good, `others` the columns that reward functions are given.
    """

    turns: tuple[Turn, ...] = ()
    learnt_from: int = 0
    tools: str | None = None
    prompt: str | None = None
    completion: str | None = None
    text: str | None = None
    rejected: tuple[Turn, ...] = ()
    rejected_text: str | None = None
    label: bool | None = None
    tokens: dict[str, list[int]] | None = None
    others: dict[str, Any] = field(default_factory=dict)

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

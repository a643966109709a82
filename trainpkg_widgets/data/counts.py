"""What the examples of a dataset hold, counted."""

from __future__ import annotations

from ..steps import TurnCounts
from .example import Example


class Counts:
    """Counts what examples hold."""

    def __init__(self) -> None:
        self._answers = self._conversations = self._with_system = self._with_tools = self._good = 0

    def add(self, example: Example, times: int = 1) -> None:
        """Take in one example, or several that are alike."""
        self._answers += times * len(example.answers) if example.label is not False else 0
        self._conversations += times * (bool(example.turns) and example.prompt is None)
        self._with_system += times * any(turn["role"] == "system" for turn in example.turns)
        self._with_tools += times * example.uses_tools
        self._good += times * (example.label is True)

    def counts(self, times: float = 1.0) -> TurnCounts:
        """What was counted, times a number: where the rows were a sample, what is likely to be in all of them."""
        return TurnCounts(
            answers=round(self._answers * times),
            conversations=round(self._conversations * times),
            with_system=round(self._with_system * times),
            with_tools=round(self._with_tools * times),
            good=round(self._good * times),
        )

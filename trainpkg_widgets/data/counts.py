"""What the examples of a dataset hold, counted."""

from __future__ import annotations

from ..steps import TurnCounts
from .example import Example
from .outcomes import Outcome, outcome_of


class Counts:
    """Counts what examples hold."""

    def __init__(self) -> None:
        self._answers = self._conversations = self._with_system = self._with_tools = self._good = 0.0

    def add(self, example: Example, times: float = 1) -> None:
        """Take in one example, or several that are alike: as many as one of a sample stands for."""
        self.add_outcome(outcome_of(example), times)

    def add_outcome(self, outcome: Outcome, times: float = 1) -> None:
        """Take in what a row comes to, or several rows."""
        self._answers += times * outcome.answers
        self._conversations += times * outcome.conversation
        self._with_system += times * outcome.with_system
        self._with_tools += times * outcome.with_tools
        self._good += times * (outcome.label is True)

    def counts(self) -> TurnCounts:
        """What was counted: where the rows were a sample, what is likely to be in all of them."""
        return TurnCounts(
            answers=round(self._answers),
            conversations=round(self._conversations),
            with_system=round(self._with_system),
            with_tools=round(self._with_tools),
            good=round(self._good),
        )

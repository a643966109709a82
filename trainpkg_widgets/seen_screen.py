"""What the model will see of a row, and how long rows are in tokens, as it goes to the browser."""

from __future__ import annotations

from typing import Literal

from .facts import Finding, Frozen

TokenState = Literal["trained", "read", "cut", "scored"]
StopState = Literal["", "trained", "cut", "other", "untrained", "missing"]


class SeenRun(Frozen):
    """Neighbouring tokens of one kind: their exact text, what becomes of them, and where each token ends in the text.

    `ends` count characters (code points) of `text`; tokens that share a character share an end. `role` is set where a
    turn begins. A `special` token is one that no plain text makes.
    """

    text: str
    state: TokenState
    special: bool = False
    ends: tuple[int, ...] = ()
    role: str = ""


class SeenSequence(Frozen):
    """One sequence of tokens that the model is given; `name` is set where a row makes two: chosen and rejected.

    `left` is the end of the prompt that the whole conversation does not have there. `stop` says whether the last thing
    that is learnt is to stop, `stop_token` what stands there. `more` says that runs beyond these are not shown.
    """

    name: str = ""
    runs: tuple[SeenRun, ...] = ()
    ids: tuple[int, ...] = ()
    trained: int = 0
    read: int = 0
    cut: int = 0
    scored: int = 0
    left: str = ""
    stop: StopState = ""
    stop_token: str = ""
    more: bool = False


class SeenRow(Frozen):
    """A row as the model sees it: `part` of the `parts` training rows that it makes (zero-based), and what happens.

    `says` are sentences on what the trainer does with it. `problem` is why there is nothing to show.
    """

    row: int = 0
    part: int = 0
    parts: int = 0
    total: int = 0
    sequences: tuple[SeenSequence, ...] = ()
    says: tuple[str, ...] = ()
    with_what: str = ""
    problem: Finding | None = None


class LengthBar(Frozen):
    """One bar of the histogram: rows longer than `above` tokens and not longer than `up_to`."""

    above: int
    up_to: int
    rows: int


class LengthsView(Frozen):
    """Lengths of the training rows against the longest length of the run.

    Shares are 0 to 1. `ladder` is (length, share of rows that are longer), ascending, for a line that is dragged.
    `progress` is how much of a count is done, None where none is under way.
    """

    rows: int = 0
    counted: int = 0
    exact: bool = False
    bars: tuple[LengthBar, ...] = ()
    ladder: tuple[tuple[int, float], ...] = ()
    longest: int = 0
    mean: tuple[float, float, float] | None = None
    longer: tuple[float, float, float] | None = None
    left_with_nothing: float = 0.0
    max_length: int = 0
    least: int = 0
    most: int = 0
    does: str = ""
    packed: tuple[float, float] | None = None
    tokens: tuple[float, float, float] | None = None
    progress: float | None = None
    problem: Finding | None = None


class TemplateOption(Frozen):
    """A chat template that is offered to a model without one; `fits` says whether its tokens are known to the model."""

    name: str
    label: str
    hint: str
    chosen: bool = False

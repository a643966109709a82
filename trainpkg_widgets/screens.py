"""What the frame and the model step show, as it goes down to the browser in traits. `views.py` makes it of a session.

The other steps have modules of their own, so that the first paint does not wait for them. With `wire.py`, which goes
up and answers, these are the whole protocol; the TypeScript types are generated from all of them.
"""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Literal

from .facts import Fact, Finding, Frozen, StepId, StepStatus

# Told to the browser, which refuses to draw what it does not understand.
PROTOCOL = 1

Tone = Literal["plain", "good", "warn", "bad"]


class Badge(Frozen):
    """A word or two on a card; `why` is the evidence shown on hover."""

    text: str
    tone: Tone = "plain"
    why: str = ""


class Card(Frozen):
    """What a model card shows. Counts and bytes, each with its source; formatting is the browser's.

    `as_of` (ISO 8601) is when what it shows was true, by its `origin`.
    """

    id: str
    author: str
    name: str
    parameters: Fact[int]
    weight_bytes: Fact[int]
    downloads: Fact[int]
    badges: tuple[Badge, ...]
    origin: str
    as_of: str = ""
    note: str = ""


class ResultsView(Frozen):
    """A page of search results. `stale_seconds` is the age of an answer shown because the Hub gave none.

    `from_…` count the cards by where they are from, `looked_at` the rows of the Hub that were looked at to find them;
    `bounded` says that no more were looked at because the settings' bound was reached. `hidden` models were found and
    are kept back by the organisation's rules. `corrected` is the word that was looked for beside one mistyped.
    """

    query: str
    cards: tuple[Card, ...] = ()
    from_catalogue: int = 0
    from_seen: int = 0
    from_hub: int = 0
    from_disk: int = 0
    looked_at: int = 0
    bounded: bool = False
    hidden: int = 0
    corrected: str = ""
    catalogue_date: str = ""
    searching: bool = False
    more: bool = False
    stale_seconds: float | None = None
    notice: Finding | None = None


class StepView(Frozen):
    """One entry of the stepper: its summary line, and why it can't be entered yet."""

    id: StepId
    status: StepStatus
    title: str
    summary: str
    blocked: str = ""


class SessionView(Frozen):
    """The stepper, whether there is something to undo, and when the session was last saved (ISO 8601, UTC).

    `row_changes` is what is done to the rows so that the model and the method can take them, told at the dataset step.
    """

    steps: tuple[StepView, ...] = ()
    row_changes: tuple[str, ...] = ()
    undo: str = ""
    saved_at: str = ""
    saved_to: str = ""


class Option(Frozen):
    """One entry of a menu."""

    value: str
    label: str
    hint: str = ""


class UiView(Frozen):
    """What the settings say about the frame and the model step. It does not change while a session lives."""

    debounce_ms: int
    min_characters: int
    poll_after_ms: int
    sort_options: tuple[Option, ...]
    size_options: tuple[Option, ...]
    show_filters: bool

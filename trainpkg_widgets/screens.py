"""What the screens show, as it goes down to the browser in traits. Making it from a session is in `views.py`.

With `wire.py`, which goes up and answers, this is the whole protocol; the TypeScript types are generated from both.
"""

from __future__ import annotations

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
    """What a model card shows. Counts and bytes, each with its source; formatting is the browser's."""

    id: str
    author: str
    name: str
    parameters: Fact[int]
    weight_bytes: Fact[int]
    downloads: Fact[int]
    badges: tuple[Badge, ...]
    origin: str
    note: str = ""


class ResultsView(Frozen):
    """A page of search results. `stale_seconds` is the age of an answer shown because the Hub gave none."""

    query: str
    cards: tuple[Card, ...] = ()
    from_catalogue: int = 0
    from_hub: int = 0
    looked_at: int = 0
    catalogue_date: str = ""
    searching: bool = False
    more: bool = False
    stale_seconds: float | None = None
    notice: Finding | None = None


class KnobView(Frozen):
    """How one knob is drawn: the words of `config/step2_config.yaml` beside what the current choice makes of them."""

    name: str
    label: str
    hint: str
    kind: Literal["number", "integer", "choice", "switch", "text"]
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    main: bool = False
    trainer_name: str = ""
    applies: bool = True


class MemoryPart(Frozen):
    """One part of the memory bar, in bytes; `why` says how it was computed."""

    name: str
    label: str
    bytes: float
    why: str


class CostsView(Frozen):
    """What a run costs: memory in bytes against a card, steps, tokens. None where it can't be told yet."""

    parts: tuple[MemoryPart, ...] = ()
    total_bytes: float | None = None
    low_bytes: float | None = None
    high_bytes: float | None = None
    capacity_bytes: float | None = None
    gpu: str = ""
    verdict: Literal["fits", "tight", "no", "unknown"] = "unknown"
    verdict_why: str = ""
    steps: int | None = None
    steps_why: str = ""
    effective_batch: int | None = None
    tokens_per_step: int | None = None
    warmup_steps: int | None = None


class RowsView(Frozen):
    """Some rows of the dataset, cells as text cut to a readable length."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    offset: int = 0
    total: int = 0


class SourceChoice(Frozen):
    """A file or a variable that could be the dataset."""

    kind: Literal["file", "variable"]
    name: str
    detail: str


class FileView(Frozen):
    """One file of the package as it will be written."""

    path: str
    bytes: int
    about: str


class PackageView(Frozen):
    """The package as it stands: files, the folder the settings write to, and where it was last written."""

    files: tuple[FileView, ...] = ()
    folder: str = ""
    command: str = ""
    written_to: str = ""


class StepView(Frozen):
    """One entry of the stepper: its summary line, and why it can't be entered yet."""

    id: StepId
    status: StepStatus
    title: str
    summary: str
    blocked: str = ""


class SessionView(Frozen):
    """The stepper, whether there is something to undo, and when the session was last saved (ISO 8601, UTC)."""

    steps: tuple[StepView, ...] = ()
    undo: str = ""
    saved_at: str = ""
    saved_to: str = ""


class PresetChange(Frozen):
    """A knob that differs from the chosen preset, both values as text."""

    knob: str
    label: str
    preset: str
    now: str


class ConfigView(Frozen):
    """The knobs of the config step, and where they differ from the chosen preset."""

    knobs: tuple[KnobView, ...] = ()
    changed: tuple[PresetChange, ...] = ()


class Option(Frozen):
    """One entry of a menu."""

    value: str
    label: str
    hint: str = ""


class UiView(Frozen):
    """What the settings say about the screens. It does not change while a session lives."""

    debounce_ms: int
    min_characters: int
    poll_after_ms: int
    sort_options: tuple[Option, ...]
    size_options: tuple[Option, ...]
    show_filters: bool
    presets: tuple[Option, ...]
    gpus: tuple[Option, ...]
    formats: tuple[Option, ...]
    targets: tuple[Option, ...]
    file_types: tuple[str, ...]

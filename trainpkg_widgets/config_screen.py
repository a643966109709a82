"""What the config step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from typing import Any, Literal

from .facts import Frozen
from .screens import Option


class KnobView(Frozen):
    """One knob in the words of `config/step2_config.yaml`; `trainer_names` are what each target calls it."""

    name: str
    label: str
    hint: str
    kind: Literal["number", "integer", "choice", "switch", "text"]
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    main: bool = False
    trainer_names: dict[str, str] = {}


class MemoryPart(Frozen):
    """One part of the memory bar, in bytes; `why` says how it was computed."""

    name: str
    label: str
    bytes: float
    why: str


class ProposedChange(Frozen):
    """One knob of a proposal: its name, and both values as text."""

    knob: str
    now: str
    proposed: str


class Proposal(Frozen):
    """A change that makes a run fit its card: what `configure` is given, and the memory before and after in bytes."""

    changes: tuple[ProposedChange, ...]
    arguments: dict[str, Any]
    before_bytes: float
    after_bytes: float


class Need(Frozen):
    """Cards that a run fits: `count` of one kind, `each_bytes` on each of them, and the knobs to set for it."""

    gpu: str
    count: int
    memory_mib: int
    each_bytes: float
    changes: dict[str, Any]


class Price(Frozen):
    """What a run would cost in US dollars, from `low` to `high`, by a list of prices that was read at `as_of`."""

    offer: str
    per_hour: float
    low: float | None = None
    high: float | None = None


class PricesView(Frozen):
    """Prices of a run; `why` says where they are from and of when, or why there is none."""

    prices: tuple[Price, ...] = ()
    as_of: str = ""
    why: str = "No price is known: nobody was asked."


class CostsView(Frozen):
    """What a run costs: memory in bytes on each of its GPUs against a card, steps, tokens, operations, time in seconds.

    None where it can't be told yet. `at_most` says that tokens are counted as if every row were the longest allowed.
    `unproven` is what no measurement backs. `after_bytes` is what it takes to run the trained model, `download_bytes`
    what is fetched first. `fit` makes the run fit where it does not.
    """

    parts: tuple[MemoryPart, ...] = ()
    fit: Proposal | None = None
    unproven: tuple[str, ...] = ()
    gpus: int = 1
    tokens: int | None = None
    at_most: bool = True
    flops: float | None = None
    seconds_low: float | None = None
    seconds_high: float | None = None
    seconds_why: str = ""
    after_bytes: float | None = None
    after_why: str = ""
    download_bytes: int | None = None
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


class PresetChange(Frozen):
    """A knob that differs from the chosen preset, both values as text; `back_to` is the preset's own."""

    knob: str
    preset: str
    now: str
    back_to: Any = None


class ConfigView(Frozen):
    """The names of the knobs that mean something to the config, and where it differs from its preset."""

    applies: tuple[str, ...] = ()
    changed: tuple[PresetChange, ...] = ()


class ConfigMenus(Frozen):
    """The menus of the config step, and the words of every knob. They do not change while a session lives."""

    knobs: tuple[KnobView, ...] = ()
    presets: tuple[Option, ...] = ()
    gpus: tuple[Option, ...] = ()

"""What the config step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from typing import Any, Literal

from .facts import Frozen
from .screens import Option
from .tables import Table

GIB = 1024.0**3


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
    group: str = ""
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


class NeedsView(Table):
    """Cards that a run fits, or why none can be named."""

    needs: tuple[Need, ...] = ()
    why: str = ""

    def _table(self) -> tuple[tuple[str, ...], ...]:
        return tuple(
            (f"{need.count} × {need.gpu}", f"{need.each_bytes / GIB:.1f} of {need.memory_mib / 1024:.1f} GiB on each")
            for need in self.needs
        )

    def _caption(self) -> str:
        return self.why


class Price(Frozen):
    """What a run would cost in US dollars, from `low` to `high`, by the list of `source`, which was read at `as_of`.

    `listed` is the day of that list, where it names one. Both are ISO 8601.
    """

    offer: str
    source: str = ""
    as_of: str = ""
    listed: str = ""
    per_hour: float
    low: float | None = None
    high: float | None = None


class PricesView(Table):
    """Prices of a run, and when they were read (ISO 8601); `why` says where they are from, or why there are none."""

    prices: tuple[Price, ...] = ()
    as_of: str = ""
    why: str = "No price is known: nobody was asked."

    def _table(self) -> tuple[tuple[str, ...], ...]:
        return tuple(
            (price.offer, f"${price.per_hour:.2f} an hour", _dollars(price.low, price.high), price.source)
            for price in self.prices
        )

    def _caption(self) -> str:
        return f"{self.why} {self.as_of}".strip()


class CostsView(Table):
    """What a run costs: memory in bytes on each of its GPUs against a card, steps, tokens, operations, time in seconds.

    None where it can't be told yet. `at_most` says that tokens are counted as if every row were the longest allowed.
    `unproven` is what no measurement backs. `measured_bytes` is what a run of these choices took of a card.
    `after_bytes` is what it takes to run the trained model, `download_bytes` what is fetched first. `fit` makes the run
    fit where it does not.
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
    measured_bytes: int | None = None
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

    def _table(self) -> tuple[tuple[str, ...], ...]:
        rows = [(part.label, f"{part.bytes / GIB:.2f} GiB", part.why) for part in self.parts]
        if self.total_bytes is not None and self.low_bytes is not None and self.high_bytes is not None:
            likely = f"likely {self.low_bytes / GIB:.1f} to {self.high_bytes / GIB:.1f} GiB"
            rows.append(("In all", f"{self.total_bytes / GIB:.2f} GiB", likely))
        if self.capacity_bytes is not None:
            rows.append((self.gpu, f"{self.capacity_bytes / GIB:.2f} GiB", f"the run: {self.verdict}"))
        return tuple(rows)

    def _caption(self) -> str:
        return " ".join((self.verdict_why, *self.unproven))


class PresetChange(Frozen):
    """A knob that differs from the chosen preset, both values as text; `back_to` is the preset's own."""

    knob: str
    preset: str
    now: str
    back_to: Any = None


class ConfigView(Frozen):
    """The names of the knobs that mean something to the config, and where it differs from its preset.

    `layers` are the names of the model's layers that LoRA can be put on, none where they are not known. `here` is the
    card in this machine, and `gpus_here` how many of it a run would see.
    """

    here: str = ""
    gpus_here: int = 0
    applies: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    changed: tuple[PresetChange, ...] = ()


class ConfigMenus(Frozen):
    """The menus of the config step, and the words of every knob. They do not change while a session lives."""

    knobs: tuple[KnobView, ...] = ()
    groups: tuple[Option, ...] = ()
    presets: tuple[Option, ...] = ()
    gpus: tuple[Option, ...] = ()


def _dollars(low: float | None, high: float | None) -> str:
    return "time not known" if low is None or high is None else f"${low:.2f} to ${high:.2f} for the run"

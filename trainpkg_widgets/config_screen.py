"""What the config step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from typing import Literal

from .facts import Frozen
from .screens import Option


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


class ConfigMenus(Frozen):
    """The menus of the config step. They do not change while a session lives."""

    presets: tuple[Option, ...] = ()
    gpus: tuple[Option, ...] = ()

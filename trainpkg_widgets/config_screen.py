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

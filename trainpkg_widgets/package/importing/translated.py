"""What the config of another trainer says in our words, and what of it could not be understood."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...advice.knobs import change_config
from ...facts import Finding, errors_in

if TYPE_CHECKING:
    from ...settings.config_settings import ConfigSettings
    from ...steps import ConfigStep


# Transformers has several names for some optimizers.
_ALSO_CALLED = {"adamw_bnb_8bit": "adamw_8bit", "paged_adamw_bnb_8bit": "paged_adamw_8bit", "adamw": "adamw_torch"}


@dataclass
class Translated:
    """The choices of one config. `knobs` are tried one by one; `dataset` are keywords of `Session.use_dataset`."""

    trainer: str
    method: str
    tuning: str
    model: str | None = None
    revision: str | None = None
    knobs: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    said: list[Finding] = field(default_factory=list)
    # Our knob → the key it came from.
    names: dict[str, str] = field(default_factory=dict)

    def take(self, keys: Mapping[str, Any], table: Mapping[str, str]) -> None:
        """Take the knobs that a table of keys names."""
        for key, knob in table.items():
            if keys.get(key) is not None:
                self.knobs[knob] = keys[key]
                self.names[knob] = key

    def note(self, key: str, why: str) -> None:
        """Say that a key was left out, and why."""
        self.said.append(left_out(self.trainer, key, why))

    def config(self, settings: ConfigSettings) -> ConfigStep:
        """The config step; a value that its knob does not take is said and left at its default."""
        config, said = change_config(None, {"method": self.method, "tuning": self.tuning}, settings)
        self.said += errors_in(said)
        for knob, value in self.knobs.items():
            value = _ALSO_CALLED.get(value, value) if knob == "optimizer" and isinstance(value, str) else value
            after, said = change_config(config, {knob: value}, settings)
            if errors_in(said):
                self.note(self.names.get(knob, knob), said[0].evidence or said[0].message)
            else:
                config = after
        return config


def left_out(trainer: str, key: str, why: str) -> Finding:
    """The finding that a key of another trainer means nothing here."""
    return Finding(
        severity="warning",
        step="config",
        field="config",
        code="key-not-understood",
        message=f"{trainer}'s key “{key}” was left out.",
        evidence=f"{why.rstrip('.')}.",
    )


def unknown_keys(trainer: str, keys: Iterable[str], known: Collection[str], gone: Mapping[str, str]) -> list[Finding]:
    """What is said of keys that the trainer does not know: nearest name, or what is written now."""
    found = []
    for key in keys:
        if key in gone:
            found.append(left_out(trainer, key, f"It was taken out of {trainer}; what is written now is {gone[key]}"))
        elif key not in known:
            near = difflib.get_close_matches(key, known, 1)
            why = f"The nearest name it knows is {near[0]}" if near else "It is none that is understood here"
            found.append(left_out(trainer, key, why))
    return found


def sharding_of(deepspeed: Any, fsdp: Any) -> str | None:
    """Our way of spreading a run over cards, by the file that DeepSpeed is given, or FSDP."""
    if isinstance(deepspeed, str):
        name = deepspeed.lower().replace("_", "").replace("-", "")
        return next((way for way in ("zero3", "zero2") if way in name or way.replace("zero", "z") in name), None)
    return "fsdp" if fsdp else None

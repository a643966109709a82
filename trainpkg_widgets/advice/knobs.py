"""The knobs of a run: their defaults, and changing them. What is wrong with them together is in `knob_conflicts.py`,
how they are drawn in `knob_views.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..facts import Finding, Fix, shortened
from ..settings.knob_values import KnobValueError, read_knob_value
from ..steps import ConfigStep
from .default_config import default_config
from .knob_conflicts import config_findings

if TYPE_CHECKING:
    from ..settings.config_settings import ConfigSettings, KnobSettings

__all__ = ["applies", "change_config", "config_findings", "config_summary", "default_config", "shown"]

# Knobs that bring their own defaults and values to the others.
_LEADERS = ("method", "tuning", "preset")


def change_config(
    current: ConfigStep | None, changes: Mapping[str, Any], settings: ConfigSettings
) -> tuple[ConfigStep, list[Finding]]:
    """The knobs after `changes`, or as they were together with what is wrong with the changes: all of them or none.

    A new method or tuning brings its own defaults to the knobs that still stand at the old ones. A preset brings its
    values. `trainer_keys` replaces the keys that are added to the trainer's own config.
    """
    given, refused = _read(changes, settings, current)
    if current is None:
        method, tuning, preset = (given.get(name) if not refused else None for name in _LEADERS)
        current = default_config(settings, tuning, preset, method)
    if refused:
        return current, refused
    # A preset that the settings no longer have was chosen in an earlier session; it stands for no values then.
    old_preset = current.preset if current.preset in settings.presets else None
    new_preset = given.get("preset", old_preset)
    method = given.get("method", current.method)
    before = default_config(settings, current.tuning, old_preset, current.method)
    after = default_config(settings, given.get("tuning", current.tuning), new_preset, method)
    brought = settings.presets[given["preset"]].values_for(method) if "preset" in given else {}
    values = {
        name: getattr(after if name in brought or getattr(current, name) == getattr(before, name) else current, name)
        for name in ConfigStep.model_fields
        if name != "trainer_keys"
    }
    return ConfigStep.model_validate({"trainer_keys": current.trainer_keys, **values, **given}), []


def config_summary(config: ConfigStep) -> str:
    """The config step in one line: `SFT · LoRA r16`."""
    names = {"full": "full", "lora": f"LoRA r{config.lora_rank}", "qlora": f"QLoRA r{config.lora_rank}"}
    return f"{config.method.upper()} · {names[config.tuning]}"


def _read(
    changes: Mapping[str, Any], settings: ConfigSettings, current: ConfigStep | None
) -> tuple[dict[str, Any], list[Finding]]:
    given: dict[str, Any] = {}
    refused: list[Finding] = []
    tuning, method = (str(changes.get(name, getattr(current, name, ""))) for name in ("tuning", "method"))
    for name, value in changes.items():
        if name == "trainer_keys":
            if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
                given[name] = dict(value)
            else:
                refused.append(_no_mapping(value))
        elif name == "preset":
            if isinstance(value, str) and value in settings.presets:
                given[name] = value
            else:
                refused.append(_no_preset(value, settings))
        elif name not in settings.knobs:
            refused.append(_no_knob(name, value, settings, method or "sft"))
        else:
            knob = settings.knobs[name]
            try:
                given[name] = read_knob_value(knob, value, tuning, method)
            except KnobValueError as error:
                refused.append(_no_value(name, knob, error))
    return given, refused


def _no_value(name: str, knob: KnobSettings, error: KnobValueError) -> Finding:
    code = {"choice": "knob-choice", "number": "knob-number", "integer": "knob-number"}.get(knob.kind, "knob-type")
    return _finding(
        name,
        code,
        f"“{knob.label}” can't be {_quoted(error.given)}.",
        f"{name} takes {error.expected}.",
        Fix(label=f"Use {shown(knob, error.nearest)}", verb="configure", arguments={name: error.nearest}),
    )


def _no_mapping(value: Any) -> Finding:
    message = "The trainer's own keys are a mapping of names to values."
    return _finding("trainer_keys", "trainer-keys-type", message, f"Given was {value!r:.80}.", None)


def _no_knob(name: str, value: Any, settings: ConfigSettings, method: str) -> Finding:
    evidence, near = "", ""
    meant = [
        (known, trainer)
        for known, knob in settings.knobs.items()
        for trainer, spelling in knob.trainer_names.items()
        if name in spelling.split(", ")
    ]
    # Trainers call several things by one name: loss_type means another knob to each method.
    meant.sort(key=lambda found: method not in (settings.knobs[found[0]].for_methods or [method]))
    if meant:
        near, trainer = meant[0]
        evidence = f"{name} is {trainer.upper()}'s name for it; here it is {near}."
    else:
        close = difflib.get_close_matches(name, [*settings.knobs, "preset"], n=1)
        near = close[0] if close else ""
        evidence = f"The nearest name is {near}." if near else "The knobs are " + ", ".join(settings.knobs) + "."
    fix = Fix(label=f"Change {near}", verb="configure", arguments={near: value}) if near else None
    return _finding(name, "knob-unknown", f"There is no knob “{shortened(name)}”.", evidence, fix)


def _no_preset(value: Any, settings: ConfigSettings) -> Finding:
    close = difflib.get_close_matches(str(value), settings.presets, n=1)
    instead = close[0] if close else settings.default_preset
    label = f"Use {settings.presets[instead].label}"
    return _finding(
        "preset",
        "preset-unknown",
        f"There is no preset {_quoted(value)}.",
        "The presets are " + ", ".join(settings.presets) + ".",
        Fix(label=label, verb="configure", arguments={"preset": instead}),
    )


def _finding(knob: str, code: str, message: str, evidence: str, fix: Fix | None) -> Finding:
    return Finding(
        severity="error", step="config", field=f"config.{knob}", code=code, message=message, evidence=evidence, fix=fix
    )


def applies(knob: KnobSettings, config: ConfigStep) -> bool:
    """Whether a knob means anything for the method and the tuning of a run."""
    for_tuning = not knob.only_for or config.tuning in knob.only_for
    return for_tuning and (not knob.for_methods or config.method in knob.for_methods)


def shown(knob: KnobSettings, value: Any) -> str:
    """A value of a knob in the words of the screen."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "nothing"
    if isinstance(value, float):
        return f"{value:.10g}".replace("e-0", "e-")
    return next((choice.label for choice in knob.choices if choice.value == value), str(value))


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        return f"“{shortened(value)}”" if value.strip() else "left empty"
    return "left empty" if value is None else shortened(repr(value))

"""The knobs of a run: their defaults, changing them, and how they are shown. What is wrong with them together is in
`knob_conflicts.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..config_screen import ConfigView, KnobView, PresetChange
from ..facts import Finding, Fix
from ..settings.knob_values import KnobValueError, default_of, read_knob_value
from ..steps import ConfigStep
from .knob_conflicts import config_findings

if TYPE_CHECKING:
    from ..settings.config_settings import ConfigSettings, KnobSettings

__all__ = ["change_config", "config_findings", "config_summary", "config_view", "default_config"]

# Methods that people ask for by name and that come in a later version.
_LATER_METHODS = {
    "dpo": "DPO",
    "kto": "KTO",
    "orpo": "ORPO",
    "reward": "Reward modelling",
    "grpo": "GRPO",
    "cpt": "Continued pre-training",
}


def default_config(settings: ConfigSettings, tuning: str | None = None, preset: str | None = None) -> ConfigStep:
    """The knobs of a run that nobody has changed: the defaults of a tuning, with the values of a preset over them.

    Without `tuning` and `preset`, those that the settings name as defaults.
    """
    tuning = tuning or default_of(settings.knobs["tuning"])
    preset = preset or settings.default_preset
    values = {name: default_of(knob, str(tuning)) for name, knob in settings.knobs.items()}
    for name, value in settings.presets[preset].values.items():
        values[name] = read_knob_value(settings.knobs[name], value)
    return ConfigStep.model_validate({**values, "tuning": tuning, "preset": preset})


def change_config(
    current: ConfigStep | None, changes: Mapping[str, Any], settings: ConfigSettings
) -> tuple[ConfigStep, list[Finding]]:
    """The knobs after `changes`, or as they were together with what is wrong with the changes: all of them or none.

    A new tuning brings its own defaults to the knobs that still stand at the old ones. A preset brings its values.
    """
    given, refused = _read(changes, settings)
    if current is None:
        tuning, preset = (given.get(name) if not refused else None for name in ("tuning", "preset"))
        current = default_config(settings, tuning, preset)
    if refused:
        return current, refused
    # A preset that the settings no longer have was chosen in an earlier session; it stands for no values then.
    old_preset = current.preset if current.preset in settings.presets else None
    new_preset = given.get("preset", old_preset)
    before = default_config(settings, current.tuning, old_preset)
    after = default_config(settings, given.get("tuning", current.tuning), new_preset)
    brought = settings.presets[given["preset"]].values if "preset" in given else {}
    values = {
        name: getattr(after if name in brought or getattr(current, name) == getattr(before, name) else current, name)
        for name in ConfigStep.model_fields
    }
    return ConfigStep.model_validate({**values, **given}), []


def config_view(config: ConfigStep | None, settings: ConfigSettings, target: str) -> ConfigView:
    """How the knobs are drawn, with the names that `target` gives them, and where they differ from their preset."""
    now = config or default_config(settings)
    knobs = tuple(
        KnobView(
            name=name,
            label=knob.label,
            hint=knob.hint,
            kind=knob.kind,
            unit=knob.unit,
            minimum=knob.minimum,
            maximum=knob.maximum,
            choices=tuple((choice.value, choice.label) for choice in knob.choices),
            main=knob.main,
            trainer_name=knob.trainer_names.get(target, ""),
            applies=_applies(knob, now),
        )
        for name, knob in settings.knobs.items()
    )
    if now.preset not in settings.presets:
        return ConfigView(knobs=knobs)
    preset = default_config(settings, now.tuning, now.preset)
    changed = tuple(
        PresetChange(
            knob=name,
            label=knob.label,
            preset=_shown(knob, getattr(preset, name)),
            now=_shown(knob, getattr(now, name)),
        )
        for name, knob in settings.knobs.items()
        if _applies(knob, now) and getattr(now, name) != getattr(preset, name)
    )
    return ConfigView(knobs=knobs, changed=changed)


def config_summary(config: ConfigStep) -> str:
    """The config step in one line: `SFT · LoRA r16`."""
    names = {"full": "full", "lora": f"LoRA r{config.lora_rank}", "qlora": f"QLoRA r{config.lora_rank}"}
    return f"{config.method.upper()} · {names[config.tuning]}"


def _read(changes: Mapping[str, Any], settings: ConfigSettings) -> tuple[dict[str, Any], list[Finding]]:
    given: dict[str, Any] = {}
    refused: list[Finding] = []
    tuning = str(changes.get("tuning", ""))
    for name, value in changes.items():
        if name == "preset":
            if isinstance(value, str) and value in settings.presets:
                given[name] = value
            else:
                refused.append(_no_preset(value, settings))
        elif name not in settings.knobs:
            refused.append(_no_knob(name, value, settings))
        else:
            knob = settings.knobs[name]
            try:
                given[name] = read_knob_value(knob, value, tuning)
            except KnobValueError as error:
                later = _later_method(value) if name == "method" else None
                refused.append(later or _no_value(name, knob, error))
    return given, refused


def _no_value(name: str, knob: KnobSettings, error: KnobValueError) -> Finding:
    code = {"choice": "knob-choice", "number": "knob-number", "integer": "knob-number"}.get(knob.kind, "knob-type")
    return _finding(
        name,
        code,
        f"“{knob.label}” can't be {_quoted(error.given)}.",
        f"{name} takes {error.expected}.",
        Fix(label=f"Use {_shown(knob, error.nearest)}", verb="configure", arguments={name: error.nearest}),
    )


def _later_method(value: Any) -> Finding | None:
    name = _LATER_METHODS.get(str(value).strip().lower())
    if name is None:
        return None
    return _finding(
        "method",
        "method-not-in-version",
        f"{name} is not in this version: it trains with supervised fine-tuning (SFT) only.",
        "Version 0.1 makes the whole road for SFT; the other methods follow.",
        Fix(label="Use SFT", verb="configure", arguments={"method": "sft"}),
    )


def _no_knob(name: str, value: Any, settings: ConfigSettings) -> Finding:
    evidence, near = "", ""
    for known, knob in settings.knobs.items():
        for trainer, spelling in knob.trainer_names.items():
            if name in spelling.split(", "):
                evidence, near = f"{name} is {trainer.upper()}'s name for it; here it is {known}.", known
    if not near:
        close = difflib.get_close_matches(name, [*settings.knobs, "preset"], n=1)
        near = close[0] if close else ""
        evidence = f"The nearest name is {near}." if near else "The knobs are " + ", ".join(settings.knobs) + "."
    fix = Fix(label=f"Change {near}", verb="configure", arguments={near: value}) if near else None
    return _finding(name, "knob-unknown", f"There is no knob “{name}”.", evidence, fix)


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


def _applies(knob: KnobSettings, config: ConfigStep) -> bool:
    return not knob.only_for or config.tuning in knob.only_for


def _shown(knob: KnobSettings, value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    if isinstance(value, float):
        return f"{value:.10g}".replace("e-0", "e-")
    return next((choice.label for choice in knob.choices if choice.value == value), str(value))


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        return f"“{value}”" if value.strip() else "left empty"
    return "left empty" if value is None else repr(value)

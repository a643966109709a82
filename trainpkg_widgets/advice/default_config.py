"""The knobs of a run before anybody changed one: the defaults of the settings, and a preset's values over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..settings.knob_values import default_of, read_knob_value
from ..steps import ConfigStep

if TYPE_CHECKING:
    from ..settings.config_settings import ConfigSettings


def default_config(
    settings: ConfigSettings, tuning: str | None = None, preset: str | None = None, method: str | None = None
) -> ConfigStep:
    """The knobs of a run that nobody has changed: the defaults of a method and a tuning, a preset's values over them.

    What is not given is what the settings name as default.
    """
    tuning = tuning or str(default_of(settings.knobs["tuning"]))
    method = method or str(default_of(settings.knobs["method"]))
    preset = preset or settings.default_preset
    return settings.kept(("default", tuning, preset, method), lambda: _default_config(settings, tuning, preset, method))


def _default_config(settings: ConfigSettings, tuning: str, preset: str, method: str) -> ConfigStep:
    values = {name: default_of(knob, tuning, method) for name, knob in settings.knobs.items()}
    for name, value in settings.presets[preset].values_for(method).items():
        values[name] = read_knob_value(settings.knobs[name], value)
    return ConfigStep.model_validate({**values, "method": method, "tuning": tuning, "preset": preset})

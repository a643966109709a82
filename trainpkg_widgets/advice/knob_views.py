"""How the knobs are drawn: their words, which never change, and what a config makes of them, which does.

The words are sent once to a browser; what follows from a choice is small, and is sent after each one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config_screen import ConfigView, KnobView, PresetChange
from .knobs import applies, default_config, shown

if TYPE_CHECKING:
    from ..settings.config_settings import ConfigSettings
    from ..steps import ConfigStep


def knob_words(settings: ConfigSettings) -> tuple[KnobView, ...]:
    """Every knob in the words of the settings, with the names that the trainers give it."""
    return tuple(
        KnobView(
            name=name,
            label=knob.label,
            hint=knob.hint,
            kind=knob.kind,
            unit=knob.unit,
            minimum=knob.minimum,
            maximum=knob.maximum,
            choices=tuple((str(choice.value), choice.label) for choice in knob.choices),
            main=knob.main,
            trainer_names=knob.trainer_names,
        )
        for name, knob in settings.knobs.items()
    )


def config_view(config: ConfigStep, settings: ConfigSettings) -> ConfigView:
    """The knobs that mean something to `config`, and those that differ from its preset."""
    names = tuple(name for name, knob in settings.knobs.items() if applies(knob, config))
    # A preset that the settings no longer have was chosen in an earlier session: nothing differs from it.
    if config.preset not in settings.presets:
        return ConfigView(applies=names)
    preset = default_config(settings, config.tuning, config.preset, config.method)
    changed = tuple(
        PresetChange(
            knob=name,
            preset=shown(settings.knobs[name], getattr(preset, name)),
            now=shown(settings.knobs[name], getattr(config, name)),
            back_to=getattr(preset, name),
        )
        for name in names
        if getattr(config, name) != getattr(preset, name)
    )
    return ConfigView(applies=names, changed=changed)

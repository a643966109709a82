"""How the knobs are drawn: their words, which never change, and what a config makes of them, which does.

The words are sent once to a browser; what follows from a choice is small, and is sent after each one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config_screen import ConfigView, KnobView, PresetChange
from .architecture_facts import LAYERS
from .knobs import applies, default_config, shown

if TYPE_CHECKING:
    from ..model_info import ModelInfo
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
            group=knob.group,
            trainer_names=knob.trainer_names,
        )
        for name, knob in settings.knobs.items()
    )


def config_view(config: ConfigStep, settings: ConfigSettings, model: ModelInfo | None = None) -> ConfigView:
    """The knobs that mean something to `config`, and those that differ from its preset; the layers of `model`."""
    layers = layers_of(model) if config.tuning != "full" else ()
    names = settings.kept(
        ("applies", config.method, config.tuning),
        lambda: tuple(name for name, knob in settings.knobs.items() if applies(knob, config)),
    )
    # A preset that the settings no longer have was chosen in an earlier session: nothing differs from it.
    if config.preset not in settings.presets:
        return ConfigView(applies=names, layers=layers)
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
    return ConfigView(applies=names, layers=layers, changed=changed)


def layers_of(model: ModelInfo | None) -> tuple[str, ...]:
    """The names of the layers that LoRA can be put on, embeddings and the output head last."""
    if model is None:
        return ()
    architecture = model.architecture.value
    model_type = architecture.model_type if architecture is not None else model.model_type.value
    names = LAYERS.get(model_type or "", frozenset())
    return tuple(sorted(names, key=lambda name: (_is_outer(name), name)))


def _is_outer(name: str) -> bool:
    return any(word in name for word in ("embed", "lm_head", "wte", "wpe", "output"))

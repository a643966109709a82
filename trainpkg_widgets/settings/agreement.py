"""What one option demands of another. What each may be by itself is in the module of its step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..steps import ConfigStep
from .knob_values import KnobValueError, read_knob_value

if TYPE_CHECKING:
    from .config_settings import ConfigSettings, KnobSettings, Share
    from .model_settings import ModelSettings
    from .schema import Component, Settings

# A preset is a name for values of knobs, and a trainer's own keys are whatever it takes: neither is a knob.
KNOB_NAMES = tuple(name for name in ConfigStep.model_fields if name not in ("preset", "trainer_keys"))


Option = tuple[str | int, ...]


class Disagreement(NamedTuple):
    """Options that do not agree with one another, or one that the program has no meaning for.

    `given` is what was written where a name was wanted, `names` are those that could be meant.
    """

    options: tuple[Option, ...]
    found: str
    expected: str
    given: str = ""
    names: tuple[str, ...] = ()


def disagreements(component: Component, settings: Settings) -> Iterator[Disagreement]:
    """Every option of one file that does not agree with the others in it."""
    if component == "model":
        yield from _model(settings.model)
    if component == "config":
        yield from _config(settings.config)


def _config(config: ConfigSettings) -> Iterator[Disagreement]:
    yield from _knob_names(config)
    for name, knob in config.knobs.items():
        yield from _knob(name, knob, config)
    yield from _presets(config)
    estimates, writing = ("config", "estimates"), ("config", "estimates", "writing")
    ranges: tuple[tuple[Option, Share], ...] = (
        ((*estimates, "utilisation"), config.estimates.utilisation),
        ((*estimates, "utilisation_before_2020"), config.estimates.utilisation_before_2020),
        ((*writing, "seconds_per_kernel"), config.estimates.writing.seconds_per_kernel),
        ((*writing, "bandwidth"), config.estimates.writing.bandwidth),
    )
    for place, span in ranges:
        yield from _rising(place, "low", "high", span.model_dump())


def _model(model: ModelSettings) -> Iterator[Disagreement]:
    for section in ("size_categories", "size_rules"):
        bounds = getattr(model, section).model_dump()
        for below, above in zip(bounds, list(bounds)[1:], strict=False):
            yield from _rising(("model", section), below, above, bounds)
    yield from _rising(("model", "search"), "page_size", "max_results", model.search.model_dump())
    yield from _rising(("model", "search"), "filtered_page_size", "max_looked_at", model.search.model_dump())
    yield from _rising(("model", "hub"), "first_wait_seconds", "longest_wait_seconds", model.hub.model_dump())
    address = urlsplit(model.hub.endpoint)
    if address.scheme not in ("http", "https") or not address.hostname:
        expected = "the whole address of a Hub, as in https://huggingface.co"
        yield Disagreement((("model", "hub", "endpoint"),), repr(model.hub.endpoint), expected)
    orders, order = tuple(option.value for option in model.sort_options), model.search.default_sort
    if order not in orders:
        places: tuple[Option, ...] = (("model", "search", "default_sort"), ("model", "sort_options"))
        yield Disagreement(places, repr(order), "one of sort_options: " + ", ".join(orders), order, orders)


def _rising(section: Option, below: str, above: str, values: dict[str, float]) -> Iterator[Disagreement]:
    if values[above] < values[below]:
        found = f"{below} {values[below]:g} and {above} {values[above]:g}"
        yield Disagreement(((*section, below), (*section, above)), found, f"{above} to be at least {below}")


def _knob_names(config: ConfigSettings) -> Iterator[Disagreement]:
    missing = tuple(name for name in KNOB_NAMES if name not in config.knobs)
    for name in config.knobs:
        if name not in KNOB_NAMES:
            place: Option = ("config", "knobs", name)
            expected = "a knob of this version: " + ", ".join(KNOB_NAMES)
            yield Disagreement((place,), "an unknown knob", expected, name, missing or KNOB_NAMES)
    for name in missing:
        yield Disagreement((("config", "knobs"),), f"no {name}", "every knob of this version")


def _knob(name: str, knob: KnobSettings, config: ConfigSettings) -> Iterator[Disagreement]:
    place: Option = ("config", "knobs", name)
    if knob.minimum is not None and knob.maximum is not None and knob.maximum < knob.minimum:
        found = f"minimum {knob.minimum:g} and maximum {knob.maximum:g}"
        yield Disagreement(((*place, "maximum"), (*place, "minimum")), found, "maximum to be at least minimum")
    if (knob.kind == "choice") != bool(knob.choices):
        found = f"kind {knob.kind} with {len(knob.choices)} choices"
        yield Disagreement(
            ((*place, "choices"), (*place, "kind")), found, "choices for the kind choice, and for no other"
        )
        return
    if knob.group and knob.group not in config.knob_groups:
        names = tuple(config.knob_groups)
        expected = "one of knob_groups: " + ", ".join(names)
        yield Disagreement(((*place, "group"),), knob.group, expected, knob.group, names)
    for index, choice in enumerate(knob.choices):
        yield from _known((*place, "choices", index, "value"), name, choice.value)
    yield from _fits((*place, "default"), name, config, knob.default)
    yield from _known((*place, "default"), name, knob.default)
    yield from _defaults_by("tuning", (*place, "default_by_tuning"), name, config, knob.default_by_tuning)
    for method, value in knob.default_by_method.items():
        by_method = (*place, "default_by_method", method)
        yield from _is_one_of("method", by_method, method, config)
        if isinstance(value, dict):
            yield from _defaults_by("tuning", by_method, name, config, value)
        else:
            yield from _fits(by_method, name, config, value)
    for index, tuning in enumerate(knob.only_for):
        yield from _is_one_of("tuning", (*place, "only_for", index), tuning, config)
    for index, method in enumerate(knob.for_methods):
        yield from _is_one_of("method", (*place, "for_methods", index), method, config)


def _defaults_by(
    knob: str, place: Option, name: str, config: ConfigSettings, values: dict[str, Any]
) -> Iterator[Disagreement]:
    for key, value in values.items():
        yield from _is_one_of(knob, (*place, key), key, config)
        yield from _fits((*place, key), name, config, value)


def _is_one_of(knob: str, place: Option, name: str, config: ConfigSettings) -> Iterator[Disagreement]:
    """Whether a name is one of the choices of a knob: a tuning or a method."""
    declared = config.knobs.get(knob)
    known = tuple(str(choice.value) for choice in declared.choices) if declared else ()
    if known and name not in known:
        yield Disagreement((place,), repr(name), "one of " + ", ".join(known), name, known)


def _known(place: Option, name: str, value: Any) -> Iterator[Disagreement]:
    """Whether the program has a meaning for a value: a range or a list of choices may be changed, a type may not."""
    try:
        ConfigStep.model_validate({name: value})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            if problem["loc"][0] == name:
                expected = f"a value that this version knows ({problem['msg']})"
                yield Disagreement((place,), repr(value), expected)
                return


def _fits(place: Option, name: str, config: ConfigSettings, value: Any) -> Iterator[Disagreement]:
    try:
        read_knob_value(config.knobs[name], value)
    except KnobValueError as error:
        limits = tuple(("config", "knobs", name, limit) for limit in ("minimum", "maximum", "choices"))
        yield Disagreement((place, *limits), f"{place[-1]} {error.given!r}", error.expected)


def _presets(config: ConfigSettings) -> Iterator[Disagreement]:
    names = tuple(config.presets)
    if config.default_preset not in config.presets:
        place: Option = ("config", "default_preset")
        expected = "one of presets: " + ", ".join(names)
        yield Disagreement((place,), repr(config.default_preset), expected, config.default_preset, names)
    knobs = tuple(name for name in config.knobs if name not in ("method", "tuning"))
    for preset, declared in config.presets.items():
        place = ("config", "presets", preset)
        values: list[tuple[Option, dict[str, Any]]] = [((*place, "values"), declared.values)]
        for method, of_method in declared.values_by_method.items():
            by_method = (*place, "values_by_method", method)
            yield from _is_one_of("method", by_method, method, config)
            values.append((by_method, of_method))
        for where, sets in values:
            for name, value in sets.items():
                if name in knobs:
                    yield from _fits((*where, name), name, config, value)
                else:
                    expected = "a knob other than method and tuning"
                    yield Disagreement(((*where, name),), "an unknown knob", expected, name, knobs)

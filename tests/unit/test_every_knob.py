"""Every knob there is goes from Python and from a browser into the config, into saved state and a package, and back."""

from __future__ import annotations

import json

import pytest

from tests.unit.knob_samples import SETTINGS, changed
from tests.unit.package_samples import SETTINGS as ALL_SETTINGS
from tests.unit.package_samples import sample_package, sample_state
from trainpkg_widgets.advice.estimate import estimate_of
from trainpkg_widgets.advice.knob_views import config_view, knob_words
from trainpkg_widgets.intents import carry_out
from trainpkg_widgets.package.manifest import manifest_yaml, read_manifest
from trainpkg_widgets.session import Session
from trainpkg_widgets.settings.config_settings import KnobSettings
from trainpkg_widgets.steps import ConfigStep, SessionState
from trainpkg_widgets.wire import Intent

WORDS = {"lora_targets": ["q_proj", "v_proj"], "lora_modules_to_save": ["lm_head"], "reward_functions": ["mine.reward"]}


def another(name: str, knob: KnobSettings, now) -> object:
    """A value that the knob takes and does not have."""
    if name in WORDS:
        return WORDS[name]
    if knob.kind == "switch":
        return not now
    if knob.kind == "choice":
        return next(choice.value for choice in knob.choices if choice.value != now)
    if knob.kind == "text":
        return "other"
    low, high = knob.minimum or 0, knob.maximum or 1_000_000
    wanted = [value for value in (1, 2, 3, 100, 0.05, 0.25, 0.5) if low < value <= high and value != now]
    return int(wanted[0]) if knob.kind == "integer" else float(wanted[-1])


def setting(name: str) -> dict[str, object]:
    """The method and the tuning under which a knob means something."""
    knob = SETTINGS.knobs[name]
    return {
        "method": knob.for_methods[0] if knob.for_methods else "sft",
        "tuning": knob.only_for[-1] if knob.only_for else "lora",
    }


def asked(session: Session, changes: dict[str, object]) -> None:
    """What a browser sends, as it arrives: JSON."""
    message = {"v": 1, "id": "1", "kind": "configure", "payload": {"changes": changes}}
    intent = Intent.model_validate_json(json.dumps(message))
    answer = carry_out(session, intent.id, intent.read(), None)
    assert [f.message for f in answer.findings if f.severity == "error" and f.code.startswith("knob-")] == []


@pytest.mark.parametrize("name", list(SETTINGS.knobs))
def test_a_knob_goes_everywhere_and_comes_back(name):
    before = changed(**setting(name))
    value = another(name, SETTINGS.knobs[name], getattr(before, name))
    in_python = changed(before, **{name: value})
    held = getattr(in_python, name)
    assert held != getattr(before, name)

    # Python ⇄ browser: the trait is JSON, and what a browser sends is.
    session = Session(autosave=False)
    asked(session, setting(name))
    asked(session, {name: value})
    assert session.state.config == in_python
    trait = json.loads(json.dumps(in_python.model_dump(mode="json")))
    assert ConfigStep.model_validate(trait) == in_python
    # As typed: a browser's field gives text.
    if SETTINGS.knobs[name].kind in ("integer", "number", "choice"):
        asked(session, {name: getattr(before, name)} if getattr(before, name) is not None else {"seed": 1})
        asked(session, {name: str(value)})
        assert getattr(session.state.config, name) == held

    # Saved state, and the package's own record of it.
    state = sample_state().model_copy(update={"config": in_python})
    assert SessionState.model_validate_json(state.model_dump_json()) == state
    assert Session(ALL_SETTINGS, json.loads(state.model_dump_json()), autosave=False).state.config == in_python
    text = manifest_yaml(sample_package(state).manifest)
    assert read_manifest(text).choices.config == in_python


@pytest.mark.parametrize("name", list(SETTINGS.knobs))
def test_a_knob_that_is_changed_differs_from_the_preset_and_goes_back(name):
    if name in ("method", "tuning"):
        return  # they bring defaults of their own, which is what is compared with
    before = changed(**setting(name))
    moved = changed(before, **{name: another(name, SETTINGS.knobs[name], getattr(before, name))})
    [change] = config_view(moved, SETTINGS).changed
    assert change.knob == name and change.now != change.preset
    assert changed(moved, **{name: change.back_to}) == before


def test_every_knob_is_named_explained_and_lies_in_a_group():
    for knob in knob_words(SETTINGS):
        assert knob.label and knob.hint, knob.name
        assert knob.main or knob.group in SETTINGS.knob_groups, knob.name


@pytest.mark.parametrize("method", [choice.value for choice in SETTINGS.knobs["method"].choices])
@pytest.mark.parametrize("tuning", ["full", "lora", "qlora"])
def test_memory_is_told_for_every_method_and_tuning(method, tuning):
    from tests.unit.memory_samples import LLAMA_8B, known

    estimate = estimate_of(known(LLAMA_8B), changed(method=method, tuning=tuning), None)
    assert estimate.total > 0
    assert bool(estimate.unproven) == (method not in ("sft", "cpt"))

"""How the knobs are shown: constant words once, and what follows from a config after each change."""

from __future__ import annotations

from tests.unit.knob_samples import SETTINGS, changed
from trainpkg_widgets.advice.knob_views import config_view, knob_words
from trainpkg_widgets.advice.knobs import default_config


def test_each_knob_is_shown_in_words_with_the_trainers_own_name():
    knob = {knob.name: knob for knob in knob_words(SETTINGS)}
    assert list(knob) == list(SETTINGS.knobs)
    assert knob["lora_rank"].trainer_names["trl"] == "lora_r"
    assert knob["tuning"].choices[0] == ("full", "Full")


def test_knobs_that_mean_nothing_to_a_tuning_do_not_apply():
    view = config_view(changed(tuning="full", lora_rank=8), SETTINGS)
    lora = {"lora_rank", "lora_alpha", "lora_dropout", "lora_targets"}
    assert not lora & set(view.applies)
    assert lora <= set(config_view(changed(tuning="lora"), SETTINGS).applies)
    assert view.changed == ()


def test_the_view_lists_what_differs_from_the_preset_and_the_way_back():
    config = changed(preset="small_gpu", max_steps=100, packing=True, learning_rate=3e-5, lora_targets="q_proj,v_proj")
    view = config_view(config, SETTINGS)
    assert [(change.knob, change.preset, change.now) for change in view.changed] == [
        ("learning_rate", "0.0002", "3e-5"),
        ("max_steps", "nothing", "100"),
        ("packing", "off", "on"),
        ("lora_targets", "all-linear", "q_proj, v_proj"),
    ]
    back = changed(config, **{change.knob: change.back_to for change in view.changed})
    assert config_view(back, SETTINGS).changed == ()


def test_nothing_differs_from_a_preset_that_the_settings_no_longer_have():
    saved = default_config(SETTINGS).model_copy(update={"preset": "ours", "epochs": 7.0})
    assert config_view(saved, SETTINGS).changed == ()

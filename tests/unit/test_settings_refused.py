"""What the settings say to an option that is wrong: where it stands, what was found, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainpkg_widgets.settings import SettingsError, SettingsLoader, load_settings
from trainpkg_widgets.settings.loader import ENVIRONMENT


def refusal(*args, **overrides) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_settings(*args, **overrides)
    return caught.value


# ------------------------------------------------------------------ a wrong option says where, what, and what was meant


def test_a_misspelt_option_names_its_line_and_its_neighbour(team):
    error = refusal(team("model:\n  hub:\n    timeout_seconds: 5\n    retires: 2\n"))
    assert (error.line, error.column) == (4, 5)
    assert error.option == "model.hub.retires"
    assert error.suggestion == "retries"
    assert str(error).startswith(
        f"{error.path}, line 4, column 5: model.hub.retires: found an unknown option; expected"
    )
    assert str(error).endswith("Did you mean retries?")


@pytest.mark.parametrize(
    ("text", "option", "place", "found", "expected"),
    [
        ("model: {hub: {retries: 50}}", "model.hub.retries", (1, 24), "50", "less than or equal to 10"),
        ("model: {hub: {retries: true}}", "model.hub.retries", (1, 24), "true", "a whole number"),
        ("model: {hub: {retries: '3'}}", "model.hub.retries", (1, 24), "'3'", "a whole number"),
        ("model: {hub: {timeout_seconds: .nan}}", "model.hub.timeout_seconds", (1, 32), "nan", "greater than 0"),
        ("model:\n  hub: 7", "model.hub", (2, 8), "7", "a mapping of options"),
        ("model:\n  popular: {id: a/b}", "model.popular", (2, 12), "a mapping", "a list"),
        ("model:\n  popular:\n    - note: x", "model.popular.0", (3, 7), "no id", "id, which has no default"),
        ("shared: {autosave: {folder: 3}}", "shared.autosave.folder", (1, 29), "3", "text"),
        ("shared: {autosave: {enabled: 'yes'}}", "shared.autosave.enabled", (1, 30), "'yes'", "true or false"),
        ("dataset: {eval_share: 1}", "dataset.eval_share", (1, 23), "1", "less than 1"),
        (
            "deploy:\n  targets: {trl: {extra_keys: {a: [1]}}}",
            "deploy.targets.trl.extra_keys.a",
            (2, 35),
            "a list",
            None,
        ),
    ],
)
def test_a_wrong_value_says_what_was_found_and_what_was_expected(team, text, option, place, found, expected):
    error = refusal(team(text + "\n"))
    assert (error.option, error.line, error.column, error.found) == (option, *place, found)
    assert expected is None or error.expected == expected


def test_a_word_that_is_nearly_one_of_the_choices_is_recognised(team):
    error = refusal(team("shared:\n  logging:\n    level: WARNING\n"))
    assert (error.line, error.suggestion) == (3, "WARN")


def test_off_is_a_level_and_not_false(team):
    assert load_settings(team("shared: {logging: {level: off}}\n")).shared.logging.level == "off"


def test_numbers_may_be_written_as_trainers_write_them(team):
    settings = load_settings(team("config: {knobs: {learning_rate: {default: 1e-4}}}\n"))
    assert settings.config.knobs["learning_rate"].default == 0.0001


def test_a_wrong_argument_is_told_from_a_wrong_file():
    error = refusal(model={"hub": {"retries": -1}})
    assert (error.path, error.line) == ("arguments", None)
    assert "model.hub.retries: found -1" in str(error)


def test_an_error_points_at_the_layer_that_made_it(team):
    path = team("model: {search: {page_size: 5}}\n")
    assert refusal(path, model={"search": {"page_size": "many"}}).path == "arguments"
    assert refusal(team("model: {search: {page_size: many}}\n"), model={"search": {}}).path == str(path)


def test_a_key_that_is_written_twice_is_refused(team):
    error = refusal(team("dataset:\n  few_rows: 1\n  few_rows: 2\n"))
    assert (error.line, error.column) == (3, 3)
    assert "few_rows a second time" in str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"model: [1", "line 2, column 1"),
        (b"- a\n- b\n", "a list; expected a mapping of options"),
        (b"\xff\xfe", "bytes that are not UTF-8"),
        (b"a: 1\n---\nb: 2\n", "expected YAML"),
        (b"a: !!python/object/apply:os.getcwd []\n", "line 1, column 4"),
    ],
)
def test_a_file_that_is_no_settings_file_says_so(tmp_path, content, says):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    assert says in str(refusal(path))


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    assert "no readable file" in str(refusal(tmp_path / "none.yaml"))
    assert "found a folder" in str(refusal(tmp_path))


# ------------------------------------------------------------------ options that must agree


@pytest.mark.parametrize(
    ("text", "option", "says"),
    [
        ("model: {size_rules: {warn_over_gb: 40}}", "model.size_rules.warn_over_gb", "warn_over_gb 40"),
        ("model: {size_categories: {small_gb: 50}}", "model.size_categories.small_gb", "medium_gb to be at least"),
        ("model: {search: {page_size: 80}}", "model.search.page_size", "max_results to be at least page_size"),
        ("model: {hub: {first_wait_seconds: 60}}", "model.hub.first_wait_seconds", "longest_wait_seconds 20"),
        ("model: {sort_options: [{value: likes, label: L}]}", "model.sort_options", "one of sort_options: likes"),
        ("config: {estimates: {utilisation: {low: 0.9}}}", "config.estimates.utilisation.low", "at least low"),
        (
            "config: {estimates: {writing: {bandwidth: {high: 0.1}}}}",
            "config.estimates.writing.bandwidth.high",
            "low 0.7",
        ),
        ("config: {default_preset: balancd}", "config.default_preset", "Did you mean balanced?"),
        ("config: {knobs: {lora_ranks: {label: a, hint: b, kind: integer}}}", "config.knobs.lora_ranks", "lora_rank?"),
        ("config: {knobs: {epochs: {default: 500}}}", "config.knobs.epochs.default", "up to 100 passes"),
        ("config: {knobs: {epochs: {maximum: 1}}}", "config.knobs.epochs.maximum", "default 2"),
        ("config: {knobs: {epochs: {maximum: -1}}}", "config.knobs.epochs.maximum", "maximum -1"),
        ("config: {knobs: {epochs: {default: }}}", "config.knobs.epochs.default", "a value that this version knows"),
        ("config: {knobs: {epochs: {kind: text, default: two}}}", "config.knobs.epochs.default", "valid number"),
        ("config: {knobs: {seed: {kind: choice}}}", "config.knobs.seed.kind", "kind choice with 0 choices"),
        (
            "config: {knobs: {seed: {default_by_tuning: {lroa: 1}}}}",
            "config.knobs.seed.default_by_tuning.lroa",
            "lora?",
        ),
        ("config: {knobs: {seed: {only_for: [qlor]}}}", "config.knobs.seed.only_for.0", "Did you mean qlora?"),
        ("config: {knobs: {seed: {group: update}}}", "config.knobs.seed.group", "Did you mean updates?"),
        ("config: {make_it_fit: {order: [batch, luck]}}", "config.make_it_fit.order.1", "luck"),
        (
            "config: {knobs: {precision: {choices: [{value: int8, label: a}]}}}",
            "config.knobs.precision.choices.0.value",
            "a value that this version knows",
        ),
        ("config: {presets: {quality: {values: {epoch: 3}}}}", "config.presets.quality.values.epoch", "epochs?"),
        (
            "config: {presets: {quality: {values: {tuning: full}}}}",
            "config.presets.quality.values.tuning",
            "other than",
        ),
        ("config: {presets: {quality: {values: {epochs: 0}}}}", "config.presets.quality.values.epochs", "above 0"),
    ],
)
def test_options_that_do_not_agree_are_refused_where_they_were_changed(team, text, option, says):
    path = team(text + "\n")
    error = refusal(path)
    assert error.option == option
    assert error.path == str(path)
    assert says in str(error)


def test_a_wrong_value_is_refused_before_anything_asks_for_its_step(team):
    with pytest.raises(SettingsError, match=r"shared\.autosave\.folder"):
        SettingsLoader().settings(team("shared: {autosave: {folder: 3}}\n"))


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://huggingface.co", "https://", ""])
def test_an_endpoint_that_is_no_address_is_refused_with_its_place(endpoint: str, tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    file.write_text(f"model:\n  hub:\n    endpoint: {endpoint!r}\n")
    with pytest.raises(SettingsError, match=r"https://huggingface\.co") as refused:
        load_settings(file)
    assert (refused.value.line, refused.value.option) == (3, "model.hub.endpoint")


def test_a_file_in_the_environment_that_is_gone_is_called_by_that_name(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, "/nowhere/team.yaml")
    assert str(refusal()).startswith("TRAINPKG_CONFIG: found /nowhere/team.yaml, which is no file;")

"""What a person or an organisation may expect of the settings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from trainpkg_widgets.settings import SettingsError, SettingsLoader, load_settings
from trainpkg_widgets.settings.agreement import disagreements
from trainpkg_widgets.settings.dataset_settings import DatasetSettings
from trainpkg_widgets.settings.json_schema import schemas
from trainpkg_widgets.settings.loader import ENVIRONMENT, config_folder
from trainpkg_widgets.settings.packed import pack, read_packed
from trainpkg_widgets.settings.schema import SHIPPED, section_type
from trainpkg_widgets.settings.yaml_file import read_yaml

# ------------------------------------------------------------------ what ships


def test_what_ships_is_accepted_as_it_stands():
    settings = load_settings()
    assert settings.model.hub.retries == 3
    assert settings.model.cache.ttl_seconds == 3600
    assert settings.model.cache.max_entries == 1000
    assert settings.model.search.debounce_ms == 500
    assert settings.shared.autosave.seconds == 30
    assert [model.id for model in settings.model.popular] == [
        "Qwen/Qwen2.5-0.5B",
        "Qwen/Qwen2.5-1.5B",
        "meta-llama/Llama-3.2-1B",
        "meta-llama/Llama-3.2-3B",
        "Qwen/Qwen2.5-7B",
        "mistralai/Mistral-7B-v0.3",
    ]
    rules = settings.model.size_rules
    assert (rules.warn_over_gb, rules.confirm_over_gb, rules.refuse_over_gb) == (20, 30, 100)


def unexplained(node: yaml.Node, lines: list[str], explained: bool = False):
    """Options with no comment above them, nor above the section they are in."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = explained or lines[key.start_mark.line - 1].strip().startswith("#")
        if isinstance(value, yaml.MappingNode):
            yield from unexplained(value, lines, here)
        elif not here:
            yield key.value


@pytest.mark.parametrize("file", SHIPPED.values())
def test_every_file_names_its_schema_and_explains_its_options(file):
    text = (config_folder() / file).read_text(encoding="utf-8")
    schema = f"schemas/{Path(file).stem}.schema.json"
    assert text.startswith(f"# yaml-language-server: $schema={schema}\n")
    assert (config_folder() / schema).is_file()
    root = yaml.compose(text)
    if file == SHIPPED["config"]:
        root.value = [pair for pair in root.value if pair[0].value != "knobs"]  # each knob has its hint
    assert list(unexplained(root, text.splitlines())) == []


def unwritten(schema: type[BaseModel], data: dict):
    """Options that a file does not write out, so that their value stands in code only."""
    for name, field in schema.model_fields.items():
        if name not in data:
            yield name
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from unwritten(field.annotation, data[name])


@pytest.mark.parametrize(("component", "file"), SHIPPED.items())
def test_every_option_is_written_out_in_the_file_that_ships(component, file):
    schema = section_type(component)
    data = yaml.safe_load((config_folder() / file).read_text(encoding="utf-8"))
    assert list(unwritten(schema, data)) == []


def test_the_schemas_for_editors_are_fresh():
    for name, text in schemas().items():
        committed = (config_folder() / "schemas" / name).read_text(encoding="utf-8")
        assert json.loads(committed) == json.loads(text), (
            "Run: python -m trainpkg_widgets.settings.json_schema trainpkg_widgets/config/schemas"
        )


def test_the_schema_of_a_users_file_demands_no_option():
    schema = json.loads(schemas()["settings.schema.json"])
    assert "required" not in schema
    assert "required" not in schema["$defs"]["HubSettings"]
    assert schema["$defs"]["PopularModel"]["required"] == ["id"], "an entry of a list is whole: lists replace"


# ------------------------------------------------------------------ layers


def test_a_file_overrules_what_it_names_and_nothing_else(team):
    path = team("model:\n  search:\n    debounce_ms: 200\n")
    settings = load_settings(path)
    assert settings.model.search.debounce_ms == 200
    assert settings.model.search.page_size == load_settings().model.search.page_size


def test_arguments_overrule_the_file(team):
    path = team("model:\n  search: {debounce_ms: 200, page_size: 7}\n")
    settings = load_settings(str(path), model={"search": {"debounce_ms": 90}})
    assert (settings.model.search.debounce_ms, settings.model.search.page_size) == (90, 7)


def test_a_list_replaces_and_a_mapping_merges(team):
    path = team(
        "model:\n  popular:\n    - id: our/model\n"
        "config:\n  knobs:\n    epochs: {default: 1}\n  presets:\n    ours: {label: Ours, hint: Ours., values: {}}\n"
    )
    settings = load_settings(path)
    assert [model.id for model in settings.model.popular] == ["our/model"]
    assert settings.config.knobs["epochs"].default == 1
    assert settings.config.knobs["epochs"].maximum == 100
    assert set(load_settings().config.presets) < set(settings.config.presets)


def test_the_file_in_the_environment_is_read_when_settings_are_loaded(team, monkeypatch):
    path = team("dataset: {preview_rows: 9}\n")
    monkeypatch.setenv(ENVIRONMENT, str(path))
    assert load_settings().dataset.preview_rows == 9
    assert load_settings({}).dataset.preview_rows != 9, "a source that is given stands instead of it"
    monkeypatch.delenv(ENVIRONMENT)
    assert load_settings().dataset.preview_rows != 9


def test_a_mapping_is_a_source_like_a_file():
    assert load_settings({"dataset": {"preview_rows": 3}}).dataset.preview_rows == 3


def test_settings_are_taken_as_they_are_and_can_be_changed_again(monkeypatch):
    first = load_settings({"dataset": {"preview_rows": 3}})
    assert load_settings(first) is first
    monkeypatch.setenv(ENVIRONMENT, "/nowhere.yaml")
    second = load_settings(first, dataset={"few_rows": 5})
    assert (second.dataset.preview_rows, second.dataset.few_rows) == (3, 5)


def test_a_part_of_other_settings_can_be_an_argument():
    quick = load_settings(model={"hub": {"retries": 0}})
    assert load_settings(model={"hub": quick.model.hub}).model.hub.retries == 0


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "model:\n  hub:\n#   retries: 1\n"])
def test_an_empty_file_or_section_changes_nothing(team, text):
    assert load_settings(team(text)) == load_settings()


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().model.hub.retries = 7


# ------------------------------------------------------------------ the loader


def test_a_file_is_read_again_only_when_it_has_changed(team):
    loader, path = SettingsLoader(), team("dataset: {few_rows: 1}\n")
    assert loader.settings(path).dataset.few_rows == 1
    kept = loader.cache_size
    stamp = path.stat()
    path.write_text("dataset: {few_rows: 2}\n", encoding="utf-8")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert loader.settings(path).dataset.few_rows == 1, "same size, same time: taken for the same file"
    path.write_text("dataset: {few_rows: 22}\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert loader.settings(path).dataset.few_rows == 22
    assert loader.cache_size == kept


def test_one_file_or_all_can_be_forgotten(team):
    loader, path = SettingsLoader(), team("dataset: {few_rows: 1}\n")
    loader.settings(path)
    kept = loader.cache_size
    loader.clear(path)
    assert loader.cache_size == kept - 1
    loader.clear()
    assert loader.cache_size == 0


def test_what_is_kept_is_not_what_a_caller_changes():
    loader = SettingsLoader()
    loader.settings().config.knobs.pop("epochs")
    assert "epochs" in loader.settings().config.knobs


def test_a_file_is_held_against_any_schema(team):
    loader = SettingsLoader()
    path = config_folder() / "step3_dataset.yaml"
    assert loader.load(path, DatasetSettings).few_rows == load_settings().dataset.few_rows


def test_an_error_can_be_a_result_instead_of_an_exception(team):
    loader = SettingsLoader()
    path = team("few_row: 3\n")
    result = loader.load(path, DatasetSettings, throw_on_error=False)
    assert result.value is None
    assert result.error is not None
    assert (result.error.line, result.error.suggestion) == (1, "few_rows")
    with pytest.raises(SettingsError):
        loader.load(path, DatasetSettings)
    good = loader.load(config_folder() / "step3_dataset.yaml", DatasetSettings, throw_on_error=False)
    assert (good.error, good.value) == (None, load_settings().dataset)


def test_a_component_and_a_service_can_be_asked_for_alone(team):
    loader, path = SettingsLoader(), team("model: {hub: {retries: 1}}\n")
    assert loader.load_component("model", path) == loader.settings(path).model
    assert loader.load_service("hub", path) == loader.settings(path).model.hub
    assert loader.load_service("logging") == loader.settings().shared.logging
    with pytest.raises(SettingsError, match="Did you mean dataset"):
        loader.load_component("datasets")


def test_settings_survive_a_round_trip_through_json():
    settings = load_settings()
    assert load_settings(json.loads(json.dumps(settings.model_dump()))) == settings


@pytest.mark.parametrize("component", SHIPPED)
def test_the_options_of_the_files_that_ship_agree(component) -> None:
    assert list(disagreements(component, load_settings())) == []


@pytest.mark.parametrize("file", SHIPPED.values())
def test_what_is_packed_of_a_file_is_what_its_yaml_says(file):
    path = config_folder() / file
    assert read_packed(path) == read_yaml(path), "Run: python -m trainpkg_widgets.settings.packed"


def test_a_file_that_was_changed_after_packing_is_read_as_it_stands(tmp_path):
    path = tmp_path / "step.yaml"
    path.write_text("few_rows: 1\n", encoding="utf-8")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "step.json").write_text(pack(path), encoding="utf-8")
    assert read_packed(path) == {"few_rows": 1}
    path.write_text("few_rows: 2\n", encoding="utf-8")
    assert read_packed(path) is None

"""What is packed for the first paint: it is what a search that nobody began would show, or it is not used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainpkg_widgets import first_results as packed
from trainpkg_widgets.first_results import first_results, pack
from trainpkg_widgets.session import Session
from trainpkg_widgets.settings import load_settings


def test_what_is_packed_is_what_the_search_shows_before_anybody_searched() -> None:
    settings = load_settings({})
    shown = Session(settings, autosave=False).searching.view().model_dump(mode="json")
    assert first_results(settings.model) == shown, "Run: python -m trainpkg_widgets.first_results"


@pytest.mark.parametrize(
    "changed",
    [
        {"popular": [{"id": "Qwen/Qwen2.5-7B"}]},
        {"display": {"downloads": False}},
        {"size_rules": {"warn_over_gb": 0.5}},
        {"policy": {"allowed_authors": ["Qwen"]}},
        {"features": {"catalogue": False}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_it_is_not_used_for_settings_that_change_a_card(changed: dict[str, object]) -> None:
    assert first_results(load_settings({"model": changed}).model) is None


def test_it_is_used_with_another_hub_which_changes_no_card() -> None:
    assert first_results(load_settings({"model": {"hub": {"endpoint": "http://127.0.0.1:9"}}}).model) is not None


def test_another_catalogue_or_no_packed_file_is_searched_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({}).model
    (tmp_path / "catalogue.sqlite").write_bytes(b"another")
    with monkeypatch.context() as patched:
        patched.setattr(packed, "_CATALOGUE", tmp_path / "catalogue.sqlite")
        assert first_results(settings) is None
    monkeypatch.setattr(packed, "_PLACE", tmp_path / "missing.json")
    assert first_results(settings) is None


def test_packing_twice_gives_the_same_text() -> None:
    assert pack() == pack()
    assert json.loads(pack())["results"]["cards"]

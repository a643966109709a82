"""Models seen before: kept within a bound, never in the way, and only what anybody may see."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from trainpkg_widgets.facts import Fact
from trainpkg_widgets.hub.seen_models import SeenModels
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.search_filters import SortOrder

HUB = "https://hub.example"


def model(name: str, downloads: int = 0, likes: int = 0) -> ModelInfo:
    return ModelInfo(
        id=name,
        origin="hub",
        as_of="2026-10-05T00:00:00+00:00",
        downloads=Fact(value=downloads, source="from the Hub"),
        likes=Fact(value=likes, source="from the Hub"),
        chat_template=Fact(value="{{ a long template }}", source="from chat_template.jinja"),
    )


def found(seen: SeenModels, query: str = "", sort: SortOrder = "downloads", endpoint: str = HUB) -> list[str]:
    return [info.id for info in seen.search(endpoint, query, sort, 50, lambda info: True)]


def test_every_word_is_looked_for_and_the_order_is_the_one_asked_for(tmp_path: Path) -> None:
    seen = SeenModels(tmp_path / "seen.sqlite", 10)
    seen.put(HUB, [model("lab/Small-Chat", 5, 1), model("lab/large-chat", 3, 9), model("lab/other", 7)])
    assert found(seen, "CHAT lab") == ["lab/Small-Chat", "lab/large-chat"]
    assert found(seen, "chat", "likes") == ["lab/large-chat", "lab/Small-Chat"]
    assert found(seen, "100%_") == []


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    now = [0.0]
    seen = SeenModels(tmp_path / "seen.sqlite", 2, clock=lambda: now[0])
    for number in range(4):
        now[0] += 1
        seen.put(HUB, [model(f"lab/model-{number}", downloads=number)])
    assert found(seen) == ["lab/model-3", "lab/model-2"] and seen.count() == 2


def test_a_model_seen_again_is_as_it_is_now(tmp_path: Path) -> None:
    seen = SeenModels(tmp_path / "seen.sqlite", 10)
    seen.put(HUB, [model("lab/one", 1)])
    seen.put(HUB, [model("lab/one", 2)])
    (info,) = seen.search(HUB, "one", "downloads", 5, lambda info: True)
    assert info.downloads.value == 2 and info.origin == "seen" and info.as_of.startswith("2026-10-05")


def test_a_template_is_not_kept_and_that_is_said(tmp_path: Path) -> None:
    seen = SeenModels(tmp_path / "seen.sqlite", 10)
    seen.put(HUB, [model("lab/one")])
    (info,) = seen.search(HUB, "one", "downloads", 5, lambda info: True)
    assert info.chat_template.value is None and "not kept" in info.chat_template.source
    assert b"a long template" not in (tmp_path / "seen.sqlite").read_bytes()


def test_what_one_hub_showed_is_not_found_on_another(tmp_path: Path) -> None:
    seen = SeenModels(tmp_path / "seen.sqlite", 10)
    seen.put(HUB, [model("lab/one")])
    assert found(seen, endpoint="https://other.example") == []


def test_another_kernel_finds_it_too(tmp_path: Path) -> None:
    SeenModels(tmp_path / "seen.sqlite", 10).put(HUB, [model("lab/one")])
    assert found(SeenModels(tmp_path / "seen.sqlite", 10)) == ["lab/one"]


def test_a_file_that_can_not_be_used_costs_nothing_but_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "seen.sqlite").write_bytes(b"this is no database, and longer than a header of one is" * 40)
    seen = SeenModels(tmp_path / "seen.sqlite", 10)
    with caplog.at_level(logging.WARNING, "trainpkg_widgets"):
        seen.put(HUB, [model("lab/one")])
        assert found(seen) == [] and seen.count() == 0
    assert len(caplog.records) == 1 and "can't be kept" in caplog.text

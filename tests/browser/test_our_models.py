"""What a team allows, and the models of one's own disk, on the real page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opened
from tests.browser.notebook_host import run_code
from tests.unit.model_folders import write_model

pytestmark = pytest.mark.browser

QUICK = {"timeout_seconds": 2, "retries": 0}


def test_what_a_team_allows_is_marked_and_refused_with_its_rule(open_wizard: Opened) -> None:
    popular = [{"id": "Qwen/Qwen2.5-0.5B", "note": "Ours."}, {"id": "meta-llama/Llama-3.2-1B"}]
    policy = {"allowed_authors": ["Qwen"], "max_weight_gb": 5}
    screen = open_wizard(settings={"model": {"hub": QUICK, "policy": policy, "popular": popular}})
    expect(screen.cards).to_have_count(2)
    expect(screen.card("Qwen2.5-0.5B")).to_contain_text("Ours.")
    expect(screen.card("Llama-3.2-1B")).to_contain_text("Not allowed here")
    screen.card("Llama-3.2-1B").click()
    screen.sees("model.policy.allowed_authors")
    screen.sees("No model is chosen yet")
    assert screen.axe_violations() == []
    screen.card("Qwen2.5-0.5B").click()
    screen.sees("pinned to")


def test_a_model_of_ones_own_is_found_on_the_disk_and_by_its_path(open_wizard: Opened, folder: Path) -> None:
    place = folder / "ours"
    write_model(place / "whole")
    write_model(folder / "half", drop=("model.safetensors",))
    disk = {"hf_cache": False, "folders": [str(place)]}
    screen = open_wizard(settings={"model": {"hub": QUICK, "disk": disk}})
    screen.button("On this disk").click()
    screen.sees("1 model · 1 on this disk")
    screen.search_box.fill(str(folder / "half"))
    screen.search_box.press("Enter")
    screen.sees("half has no whole set of weights")
    screen.search_box.fill(str(place / "whole"))
    screen.search_box.press("Enter")
    screen.sees("a folder on this disk")
    assert str(place / "whole") in run_code(screen.frame.page, "print(wizard.model['repo_id'])")

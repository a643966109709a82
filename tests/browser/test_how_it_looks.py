"""Each step on the real page: no axe violation in light or dark, and nothing cut off from 360 px to wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

Opened = Callable[..., Screen]
# The line of work under way, where it is furthest to the right.
WORKING = """frame => {
  const line = frame.querySelector(".progress");
  line.classList.add("on");
  for (const animation of line.getAnimations({subtree: true})) {
    animation.pause();
    animation.currentTime = 1799;
  }
  const over = frame.scrollWidth - frame.clientWidth;
  line.classList.remove("on");
  return over;
}"""
STEPS = ("model", "config", "dataset", "deploy")


def switch_theme(page: Page, name: str) -> None:
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    light = "true" if "Light" in name else "false"
    page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
    page.wait_for_timeout(500)


def test_every_step_is_accessible_in_light_and_dark_and_fits_a_narrow_cell(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    run_code(
        page,
        "wizard.select_model('Qwen/Qwen2.5-0.5B-Instruct'); wizard.configure(max_steps=5);"
        "wizard.use_dataset('chats.jsonl'); wizard.deploy_to(name='looks')",
    )
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        switch_theme(page, theme)
        for step in STEPS:
            run_code(page, f"wizard.step = {step!r}")
            screen.wait_for_step(step)
            assert screen.axe_violations() == [], (theme, step)
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    for width in (520, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for step in STEPS:
            run_code(page, f"wizard.step = {step!r}")
            screen.wait_for_step(step)
            overflow = screen.frame.evaluate("e => e.scrollWidth - e.clientWidth")
            assert overflow <= 1, f"{step} is {overflow} px too wide at {width} px"
        working = screen.frame.evaluate(WORKING)
        assert working <= 1, f"work under way makes it {working} px too wide at {width} px"

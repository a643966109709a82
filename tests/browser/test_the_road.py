"""From the cell to a written package in a real notebook: by mouse, by keyboard, and after a reload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook_host import notebook_server, open_notebook, run_code
from tests.browser.screen import Screen
from trainpkg_widgets import verify_package

pytestmark = pytest.mark.browser

CHAT_MODEL = "Qwen2.5-0.5B-Instruct"
Opened = Callable[..., Screen]


def by_mouse(screen: Screen, folder: Path, name: str) -> Path:
    """The whole road with the mouse. Returns the written package."""
    screen.search_box.fill("qwen2.5")
    screen.card(CHAT_MODEL).click()
    expect(screen.card(CHAT_MODEL)).to_have_attribute("aria-selected", "true", timeout=15_000)
    screen.go_on("config")
    screen.frame.get_by_label("Learning rate").fill("0.0001")
    screen.frame.get_by_label("Learning rate").press("Enter")
    screen.go_on("dataset")
    screen.button("chats.jsonl").click()
    screen.sees("Ready for SFT")
    screen.go_on("deploy")
    screen.frame.get_by_label("Name", exact=True).fill(name)
    screen.frame.get_by_label("Name", exact=True).press("Enter")
    screen.frame.get_by_label("Written into").fill(str(folder / "packages"))
    expect(screen.frame.get_by_text(f"{name}/", exact=True)).to_be_visible(timeout=15_000)
    screen.button("Write package").click()
    screen.sees("✓ Written")
    return folder / "packages" / name


def test_by_mouse_in_jupyterlab(open_wizard: Opened, folder: Path, page: Page) -> None:
    screen = open_wizard()
    written = by_mouse(screen, folder, "by-mouse")
    assert verify_package(written) == []
    assert "0.0001" in run_code(page, "print(wizard.config['learning_rate'])")
    assert "by-mouse" in run_code(page, "print(wizard.deploy['written_to'])")


def test_by_mouse_in_notebook_7(open_wizard: Opened, folder: Path) -> None:
    with notebook_server("notebook", folder) as address:
        screen = open_wizard(host="notebook", address=address)
        assert verify_package(by_mouse(screen, folder, "notebook-7")) == []


def test_by_keyboard_alone(open_wizard: Opened, folder: Path, page: Page) -> None:
    screen = open_wizard()
    keys = page.keyboard
    screen.search_box.focus()
    keys.type("qwen2.5-0.5b-instruct")
    keys.press("Enter")
    expect(screen.card(CHAT_MODEL)).to_be_visible(timeout=15_000)
    tab_to(screen, screen.cards.first)
    for _ in range(30):
        if CHAT_MODEL in focused(page).splitlines() or CHAT_MODEL + "\n" in focused(page):
            break
        keys.press("ArrowRight")
    keys.press("Space")
    expect(screen.card(CHAT_MODEL)).to_have_attribute("aria-selected", "true", timeout=15_000)
    press(screen, "Continue to config")
    screen.wait_for_step("config")
    press(screen, "Continue to dataset")
    screen.wait_for_step("dataset")
    expect(screen.button("chats.jsonl")).to_be_visible(timeout=15_000)
    press(screen, "chats.jsonl")
    screen.sees("Ready for SFT")
    press(screen, "Continue to deploy")
    screen.wait_for_step("deploy")
    tab_to(screen, screen.frame.get_by_label("Name", exact=True))
    keys.press("Control+a")
    keys.type("by-keyboard")
    keys.press("Enter")
    tab_to(screen, screen.frame.get_by_label("Written into"))
    keys.press("Control+a")
    keys.type(str(folder / "packages"))
    expect(screen.frame.get_by_text("by-keyboard/", exact=True)).to_be_visible(timeout=15_000)
    press(screen, "Write package")
    screen.sees("✓ Written")
    assert verify_package(folder / "packages" / "by-keyboard") == []


def test_a_reloaded_page_shows_the_same_wizard(open_wizard: Opened, page: Page, lab: str) -> None:
    screen = open_wizard()
    screen.card("Qwen2.5-0.5B").click()
    expect(screen.card("Qwen2.5-0.5B")).to_have_attribute("aria-selected", "true", timeout=15_000)
    screen.go_on("config")
    run_code(page, "wizard.configure(lora_rank=8)")
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1500)
    open_notebook(page, "lab", lab, "test_a_reloaded_page_shows_the_same_wizard.ipynb")
    again = Screen(page)
    again.wait_for_step("config")
    expect(again.frame.get_by_label("LoRA rank")).to_have_value("8")


def test_two_views_agree(open_wizard: Opened, page: Page) -> None:
    first = open_wizard("wizard")
    second = Screen(page, index=1)
    second.wait_for_cards()
    first.card("Qwen2.5-0.5B").click()
    expect(second.card("Qwen2.5-0.5B")).to_have_attribute("aria-selected", "true", timeout=15_000)
    first.go_on("config")
    second.wait_for_step("config")


def test_python_and_the_screen_are_the_same_state(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    run_code(page, "wizard.select_model('Qwen/Qwen2.5-1.5B')")
    expect(screen.card("Qwen2.5-1.5B")).to_have_attribute("aria-selected", "true", timeout=15_000)
    run_code(page, "wizard.step = 'config'")
    screen.wait_for_step("config")
    screen.frame.get_by_role("radio", name="QLoRA").check()
    expect(screen.frame.get_by_role("radio", name="QLoRA")).to_be_checked()
    page.wait_for_timeout(500)
    assert "qlora" in run_code(page, "print(wizard.config['tuning'])")


def focused(page: Page) -> str:
    """The text of what has the focus, through open shadow roots."""
    return str(
        page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                return (at?.getAttribute('aria-label') || '') + '\\n' + (at?.innerText || at?.value || '');
            }"""
        )
    )


def tab_to(screen: Screen, wanted: Locator, most: int = 60) -> None:
    """Press Tab until `wanted` has the focus, forwards and then backwards."""
    for key in ["Tab"] * most + ["Shift+Tab"] * most * 2:
        if wanted.evaluate("e => e.getRootNode().activeElement === e"):
            return
        screen.page.keyboard.press(key)
    raise AssertionError(f"Tab does not reach it; the focus is on: {focused(screen.page)!r}")


def press(screen: Screen, name: str) -> None:
    """Reach a button with Tab and press Enter."""
    tab_to(screen, screen.button(name).first)
    screen.page.keyboard.press("Enter")

"""Bad input on the real screen: each with a clear finding, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen
from tests.hub_server import HubServer

pytestmark = pytest.mark.browser

Opened = Callable[..., Screen]


def to_dataset(screen: Screen, page: Page) -> None:
    run_code(page, "wizard.select_model('Qwen/Qwen2.5-0.5B-Instruct'); wizard.step = 'config'; wizard.step = 'dataset'")
    screen.wait_for_step("dataset")


def test_the_model_step(open_wizard: Opened, page: Page, hub: HubServer) -> None:
    screen = open_wizard()
    screen.search_box.fill("nobody/has-this-model")
    screen.button("Use nobody/has-this-model").click()
    screen.sees("nobody/has-this-model")
    screen.sees("not")
    run_code(page, "wizard.select_model('meta-llama/Llama-3.2-1B')")
    screen.sees("token")
    assert "error" in run_code(page, "print(wizard.statuses['model'])")
    for kind in ("server_error", "rate_limited", "html"):
        hub.misbehave(kind)
        screen.search_box.fill(f"llama {kind[:1]}")
        screen.search_box.press("Enter")
        screen.sees("What is shown is from the built-in catalogue.")
        hub.behave()
    screen.search_box.fill("no-such-model-anywhere")
    screen.search_box.press("Enter")
    screen.sees("No model matches")


def test_a_fix_is_applied_by_a_click(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    run_code(page, "wizard.select_model('Qwen/Qwen2.5-0.5B-Instruct'); wizard.step = 'config'")
    screen.wait_for_step("config")
    rate = screen.frame.get_by_label("Learning rate")
    rate.fill("5")
    rate.press("Enter")
    screen.button("Use 0.0002").click()
    expect(rate).to_have_value("0.0002")
    assert "0.0002" in run_code(page, "print(wizard.config['learning_rate'])")


def test_the_dataset_step(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    to_dataset(screen, page)
    screen.button("chats.jsonl").click()
    screen.sees("Ready for SFT")
    for name, words in {"broken.jsonl": "Line 2", "empty.jsonl": "empty", "prices.csv": "item"}.items():
        screen.button(name).click()
        screen.sees(words)
    run_code(page, "rows = [{'prompt': f'What is {n}?', 'completion': f'It is {n}.'} for n in range(60)]")
    screen.frame.get_by_role("radio", name="Notebook").check()
    screen.button("Look again").click()
    screen.frame.get_by_label("Variable").select_option("rows")
    screen.sees("Ready for SFT")


def test_the_deploy_step(open_wizard: Opened, page: Page, folder: Path) -> None:
    screen = open_wizard()
    to_dataset(screen, page)
    run_code(page, "wizard.use_dataset('chats.jsonl'); wizard.step = 'deploy'")
    screen.wait_for_step("deploy")
    name = screen.frame.get_by_label("Name", exact=True)
    name.fill("a/b:c")
    name.press("Enter")
    screen.sees("name")
    assert "a/b:c" not in run_code(page, "print(wizard.deploy['name'])")
    name.fill("taken")
    name.press("Enter")
    (folder / "packages" / "taken").mkdir(parents=True)
    screen.frame.get_by_label("Written into").fill(str(folder / "packages"))
    expect(screen.frame.get_by_text("package.yaml").first).to_be_visible(timeout=15_000)
    screen.button("Write package").click()
    screen.sees("already")
    assert list((folder / "packages" / "taken").iterdir()) == []


def test_a_search_while_a_cell_runs_is_answered_or_said_to_wait(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard("import time; time.sleep(0 if 'once' not in globals() else 6)", "once = True")
    page.evaluate("window.jupyterapp.commands.execute('notebook:move-cursor-up')")
    page.evaluate(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code: 'time.sleep(6)'}), 0"
    )
    screen.search_box.fill("llama")
    screen.search_box.press("Enter")
    expect(screen.card("Llama-3.2-1B")).to_be_visible(timeout=12_000)


def test_a_hung_hub_never_delays_the_next_cell(open_wizard: Opened, page: Page, hub: HubServer) -> None:
    screen = open_wizard()
    hub.misbehave("hang")
    screen.search_box.fill("qwen")
    screen.search_box.press("Enter")
    page.wait_for_timeout(200)
    assert run_code(page, "1 + 1") == "2"
    assert "True" in run_code(page, "print(wizard.results['searching'])"), "the Hub was still silent when the cell ran"
    hub.behave()

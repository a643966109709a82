"""The model step on the real page: each finding in its words, details, filters, answers before the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.notebook_host import open_notebook, run_all, run_code, write_notebook
from tests.browser.screen import Screen
from tests.browser.test_how_it_looks import switch_theme
from tests.hub_server import (
    BAD_TOKEN,
    FINE_GRAINED_TOKEN,
    GOOD_TOKEN,
    NO_ACCESS_TOKEN,
    PENDING_TOKEN,
    HubServer,
)
from tests.hub_server.special_models import ADAPTER, DISABLED
from tests.unit.hub_browsers import many, tiny

pytestmark = pytest.mark.browser

GATED, OPEN = "meta-llama/Llama-3.2-1B", "Qwen/Qwen2.5-0.5B-Instruct"
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}

# Token, model, and what the screen says of the choice, with its next action.
ACCESS = [
    (False, GATED, "there is no token to open it with", "Open the model's page"),
    (BAD_TOKEN, GATED, "your token does not open it", "Open your tokens"),
    (FINE_GRAINED_TOKEN, GATED, "your token does not open it", "Open your tokens"),
    (NO_ACCESS_TOKEN, GATED, "your account has no access yet", "Open the model's page"),
    (PENDING_TOKEN, GATED, "waits for its authors", "See your requests"),
    (BAD_TOKEN, OPEN, "can't download even public models", "Open your tokens"),
    (GOOD_TOKEN, GATED, "your account has access", ""),
    (False, "nobody/xyzzy", "There is no such repository, or it is private", "Search the Hub"),
    (False, DISABLED, "This repository is disabled on the Hub", "Open its page"),
]
ODD: list[tuple[str, dict[str, object], str]] = [
    ("gguf", {"siblings": [{"rfilename": "m-Q8_0.gguf"}]}, "gguf is GGUF: no training can start from it"),
    ("onnx", {"siblings": [{"rfilename": "onnx/model.onnx"}]}, "onnx is ONNX: no training can start from it"),
    ("mlx", {"library_name": "mlx"}, "mlx is MLX: no training can start from it"),
    ("fp4", {"config": {**LLAMA, "quantization_config": {"quant_method": "mxfp4"}}}, "fp4 is packed FP4"),
    (
        "own",
        {"config": {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "m.M"}}},
        "code from its own repository",
    ),
    ("base", {}, "No chat template was found for base"),
    ("nc", {"tags": ["license:cc-by-nc-4.0"]}, "does not allow commercial use"),
    ("big", {"safetensors": {"parameters": {"BF16": 12 * 10**9}}}, "big weighs 24.0 GB"),
    ("huge", {"safetensors": {"parameters": {"BF16": 80 * 10**9}}}, "more than 100 GB is not taken"),
]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    """One Hub for all tests here."""
    with HubServer() as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, lab: str, folder: Path, hub: HubServer) -> Iterator[Page]:
    """One notebook for all tests here: opening one takes longer than all that is done in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    settings = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}, "cache": {"folder": str(folder / "cache")}}}
    cell = (
        "from trainpkg_widgets import TrainingPackageWizard\n"
        f"wizard = TrainingPackageWizard({settings!r}, endpoint={hub.url!r}, token=False, autosave=False)\nwizard"
    )
    write_notebook(folder / "model-step.ipynb", cell)
    open_notebook(opened, "lab", lab, "model-step.ipynb")
    yield opened
    context.close()


def accessible_in_both_themes(screen: Screen, page: Page) -> None:
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        switch_theme(page, theme)
        assert screen.axe_violations() == [], theme


@pytest.fixture
def screen(page: Page, hub: HubServer) -> Screen:
    """A wizard with nothing chosen."""
    hub.behave()
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    screen = Screen(page)
    expect(screen.frame).to_have_count(0)
    run_all(page)
    screen.wait_for_cards()
    return screen


def test_each_finding_says_what_is_wrong_and_what_to_do(screen: Screen, page: Page, hub: HubServer) -> None:
    for name, body, _ in ODD:
        config = body.get("config", LLAMA)
        hub.add_model(tiny(f"odd/{name}", **body), raw_config=config)  # type: ignore[arg-type]  # a config is a mapping
    # One wizard, another token for each: the token is asked for at the moment of use.
    run_code(page, "tokens = [False]; wizard.session.models.client._given_token = lambda: tokens[0] or None")
    run_code(page, "wizard.session.models.client._cache = None")
    for token, name, words, action in ACCESS:
        run_code(page, f"tokens[0] = {token!r}; wizard.select_model({name!r})")
        screen.sees(words)
        if action:
            # Only https addresses become links; the Hub on loopback has none.
            assert action in run_code(page, "print([f.fix.label for f in wizard.session.findings if f.fix])")
    run_code(page, "tokens[0] = False")
    for name, _, words in ODD:
        run_code(page, f"wizard.select_model('odd/{name}')")
        screen.sees(words)
    run_code(page, f"wizard.select_model({ADAPTER!r})")
    screen.sees("is an adapter: no training can start from it")
    screen.button("Use Qwen/Qwen2.5-0.5B").click()
    screen.sees("pinned to")
    run_code(page, "wizard.state_use('commercial'); wizard.select_model('odd/nc')")
    screen.sees("forbids the commercial use you stated")
    screen.button("It is for research").click()
    expect(screen.frame.get_by_text("forbids the commercial use")).to_have_count(0)


def test_a_very_large_model_is_confirmed_by_keyboard(screen: Screen, page: Page, hub: HubServer) -> None:
    hub.add_model(tiny("lab/very-large", safetensors={"parameters": {"BF16": 25 * 10**9}}), raw_config=LLAMA)
    screen.search_box.fill("very-large")
    screen.search_box.press("Enter")
    screen.card("very-large").focus()
    page.keyboard.press("Enter")
    question = screen.frame.get_by_role("alertdialog")
    expect(question).to_contain_text("very-large weighs 50.0 GB. Use it all the same?")
    expect(screen.button("Don’t use it")).to_be_focused()
    accessible_in_both_themes(screen, page)
    screen.button("Don’t use it").focus()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(screen.card("very-large")).to_be_focused()
    assert run_code(page, "print(wizard.model)").strip() == "{}"
    page.keyboard.press("Enter")
    expect(screen.button("Don’t use it")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(screen.card("very-large")).to_have_attribute("aria-selected", "true")
    screen.sees("Continue to config")


def test_details_by_keyboard_and_mouse_in_two_requests(screen: Screen, page: Page, hub: HubServer) -> None:
    before = len(hub.requests)
    screen.card("Qwen2.5-0.5B").focus()
    page.keyboard.press("i")
    panel = screen.frame.get_by_role("region", name="Qwen2.5-0.5B")
    for words in ("494,032,768", "file sizes: model.safetensors", "q_proj, v_proj", "Not known", "from config.json"):
        expect(panel.get_by_text(words).first).to_be_visible()
    asked = [r for r in hub.requests[before:] if "resolve-cache" not in r.path]
    assert len(asked) == 2
    accessible_in_both_themes(screen, page)
    panel.get_by_role("heading", name="Qwen2.5-0.5B").focus()
    page.keyboard.press("Escape")
    expect(screen.card("Qwen2.5-0.5B")).to_be_focused()
    screen.card("Qwen2.5-1.5B").get_by_text("Details").click()
    other = screen.frame.get_by_role("region", name="Qwen2.5-1.5B")
    expect(other.get_by_text("1,543,714,304")).to_be_visible()
    assert run_code(page, "print(wizard.model)").strip() == "{}", "looking chooses nothing"
    other.get_by_role("button", name="Choose this model").click()
    expect(screen.card("Qwen2.5-1.5B")).to_have_attribute("aria-selected", "true")


def test_typing_is_answered_before_the_hub_and_keeps_what_is_chosen(screen: Screen, page: Page, hub: HubServer) -> None:
    screen.card("Qwen2.5-0.5B").click()
    screen.sees("pinned to")
    hub.misbehave("hang", path_contains="/api/models")
    screen.search_box.press_sequentially("smollm2", delay=20)
    expect(screen.card("SmolLM2-135M")).to_be_visible(timeout=3000)
    screen.sees("from the built-in catalogue")
    hub.behave()
    screen.search_box.press("Enter")
    screen.sees("from the Hub")
    expect(screen.search_box).to_be_focused()
    screen.sees("Qwen2.5-0.5B · open to everyone")
    # JupyterLab's own keys: a slash typed into the box is text, one pressed outside of it is JupyterLab's.
    screen.search_box.fill("")
    screen.search_box.press_sequentially("a/b")
    expect(screen.search_box).to_have_value("a/b")
    page.keyboard.press("Escape")
    expect(screen.search_box).to_have_value("")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    expect(screen.search_box).not_to_be_focused()


def test_every_filter_by_its_field_and_its_chip(screen: Screen, page: Page) -> None:
    screen.button("Filters").first.click()
    screen.frame.get_by_label("Task").select_option("text-generation")
    screen.frame.get_by_label("Author").fill("Qwen")
    screen.frame.get_by_label("Author").press("Enter")
    screen.frame.get_by_label("Parameters, at most").fill("2B")
    screen.frame.get_by_label("Parameters, at most").press("Enter")
    screen.frame.get_by_label("safetensors").check()
    for chip in ("Text generation", "By Qwen", "up to 2.00 B params", "safetensors"):
        expect(screen.button(chip)).to_be_visible()
    screen.sees("from the Hub")
    accessible_in_both_themes(screen, page)
    kept = run_code(page, "print(wizard.filters)")
    for part in ("'task': 'text-generation'", "'author': 'Qwen'", "2000000000", "safetensors"):
        assert part in kept
    expect(screen.cards.first).to_be_visible()
    screen.button("Clear all").click()
    expect(screen.button("By Qwen")).to_have_count(0)
    page.wait_for_timeout(300)
    assert run_code(page, "print(wizard.filters)").strip() == "{}"


def test_empty_offline_and_rate_limited_are_drawn(screen: Screen, page: Page, hub: HubServer) -> None:
    for fault, words in (("rate_limited", "too many requests"), ("reset", "could not be reached")):
        hub.misbehave(fault)  # type: ignore[arg-type]  # one of its kinds
        screen.search_box.fill(f"llama {fault[0]}")
        screen.search_box.press("Enter")
        screen.sees(words)
        hub.behave()
    screen.search_box.fill("no-such-model-anywhere")
    screen.search_box.press("Enter")
    screen.sees("No model matches")
    accessible_in_both_themes(screen, page)


def test_a_page_more_moves_no_card_and_draws_none_again(screen: Screen, page: Page, hub: HubServer) -> None:
    for body in many(40):
        hub.add_model(body)
    screen.search_box.fill("lab/model")
    screen.search_box.press("Enter")
    screen.sees("from the Hub")
    expect(screen.button("Load more")).to_be_visible()
    screen.cards.first.evaluate(
        """card => {
            window.changes = 0;
            const watch = new MutationObserver(all => { window.changes += all.length; });
            for (const one of card.parentElement.children)
                watch.observe(one, {subtree: true, childList: true, attributes: true, characterData: true});
            window.places = [...card.parentElement.children].map(one => one.offsetTop);
        }"""
    )
    count = screen.cards.count()
    screen.button("Load more").click()
    expect(screen.cards.nth(count)).to_be_visible()
    assert page.evaluate("window.changes") == 0
    moved = screen.cards.first.evaluate(
        "card => window.places.filter((top, i) => card.parentElement.children[i].offsetTop !== top).length"
    )
    assert moved == 0

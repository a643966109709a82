"""The config step in a real notebook: a knob of each kind goes to Python and back, and memory answers each change."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

Opened = Callable[..., Screen]

HERE = "wizard.select_model('Qwen/Qwen2.5-7B'); wizard.step = 'config'"


@pytest.fixture
def screen(open_wizard: Opened, page: Page) -> Screen:
    """The config step of a 7B model beside a card of 24 GiB."""
    opened = open_wizard(arguments="gpu='RTX 4090'")
    run_code(page, HERE)
    opened.wait_for_step("config")
    expect(opened.frame.get_by_label("Learning rate")).to_be_visible(timeout=15_000)
    return opened


def value(page: Page, knob: str) -> str:
    return run_code(page, f"print(repr(wizard.config[{knob!r}]))").strip()


def unfold(screen: Screen, *groups: str) -> None:
    for group in groups:
        fold = screen.frame.locator(".fold-name", has_text=group)
        fold.focus()
        fold.press("Enter")
        expect(fold).to_have_attribute("aria-expanded", "true")


def test_a_knob_of_each_kind_goes_to_python_and_comes_back(screen: Screen, page: Page) -> None:
    frame = screen.frame
    unfold(screen, "Updates", "Adapter", "Checking and saving")
    # a menu, radio buttons, a number, a whole number, a switch, ticks, words
    frame.get_by_label("Method", exact=True).select_option("dpo")
    expect(frame.get_by_label("Beta", exact=True)).to_be_visible()
    frame.get_by_label("Method", exact=True).select_option("sft")
    expect(frame.get_by_label("Packing", exact=True)).to_be_visible()
    frame.get_by_role("radio", name="QLoRA").press(" ")
    rate = frame.get_by_label("Learning rate")
    rate.fill("3e-5")
    rate.press("Enter")
    batch = frame.get_by_label("Batch size")
    batch.fill("4")
    batch.press("Enter")
    frame.get_by_label("Packing", exact=True).press(" ")
    frame.get_by_label("Optimizer").select_option("adafactor")
    frame.get_by_role("checkbox", name="q_proj").press(" ")
    expect(frame.get_by_role("checkbox", name="every linear layer")).not_to_be_checked()
    whole = frame.get_by_label("Trained whole")
    if whole.count():
        whole.fill("lm_head")
        whole.press("Enter")
    page.wait_for_timeout(500)
    assert [value(page, knob) for knob in ("method", "tuning", "learning_rate", "batch_size", "packing")] == [
        "'sft'",
        "'qlora'",
        "3e-05",
        "4",
        "True",
    ]
    assert value(page, "optimizer") == "'adafactor'"
    assert value(page, "lora_targets") == "['q_proj']"
    run_code(
        page,
        "wizard.configure(tuning='lora', learning_rate=1e-4, batch_size=2, packing=False, lora_targets=['k_proj'])",
    )
    tuning = frame.get_by_role("radiogroup", name="Tuning")
    expect(tuning.get_by_role("radio", name="LoRA", exact=True)).to_be_checked()
    expect(rate).to_have_value("0.0001")
    expect(batch).to_have_value("2")
    expect(frame.get_by_label("Packing", exact=True)).not_to_be_checked()
    expect(frame.get_by_role("checkbox", name="k_proj")).to_be_checked()


def test_memory_tells_why_without_moving_and_is_made_to_fit_by_one_key(screen: Screen, page: Page) -> None:
    menu = screen.frame.get_by_label("Held against")
    before = bottom(menu)
    for part in screen.frame.locator(".part").all():
        part.focus()
        assert bottom(menu) == before
    screen.sees("CUDA's own")
    run_code(page, "wizard.configure(tuning='full')")
    screen.sees("✕ Does not fit RTX 4090")
    accept = screen.button("Accept 1 change")
    accept.focus()
    accept.press("Enter")
    screen.sees("✓ Fits RTX 4090")
    assert value(page, "tuning") == "'lora'"
    screen.button("Undo settings").click()
    screen.sees("✕ Does not fit RTX 4090")
    screen.button("What would I need?").press("Enter")
    screen.sees("1 × H100 80GB")
    screen.button(re.compile(r"Use\s*1 × H100 80GB")).press("Enter")
    screen.sees("✓ Fits H100 80GB")


def test_several_cards_are_chosen_by_keyboard_and_undone(screen: Screen, page: Page) -> None:
    run_code(page, "wizard.configure(tuning='full')")
    screen.sees("✕ Does not fit RTX 4090")
    screen.frame.get_by_label("Held against").select_option("H200")
    screen.sees("✓ Fits H200")
    screen.frame.get_by_label("How many cards").select_option("4")
    screen.sees("✓ Fits 4 × H200")
    assert [value(page, knob) for knob in ("gpus", "sharding", "accumulation")] == ["4", "'ddp'", "2"]
    screen.sees("Two published runs on two GPUs back this.")
    screen.button("Undo settings").press("Enter")
    screen.sees("✓ Fits H200")
    expect(screen.frame.get_by_label("How many cards")).to_have_value("1")


def test_odd_numbers_are_refused_where_they_are_typed_and_nothing_breaks(screen: Screen, page: Page) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    unfold(screen, "Updates", "Adapter", "Speed and memory", "Checking and saving")
    before = run_code(page, "print(wizard.config)")
    fields = screen.frame.locator("input.number")
    for typed in ("-1", "1e999", "½", "9" * 400, "<b>1</b>"):
        for field in fields.all():
            field.fill(typed)
            field.press("Enter")
    expect(fields.first).to_have_attribute("aria-invalid", "true")
    screen.sees("can't be “<b>1</b>”")
    page.wait_for_timeout(500)
    for field in fields.all():
        field.press("Escape")
    expect(fields.first).not_to_have_attribute("aria-invalid", "true")
    assert run_code(page, "print(wizard.config)") == before
    assert broken == []


def test_every_setting_is_reached_by_tab_and_named(screen: Screen, page: Page) -> None:
    unfold(screen, "Rows", "Updates", "Adapter", "Speed and memory", "Checking and saving")
    wanted = set(
        run_code(
            page,
            "from trainpkg_widgets.views import knobs_view\nprint(*knobs_view(wizard.session).applies)",
        ).split()
    ) - {"method", "tuning"}
    screen.frame.get_by_label("Method", exact=True).focus()
    reached: set[str] = set()
    for _ in range(140):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                const group = at?.closest('[aria-labelledby^="config."]')?.getAttribute('aria-labelledby');
                return group ?? at?.id ?? '';
            }"""
        )
        if focused.startswith("config."):
            reached.add(focused.removeprefix("config."))
        if wanted <= reached:
            break
    assert wanted <= reached, wanted - reached
    assert screen.axe_violations() == []


def bottom(of: Locator) -> float:
    box = of.bounding_box()
    assert box is not None
    return round(box["y"] + box["height"])

"""The dataset step on the real screen, by mouse and by keyboard: each source, what is trained of it, its lengths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen
from tests.hub_server import HubServer
from tests.tiny_tokenizer import write_tokenizer
from tests.unit.model_folders import write_model
from tests.with_transformers import PYTHON, needs_transformers

pytestmark = [pytest.mark.browser, needs_transformers]

Opened = Callable[..., Screen]

LONG = 60_000


@pytest.fixture(scope="module")
def rows_in(folder: Path) -> Path:
    """The working folder, with models whose tokenizer is a real one, and rows of several kinds."""
    for name, template in (("chat", True), ("bare", False)):
        model = write_model(folder / "models" / name, drop=() if template else ("chat_template.jinja",))
        write_tokenizer(model, **({} if template else {"template": None, "stop_token": "<|endoftext|>"}))
    long = [{"prompt": f"Say {n}.", "completion": "word " * (30 + n)} for n in range(60)]
    (folder / "long.jsonl").write_text("".join(json.dumps(row) + "\n" for row in long))
    pairs = [{"prompt": f"What is {n}?", "chosen": f"{n} is a number.", "rejected": "No idea."} for n in range(60)]
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pairs))
    return folder


@pytest.fixture
def screen(open_wizard: Opened, page: Page, rows_in: Path, hub: HubServer) -> Screen:
    cell = "chats = [{'prompt': f'What is {n}?', 'completion': f'It is {n}.'} for n in range(70)]"
    dataset = {"tokenizer": {"python": PYTHON}, "viewer": {"endpoint": hub.viewer_url}}
    opened = open_wizard(cell, settings={"dataset": dataset})
    run_code(
        page,
        f"wizard.select_model({str(rows_in / 'models' / 'chat')!r}); wizard.configure(max_length=512)\n"
        "wizard.step = 'config'; wizard.step = 'dataset'",
    )
    opened.wait_for_step("dataset")
    return opened


def seen(screen: Screen) -> Locator:
    return screen.frame.get_by_role("region", name="The text as the model sees it")


def slider(screen: Screen) -> Locator:
    return screen.frame.get_by_role("slider", name="Longest example, in tokens")


def test_a_large_file_shows_its_first_rows_while_it_is_read_and_can_be_cancelled(
    screen: Screen, page: Page, rows_in: Path
) -> None:
    turns = [{"role": "user", "content": "Where is order 7?"}, {"role": "assistant", "content": "On its way. " * 60}]
    line = json.dumps({"messages": turns}) + "\n"
    (rows_in / "large.jsonl").write_text(line * (400_000_000 // len(line)))
    screen.frame.get_by_label("Path of the file or folder").fill("large.jsonl")
    screen.button("Use").click()
    screen.sees("Reading large.jsonl…")
    screen.sees("Conversations (role, content), from “messages”")
    screen.sees("user: Where is order 7?")
    assert screen.axe_violations() == []
    page.screenshot(path=rows_in / "reading.png")
    # The kernel answers meanwhile.
    run_code(page, "wizard.note = 1 + 1")
    screen.button("Cancel").click()
    expect(screen.frame.get_by_text("Reading large.jsonl…")).to_have_count(0)
    expect(screen.frame.get_by_text("No dataset is chosen yet.")).to_be_visible()
    (rows_in / "large.jsonl").unlink()


def test_a_file_by_mouse_is_seen_as_trained_and_its_lengths_are_counted(screen: Screen, page: Page) -> None:
    screen.button("chats.jsonl").click()
    expect(seen(screen)).to_contain_text("<|im_start|>assistant", timeout=LONG)
    expect(seen(screen)).to_contain_text("[trained:] Order 0 left our warehouse this morning.<|im_end|>")
    screen.sees("stop token trained ✓")
    screen.sees("all 60 training rows counted", LONG)
    screen.button("Row after").click()
    expect(seen(screen)).to_contain_text("Where is order 1?")
    screen.frame.get_by_label("Show where each token ends").click()
    expect(seen(screen).locator("i").first).to_be_visible()
    screen.button("long.jsonl").click()
    expect(seen(screen)).to_contain_text("Say 1.", timeout=LONG)
    expect(slider(screen)).to_have_attribute("max", re.compile("[45].."), timeout=LONG)
    # The line is dragged to where rows are cut, and the knob is where it was let go.
    bars = slider(screen).bounding_box()
    assert bars is not None
    page.mouse.move(bars["x"] + bars["width"] - 9, bars["y"] + 40)
    page.mouse.down()
    page.mouse.move(bars["x"] + bars["width"] * 0.6, bars["y"] + 40, steps=5)
    page.mouse.up()
    screen.sees("would be cut.")
    cut = int(run_code(page, "print(wizard.config['max_length'])").strip().splitlines()[-1])
    assert 128 < cut < 400
    expect(slider(screen)).to_have_value(str(cut))
    screen.button("Allow").click()
    screen.sees("No row is longer.")
    assert screen.axe_violations() == []


def test_all_of_it_by_keyboard(screen: Screen, page: Page) -> None:
    path = screen.frame.get_by_label("Path of the file or folder")
    path.focus()
    page.keyboard.type("pairs.jsonl")
    page.keyboard.press("Enter")
    run_code(page, "wizard.configure(method='dpo')")
    expect(screen.frame.get_by_role("region", name="The rejected answer as the model sees it")).to_contain_text(
        "[trained:] No idea.<|im_end|>", timeout=LONG
    )
    expect(slider(screen)).to_be_visible(timeout=LONG)
    slider(screen).focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(screen.frame.get_by_text("Longer than 416")).to_be_visible()
    assert "416" in run_code(page, "print(wizard.config['max_length'])")
    kinds = screen.frame.get_by_role("radio", name="Notebook")
    kinds.focus()
    page.keyboard.press("Space")
    screen.button("Look again").press("Enter")
    screen.frame.get_by_label("Variable").select_option("chats")
    run_code(page, "wizard.configure(method='sft')")
    expect(seen(screen)).to_contain_text("[trained:] It is 0.<|im_end|>", timeout=LONG)
    row = screen.frame.get_by_label("Row to look at")
    row.fill("70")
    row.press("Enter")
    expect(seen(screen)).to_contain_text("It is 69.")
    screen.frame.get_by_role("radio", name="Rows", exact=True).press("Space")
    expect(screen.frame.get_by_role("region", name="Rows of the dataset")).to_contain_text("What is 0?")


def test_datasets_of_the_hub_are_searched_and_several_are_mixed(screen: Screen, page: Page, hub: HubServer) -> None:
    rows = [{"prompt": f"Hub {n}?", "completion": f"Yes {n}."} for n in range(80)]
    body = {"id": "someone/chats", "downloads": 1200, "tags": []}
    hub.add_dataset(body, {"default": {"train": rows, "test": rows[:10]}})
    screen.frame.get_by_role("radio", name="Hub").click()
    screen.frame.get_by_label("Search datasets of the Hub").fill("chats")
    screen.button("someone/chats").click(timeout=LONG)
    expect(seen(screen)).to_contain_text("[trained:] Yes 0.<|im_end|>", timeout=LONG)
    screen.frame.get_by_label("Split").select_option("test")
    screen.sees("10 rows")
    screen.frame.get_by_role("radio", name="Mix").click()
    for name in ("chats.jsonl", "chats"):
        screen.frame.get_by_label("Add a dataset", exact=True).select_option(name)
        screen.button(f"Add {name}").click()
    screen.frame.get_by_label("Weight of chats.jsonl").fill("2")
    screen.button("Mix").click()
    screen.sees("190 rows read", LONG)
    assert screen.axe_violations() == []


def test_the_hub_a_folder_and_a_mixture_by_keyboard(screen: Screen, page: Page, hub: HubServer, rows_in: Path) -> None:
    rows = [{"prompt": f"Typed {n}?", "completion": f"Yes {n}."} for n in range(80)]
    hub.add_dataset(
        {"id": "someone/typed", "downloads": 7, "tags": []}, {"default": {"train": rows, "test": rows[:12]}}
    )
    talks = rows_in / "talks"
    talks.mkdir(exist_ok=True)
    for name in ("train", "test"):
        lines = [{"prompt": f"{name} {n}?", "completion": f"It is {n}."} for n in range(30)]
        (talks / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))

    screen.frame.get_by_role("radio", name="Hub").press("Space")
    screen.frame.get_by_label("Search datasets of the Hub").press_sequentially("someone/typed")
    page.keyboard.press("Enter")
    expect(seen(screen)).to_contain_text("[trained:] Yes 0.<|im_end|>", timeout=LONG)
    screen.sees("80 rows")
    screen.frame.get_by_label("Split").focus()
    page.keyboard.type("test")
    page.keyboard.press("Enter")
    screen.sees("someone/typed · 12 rows")
    assert "test" in run_code(page, "print(wizard.dataset['source']['split'])")

    screen.frame.get_by_role("radio", name="File").press("Space")
    path = screen.frame.get_by_label("Path of the file or folder")
    path.fill("talks")
    path.press("Enter")
    expect(seen(screen)).to_contain_text("[trained:] It is 0.<|im_end|>", timeout=LONG)
    screen.button("Hold it back").press("Enter")
    screen.sees("60 rows read", LONG)

    screen.frame.get_by_role("radio", name="Mix").press("Space")
    screen.frame.get_by_label("Add a dataset", exact=True).focus()
    page.keyboard.type("chats.jsonl")
    screen.button("Add chats.jsonl").press("Enter")
    of_hub = screen.frame.get_by_label("Add a dataset of the Hub")
    of_hub.press_sequentially("someone/typed")
    of_hub.press("Enter")
    weight = screen.frame.get_by_label("Weight of someone/typed")
    weight.fill("0.5")
    screen.button("Mix").press("Enter")
    screen.sees("100 rows read", LONG)
    kinds = run_code(page, "print([(p['source']['kind'], p['used_rows']) for p in wizard.dataset['parts']])")
    assert "('file', 60), ('hub', 40)" in kinds
    assert screen.axe_violations() == []


def test_a_folder_a_variable_and_another_reading_by_mouse(screen: Screen, page: Page, rows_in: Path) -> None:
    folder = rows_in / "support"
    folder.mkdir(exist_ok=True)
    both = [{"instruction": f"Say {n}", "output": f"{n}", "text": f"Say {n}: {n}."} for n in range(30)]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in both))
    screen.button("Look again").click()
    screen.button(re.compile("^support")).click()
    expect(seen(screen)).to_contain_text("Say 0", timeout=LONG)
    screen.frame.get_by_text("How the rows are read").click()
    # Each way to read them stands beside the others, with an example.
    ways = screen.frame.get_by_role("group", name="These rows can be read in several ways")
    for words in ("Instruction and answer", "Plain text", "Say 0: 0."):
        expect(ways).to_contain_text(words)
    ways.get_by_role("radio", name="Plain text").click()
    expect(seen(screen)).to_contain_text("[trained:] Say 0: 0.", timeout=LONG)
    assert "chosen by you" in run_code(page, "print(wizard.dataset['format']['source'])")
    screen.frame.get_by_role("radio", name="Notebook").click()
    variables = screen.frame.get_by_label("Variable")
    expect(variables).to_contain_text("70 rows", timeout=LONG)
    variables.select_option("chats")
    expect(seen(screen)).to_contain_text("[trained:] It is 0.<|im_end|>", timeout=LONG)
    assert screen.axe_violations() == []


def test_a_model_without_a_template_is_given_one(screen: Screen, page: Page, rows_in: Path) -> None:
    run_code(page, f"wizard.select_model({str(rows_in / 'models' / 'bare')!r}); wizard.use_dataset('chats.jsonl')")
    screen.sees("Can't be trained on yet")
    for name, text in (("Headings", "### Response:"), ("Tags", "<|assistant|>")):
        screen.frame.get_by_role("radio", name=name).click(timeout=LONG)
        expect(seen(screen)).to_contain_text(text, timeout=LONG)
    screen.sees("stop token trained ✓")
    assert "tags" in run_code(page, "print(wizard.dataset['template']['name'])")
    assert "no-chat-template" not in run_code(page, "print([f['code'] for f in wizard.findings])")
    assert screen.axe_violations() == []

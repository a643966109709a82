"""A config that a trainer has already, read on the screen: by its path, pasted, and with what was not understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.notebook_host import run_code
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

Opened = Callable[..., Screen]

CONFIG = """base_model: Qwen/Qwen2.5-0.5B-Instruct
adapter: lora
lora_r: 24
learning_rate: 0.0003
micro_batch_size: 2
sequence_lenn: 512
datasets:
  - path: chats.jsonl
    ds_type: json
    type: chat_template
    field_messages: messages
"""


def unfold(screen: Screen) -> None:
    summary = screen.frame.get_by_text("Start from a trainer’s config")
    summary.focus()
    summary.press("Enter")
    expect(screen.frame.get_by_label("Path of the config")).to_be_visible()


def test_a_config_by_its_path_becomes_the_session_by_keyboard_alone(
    open_wizard: Opened, page: Page, folder: Path
) -> None:
    (folder / "axolotl.yaml").write_text(CONFIG, encoding="utf-8")
    screen = open_wizard()
    unfold(screen)
    path = screen.frame.get_by_label("Path of the config")
    path.press_sequentially("axolotl.yaml")
    path.press("Enter")
    screen.wait_for_step("config")
    read = screen.frame.get_by_role("region", name="What was read")
    expect(read).to_contain_text("Read from axolotl.yaml.")
    expect(read).to_contain_text("sequence_lenn")
    expect(read).to_contain_text("sequence_len")
    said = run_code(page, "print(wizard.config['lora_rank'], wizard.config['learning_rate'], wizard.model['repo_id'])")
    assert said.strip() == "24 0.0003 Qwen/Qwen2.5-0.5B-Instruct"
    assert "chats" in run_code(page, "print(wizard.dataset['source']['name'])")
    assert not screen.axe_violations()
    away = screen.button("Put away")
    away.focus()
    away.press("Enter")
    expect(read).to_have_count(0)


def test_a_config_is_pasted_and_what_is_none_is_told_where_it_was_pasted(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    unfold(screen)
    text = screen.frame.get_by_label("The config as text")
    text.fill("- not\n- a config")
    screen.button("Read the config").click()
    screen.sees("holds no mapping of keys")
    assert run_code(page, "print(wizard.model)").strip() == "{}", "nothing was replaced"
    text.fill("model_name_or_path: Qwen/Qwen2.5-0.5B-Instruct\nlearning_rate: 0.0007\nlearning_rte: 1\n")
    screen.frame.get_by_label("Method of the config").fill("dpo")
    screen.button("Read the config").click()
    screen.wait_for_step("config")
    expect(screen.frame.get_by_role("region", name="What was read")).to_contain_text("learning_rte")
    assert run_code(page, "print(wizard.config['method'], wizard.config['learning_rate'])").strip() == "dpo 0.0007"
    screen.button("Undo").click()
    screen.wait_for_step("model")
    assert run_code(page, "print(wizard.model)").strip() == "{}"


def test_a_config_is_dropped_and_read(open_wizard: Opened, page: Page) -> None:
    screen = open_wizard()
    unfold(screen)
    text = screen.frame.get_by_label("The config as text")
    dropped = text.evaluate_handle(
        """(_, said) => {
            const data = new DataTransfer();
            data.items.add(new File([said], "axolotl.yaml", {type: "application/yaml"}));
            return data;
        }""",
        CONFIG,
    )
    text.dispatch_event("dragover", {"dataTransfer": dropped})
    text.dispatch_event("drop", {"dataTransfer": dropped})
    expect(text).to_have_value(CONFIG)
    screen.button("Read the config").click()
    screen.wait_for_step("config")
    expect(screen.frame.get_by_role("region", name="What was read")).to_contain_text("sequence_lenn")
    assert run_code(page, "print(wizard.config['lora_rank'])").strip() == "24"

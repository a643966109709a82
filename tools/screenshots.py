"""Film the road in a real JupyterLab, light and dark, for the README.

python -m tools.screenshots [FOLDER]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Page
from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from tests.browser.notebook_host import chromium, notebook_server, open_notebook, run_all, run_code, write_notebook
from tests.browser.screen import Screen
from tests.hub_server import HubServer
from tests.tiny_tokenizer import SPECIAL, write_tokenizer

MODEL = "Qwen2.5-0.5B-Instruct"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
CELL = (
    "from trainpkg_widgets import TrainingPackageWizard\n"
    "wizard = TrainingPackageWizard(endpoint={url!r}, token=False, autosave=False, gpu='T4')\n"
    "wizard"
)


def with_tokenizer(hub: HubServer, chats: Path, place: Path) -> None:
    """Give the model that is filmed a tokenizer, learnt from the rows: the Hub on loopback has names and sizes only."""
    lines = chats.read_text(encoding="utf-8").splitlines()
    said = [turn["content"] for line in lines for turn in json.loads(line)["messages"]]
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = ByteLevel.alphabet()
    tokenizer.train_from_iterator(said, BpeTrainer(special_tokens=[*SPECIAL], initial_alphabet=alphabet))
    write_tokenizer(place)
    tokenizer.save(str(place / "tokenizer.json"))
    hub.push(f"Qwen/{MODEL}", {file.name: file.read_bytes() for file in place.iterdir()})


def film(page: Page, screen: Screen, folder: Path, theme: str) -> None:
    """The four steps, each when it is complete, by mouse."""

    def take(step: str) -> None:
        page.mouse.move(0, 0)
        page.wait_for_timeout(900)
        screen.frame.screenshot(path=str(folder / f"{theme}-{step}.png"))

    screen.search_box.fill("instruct")
    page.wait_for_timeout(1500)
    screen.card(MODEL).click()
    page.wait_for_timeout(1000)
    take("model")
    screen.go_on("config")
    take("config")
    screen.go_on("dataset")
    screen.button("support_chats.jsonl").click()
    screen.sees("Ready")
    screen.sees("training rows counted", 60_000)
    take("dataset")
    screen.go_on("deploy")
    name = screen.frame.get_by_label("Name", exact=True)
    name.fill(f"support-bot-{theme}")
    name.press("Enter")
    page.wait_for_timeout(1000)
    screen.button("Write package").click()
    screen.sees("✓ Written")
    take("deploy")


def main(target: str = "docs/images") -> None:
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    chats = Path(str(files("trainpkg_widgets") / "examples" / "support_chats.jsonl"))
    with HubServer() as hub, chromium() as browser, tempfile.TemporaryDirectory() as model:
        with_tokenizer(hub, chats, Path(model))
        for theme, name in THEMES.items():
            place = Path(tempfile.mkdtemp())
            shutil.copyfile(chats, place / "support_chats.jsonl")
            with notebook_server("lab", place, name) as address:
                page = browser.new_context(viewport={"width": 1280, "height": 1900}, device_scale_factor=1.5).new_page()
                write_notebook(place / "film.ipynb", CELL.format(url=hub.url))
                open_notebook(page, "lab", address, "film.ipynb")
                page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
                run_all(page)
                screen = Screen(page)
                screen.wait_for_cards()
                film(page, screen, folder, theme)
                run_code(page, "wizard.close()")
            shutil.rmtree(place)


if __name__ == "__main__":
    main(*sys.argv[1:2])

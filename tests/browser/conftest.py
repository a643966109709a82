"""One JupyterLab, one Hub on loopback and one Chromium for all browser tests; each test has a page and a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.notebook_host import Host, chromium, notebook_server, open_notebook, run_all, write_notebook
from tests.browser.screen import Screen
from tests.hub_server import HubServer

Opened = Callable[..., Screen]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of the notebooks, with a data file in it."""
    place = tmp_path_factory.mktemp("notebooks")
    rows = [
        {
            "messages": [
                {"role": "system", "content": "You are a support agent."},
                {"role": "user", "content": f"Where is order {n}?"},
                {"role": "assistant", "content": f"Order {n} left our warehouse this morning."},
            ]
        }
        for n in range(60)
    ]
    (place / "chats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "broken.jsonl").write_text('{"prompt": "a", "completion": "b"}\n{"prompt": "a", "compl\n')
    (place / "empty.jsonl").write_text("")
    (place / "prices.csv").write_text("item,price\nlamp,12\nchair,40\n")
    return place


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[str]:
    with notebook_server("lab", folder) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    yield opened
    context.close()


@pytest.fixture
def open_wizard(page: Page, lab: str, folder: Path, hub: HubServer, request: pytest.FixtureRequest) -> Opened:
    """Open a notebook with the two lines in it, run it, and wait for the wizard."""

    def opened(
        *more_cells: str,
        arguments: str = "",
        host: Host = "lab",
        address: str = "",
        settings: dict[str, Any] | None = None,
    ) -> Screen:
        name = f"{request.node.name.replace('[', '-').replace(']', '')}.ipynb"
        hub_settings = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}}, **(settings or {})}
        cell = (
            "from trainpkg_widgets import TrainingPackageWizard\n"
            f"wizard = TrainingPackageWizard({hub_settings!r}, endpoint={hub.url!r}, token=False, autosave=False"
            f"{', ' + arguments if arguments else ''})\n"
            "wizard"
        )
        write_notebook(folder / name, cell, *more_cells)
        open_notebook(page, host, address or lab, name)
        run_all(page)
        screen = Screen(page)
        screen.wait_for_cards()
        return screen

    return opened

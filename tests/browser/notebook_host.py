"""A real JupyterLab or Notebook 7 server, and a headless Chromium that runs a notebook in it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

Host = Literal["lab", "notebook"]

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def notebook_server(host: Host, folder: Path, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Start a server on `folder`; gives its address."""
    port = free_port()
    overrides = folder / ".lab-settings"
    _settings(overrides, theme)
    app, extension = ("jupyterlab", "LabApp") if host == "lab" else ("notebook", "JupyterNotebookApp")
    command = [
        sys.executable, "-m", app, "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
        f"--{extension}.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(overrides),
        "XDG_STATE_HOME": str(folder / ".state"),
        "XDG_CACHE_HOME": str(folder / ".cache"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # gpuhunt 0.1.34 installs a package “tests”, which goes before an editable install's.
        "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH")))),
    }
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", server, folder / "server.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _settings(folder: Path, theme: str) -> None:
    # The "Jupyter news" toast covers content, and only this setting stops it.
    chosen: dict[str, dict[str, Any]] = {
        "notification": {"fetchNews": "false", "checkForUpdates": False},
        "themes": {"theme": theme},
    }
    home = folder / "@jupyterlab" / "apputils-extension"
    home.mkdir(parents=True, exist_ok=True)
    for name, values in chosen.items():
        (home / f"{name}.jupyterlab-settings").write_text(json.dumps(values))


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers; `log` is the file it writes to.

    Raises:
        RuntimeError: it ended, or half a minute went by; the end of its log is in the message.
    """
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {url}:\n{log.read_text()[-3000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, Debian's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    notebook = {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": c, "outputs": [], "execution_count": None}
            for i, c in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook))


def open_notebook(page: Page, host: Host, address: str, name: str) -> None:
    """Open a notebook and wait until its kernel is connected and idle."""
    path = f"/lab/tree/{name}?reset" if host == "lab" else f"/notebooks/{name}"
    page.goto(address + path)
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    # The idle badge alone shows before the kernel is connected, and what runs then is lost.
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell?.currentWidget;
            const kernel = panel?.sessionContext?.session?.kernel;
            return kernel?.connectionStatus === 'connected' && kernel?.status === 'idle';
        }""",
        timeout=60_000,
    )


def run_all(page: Page) -> None:
    """Run every cell of the notebook on screen."""
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def run_code(page: Page, code: str) -> str:
    """Run `code` in the notebook's kernel, beside the cells; gives what it printed or evaluates to."""
    return str(
        page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let text = '';
                future.onIOPub = message => {
                    const c = message.content;
                    if (message.header.msg_type === 'stream') text += c.text;
                    if (message.header.msg_type === 'execute_result') text += c.data['text/plain'];
                    if (message.header.msg_type === 'error') text += c.ename + ': ' + c.evalue;
                };
                await future.done;
                return text;
            }""",
            code,
        )
    )

"""In one JupyterLab: a keystroke to repainted cards, 200 cards that scroll, and 60 cards of plain ipywidgets beside.

    python -m tests.bench.model_step [--rounds 9] [--gradio PYTHON]

PYTHON is the interpreter of an environment that has Gradio: its dropdown over the same 16,850 names is then timed by
turns with ours, in another page of the same browser.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.bench.in_the_browser import COUNTER, PACES, PAGE, PAUSE_MS, report, timed
from tests.browser.notebook_host import (
    chromium,
    free_port,
    notebook_server,
    open_notebook,
    run_all,
    run_code,
    wait_for,
    write_notebook,
)
from tests.browser.screen import Screen
from tests.hub_server import HubServer
from tests.unit.hub_browsers import many
from trainpkg_widgets.hub.catalogue import Catalogue

WIZARD = """
from trainpkg_widgets import TrainingPackageWizard
settings = {{"model": {{"search": {{"max_results": 200, "debounce_ms": 5000}}}}}}
wizard = TrainingPackageWizard(settings, endpoint={url!r}, token=False, autosave=False)
wizard
"""
# The same sixty cards as anyone would build them from ipywidgets' own parts, filtered as they are typed for.
PLAIN = """
import ipywidgets
def plain_card(card):
    badges = " ".join(f"<small>{b['text']}</small>" for b in card["badges"])
    text = f"<div>{card['author']}<br><b>{card['name']}</b><br>{card['parameters']['value']} {badges}</div>"
    return ipywidgets.VBox([ipywidgets.HTML(text), ipywidgets.Button(description="Choose")])
plain_box = ipywidgets.Text(continuous_update=True)
plain_box.add_class("plain-search")
plain_cards = [(card["id"].lower(), plain_card(card)) for card in wizard.results["cards"][:60]]
plain_grid = ipywidgets.GridBox([card for _, card in plain_cards])
plain_grid.add_class("plain-grid")
def plain_filter(change):
    plain_grid.children = [card for name, card in plain_cards if change["new"].lower() in name]
plain_box.observe(plain_filter, names="value")
ipywidgets.VBox([plain_box, plain_grid])
"""

_MODEL_STEP = """
() => {
  const everywhere = (root, selector, found = []) => {
    found.push(...root.querySelectorAll(selector));
    for (const e of root.querySelectorAll('*')) if (e.shadowRoot) everywhere(e.shadowRoot, selector, found);
    return found;
  };
  const box = () => everywhere(document, '[aria-label="Search models"]')[0];
  const cards = () => everywhere(document, '[role=option]');
  const put = (input, text) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, text);
    input.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true}));
  };
  // From the event to cards that are laid out: all the script there is, and the layout that the browser does after it.
  window.timeKeystroke = async text => {
    const input = box();
    const start = performance.now();
    put(input, text);
    // It is drawn by a message to itself; one that is sent after it is heard after it.
    const drawn = new MessageChannel();
    const heard = new Promise(done => { drawn.port1.onmessage = done; });
    drawn.port2.postMessage(0);
    await heard;
    const script = performance.now() - start;
    void cards().at(-1)?.getBoundingClientRect().top;
    return [script, performance.now() - start, cards().length];
  };
  // From the message to the state that comes back, on the comm of either: what is drawn from it is not in it.
  window.timeState = async (comm_id, content) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const start = performance.now();
    const came = new Promise(done => {
      const heard = (_, {direction, msg}) => {
        if (direction !== 'recv' || msg.header.msg_type !== 'comm_msg' || msg.content.comm_id !== comm_id) return;
        if (msg.content.data.method !== 'update') return;
        kernel.anyMessage.disconnect(heard);
        done();
      };
      kernel.anyMessage.connect(heard);
    });
    kernel._comms.get(comm_id).send({method: 'custom', content});
    await came;
    return performance.now() - start;
  };
  window.timePlain = async text => {
    const input = document.querySelector('.plain-search input');
    const grid = document.querySelector('.plain-grid');
    const changed = new Promise(done => {
      const watch = new MutationObserver(() => { watch.disconnect(); requestAnimationFrame(done); });
      watch.observe(grid, {childList: true, subtree: true});
    });
    const start = performance.now();
    put(input, text);
    input.dispatchEvent(new Event('change', {bubbles: true}));
    await changed;
    return performance.now() - start;
  };
  // The same, through the kernel, for ours: until the cards on screen are the catalogue's.
  window.timeOurs = async text => {
    const root = box().getRootNode();
    const changed = new Promise(done => {
      const watch = new MutationObserver(() => {
        if (!root.querySelector('.status')?.textContent.includes('catalogue')) return;
        watch.disconnect();
        requestAnimationFrame(done);
      });
      watch.observe(root, {childList: true, subtree: true, characterData: true});
    });
    const start = performance.now();
    put(box(), text);
    await changed;
    return performance.now() - start;
  };
  window.scrollThrough = async ms => {
    const panel = document.querySelector('.jp-WindowedPanel-outer') || document.scrollingElement;
    const gaps = [];
    let last = performance.now();
    const end = last + ms;
    while (last < end) {
      panel.scrollTop += 24;
      if (panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 1) panel.scrollTop = 0;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    return gaps;
  };
}
"""

# Gradio filters its names in the browser, at keys that are really pressed. From the key to the frame after its
# list changed.
_GRADIO = """
text => {
  window.filtered = new Promise(done => {
    let start;
    document.querySelector('input[role=combobox]').addEventListener('keydown', () => {
      start = performance.now();
    }, {capture: true, once: true});
    const watch = new MutationObserver(() => {
      const options = document.querySelectorAll('[role=listbox] [role=option]');
      if (!options.length || ![...options].every(one => one.textContent.toLowerCase().includes(text))) return;
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    });
    watch.observe(document.body, {childList: true, subtree: true, characterData: true, attributes: true});
  });
}
"""

# What the catalogue holds many of, and each last key leaves fewer.
_TYPED = ("qwen2", "llama-3", "gemma-3")


def keystrokes(page: Page, rounds: int) -> None:
    """Typing what is in the browser already, in wall time and in the time of the page's own thread."""
    texts = ["m", "mo", "mod", "mode", "model", "model-", "model-1", "model-", "model", "lab/m"]
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    browser.send("Performance.enable")

    def spent() -> float:
        found = {m["name"]: m["value"] for m in browser.send("Performance.getMetrics")["metrics"]}
        return float(1000 * (found["ScriptDuration"] + found["LayoutDuration"] + found["RecalcStyleDuration"]))

    for text in texts:  # the first time, the page's own code is still being compiled
        page.evaluate(f"timeKeystroke({text!r})")
        page.wait_for_timeout(150)
    walls, threads = [], []
    for text in texts * rounds:
        before = spent()
        walls.append(page.evaluate(f"timeKeystroke({text!r})"))
        threads.append(spent() - before)
        page.wait_for_timeout(150)
    for what, times, bound in (
        ("script, wall time", [w[0] for w in walls], " (at most 16)"),
        ("script, style and layout, thread time", threads, ""),
    ):
        p95 = statistics.quantiles(times, n=20)[18]
        print(
            f"keystroke to repainted cards, {what}: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms{bound}"
        )
    print(f"  over {len(walls)} keystrokes, up to {max(w[2] for w in walls)} cards")


@contextmanager
def gradio_dropdown(python: str, browser: Browser, folder: Path) -> Iterator[Page]:
    """A page with Gradio's dropdown over the names of the catalogue."""
    names = folder / "names.txt"
    names.write_text("\n".join(model.id for model in Catalogue().search(limit=1_000_000)))
    port = free_port()
    command = [python, str(Path(__file__).with_name("gradio_dropdown.py")), str(port)]
    log = folder / "gradio.log"
    with names.open() as read, log.open("wb") as written:
        server = subprocess.Popen(command, stdin=read, stdout=written, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, server, log)
        page = browser.new_page()
        page.goto(address)
        page.locator("input[role=combobox]").click()
        yield page
    finally:
        server.terminate()
        server.wait(10)


def time_gradio(page: Page, text: str) -> float:
    """Milliseconds from the last key of `text` to the list that it leaves."""
    page.bring_to_front()
    box = page.locator("input[role=combobox]")
    box.blur()
    box.click()
    box.press("Control+a")
    box.press_sequentially(text[:-1])
    page.wait_for_timeout(PAUSE_MS)
    page.evaluate(_GRADIO, text)
    box.press(text[-1])
    return float(page.evaluate("window.filtered"))


def main(rounds: int, gradio: str | None) -> None:
    with (
        tempfile.TemporaryDirectory() as place,
        HubServer() as hub,
        notebook_server("lab", Path(place)) as address,
        chromium() as browser,
    ):
        for body in many(300):
            hub.add_model(body)
        write_notebook(Path(place) / "model.ipynb", COUNTER, WIZARD.format(url=hub.url), "0")
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        open_notebook(page, "lab", address, "model.ipynb")
        run_all(page)
        screen = Screen(page)
        screen.wait_for_cards()
        page.evaluate(PAGE)
        page.evaluate(_MODEL_STEP)
        run_code(page, "found = wizard.search('lab/model')")
        page.wait_for_timeout(1000)

        run_code(page, "while len(wizard.results['cards']) < 200: wizard.load_more()")
        screen.cards.nth(199).wait_for()
        print(f"cards on screen: {screen.cards.count()}")
        gaps = page.evaluate("scrollThrough(5000)")
        slow = sum(gap > 25 for gap in gaps)
        print(
            f"scrolling 200 cards: median frame {statistics.median(gaps):.1f} ms "
            f"({1000 / statistics.median(gaps):.0f} a second), {slow} of {len(gaps)} later than 25 ms"
        )
        run_code(page, "found = wizard.search('lab/model')")
        page.wait_for_timeout(500)
        keystrokes(page, rounds)

        comms = {kind: run_code(page, f"print({kind}.comm.comm_id)").strip() for kind in ("counter", "wizard")}
        for pace, pause in PACES:
            trips: dict[str, list[float]] = {"counter": [], "wizard": []}
            for number in range(rounds * 3):
                payload = {"query": _TYPED[number % 3], "filters": {}, "sort": "downloads"}
                intent = {"v": 1, "id": f"{pause}-{number}", "kind": "look_up", "payload": payload}
                for kind, content in (("counter", {"kind": "add"}), ("wizard", intent)):
                    call = f"timeState({json.dumps(comms[kind])}, {json.dumps(content)})"
                    trips[kind].append(timed(page, call, pause))
            report(f"a keystroke through the kernel, message to state, {pace}", trips["counter"], trips["wizard"], 1.2)

        run_code(
            page, "found = wizard.search('lab/model')\nwhile len(wizard.results['cards']) < 60: wizard.load_more()"
        )
        write = "window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.setSource"
        page.evaluate(f"{write}({json.dumps(PLAIN)})")
        page.evaluate(
            "window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;"
            "window.jupyterapp.commands.execute('notebook:run-cell')"
        )
        page.wait_for_selector(".plain-grid button")
        others: dict[str, list[float]] = {"60 cards of plain ipywidgets": []}
        with gradio_dropdown(gradio, browser, Path(place)) if gradio else nullcontext() as dropdown:
            ours: list[float] = []
            for number in range(rounds):
                page.bring_to_front()
                ours.append(timed(page, f"timeOurs({_TYPED[number % 3]!r})"))
                others["60 cards of plain ipywidgets"].append(
                    timed(page, f"timePlain({'lab' if number % 2 else '7'!r})")
                )
                if dropdown is not None:
                    times = others.setdefault("Gradio's dropdown of as many names", [])
                    times.append(time_gradio(dropdown, _TYPED[number % 3]))
        print(f"a keystroke to what matches it, on screen, median of {rounds} by turns")
        print(f"  {'ours: cards of 16,850 models':36} {statistics.median(ours):6.0f} ms")
        for name, times in others.items():
            ratio = statistics.median(other / our for other, our in zip(times, ours, strict=True))
            print(f"  {name:36} {statistics.median(times):6.0f} ms    {ratio:.2f} × ours")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gradio", metavar="PYTHON")
    main(**vars(parser.parse_args()))

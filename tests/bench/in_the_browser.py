"""In one JupyterLab: cell run to painted, and an intent's round trip, the wizard beside a bare counter, by turns.

python -m tests.bench.in_the_browser [ROUNDS]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.notebook_host import chromium, notebook_server, open_notebook, run_code, write_notebook
from tests.hub_server import HubServer

COUNTER = "from tests.bench.counter import Counter\ncounter = Counter()\ncounter"
WIZARD = (
    "from trainpkg_widgets import TrainingPackageWizard\n"
    "wizard = TrainingPackageWizard(endpoint={url!r}, token=False, autosave=False)\nwizard"
)

# Both are timed inside the page: from the order to run the cell to the frame that shows it, from the click to the
# change of the page that shows what the kernel made of it.
PAGE = """
() => {
  const everywhere = (root, selector, found = []) => {
    found.push(...root.querySelectorAll(selector));
    for (const e of root.querySelectorAll('*')) if (e.shadowRoot) everywhere(e.shadowRoot, selector, found);
    return found;
  };
  const frames = async true_ => {
    while (!true_()) await new Promise(requestAnimationFrame);
  };
  const changes = (node, true_) => new Promise(done => {
    const watch = new MutationObserver(() => { if (true_()) { watch.disconnect(); done(); } });
    watch.observe(node, {subtree: true, childList: true, characterData: true, attributes: true});
  });
  const kinds = {
    counter: {
      painted: () => everywhere(document, '.bare-counter')[0],
      toggle: () => everywhere(document, '.bare-counter')[0],
      state: e => e.textContent,
    },
    wizard: {
      painted: () => everywhere(document, '[role=option]')[0],
      toggle: () => everywhere(document, '[value=full], [value=lora]').find(e => !e.checked),
      state: () => everywhere(document, 'small').map(e => e.textContent).join(),
    },
  };
  window.timePaint = async (kind, cell) => {
    const commands = window.jupyterapp.commands;
    await commands.execute('notebook:clear-all-cell-outputs');
    await frames(() => !kinds[kind].painted());
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
    const start = performance.now();
    commands.execute('notebook:run-cell');
    await frames(kinds[kind].painted);
    return performance.now() - start;
  };
  // The message alone, over JupyterLab's own connection: what the screen makes of it is not in it.
  window.timeMessage = async (comm_id, content) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const start = performance.now();
    const answered = new Promise(done => {
      const heard = (_, message) => {
        const {comm_id: from, data} = message.content;
        const ours = message.header.msg_type === 'comm_msg' && from === comm_id;
        const answers = [data.content, ...(data.state?._answers ?? [])];
        if (!ours || (content.id && !answers.some(answer => answer?.id === content.id))) return;
        kernel.iopubMessage.disconnect(heard);
        done();
      };
      kernel.iopubMessage.connect(heard);
    });
    kernel._comms.get(comm_id).send({method: 'custom', content});
    await answered;
    return performance.now() - start;
  };
  window.timeIntent = async kind => {
    const target = kinds[kind].toggle();
    const before = kinds[kind].state(target);
    const changed = changes(target.getRootNode(), () => kinds[kind].state(target) !== before);
    const start = performance.now();
    target.click();
    await changed;
    return performance.now() - start;
  };
}
"""


# A pause long enough for everything that a change sets off to be over.
PAUSE_MS = 300
# TCP holds the second message of an answer back until the first is acknowledged: one after another, each intent takes
# the 40 ms of a delayed acknowledgement; after a pause the browser's side acknowledges at once.
PACES = (("one after another", 0), (f"after pauses of {PAUSE_MS} ms", PAUSE_MS))


def timed(page: Page, call: str, pause: int = PAUSE_MS) -> float:
    """Milliseconds that a call in the page reports, made after a pause; an error after 30 s of nothing."""
    page.wait_for_timeout(pause)
    late = f"new Error({json.dumps(call)} + ' saw nothing')"
    return float(page.evaluate(f"Promise.race([{call}, new Promise((_, no) => setTimeout(() => no({late}), 30_000))])"))


def report(what: str, counter: list[float], wizard: list[float], most: float | None = None) -> None:
    """Print medians and the median of the ratios; `most` is what the ratio should not pass."""
    ratio = statistics.median(b / a for a, b in zip(counter, wizard, strict=True))
    print(f"{what}, median of {len(counter)} by turns")
    print(f"  bare anywidget counter  {statistics.median(counter):7.1f} ms")
    bound = f" (at most {most})" if most else ""
    print(f"  wizard                  {statistics.median(wizard):7.1f} ms    ratio {ratio:.2f}{bound}")


def main(rounds: int = 9) -> None:
    with (
        tempfile.TemporaryDirectory() as place,
        HubServer() as hub,
        notebook_server("lab", Path(place)) as address,
        chromium() as browser,
    ):
        write_notebook(Path(place) / "bench.ipynb", COUNTER, WIZARD.format(url=hub.url))
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        open_notebook(page, "lab", address, "bench.ipynb")
        page.evaluate(PAGE)
        for kind, cell in (("counter", 0), ("wizard", 1)):
            timed(page, f"timePaint('{kind}', {cell})")
        painted: dict[str, list[float]] = {"counter": [], "wizard": []}
        for _ in range(rounds):
            for kind, cell in (("counter", 0), ("wizard", 1)):
                painted[kind].append(timed(page, f"timePaint('{kind}', {cell})"))
        report("cell run to painted", painted["counter"], painted["wizard"], 1.5)

        timed(page, "timePaint('counter', 0)")
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
        page.wait_for_timeout(2000)
        run_code(page, "wizard.select_model('Qwen/Qwen2.5-0.5B-Instruct'); wizard.step = 'config'")
        page.wait_for_timeout(1000)
        rounds_trip: dict[str, list[float]] = {"counter": [], "wizard": []}
        for _ in range(rounds * 3):
            for kind, times in rounds_trip.items():
                times.append(timed(page, f"timeIntent('{kind}')"))
        report("click to what the kernel answered, on screen", rounds_trip["counter"], rounds_trip["wizard"])

        comms = {kind: run_code(page, f"print({kind}.comm.comm_id)").strip() for kind in rounds_trip}
        for pace, pause in PACES:
            messages: dict[str, list[float]] = {"counter": [], "wizard": []}
            for number in range(rounds * 3):
                changes = {"lora_rank": 8 if number % 2 else 16}
                intent = {"v": 1, "id": f"{pause}-{number}", "kind": "configure", "payload": {"changes": changes}}
                for kind, content in (("counter", {"kind": "add"}), ("wizard", intent)):
                    call = f"timeMessage({json.dumps(comms[kind])}, {json.dumps(content)})"
                    messages[kind].append(timed(page, call, pause))
            report(f"an intent's round trip, message to answer, {pace}", messages["counter"], messages["wizard"], 1.2)

        hub.misbehave("hang")
        run_code(page, "wizard.query = 'qwen'")
        calm = [timed_code(page) for _ in range(rounds)]
        print(f"1 + 1 in the next cell while the Hub is silent: median {statistics.median(calm):.0f} ms")
        hub.behave()


def timed_code(page: Page) -> float:
    """Milliseconds that the kernel takes for 1 + 1."""
    return float(
        page.evaluate(
            """async () => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const start = performance.now();
                await kernel.requestExecute({code: '1 + 1'}).done;
                return performance.now() - start;
            }"""
        )
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))

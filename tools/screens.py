"""Looks at every screen of the dev page (`npm run dev` in js/): a picture of each, and what is wrong in the browser.

    python -m tools.screens OUT [WIDTH,WIDTH,…]

Writes OUT/<state>-<width>-<theme>.png. Ends with 1 where axe-core finds something, a control is smaller than 24 px,
or something reaches beyond the frame.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

JS = Path(__file__).parents[1] / "js"
ADDRESS = "http://127.0.0.1:8123/"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

PROBLEMS = """async () => {
  const frame = document.querySelector('#cell > div').shadowRoot.querySelector('.frame');
  const edge = frame.getBoundingClientRect().right + 1;
  const said = (element) => `${element.localName}.${element.className} ${(element.textContent || '').slice(0, 30)}`;
  const box = (element) => element.getBoundingClientRect();
  const wide = [...frame.querySelectorAll('*')]
    .filter((e) => box(e).width > 1 && box(e).right > edge && !e.closest('.rows, .segmented, .progress'));
  const small = [...frame.querySelectorAll('button, a, select, input')]
    .filter((e) => box(e).width > 0 && (box(e).height < 24 || box(e).width < 24));
  const { violations } = await axe.run('#cell');
  return [
    ...wide.map((e) => `beyond the frame: ${said(e)}`),
    ...small.map((e) => `smaller than 24 px: ${said(e)}`),
    ...violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 80)).join(' | ')}`),
  ];
}"""


def states() -> list[str]:
    """The names in js/test/traits.ts."""
    text = (JS / "test" / "traits.ts").read_text(encoding="utf-8")
    return re.findall(r'^  "([a-z-]+)": ', text.partition("export const STATES")[2], re.MULTILINE)


def look(page: Page, state: str, width: int, theme: str, folder: Path) -> list[str]:
    """Take the picture of one screen. Returns what is wrong with it."""
    page.goto(f"{ADDRESS}?state={state}&theme={theme}&width={width}")
    page.wait_for_timeout(150)
    page.screenshot(path=folder / f"{state}-{width}-{theme}.png", full_page=True)
    page.add_script_tag(path=JS / "node_modules" / "axe-core" / "axe.min.js")
    found: list[str] = page.evaluate(PROBLEMS)
    return [f"{state} {width} {theme}: {problem}" for problem in found]


def main(folder: Path, widths: list[int]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for width in widths:
            page = browser.new_page(viewport={"width": width + 32, "height": 900})
            for theme, state in itertools.product(("light", "dark"), states()):
                wrong += look(page, state, width, theme, folder)
            page.close()
        browser.close()
    print("\n".join(wrong) or f"{len(states())} states at {widths} px, light and dark: nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sizes = [int(size) for size in (sys.argv[2] if len(sys.argv) > 2 else "360,780,1100").split(",")]
    sys.exit(main(Path(sys.argv[1]), sizes))

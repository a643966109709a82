"""The wizard as a person meets it on the page: found by role and by words, never by markup."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"


class Screen:
    """One view of the wizard; `index` tells views of one page apart."""

    def __init__(self, page: Page, index: int = 0) -> None:
        self.page = page
        self.frame = page.get_by_role("region", name="Training package wizard").nth(index)

    def wait_for_cards(self) -> None:
        expect(self.cards.first).to_be_visible(timeout=30_000)

    @property
    def cards(self) -> Locator:
        return self.models.get_by_role("option")

    @property
    def models(self) -> Locator:
        return self.frame.get_by_role("listbox", name="Models")

    def card(self, name: str) -> Locator:
        return self.models.get_by_role("option", name=re.compile(rf"(^|\s){re.escape(name)}\s")).first

    @property
    def search_box(self) -> Locator:
        return self.frame.get_by_label("Search models")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.frame.get_by_role("button", name=name)

    def go_on(self, step: str) -> None:
        """Press the button to the next step and wait to be there."""
        self.button(f"Continue to {step}").click()
        self.wait_for_step(step)

    def wait_for_step(self, step: str) -> None:
        current = self.frame.get_by_role("navigation", name="Steps").locator('[aria-current="step"]')
        expect(current).to_contain_text(step.capitalize(), timeout=15_000)

    def sees(self, words: str | re.Pattern[str], timeout: float = 15_000) -> None:
        """The words are on the screen, now or soon."""
        expect(self.frame.get_by_text(words).first).to_be_visible(timeout=timeout)

    def axe_violations(self) -> list[str]:
        """What axe-core finds wrong in the wizard, shadow root included."""
        self.page.add_script_tag(path=str(AXE))
        found = self.page.evaluate(
            """async () => {
                const roots = [...document.querySelectorAll('*')].filter(e => e.shadowRoot?.querySelector('.frame'));
                const result = await axe.run(roots[0], {resultTypes: ['violations']});
                return result.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 160)).join(' | ')}`);
            }"""
        )
        return [str(violation) for violation in found]

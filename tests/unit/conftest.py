"""Fixtures of the tests that ask the Hub on loopback, and of those that read a team's settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from tests.unit.hub_browsers import Browse, browsing
from tests.unit.hub_clients import Ask, Clock, Waits, asking
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.settings.loader import ENVIRONMENT


@pytest.fixture
def clock() -> Clock:
    """The clock of `cache`."""
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> HubCache:
    """A cache that keeps answers fresh for a minute."""
    return HubCache(tmp_path / "cache", ttl_seconds=60, max_entries=100, clock=clock)


@pytest.fixture
def waits() -> Waits:
    """The seconds that clients made by `ask` would have slept."""
    return Waits()


@pytest.fixture
def ask(waits: Waits) -> Ask:
    """Makes clients that do not sleep: anonymous and without a cache unless told otherwise."""
    return asking(waits)


@pytest.fixture
def browse(hub: HubServer) -> Browse:
    """Makes browsers of the Hub on loopback: anonymous and without a cache unless told otherwise."""
    return browsing(hub.url)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file that the environment names."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)


@pytest.fixture
def team(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the settings file of a team."""

    def write(text: str) -> Path:
        path = tmp_path / "team.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write

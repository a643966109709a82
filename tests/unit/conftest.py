"""Fixtures of the tests that ask the Hub on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub_server import HubServer
from tests.unit.hub_browsers import Browse, browsing
from tests.unit.hub_clients import Ask, Clock, Waits, asking
from trainpkg_widgets.hub.cache import HubCache


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

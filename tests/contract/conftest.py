"""The clients of the contract: each claim runs once for every one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .client import Client
from .workers import javascript, newest, oldest


def _ours() -> Client:
    from .ours import OurClient

    return OurClient()


_CLIENTS = {"ours": _ours, "hub-newest": newest, "hub-oldest": oldest, "hub-js": javascript}


@pytest.fixture(scope="session", params=list(_CLIENTS))
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """One client of the Hub; a process of its own ends with the session."""
    made = _CLIENTS[request.param]()
    yield made
    made.stop()

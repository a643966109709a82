"""Clients of the Hub for the tests: they ask a server on loopback, and a test keeps their time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.client import HubClient, Token
from trainpkg_widgets.settings.model_settings import HubSettings

OPEN = "/api/models/Qwen/Qwen2.5-0.5B"
GATED_FILE = "/meta-llama/Llama-3.2-1B/resolve/main/config.json"

Ask = Callable[..., HubClient]


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Waits(list[float]):
    """Takes the place of sleeping, and notes for how long it would have been."""

    def __call__(self, cancelled: threading.Event, seconds: float) -> None:
        self.append(seconds)


def settings(endpoint: str, **changes: object) -> HubSettings:
    """The Hub settings of a test: short, and patient only in name."""
    values = {"timeout_seconds": 5, "retries": 3, "first_wait_seconds": 1, "longest_wait_seconds": 20, **changes}
    return HubSettings.model_validate({"endpoint": endpoint, **values})


def asking(waits: Waits) -> Ask:
    """Makes clients that do not sleep: anonymous and without a cache unless told otherwise."""

    def made(url: str, token: Token = False, cache: HubCache | None = None, **changes: object) -> HubClient:
        return HubClient(settings(url, **changes), cache, token, sleep=waits)

    return made

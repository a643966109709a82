"""Fixtures of all tests: a Hub on loopback, and an environment that keeps out of the user's folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import HubServer


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    for name in ("TRAINPKG_CONFIG", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(home / "no-token"))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A Hub on loopback that tells the truth about the protocol."""
    with HubServer() as server:
        yield server


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """A JSONL file of forty short conversations."""
    import json

    path = tmp_path / "chats.jsonl"
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What is {n} plus {n}?"},
                {"role": "assistant", "content": f"The answer is {2 * n}."},
            ]
        }
        for n in range(40)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path

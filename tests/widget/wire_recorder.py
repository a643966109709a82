"""A comm that records what the kernel sends, so that a wizard runs without a front end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import comm
from comm.base_comm import BaseComm


class RecordingComm(BaseComm):
    """Keeps every message in `sent`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
        self.sent.append({"type": msg_type, **(data or {})})

    def answers(self, id: str) -> list[dict[str, Any]]:
        alone = [m["content"] for m in self.sent if m.get("method") == "custom"]
        with_state = [answer for m in self.sent for answer in m.get("state", {}).get("_answers", ())]
        return [answer for answer in alone + with_state if answer["id"] == id]

    def states(self) -> list[dict[str, Any]]:
        return [m["state"] for m in self.sent if m.get("method") in ("update", "echo_update")]


@contextmanager
def recording_comms() -> Iterator[None]:
    """Within this, widgets open a RecordingComm."""
    before = comm.create_comm
    comm.create_comm = RecordingComm
    try:
        yield
    finally:
        comm.create_comm = before


def receive(widget: Any, content: Any) -> None:
    """What the widget does with a custom message of a browser."""
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def receive_state(widget: Any, state: dict[str, Any]) -> None:
    """What the widget does with traits written by a browser."""
    widget._handle_msg({"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []})


def wait_until(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for work in the pool."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)

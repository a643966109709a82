"""What comes in and what goes out: a call, an answer, and the Hub's way of saying no."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from .contents import File


@dataclass(frozen=True)
class Call:
    """One request as the routes see it. `token` is what the Authorization header held, None where it was absent."""

    method: str
    path: str
    params: list[tuple[str, str]]
    headers: Message
    body: bytes
    token: str | None
    origin: str
    on_cdn: bool = False

    def one(self, name: str, default: str | None = None) -> str | None:
        """The last value of a parameter."""
        return next((value for key, value in reversed(self.params) if key == name), default)

    def many(self, name: str) -> list[str]:
        """All values of a parameter, `name=` and `name[]=` alike."""
        return [value for key, value in self.params if key in (name, f"{name}[]")]

    def flag(self, name: str) -> bool:
        """Whether a switch is on: `true`, `True`, `1` or present without a value."""
        value = self.one(name)
        return value is not None and value.lower() in ("true", "1", "")

    def fields(self) -> dict[str, list[str]]:
        """The fields of a POST body: JSON from huggingface.js, a form from huggingface_hub."""
        if "json" in self.headers.get("Content-Type", ""):
            read = json.loads(self.body or b"{}")
            return {key: value if isinstance(value, list) else [str(value)] for key, value in read.items()}
        fields: dict[str, list[str]] = {}
        for key, value in parse_qsl(self.body.decode(), keep_blank_values=True):
            fields.setdefault(key, []).append(value)
        return fields


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body: bytes, or the part of a file from `start` up to `stop`."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | tuple[File, int, int] = b""

    @property
    def length(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else self.body[2] - self.body[1]

    def halved(self) -> Answer:
        """The first half of the body, under the same headers."""
        if isinstance(self.body, bytes):
            return Answer(self.status, self.headers, self.body[: self.length // 2])
        file, start, _ = self.body
        return Answer(self.status, self.headers, (file, start, start + self.length // 2))

    def chunks(self) -> Iterable[bytes]:
        if isinstance(self.body, bytes):
            return (self.body,)
        file, start, stop = self.body
        return file.chunks(start, stop)


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer with a weak ETag."""
    body = json.dumps(value).encode()
    etag = f'W/"{len(body):x}-{hashlib.sha1(body).hexdigest()[:20]}"'
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", "ETag": etag, **(headers or {})}, body)


def html_answer(status: int, text: str) -> Answer:
    """A page, as a proxy, a captive portal or the CDN would answer."""
    page = f"<!doctype html><html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>"
    return Answer(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


class Refusal(Exception):  # noqa: N818 - an answer of the Hub, not a failure of ours
    """The Hub says no: a status, its message and, where it has one, its error code."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def answer(self) -> Answer:
        headers = {"X-Error-Message": " ".join(self.message.split())}
        if self.code:
            headers["X-Error-Code"] = self.code
        return json_answer({"error": self.message}, status=self.status, headers=headers)

"""`HubServer`: a Hub on loopback, with its CDN on a second port, that can be told to misbehave."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from . import file_routes, routes, viewer
from .access import KNOWN_TOKENS
from .answers import Answer, Call, Refusal, html_answer
from .contents import file_of
from .job_routes import Jobs
from .misbehaviour import Kind as Fault
from .misbehaviour import Misbehaviour, Misbehaviours
from .quota import Quota, QuotaCounter, kind_of, ratelimit_headers, too_many
from .repository import Body
from .seed import dataset, model, seeded
from .store import Store
from .writes import Uploads


@dataclass
class LoggedRequest:
    """What was asked and answered. `status` is None while there is no answer; no token is ever kept."""

    method: str
    path: str
    params: list[tuple[str, str]]
    token_sent: bool
    on_cdn: bool
    user_agent: str
    status: int | None = None

    def param(self, name: str) -> list[str]:
        """The values of one parameter."""
        return [value for key, value in self.params if key == name]


class HubServer:
    """A Hub that tells the truth about the protocol. Use as a context manager, or `start()` and `stop()`.

    `models` None means the seeded ones, a list of bodies means only those.
    `clock` (seconds) is what the windows of the quota go by.
    `page_size` is the most rows of a page: below the Hub's 1000, a client that names no limit turns pages too.
    `certificate` is a PEM file with certificate and key: the Hub is then served over TLS.
    """

    def __init__(
        self,
        models: Iterable[Body] | None = None,
        *,
        quota: Quota | None = None,
        clock: Callable[[], float] = time.monotonic,
        page_size: int = 1000,
        port: int = 0,
        certificate: Path | None = None,
    ) -> None:
        self.requests: list[LoggedRequest] = []
        self.store = Store(seeded() if models is None else [model(body) for body in models])
        self.page_size = page_size
        self.uploads = Uploads()
        self.jobs = Jobs()
        self.faults = Misbehaviours()
        self.counter = QuotaCounter(quota or Quota(), clock)
        self.request_ids = itertools.count(1)
        self._hub = _Listener(self, port, on_cdn=False, certificate=certificate)
        self._cdn = _Listener(self, 0, on_cdn=True, certificate=certificate)
        self.viewer = viewer.Viewer()
        self._viewer = _Listener(self, 0, on_cdn=False, certificate=certificate, on_viewer=True)

    @property
    def url(self) -> str:
        """The endpoint: give it to a client as it is, it has no slash at its end."""
        return self._hub.url

    @property
    def cdn_url(self) -> str:
        """Where large files are sent from: another origin, to which a client must not send its token."""
        return self._cdn.url

    @property
    def viewer_url(self) -> str:
        """The dataset viewer, a site of its own."""
        return self._viewer.url

    def start(self) -> HubServer:
        for listener in (self._hub, self._cdn, self._viewer):
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.faults.clear()
        for listener in (self._hub, self._cdn, self._viewer):
            listener.stop()

    def __enter__(self) -> HubServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_model(
        self,
        body: Body,
        files: Mapping[str, bytes | int] | None = None,
        raw_config: Mapping[str, Any] | None = None,
    ) -> str:
        """Add a model, or replace the one of the same id; the hash of its commit.

        `files` maps paths to contents, or to sizes alone. Without it the files are those that the body's siblings name,
        with sizes by rule. `raw_config` becomes config.json.
        """
        repository = model(body, files, raw_config)
        self.store.add(repository)
        return repository.commits[-1].sha

    def add_dataset(
        self,
        body: Body,
        rows: Mapping[str, Mapping[str, Sequence[viewer.Row]]] | None = None,
        *,
        state: viewer.State = "ready",
        estimated: int | None = None,
        files: Mapping[str, bytes | int] | None = None,
    ) -> str:
        """Add a dataset, or replace the one of the same id; the hash of its commit.

        `rows` (configuration → split → rows) are what the viewer has of it, `state` is how far it is with them, and
        `files` what lies in its repository.
        """
        repository = dataset(body, files)
        self.store.add(repository)
        self.viewer.shown[repository.id] = viewer.Shown(rows or {}, state if rows else "no_rows", estimated)
        if not rows and state != "ready":
            self.viewer.shown[repository.id] = viewer.Shown({}, state)
        return repository.commits[-1].sha

    def push(self, model_id: str, files: Mapping[str, bytes | int]) -> str:
        """Commit files to a model's main, as its author would while someone is looking; the new hash."""
        return self.store.push("models", model_id, {path: file_of(path, what) for path, what in files.items()})

    def misbehave(
        self,
        kind: Fault,
        times: int | None = None,
        path_contains: str = "",
        *,
        seconds: float = 1.0,
        status: int = 503,
    ) -> None:
        """Go wrong for the next `times` requests (None: until `behave`) whose path holds `path_contains`.

        `seconds` is how long `slow` waits and what `rate_limited` announces; `status` is that of `server_error`.
        """
        self.faults.add(kind, times=times, path_contains=path_contains, seconds=seconds, status=status)

    def behave(self) -> None:
        """End all misbehaviour, and let go of whoever hangs."""
        self.faults.clear()


class _Listener(ThreadingHTTPServer):
    """One port: of the Hub, of its CDN or of the dataset viewer."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, hub: HubServer, port: int, *, on_cdn: bool, certificate: Path | None, on_viewer: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hub = hub
        self.on_cdn = on_cdn
        self.on_viewer = on_viewer
        self._open: set[socket.socket] = set()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Someone who hung up is no news, tests do it on purpose; any other error is a defect of this server."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        # A connection wakes the loop, which would otherwise look for the end only every `poll_interval`.
        ending = threading.Thread(target=self.shutdown)
        ending.start()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()
        ending.join()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        hub, on_cdn = self._listener.hub, self._listener.on_cdn
        parts = urlsplit(self.path)
        body = self._sent()
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip() or None
        params = parse_qsl(parts.query, keep_blank_values=True)
        call = Call(self.command, parts.path, params, self.headers, body, token, hub.url, on_cdn)
        log = LoggedRequest(
            call.method, call.path, call.params, token is not None, on_cdn, self.headers.get("User-Agent", "")
        )
        hub.requests.append(log)
        fault = None if call.path == "/api/agent-harnesses" else hub.faults.of_answer(call.path)
        if fault and self._before_answering(hub, fault):
            return
        self._send(self._answer(call, fault), log, fault)

    do_HEAD = do_GET  # noqa: N815 - http.server calls the method by this name
    do_POST = do_GET  # noqa: N815 - http.server calls the method by this name
    do_PUT = do_GET  # noqa: N815 - http.server calls the method by this name

    def _sent(self) -> bytes:
        """What came with the request, whole or in chunks: httpx2 sends a file of unknown length in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    @property
    def _listener(self) -> _Listener:
        return cast(_Listener, self.server)

    def _before_answering(self, hub: HubServer, fault: Misbehaviour) -> bool:
        """What happens instead of an answer, or before it; True where there is none."""
        if fault.kind == "slow":
            hub.faults.released.wait(fault.seconds)
        elif fault.kind == "hang":
            hub.faults.released.wait()
            self.close_connection = True
            return True
        elif fault.kind == "reset":
            # With no time to linger, closing sends a reset instead of an end; detached, since the handler's own files
            # would put off the closing until after an orderly shutdown.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())
            self.close_connection = True
            return True
        return False

    def _answer(self, call: Call, fault: Misbehaviour | None) -> Answer:
        hub = self._listener.hub
        if call.on_cdn:
            return _faulty(call, fault, {}) or self._refused_or(lambda: file_routes.answer_of_cdn(call, hub.store))
        if self._listener.on_viewer:
            made = _faulty(call, fault, {})
            return made or self._refused_or(lambda: viewer.answer(call, hub.store, hub.viewer))
        caller = call.token if call.token in KNOWN_TOKENS else self.client_address[0]
        kind = kind_of(call.path)
        quota, within = hub.counter.count(caller, kind, signed_in=call.token in KNOWN_TOKENS)
        common = {
            **quota,
            "X-Request-Id": f"Root=1-{next(hub.request_ids):08x}",
            "X-Powered-By": "huggingface-moon",
        }
        if faulty := _faulty(call, fault, common):
            return faulty
        if not within:
            answer = too_many(self.client_address[0]).answer()
        else:
            answer = self._refused_or(lambda: routes.answer(call, hub))
        return Answer(answer.status, {**common, **answer.headers}, answer.body)

    def _refused_or(self, answer: Any) -> Answer:
        try:
            return cast(Answer, answer())
        except Refusal as refusal:
            return refusal.answer()

    def _send(self, answer: Answer, log: LoggedRequest, fault: Misbehaviour | None) -> None:
        etag = answer.headers.get("ETag")
        if etag and answer.status == 200 and self.headers.get("If-None-Match") == etag:
            answer = Answer(304, answer.headers)
        length = answer.length
        if fault and fault.kind == "truncated":
            answer, length = answer.halved(), length // 2
        log.status = answer.status
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value.encode("utf-8").decode("latin-1"))
        if answer.status != 304:
            self.send_header("Content-Length", str(length))
        cut_off = fault is not None and fault.kind == "cut_off"
        self.close_connection = self.close_connection or cut_off
        self.end_headers()
        if self.command == "HEAD":
            return
        left = length // 2 if cut_off else length
        for chunk in answer.chunks():
            self.wfile.write(chunk[:left])
            left -= len(chunk[:left])
            if not left:
                break

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `HubServer.requests` is the log."""


def _faulty(call: Call, fault: Misbehaviour | None, common: dict[str, str]) -> Answer | None:
    """The wrong answer that a misbehaviour puts in the place of the right one, if it does."""
    if fault is None:
        return None
    if fault.kind == "html":
        # A captive portal or a proxy: 200, and not a word of JSON.
        return html_answer(200, "Sign in to this network")
    if fault.kind == "rate_limited_no_header":
        return html_answer(429, "429 Too Many Requests")
    if fault.kind == "rate_limited":
        kind = kind_of(call.path)
        limits = ratelimit_headers(kind, remaining=0, reset=round(fault.seconds), limit=500, window=300)
        answer = too_many("127.0.0.1").answer()
        return Answer(429, {**common, **answer.headers, **limits}, answer.body)
    if fault.kind == "server_error":
        answer = Refusal(fault.status, "Internal Error - We're working hard to fix this as soon as possible!").answer()
        return Answer(fault.status, {**common, **answer.headers}, answer.body)
    if fault.kind == "bare_401":
        answer = Refusal(401, "Invalid username or password.").answer()
        return Answer(401, {**common, **answer.headers}, answer.body)
    return None

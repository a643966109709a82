"""A web server that answers whatever a test tells it to: for what no Hub does, and something in its place might."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, dict[str, str], bytes]
Handler = Callable[[BaseHTTPRequestHandler], Reply | None]


@dataclass
class Site:
    """Where it is, and what was asked of it: path and Authorization header."""

    url: str
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextlib.contextmanager
def strange_site(reply: Handler) -> Iterator[Site]:
    """Serve on loopback. `reply` gives status, headers and body, or writes them itself and gives None."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Authorization")))
            given = reply(self)
            if given is None:
                return
            status, headers, body = given
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()

"""One GET through huggingface_hub's session, with a time limit that holds. Retries, cache and token: `client.py`."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import HubCancelledError, HubError, HubTimeoutError, HubUnreachableError, NotJsonError, OfflineModeError

# A page of 100 models with whole chat templates is about 4 MB. Above this an answer is not read on: it is no page.
_LARGEST_BODY = 64 * 2**20


@dataclass(frozen=True)
class RawAnswer:
    """An answer of any status, read to its end. Header names are in lower case; `next_url` is of its Link header."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    next_url: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return 200 <= self.status < 300


def fetch(url: str, headers: Mapping[str, str], *, timeout_seconds: float, cancelled: threading.Event) -> RawAnswer:
    """GET `url`; redirects are followed, without the token where they lead to another origin.

    Raises:
        HubTimeoutError: the answer was not whole after `timeout_seconds`, or nothing came for as long.
        HubUnreachableError: no connection, or it broke.
        OfflineModeError: HF_HUB_OFFLINE is set.
        NotJsonError: the answer is too large to be one of the Hub's.
        HubCancelledError: `cancelled` was set before the answer was whole.
    """
    from huggingface_hub import get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    stop_if(cancelled)
    http = http_library()
    host = urlsplit(url).netloc.rpartition("@")[2]
    # Asked for at each request: another thread's close_session() may have closed the last (huggingface_hub #4673).
    session = get_session()
    deadline = time.monotonic() + timeout_seconds
    try:
        # huggingface_hub 2.4: the shared client's timeout is None. httpx's own limit is for each read, so that a server
        # which drips a byte a second would never meet it: hence the deadline.
        with session.stream(
            "GET", url, headers=dict(headers), timeout=timeout_seconds, follow_redirects=True
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                stop_if(cancelled)
                if time.monotonic() > deadline:
                    raise _timed_out(host, timeout_seconds)
                if len(body) > _LARGEST_BODY:
                    raise NotJsonError(
                        f"The answer of {host} is larger than any answer of the Hub.",
                        evidence=f"more than {_LARGEST_BODY:,} bytes",
                        hint="Check the endpoint in the settings: something else may answer in its place.",
                    )
            return RawAnswer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                bytes(body),
                response.links.get("next", {}).get("url"),
            )
    except OfflineModeIsEnabled as error:
        raise OfflineModeError(
            "The Hub is not asked: offline mode is on.",
            evidence="HF_HUB_OFFLINE is set",
            hint="Unset HF_HUB_OFFLINE and restart the kernel to search the Hub.",
        ) from error
    except http.TimeoutException as error:
        raise _timed_out(host, timeout_seconds) from error
    except http.RequestError as error:
        raise _unreachable(host, f"{type(error).__name__}: {error}") from error
    except RuntimeError as error:
        # httpx raises a plain RuntimeError from a client that was closed between get_session() and the request.
        if not session.is_closed:
            raise
        raise _unreachable(host, "the connection was closed by another thread") from error


def stop_if(cancelled: threading.Event) -> None:
    """End the work when nobody wants its answer any more."""
    if cancelled.is_set():
        raise HubCancelledError("The request was cancelled.", hint="Nothing to do.")


def http_library() -> Any:
    """Whose errors the session raises, as HfHubHTTPError does: httpx under huggingface_hub 1, httpx2 under 2."""
    from huggingface_hub.errors import HfHubHTTPError

    return importlib.import_module(HfHubHTTPError.__mro__[1].__module__.partition(".")[0])


def _timed_out(host: str, seconds: float) -> HubError:
    return HubTimeoutError(
        f"{host} did not answer in time.",
        evidence=f"no whole answer after {seconds:g} s",
        hint="Try again, or raise hub.timeout_seconds in the settings.",
    )


def _unreachable(host: str, evidence: str) -> HubError:
    if "CERTIFICATE_VERIFY_FAILED" in evidence:
        hint = "A proxy may stand between you and the Hub: point SSL_CERT_FILE at its certificate."
    else:
        hint = (
            "Check the network and, behind a company's proxy, HTTPS_PROXY. "
            "The built-in catalogue and folders on this disk still work."
        )
    return HubUnreachableError(f"{host} could not be reached.", evidence=evidence[:300], hint=hint)

"""The client of the Hub: what it asks, how long it waits, and when it stops."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.unit.hub_clients import GATED_FILE, OPEN, Ask, Clock, Waits, settings
from tests.unit.strange_site import strange_site
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.client import HubClient
from trainpkg_widgets.hub.errors import (
    HubCancelledError,
    HubError,
    HubTimeoutError,
    HubTroubleError,
    NotJsonError,
    RateLimitedError,
)

# ------------------------------------------------------------------ what it asks


def test_a_repeated_parameter_reaches_the_hub_in_order(hub: HubServer, ask: Ask) -> None:
    body = ask(hub.url).get_json(OPEN, [("expand", "gated"), ("expand", "sha")]).body
    assert hub.requests[0].params == [("expand", "gated"), ("expand", "sha")]
    assert set(body) == {"_id", "id", "gated", "sha"}


def test_one_call_is_one_request_and_no_telemetry(hub: HubServer, tmp_path: Path) -> None:
    # In a new process, with the Hub of the environment the same: huggingface_hub 2.4 would ask for agent-harnesses.
    program = (
        "from trainpkg_widgets.hub.client import HubClient; "
        "from trainpkg_widgets.settings.model_settings import HubSettings; "
        f"s = HubSettings(endpoint={hub.url!r}, timeout_seconds=5, retries=0, first_wait_seconds=1, "
        "longest_wait_seconds=1); "
        f"print(HubClient(s).get_json({OPEN!r}).body['id'])"
    )
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "Qwen/Qwen2.5-0.5B"
    assert [request.path for request in hub.requests] == [OPEN]


def test_the_endpoint_is_the_objects_and_not_the_environments(
    hub: HubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert ask(hub.url + "/").get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://huggingface.co", "https://", ""])
def test_an_endpoint_that_is_no_address_is_refused_at_once(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"https://huggingface\.co"):
        HubClient(settings(endpoint))


def test_importing_the_client_does_not_import_its_heavy_parts() -> None:
    program = (
        "import sys; import trainpkg_widgets.hub.client; "
        "print([m for m in ('huggingface_hub', 'httpx', 'httpx2', 'diskcache', 'tenacity') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------ waiting and trying again


@pytest.mark.parametrize("trouble", ["server_error", "reset", "cut_off", "rate_limited_no_header"])
def test_what_passes_is_tried_again_and_each_wait_doubles(hub: HubServer, ask: Ask, waits: Waits, trouble: str) -> None:
    hub.misbehave(trouble, times=3)  # type: ignore[arg-type]  # each is one of its literals
    assert ask(hub.url).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"
    assert waits == [1, 2, 4]


@pytest.mark.parametrize("retries", [0, 2])
def test_the_number_of_attempts_is_the_settings(hub: HubServer, ask: Ask, waits: Waits, retries: int) -> None:
    hub.misbehave("server_error", status=503)
    with pytest.raises(HubTroubleError, match="503"):
        ask(hub.url, retries=retries).get_json(OPEN)
    assert len(hub.requests) == 1 + retries
    assert len(waits) == retries


def test_no_wait_is_longer_than_the_longest(hub: HubServer, ask: Ask, waits: Waits) -> None:
    hub.misbehave("server_error")
    with pytest.raises(HubTroubleError):
        ask(hub.url, retries=6, longest_wait_seconds=5).get_json(OPEN)
    assert waits == [1, 2, 4, 5, 5, 5]


def test_a_short_quota_is_waited_for_as_long_as_the_hub_says(hub: HubServer, ask: Ask, waits: Waits) -> None:
    hub.misbehave("rate_limited", times=1, seconds=7)
    ask(hub.url).get_json(OPEN)
    assert waits == [8]


def test_a_long_quota_is_reported_at_once_with_its_wait(hub: HubServer, ask: Ask, waits: Waits) -> None:
    hub.misbehave("rate_limited", seconds=280)
    with pytest.raises(RateLimitedError) as caught:
        ask(hub.url).get_json(OPEN)
    assert caught.value.retry_after == 281
    assert "281 seconds" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint
    assert waits == []
    assert len(hub.requests) == 1


def test_those_who_are_signed_in_are_not_told_to_sign_in(hub: HubServer, ask: Ask) -> None:
    hub.misbehave("rate_limited", seconds=280)
    with pytest.raises(RateLimitedError) as caught:
        ask(hub.url, GOOD_TOKEN).get_json(OPEN)
    assert "HF_TOKEN" not in caught.value.hint


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "12"}, [12]),
        # There is quota left: the header is on every answer and not the reason.
        ({"RateLimit": '"api";r=20;t=300'}, [1]),
        ({"RateLimit": "nonsense", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, [1]),
    ],
)
def test_other_ways_to_say_when_are_understood(
    ask: Ask, waits: Waits, headers: dict[str, str], expected: list[float]
) -> None:
    replies = iter([(429, headers, b""), (200, {}, b"{}")])
    with strange_site(lambda request: next(replies)) as site:
        ask(site.url).get_json(OPEN)
    assert waits == expected


@pytest.mark.parametrize("path", ["/api/models/nobody/nothing", GATED_FILE, f"{OPEN}?expand=nonsense"])
def test_what_will_not_pass_is_asked_once(hub: HubServer, ask: Ask, waits: Waits, path: str) -> None:
    with pytest.raises(HubError):
        ask(hub.url).get_json(path)
    assert len(hub.requests) == 1
    assert waits == []


def test_a_server_that_hangs_is_given_up_after_the_timeout(hub: HubServer, ask: Ask, waits: Waits) -> None:
    hub.misbehave("hang")
    with pytest.raises(HubTimeoutError, match=r"0\.2 s"):
        ask(hub.url, timeout_seconds=0.2, retries=1).get_json(OPEN)
    assert waits == [1]


def test_a_server_that_drips_is_given_up_after_the_timeout(ask: Ask) -> None:
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        while not stop.wait(0.05):
            request.wfile.write(b" ")
            request.wfile.flush()

    with strange_site(drip) as site:
        with pytest.raises(HubTimeoutError):
            ask(site.url, timeout_seconds=0.3, retries=0).get_json(OPEN)
        stop.set()


def test_an_answer_without_end_is_not_read_to_its_end(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpkg_widgets.hub.transport._LARGEST_BODY", 1000)
    with strange_site(lambda request: (200, {}, b" " * 100_000)) as site, pytest.raises(NotJsonError, match="larger"):
        ask(site.url).get_json(OPEN)


def test_a_session_that_another_thread_closed_is_made_anew(
    hub: HubServer, ask: Ask, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    closed = huggingface_hub.get_session()
    closed.close()
    huggingface_hub.close_session()
    sessions = iter([closed])
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: next(sessions, None) or _fresh())

    def _fresh() -> object:
        from huggingface_hub.utils._http import get_session

        return get_session()

    assert ask(hub.url).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"
    assert waits == [1]


# ------------------------------------------------------------------ no longer wanted


def test_a_cancelled_request_is_not_made(hub: HubServer, ask: Ask) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(HubCancelledError):
        ask(hub.url).get_json(OPEN, cancelled=cancelled)
    assert not hub.requests


def test_cancelling_ends_a_wait(hub: HubServer) -> None:
    hub.misbehave("server_error")
    cancelled = threading.Event()
    client = HubClient(settings(hub.url, first_wait_seconds=60, longest_wait_seconds=60), None, False)
    threading.Timer(0.1, cancelled.set).start()
    begun = time.monotonic()
    with pytest.raises(HubCancelledError):
        client.get_json(OPEN, cancelled=cancelled)
    assert time.monotonic() - begun < 30
    assert len(hub.requests) == 1


def test_a_cancelled_request_is_not_answered_with_an_old_answer(
    hub: HubServer, ask: Ask, cache: HubCache, clock: Clock
) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 61
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(HubCancelledError):
        client.get_json(OPEN, cancelled=cancelled)


# ------------------------------------------------------------------ many at once


def test_threads_share_one_client(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    client = ask(hub.url, GOOD_TOKEN, cache)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for limit in range(1, 6):
                assert len(client.get_json("/api/models", [("limit", str(limit))]).body) == limit
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []

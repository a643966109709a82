"""The client of the Hub: bounded waits, honest errors, old answers with their age, and a token that stays at home."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.hub_server import BAD_TOKEN, FINE_GRAINED_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, PENDING_TOKEN, HubServer
from tests.unit.strange_site import Reply, strange_site
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.client import HubClient, Token
from trainpkg_widgets.hub.errors import (
    BadTokenError,
    DisabledError,
    GatedError,
    HubCancelledError,
    HubError,
    HubRefusedError,
    HubTimeoutError,
    HubTroubleError,
    HubUnreachableError,
    NotFoundError,
    NotJsonError,
    OfflineModeError,
    RateLimitedError,
)
from trainpkg_widgets.settings.schema import HubSettings

OPEN = "/api/models/Qwen/Qwen2.5-0.5B"
GATED_FILE = "/meta-llama/Llama-3.2-1B/resolve/main/config.json"


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


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> HubCache:
    return HubCache(tmp_path / "cache", ttl_seconds=60, max_entries=100, clock=clock)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def settings(endpoint: str, **changes: object) -> HubSettings:
    values = {"timeout_seconds": 5, "retries": 3, "first_wait_seconds": 1, "longest_wait_seconds": 20, **changes}
    return HubSettings.model_validate({"endpoint": endpoint, **values})


@pytest.fixture
def ask(waits: Waits) -> Callable[..., HubClient]:
    """Makes a client that does not sleep: anonymous and without a cache unless told otherwise."""

    def made(url: str, token: Token = False, cache: HubCache | None = None, **changes: object) -> HubClient:
        return HubClient(settings(url, **changes), cache, token, sleep=waits)

    return made


Make = Callable[..., HubClient]


# ------------------------------------------------------------------ what it asks


def test_a_repeated_parameter_reaches_the_hub_in_order(hub: HubServer, ask: Make) -> None:
    body = ask(hub.url).get_json(OPEN, [("expand", "gated"), ("expand", "sha")]).body
    assert hub.requests[0].params == [("expand", "gated"), ("expand", "sha")]
    assert set(body) == {"_id", "id", "gated", "sha"}


def test_one_call_is_one_request_and_no_telemetry(hub: HubServer, tmp_path: Path) -> None:
    # In a new process, with the Hub of the environment the same: huggingface_hub 2.4 would ask for agent-harnesses.
    program = (
        "from trainpkg_widgets.hub.client import HubClient; from trainpkg_widgets.settings.schema import HubSettings; "
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
    hub: HubServer, ask: Make, monkeypatch: pytest.MonkeyPatch
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


# ------------------------------------------------------------------ the token


def test_the_token_is_read_at_the_moment_of_use(hub: HubServer, ask: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ask(hub.url, None)
    client.get_json(OPEN)
    monkeypatch.setenv("HF_TOKEN", GOOD_TOKEN)
    client.get_json(OPEN)
    assert [request.token_sent for request in hub.requests] == [False, True]


def test_false_sends_no_token_even_if_there_is_one(hub: HubServer, ask: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", GOOD_TOKEN)
    ask(hub.url, False).get_json(OPEN)
    assert not hub.requests[0].token_sent


def test_a_token_can_be_given_or_fetched_by_a_function(hub: HubServer, ask: Make) -> None:
    assert ask(hub.url, f" {GOOD_TOKEN}\n").get_json(GATED_FILE).body["model_type"] == "llama"
    assert ask(hub.url, lambda: GOOD_TOKEN).get_json(GATED_FILE).body["model_type"] == "llama"


def test_a_stale_token_does_not_hide_a_public_model(hub: HubServer, ask: Make) -> None:
    client = ask(hub.url, BAD_TOKEN)
    answer = client.get_json(OPEN)
    assert answer.body["id"] == "Qwen/Qwen2.5-0.5B"
    assert answer.token_ignored
    assert client.token_refused()
    assert [request.token_sent for request in hub.requests] == [True, False]


def test_that_the_token_is_stale_is_still_known_from_the_cache(hub: HubServer, ask: Make, cache: HubCache) -> None:
    ask(hub.url, BAD_TOKEN, cache).get_json(OPEN)
    client = ask(hub.url, BAD_TOKEN, cache)
    assert client.get_json(OPEN).token_ignored
    assert client.token_refused()


def test_a_new_token_is_not_blamed_for_the_old(hub: HubServer, ask: Make) -> None:
    tokens = [BAD_TOKEN]
    client = ask(hub.url, lambda: tokens[0])
    client.get_json(OPEN)
    tokens[0] = GOOD_TOKEN
    assert not client.token_refused()
    assert not client.get_json(OPEN).token_ignored


@pytest.mark.parametrize("path", [GATED_FILE, "/api/models/nobody/nothing"])
def test_a_stale_token_is_named_where_going_without_does_not_help(hub: HubServer, ask: Make, path: str) -> None:
    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, BAD_TOKEN).get_json(path)
    assert "Invalid credentials" in caught.value.evidence
    assert f"{hub.url}/settings/tokens" in caught.value.hint
    assert len(hub.requests) == 2


@pytest.mark.parametrize("token", ["hf_with space", "hf_with\nnewline", "hf_\u00e9", "hf_\0"])
def test_a_token_with_impossible_characters_is_refused_before_it_is_sent(hub: HubServer, ask: Make, token: str) -> None:
    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, token).get_json(OPEN)
    assert token not in str(caught.value)
    assert not hub.requests


def test_a_token_that_cannot_be_fetched_is_an_error_without_its_words(hub: HubServer, ask: Make) -> None:
    def fails() -> str:
        raise RuntimeError("exchange of hf_secretsecret failed")

    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, fails).get_json(OPEN)
    assert "hf_secretsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_error_and_no_log_line_holds_the_token(
    hub: HubServer, ask: Make, cache: HubCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(request: BaseHTTPRequestHandler) -> Reply:
        said = f"what is {request.headers['Authorization']}"
        return 418, {"X-Error-Message": said}, b""

    said = []
    with caplog.at_level(logging.DEBUG, "trainpkg_widgets"), strange_site(echo) as site:
        for url, path in ((hub.url, GATED_FILE), (site.url, OPEN), ("http://127.0.0.1:9", OPEN)):
            with pytest.raises(HubError) as caught:
                ask(url, NO_ACCESS_TOKEN, cache, retries=1).get_json(path)
            said.append(str(caught.value))
        ask(hub.url, NO_ACCESS_TOKEN, cache).get_json(OPEN)
    ours = [str(vars(record)) for record in caplog.records if record.name.startswith("trainpkg_widgets")]
    assert NO_ACCESS_TOKEN not in "".join(said + ours)
    assert all(NO_ACCESS_TOKEN.encode() not in path.read_bytes() for path in (tmp_path / "cache").rglob("*"))


# ------------------------------------------------------------------ the token stays with the endpoint


def _list_with_link(link: Callable[[], str]) -> Callable[[BaseHTTPRequestHandler], Reply]:
    def reply(request: BaseHTTPRequestHandler) -> Reply:
        return 200, {"Content-Type": "application/json", "Link": f'<{link()}>; rel="next"'}, b"[]"

    return reply


def test_a_link_to_another_site_sends_nothing_there(ask: Make) -> None:
    with strange_site(lambda request: (200, {}, b"[]")) as elsewhere:
        reply = _list_with_link(lambda: f"{elsewhere.url}/api/models?cursor=abc&limit=5")
        with strange_site(reply) as mirror:
            client = ask(mirror.url, GOOD_TOKEN)
            answer = client.get_json("/api/models", [("limit", "5")])
            # What the mirror handed on is asked of the mirror, which is what its users mean.
            assert answer.next_link == "/api/models?cursor=abc&limit=5"
            client.get_json(answer.next_link)
            assert mirror.asked[1] == ("/api/models?cursor=abc&limit=5", f"Bearer {GOOD_TOKEN}")
    assert elsewhere.asked == []


@pytest.mark.parametrize("path", ["https://evil.example/api/models", "//evil.example/api", "evil.example", "@evil", ""])
def test_an_address_outside_the_endpoint_is_not_asked(hub: HubServer, ask: Make, path: str) -> None:
    with pytest.raises(HubRefusedError, match="leaves the endpoint"):
        ask(hub.url, GOOD_TOKEN).get_json(path)
    assert not hub.requests


def test_a_mirror_below_a_path_turns_pages_below_that_path(ask: Make) -> None:
    with strange_site(_list_with_link(lambda: "https://huggingface.co/api/models?cursor=abc")) as mirror:
        client = ask(f"{mirror.url}/hf")
        client.get_json(client.get_json("/api/models").next_link or "")
    assert [path for path, _ in mirror.asked] == ["/hf/api/models", "/hf/api/models?cursor=abc"]


def test_a_redirect_to_another_site_goes_without_the_token(ask: Make) -> None:
    with strange_site(lambda request: (200, {}, b'{"moved": true}')) as elsewhere:
        moved = {"Location": f"{elsewhere.url}/there"}
        with strange_site(lambda request: (302, moved, b"")) as site:
            assert ask(site.url, GOOD_TOKEN).get_json(OPEN).body == {"moved": True}
    assert elsewhere.asked == [("/there", None)]


def test_a_relative_link_is_followed(hub: HubServer, ask: Make) -> None:
    hub.misbehave("relative_link")
    client = ask(hub.url)
    first = client.get_json("/api/models", [("limit", "2")])
    second = client.get_json(first.next_link or "")
    assert len({row["id"] for row in (*first.body, *second.body)}) == 4


# ------------------------------------------------------------------ waiting and trying again


@pytest.mark.parametrize("trouble", ["server_error", "reset", "cut_off", "rate_limited_no_header"])
def test_what_passes_is_tried_again_and_each_wait_doubles(
    hub: HubServer, ask: Make, waits: Waits, trouble: str
) -> None:
    hub.misbehave(trouble, times=3)  # type: ignore[arg-type]  # each is one of its literals
    assert ask(hub.url).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"
    assert waits == [1, 2, 4]


@pytest.mark.parametrize("retries", [0, 2])
def test_the_number_of_attempts_is_the_settings(hub: HubServer, ask: Make, waits: Waits, retries: int) -> None:
    hub.misbehave("server_error", status=503)
    with pytest.raises(HubTroubleError, match="503"):
        ask(hub.url, retries=retries).get_json(OPEN)
    assert len(hub.requests) == 1 + retries
    assert len(waits) == retries


def test_no_wait_is_longer_than_the_longest(hub: HubServer, ask: Make, waits: Waits) -> None:
    hub.misbehave("server_error")
    with pytest.raises(HubTroubleError):
        ask(hub.url, retries=6, longest_wait_seconds=5).get_json(OPEN)
    assert waits == [1, 2, 4, 5, 5, 5]


def test_a_short_quota_is_waited_for_as_long_as_the_hub_says(hub: HubServer, ask: Make, waits: Waits) -> None:
    hub.misbehave("rate_limited", times=1, seconds=7)
    ask(hub.url).get_json(OPEN)
    assert waits == [8]


def test_a_long_quota_is_reported_at_once_with_its_wait(hub: HubServer, ask: Make, waits: Waits) -> None:
    hub.misbehave("rate_limited", seconds=280)
    with pytest.raises(RateLimitedError) as caught:
        ask(hub.url).get_json(OPEN)
    assert caught.value.retry_after == 281
    assert "281 seconds" in caught.value.hint
    assert "HF_TOKEN" in caught.value.hint
    assert waits == []
    assert len(hub.requests) == 1


def test_those_who_are_signed_in_are_not_told_to_sign_in(hub: HubServer, ask: Make) -> None:
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
    ask: Make, waits: Waits, headers: dict[str, str], expected: list[float]
) -> None:
    replies = iter([(429, headers, b""), (200, {}, b"{}")])
    with strange_site(lambda request: next(replies)) as site:
        ask(site.url).get_json(OPEN)
    assert waits == expected


@pytest.mark.parametrize("path", ["/api/models/nobody/nothing", GATED_FILE, f"{OPEN}?expand=nonsense"])
def test_what_will_not_pass_is_asked_once(hub: HubServer, ask: Make, waits: Waits, path: str) -> None:
    with pytest.raises(HubError):
        ask(hub.url).get_json(path)
    assert len(hub.requests) == 1
    assert waits == []


def test_a_server_that_hangs_is_given_up_after_the_timeout(hub: HubServer, ask: Make) -> None:
    hub.misbehave("hang")
    with pytest.raises(HubTimeoutError, match=r"0\.2 s"):
        ask(hub.url, timeout_seconds=0.2, retries=1).get_json(OPEN)
    assert len(hub.requests) == 2


def test_a_server_that_drips_is_given_up_after_the_timeout(ask: Make) -> None:
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


def test_an_answer_without_end_is_not_read_to_its_end(ask: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpkg_widgets.hub.transport._LARGEST_BODY", 1000)
    with strange_site(lambda request: (200, {}, b" " * 100_000)) as site, pytest.raises(NotJsonError, match="larger"):
        ask(site.url).get_json(OPEN)


def test_a_session_that_another_thread_closed_is_made_anew(
    hub: HubServer, ask: Make, waits: Waits, monkeypatch: pytest.MonkeyPatch
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


def test_a_cancelled_request_is_not_made(hub: HubServer, ask: Make) -> None:
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
    hub: HubServer, ask: Make, cache: HubCache, clock: Clock
) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 61
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(HubCancelledError):
        client.get_json(OPEN, cancelled=cancelled)


# ------------------------------------------------------------------ the cache


def test_a_revisit_within_the_time_to_live_is_no_request(
    hub: HubServer, ask: Make, cache: HubCache, clock: Clock
) -> None:
    client = ask(hub.url, cache=cache)
    first = client.get_json("/api/models", [("limit", "3")])
    clock.now += 59
    again = client.get_json("/api/models", [("limit", "3")])
    assert len(hub.requests) == 1
    assert (again.body, again.next_link) == (first.body, first.next_link)
    assert (first.age_seconds, again.age_seconds, again.stale) == (0, 59, False)


def test_after_it_the_hub_is_asked_again(hub: HubServer, ask: Make, cache: HubCache, clock: Clock) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 60
    assert client.get_json(OPEN).age_seconds == 0
    assert len(hub.requests) == 2


@pytest.mark.parametrize("trouble", ["server_error", "reset", "html", "truncated", "rate_limited"])
def test_when_the_hub_gives_no_answer_an_old_one_stands_in_with_its_age(
    hub: HubServer, ask: Make, cache: HubCache, clock: Clock, trouble: str
) -> None:
    client = ask(hub.url, cache=cache)
    fresh = client.get_json(OPEN)
    clock.now += 3700
    hub.misbehave(trouble, seconds=250)  # type: ignore[arg-type]  # each is one of its literals
    old = client.get_json(OPEN)
    assert (old.body, old.stale, old.age_seconds) == (fresh.body, True, 3700)


def test_when_the_hub_says_no_an_old_answer_does_not_stand_in(
    hub: HubServer, ask: Make, cache: HubCache, clock: Clock
) -> None:
    body = {"id": "made/up", "gated": False}
    hub.add_model(body, raw_config={"model_type": "llama"})
    client = ask(hub.url, cache=cache)
    client.get_json("/made/up/resolve/main/config.json")
    clock.now += 61
    hub.add_model({**body, "gated": "manual"}, raw_config={"model_type": "llama"})
    with pytest.raises(GatedError):
        client.get_json("/made/up/resolve/main/config.json")


def test_one_tokens_private_answers_are_not_shown_to_another(hub: HubServer, ask: Make, cache: HubCache) -> None:
    ask(hub.url, GOOD_TOKEN, cache).get_json(GATED_FILE)
    with pytest.raises(GatedError):
        ask(hub.url, NO_ACCESS_TOKEN, cache).get_json(GATED_FILE)
    with pytest.raises(GatedError):
        ask(hub.url, False, cache).get_json(GATED_FILE)


def test_one_endpoints_answers_are_not_shown_as_anothers(hub: HubServer, ask: Make, cache: HubCache) -> None:
    ask(hub.url, cache=cache).get_json(OPEN)
    with HubServer(models=[]) as other, pytest.raises(NotFoundError):
        ask(other.url, cache=cache).get_json(OPEN)


def test_the_cache_can_be_passed_by_and_is_renewed(hub: HubServer, ask: Make, cache: HubCache, clock: Clock) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 50
    client.get_json(OPEN, use_cache=False)
    clock.now += 50
    assert client.get_json(OPEN).age_seconds == 50
    assert len(hub.requests) == 2


def test_an_error_is_not_kept(hub: HubServer, ask: Make, cache: HubCache) -> None:
    client = ask(hub.url, cache=cache)
    hub.misbehave("html", times=1)
    with pytest.raises(NotJsonError):
        client.get_json(OPEN)
    assert client.get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


def test_a_cache_entry_of_another_shape_is_no_answer(hub: HubServer, ask: Make, cache: HubCache) -> None:
    cache.put(json.dumps([hub.url + OPEN, None]), ["of", "an", "older", "version"])
    assert ask(hub.url, cache=cache).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


def test_a_search_goes_on_without_a_cache_that_cannot_be_written(hub: HubServer, ask: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = HubCache(tmp_path / "file" / "cache", 60, 10)
    assert ask(hub.url, cache=broken).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


# ------------------------------------------------------------------ what went wrong, in words


def test_nobody_listening(ask: Make) -> None:
    with pytest.raises(HubUnreachableError) as caught:
        ask("http://127.0.0.1:9", retries=0).get_json(OPEN)
    assert caught.value.message == "127.0.0.1:9 could not be reached."
    assert "refused" in caught.value.evidence


@pytest.mark.parametrize("instead", ["html", "truncated"])
def test_something_else_in_place_of_json(hub: HubServer, ask: Make, waits: Waits, instead: str) -> None:
    hub.misbehave(instead)  # type: ignore[arg-type]  # each is one of its literals
    with pytest.raises(NotJsonError) as caught:
        ask(hub.url).get_json(OPEN)
    assert "bytes of" in caught.value.evidence
    assert waits == []


def test_a_missing_repository_anonymous_is_a_bare_401_and_understood(hub: HubServer, ask: Make) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url).get_json("/api/models/nobody/nothing")
    assert hub.requests[0].status == 401
    assert caught.value.what == "repository"
    assert "private" in caught.value.message
    assert "HF_TOKEN" in caught.value.hint


def test_a_missing_repository_signed_in(hub: HubServer, ask: Make) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url, GOOD_TOKEN).get_json("/api/models/nobody/nothing")
    assert "HF_TOKEN" not in caught.value.hint


def test_a_missing_revision_and_a_missing_file_are_told_apart(hub: HubServer, ask: Make) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url).get_json(f"{OPEN}/revision/nonsense")
    assert caught.value.what == "revision"
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url).get_json("/Qwen/Qwen2.5-0.5B/resolve/main/nonsense.json")
    assert caught.value.what == "file"


@pytest.mark.parametrize(
    ("token", "access", "hint"),
    [
        (False, "no_token", "HF_TOKEN"),
        (NO_ACCESS_TOKEN, "not_accepted", "terms"),
        (PENDING_TOKEN, "pending", "Wait"),
        (FINE_GRAINED_TOKEN, "bad_token", "public gated repositories"),
    ],
)
def test_a_gated_file_says_which_of_four_reasons_it_is(
    hub: HubServer, ask: Make, token: Token, access: str, hint: str
) -> None:
    with pytest.raises(GatedError) as caught:
        ask(hub.url, token).get_json(GATED_FILE)
    assert caught.value.access == access
    assert hint in caught.value.hint


def test_a_disabled_repository(hub: HubServer, ask: Make) -> None:
    with pytest.raises(DisabledError):
        ask(hub.url).get_json("/api/models/made-up/disabled-model")


def test_a_refused_parameter_is_shown_in_the_hubs_own_words(hub: HubServer, ask: Make) -> None:
    with pytest.raises(HubRefusedError) as caught:
        ask(hub.url).get_json("/api/models", [("sort", "trending_score")])
    assert "Invalid sort parameter: trending_score" in caught.value.evidence


def test_a_listing_for_those_signed_in_only_does_not_say_that_a_repository_is_missing(ask: Make) -> None:
    with strange_site(lambda request: (401, {}, b"")) as site, pytest.raises(HubRefusedError, match="signed in"):
        ask(site.url).get_json("/api/models")


def test_offline_mode_is_said_and_an_old_answer_stands_in(
    hub: HubServer, ask: Make, cache: HubCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(hub.url, cache=cache).get_json(OPEN)
    clock.now += 61
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert ask(hub.url, cache=cache).get_json(OPEN).stale
    with pytest.raises(OfflineModeError, match="HF_HUB_OFFLINE"):
        ask(hub.url).get_json(OPEN)
    assert len(hub.requests) == 1


@pytest.mark.parametrize(
    "body", [b'["a list"]', b'"text"', b'{"error": ["several", "things"]}', b"<html>", b"\xff\xfe", b"[" * 100_000]
)
def test_no_error_page_is_too_odd_to_be_an_error(ask: Make, body: bytes) -> None:
    reply = (500, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(HubTroubleError):
        ask(site.url, retries=0).get_json(OPEN)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff\xfe", b"1" * 5000, b"{'a': 1}"])
def test_no_answer_is_too_odd_to_be_refused(ask: Make, body: bytes) -> None:
    reply = (200, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(NotJsonError):
        ask(site.url).get_json(OPEN)


def test_a_long_message_of_a_server_is_cut_and_on_one_line(ask: Make) -> None:
    body = json.dumps({"error": "no\n\n" * 10_000}).encode()
    reply = (418, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(HubRefusedError) as caught:
        ask(site.url).get_json(OPEN)
    assert len(caught.value.evidence) < 400
    assert "\n" not in caught.value.evidence


def test_the_address_of_a_mirror_is_shown_without_its_password(ask: Make) -> None:
    with pytest.raises(HubUnreachableError) as caught:
        ask("http://ada:secret@127.0.0.1:9", retries=0).get_json(OPEN)
    assert "secret" not in str(caught.value)


# ------------------------------------------------------------------ many at once


def test_threads_share_one_client(hub: HubServer, ask: Make, cache: HubCache) -> None:
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

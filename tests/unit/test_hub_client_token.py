"""The token: read when it is used, never shown, sent to the endpoint and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.hub_server import BAD_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer
from tests.unit.hub_clients import GATED_FILE, OPEN, Ask
from tests.unit.strange_site import Reply, strange_site
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.errors import (
    BadTokenError,
    HubError,
    HubRefusedError,
)

# ------------------------------------------------------------------ the token


def test_the_token_is_read_at_the_moment_of_use(hub: HubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ask(hub.url, None)
    client.get_json(OPEN)
    monkeypatch.setenv("HF_TOKEN", GOOD_TOKEN)
    client.get_json(OPEN)
    assert [request.token_sent for request in hub.requests] == [False, True]


def test_false_sends_no_token_even_if_there_is_one(hub: HubServer, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", GOOD_TOKEN)
    ask(hub.url, False).get_json(OPEN)
    assert not hub.requests[0].token_sent


def test_a_token_can_be_given_or_fetched_by_a_function(hub: HubServer, ask: Ask) -> None:
    assert ask(hub.url, f" {GOOD_TOKEN}\n").get_json(GATED_FILE).body["model_type"] == "llama"
    assert ask(hub.url, lambda: GOOD_TOKEN).get_json(GATED_FILE).body["model_type"] == "llama"


def test_a_stale_token_does_not_hide_a_public_model(hub: HubServer, ask: Ask) -> None:
    client = ask(hub.url, BAD_TOKEN)
    answer = client.get_json(OPEN)
    assert answer.body["id"] == "Qwen/Qwen2.5-0.5B"
    assert answer.token_ignored
    assert client.token_refused()
    assert [request.token_sent for request in hub.requests] == [True, False]


def test_that_the_token_is_stale_is_still_known_from_the_cache(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    ask(hub.url, BAD_TOKEN, cache).get_json(OPEN)
    client = ask(hub.url, BAD_TOKEN, cache)
    assert client.get_json(OPEN).token_ignored
    assert client.token_refused()


def test_a_new_token_is_not_blamed_for_the_old(hub: HubServer, ask: Ask) -> None:
    tokens = [BAD_TOKEN]
    client = ask(hub.url, lambda: tokens[0])
    client.get_json(OPEN)
    tokens[0] = GOOD_TOKEN
    assert not client.token_refused()
    assert not client.get_json(OPEN).token_ignored


@pytest.mark.parametrize("path", [GATED_FILE, "/api/models/nobody/nothing"])
def test_a_stale_token_is_named_where_going_without_does_not_help(hub: HubServer, ask: Ask, path: str) -> None:
    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, BAD_TOKEN).get_json(path)
    assert "Invalid credentials" in caught.value.evidence
    assert f"{hub.url}/settings/tokens" in caught.value.hint
    assert len(hub.requests) == 2


@pytest.mark.parametrize("token", ["hf_with space", "hf_with\nnewline", "hf_\u00e9", "hf_\0"])
def test_a_token_with_impossible_characters_is_refused_before_it_is_sent(hub: HubServer, ask: Ask, token: str) -> None:
    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, token).get_json(OPEN)
    assert token not in str(caught.value)
    assert not hub.requests


def test_a_token_that_cannot_be_fetched_is_an_error_without_its_words(hub: HubServer, ask: Ask) -> None:
    def fails() -> str:
        raise RuntimeError("exchange of hf_secretsecret failed")

    with pytest.raises(BadTokenError) as caught:
        ask(hub.url, fails).get_json(OPEN)
    assert "hf_secretsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_error_and_no_log_line_holds_the_token(
    hub: HubServer, ask: Ask, cache: HubCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
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


def test_a_link_to_another_site_sends_nothing_there(ask: Ask) -> None:
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
def test_an_address_outside_the_endpoint_is_not_asked(hub: HubServer, ask: Ask, path: str) -> None:
    with pytest.raises(HubRefusedError, match="leaves the endpoint"):
        ask(hub.url, GOOD_TOKEN).get_json(path)
    assert not hub.requests


def test_a_mirror_below_a_path_turns_pages_below_that_path(ask: Ask) -> None:
    with strange_site(_list_with_link(lambda: "https://huggingface.co/api/models?cursor=abc")) as mirror:
        client = ask(f"{mirror.url}/hf")
        client.get_json(client.get_json("/api/models").next_link or "")
    assert [path for path, _ in mirror.asked] == ["/hf/api/models", "/hf/api/models?cursor=abc"]


def test_a_redirect_to_another_site_goes_without_the_token(ask: Ask) -> None:
    with strange_site(lambda request: (200, {}, b'{"moved": true}')) as elsewhere:
        moved = {"Location": f"{elsewhere.url}/there"}
        with strange_site(lambda request: (302, moved, b"")) as site:
            assert ask(site.url, GOOD_TOKEN).get_json(OPEN).body == {"moved": True}
    assert elsewhere.asked == [("/there", None)]


def test_a_relative_link_is_followed(hub: HubServer, ask: Ask) -> None:
    hub.misbehave("relative_link")
    client = ask(hub.url)
    first = client.get_json("/api/models", [("limit", "2")])
    second = client.get_json(first.next_link or "")
    assert len({row["id"] for row in (*first.body, *second.body)}) == 4

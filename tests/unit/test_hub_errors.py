"""What the client says when something went wrong: what happened, what was seen, what to do."""

from __future__ import annotations

import json

import pytest

from tests.hub_server import FINE_GRAINED_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, PENDING_TOKEN, HubServer
from tests.unit.hub_clients import GATED_FILE, OPEN, Ask, Clock, Waits
from tests.unit.strange_site import strange_site
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.client import Token
from trainpkg_widgets.hub.errors import (
    DisabledError,
    GatedError,
    HubRefusedError,
    HubTroubleError,
    HubUnreachableError,
    NotFoundError,
    NotJsonError,
    OfflineModeError,
)


def test_nobody_listening(ask: Ask) -> None:
    with pytest.raises(HubUnreachableError) as caught:
        ask("http://127.0.0.1:9", retries=0).get_json(OPEN)
    assert caught.value.message == "127.0.0.1:9 could not be reached."
    assert "refused" in caught.value.evidence


@pytest.mark.parametrize("instead", ["html", "truncated"])
def test_something_else_in_place_of_json(hub: HubServer, ask: Ask, waits: Waits, instead: str) -> None:
    hub.misbehave(instead)  # type: ignore[arg-type]  # each is one of its literals
    with pytest.raises(NotJsonError) as caught:
        ask(hub.url).get_json(OPEN)
    assert "bytes of" in caught.value.evidence
    assert waits == []


def test_a_missing_repository_anonymous_is_a_bare_401_and_understood(hub: HubServer, ask: Ask) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url).get_json("/api/models/nobody/nothing")
    assert hub.requests[0].status == 401
    assert caught.value.what == "repository"
    assert "private" in caught.value.message
    assert "HF_TOKEN" in caught.value.hint


def test_a_missing_repository_signed_in(hub: HubServer, ask: Ask) -> None:
    with pytest.raises(NotFoundError) as caught:
        ask(hub.url, GOOD_TOKEN).get_json("/api/models/nobody/nothing")
    assert "HF_TOKEN" not in caught.value.hint


def test_a_missing_revision_and_a_missing_file_are_told_apart(hub: HubServer, ask: Ask) -> None:
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
    hub: HubServer, ask: Ask, token: Token, access: str, hint: str
) -> None:
    with pytest.raises(GatedError) as caught:
        ask(hub.url, token).get_json(GATED_FILE)
    assert caught.value.access == access
    assert hint in caught.value.hint


def test_a_disabled_repository(hub: HubServer, ask: Ask) -> None:
    with pytest.raises(DisabledError):
        ask(hub.url).get_json("/api/models/made-up/disabled-model")


def test_a_refused_parameter_is_shown_in_the_hubs_own_words(hub: HubServer, ask: Ask) -> None:
    with pytest.raises(HubRefusedError) as caught:
        ask(hub.url).get_json("/api/models", [("sort", "trending_score")])
    assert "Invalid sort parameter: trending_score" in caught.value.evidence


def test_a_listing_for_those_signed_in_only_does_not_say_that_a_repository_is_missing(ask: Ask) -> None:
    with strange_site(lambda request: (401, {}, b"")) as site, pytest.raises(HubRefusedError, match="signed in"):
        ask(site.url).get_json("/api/models")


def test_offline_mode_is_said_and_an_old_answer_stands_in(
    hub: HubServer, ask: Ask, cache: HubCache, clock: Clock, monkeypatch: pytest.MonkeyPatch
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
def test_no_error_page_is_too_odd_to_be_an_error(ask: Ask, body: bytes) -> None:
    reply = (500, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(HubTroubleError):
        ask(site.url, retries=0).get_json(OPEN)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff\xfe", b"1" * 5000, b"{'a': 1}"])
def test_no_answer_is_too_odd_to_be_refused(ask: Ask, body: bytes) -> None:
    reply = (200, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(NotJsonError):
        ask(site.url).get_json(OPEN)


def test_a_long_message_of_a_server_is_cut_and_on_one_line(ask: Ask) -> None:
    body = json.dumps({"error": "no\n\n" * 10_000}).encode()
    reply = (418, {"Content-Type": "application/json"}, body)
    with strange_site(lambda request: reply) as site, pytest.raises(HubRefusedError) as caught:
        ask(site.url).get_json(OPEN)
    assert len(caught.value.evidence) < 400
    assert "\n" not in caught.value.evidence


def test_the_address_of_a_mirror_is_shown_without_its_password(ask: Ask) -> None:
    with pytest.raises(HubUnreachableError) as caught:
        ask("http://ada:secret@127.0.0.1:9", retries=0).get_json(OPEN)
    assert "secret" not in str(caught.value)

"""Claims about what goes wrong on the way: quotas, servers that stumble, answers that are none."""

from __future__ import annotations

import pytest

from tests.hub_server import HubServer

from .client import Client, FailedError


def test_a_spent_quota_is_waited_out_or_reported(client: Client, hub: HubServer) -> None:
    hub.misbehave("rate_limited", times=1, seconds=0)
    if client.facts.retries:
        assert len(client.list(hub.url, limit=3)) == 3
        assert [request.status for request in hub.requests] == [429, 200]
    else:
        with pytest.raises(FailedError) as caught:
            client.list(hub.url, limit=3)
        assert caught.value.said == "rate_limited"


def test_a_429_without_header_is_retried_or_reported(client: Client, hub: HubServer) -> None:
    hub.misbehave("rate_limited_no_header", times=1)
    if client.facts.retries:
        assert len(client.list(hub.url, limit=3)) == 3
    else:
        with pytest.raises(FailedError) as caught:
            client.list(hub.url, limit=3)
        assert caught.value.said == "rate_limited"


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_stumbles_once_is_asked_again_or_reported(client: Client, hub: HubServer, status: int) -> None:
    hub.misbehave("server_error", times=1, status=status)
    if client.facts.retries:
        assert len(client.list(hub.url, limit=3)) == 3
    else:
        with pytest.raises(FailedError) as caught:
            client.list(hub.url, limit=3)
        assert caught.value.status == status


@pytest.mark.parametrize("kind", ["html", "truncated"])
def test_what_is_no_json_is_never_taken_for_an_answer(client: Client, hub: HubServer, kind: str) -> None:
    hub.misbehave("html" if kind == "html" else "truncated", times=1)
    with pytest.raises(FailedError) as caught:
        client.list(hub.url, limit=3)
    assert caught.value.said == "not_json"


@pytest.mark.parametrize("kind", ["cut_off", "reset"])
def test_a_broken_connection_gives_a_whole_answer_or_none(client: Client, hub: HubServer, kind: str) -> None:
    hub.misbehave("cut_off" if kind == "cut_off" else "reset", times=1)
    try:
        rows = client.list(hub.url, limit=30)
    except FailedError:
        assert len(hub.requests) == 1
    else:
        assert len(rows) == 30
        assert len(hub.requests) == 2


def test_a_slow_answer_is_waited_for(client: Client, hub: HubServer) -> None:
    hub.misbehave("slow", times=1, seconds=0.3)
    assert len(client.list(hub.url, limit=3)) == 3

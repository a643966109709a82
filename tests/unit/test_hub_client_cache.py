"""Answers that were kept: no request for a fresh one, and an old one with its age when the Hub is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub_server import GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer
from tests.unit.hub_clients import GATED_FILE, OPEN, Ask, Clock
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.errors import (
    GatedError,
    NotFoundError,
    NotJsonError,
)


def test_a_revisit_within_the_time_to_live_is_no_request(
    hub: HubServer, ask: Ask, cache: HubCache, clock: Clock
) -> None:
    client = ask(hub.url, cache=cache)
    first = client.get_json("/api/models", [("limit", "3")])
    clock.now += 59
    again = client.get_json("/api/models", [("limit", "3")])
    assert len(hub.requests) == 1
    assert (again.body, again.next_link) == (first.body, first.next_link)
    assert (first.age_seconds, again.age_seconds, again.stale) == (0, 59, False)


def test_after_it_the_hub_is_asked_again(hub: HubServer, ask: Ask, cache: HubCache, clock: Clock) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 60
    assert client.get_json(OPEN).age_seconds == 0
    assert len(hub.requests) == 2


@pytest.mark.parametrize("trouble", ["server_error", "reset", "html", "truncated", "rate_limited"])
def test_when_the_hub_gives_no_answer_an_old_one_stands_in_with_its_age(
    hub: HubServer, ask: Ask, cache: HubCache, clock: Clock, trouble: str
) -> None:
    client = ask(hub.url, cache=cache)
    fresh = client.get_json(OPEN)
    clock.now += 3700
    hub.misbehave(trouble, seconds=250)  # type: ignore[arg-type]  # each is one of its literals
    old = client.get_json(OPEN)
    assert (old.body, old.stale, old.age_seconds) == (fresh.body, True, 3700)


def test_when_the_hub_says_no_an_old_answer_does_not_stand_in(
    hub: HubServer, ask: Ask, cache: HubCache, clock: Clock
) -> None:
    body = {"id": "made/up", "gated": False}
    hub.add_model(body, raw_config={"model_type": "llama"})
    client = ask(hub.url, cache=cache)
    client.get_json("/made/up/resolve/main/config.json")
    clock.now += 61
    hub.add_model({**body, "gated": "manual"}, raw_config={"model_type": "llama"})
    with pytest.raises(GatedError):
        client.get_json("/made/up/resolve/main/config.json")


def test_one_tokens_private_answers_are_not_shown_to_another(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    ask(hub.url, GOOD_TOKEN, cache).get_json(GATED_FILE)
    with pytest.raises(GatedError):
        ask(hub.url, NO_ACCESS_TOKEN, cache).get_json(GATED_FILE)
    with pytest.raises(GatedError):
        ask(hub.url, False, cache).get_json(GATED_FILE)


def test_one_endpoints_answers_are_not_shown_as_anothers(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    ask(hub.url, cache=cache).get_json(OPEN)
    with HubServer(models=[]) as other, pytest.raises(NotFoundError):
        ask(other.url, cache=cache).get_json(OPEN)


def test_the_cache_can_be_passed_by_and_is_renewed(hub: HubServer, ask: Ask, cache: HubCache, clock: Clock) -> None:
    client = ask(hub.url, cache=cache)
    client.get_json(OPEN)
    clock.now += 50
    client.get_json(OPEN, use_cache=False)
    clock.now += 50
    assert client.get_json(OPEN).age_seconds == 50
    assert len(hub.requests) == 2


def test_an_error_is_not_kept(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    client = ask(hub.url, cache=cache)
    hub.misbehave("html", times=1)
    with pytest.raises(NotJsonError):
        client.get_json(OPEN)
    assert client.get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


def test_a_cache_entry_of_another_shape_is_no_answer(hub: HubServer, ask: Ask, cache: HubCache) -> None:
    cache.put(json.dumps([hub.url + OPEN, None]), ["of", "an", "older", "version"])
    assert ask(hub.url, cache=cache).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"


def test_a_search_goes_on_without_a_cache_that_cannot_be_written(hub: HubServer, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = HubCache(tmp_path / "file" / "cache", 60, 10)
    assert ask(hub.url, cache=broken).get_json(OPEN).body["id"] == "Qwen/Qwen2.5-0.5B"

"""Claims about GET /api/models, each held by every client."""

from __future__ import annotations

import pytest

from tests.hub_server import HubServer

from .client import Client, FailedError, able


@pytest.fixture
def small_pages() -> HubServer:
    return HubServer(page_size=60)


def test_all_pages_give_each_model_once(client: Client, small_pages: HubServer) -> None:
    with small_pages as hub:
        ids = [row["id"] for row in client.list(hub.url)]
        assert len(ids) > 400
        assert sorted(ids) == sorted(one.id for one in hub.store.listed("models", None))
        assert len(hub.requests) == -(-len(ids) // 60)


def test_a_limit_holds_over_pages(client: Client) -> None:
    with HubServer(page_size=7) as hub:
        ids = [row["id"] for row in client.list(hub.url, limit=20)]
        assert len(ids) == len(set(ids)) == 20
        assert len(hub.requests) == 3


def test_a_search_finds_every_word_somewhere_in_the_id(client: Client, hub: HubServer) -> None:
    ids = [row["id"] for row in client.list(hub.url, search="instruct QWEN2.5 7b")]
    assert "Qwen/Qwen2.5-7B-Instruct" in ids
    assert all("qwen2.5" in id.lower() and "7b" in id.lower() and "instruct" in id.lower() for id in ids)


def test_a_search_that_nothing_matches_finds_nothing(client: Client, hub: HubServer) -> None:
    assert client.list(hub.url, search="qwen7b no-such-model") == []


def test_trending_comes_first_when_no_order_is_asked_for(client: Client, hub: HubServer) -> None:
    assert client.list(hub.url, limit=1)[0]["id"] == "Qwen/Qwen3.8-27B"


def test_most_downloaded_comes_first(client: Client, hub: HubServer) -> None:
    rows = client.list(hub.url, sort="downloads", limit=40, fields=["downloads"])
    downloads = [row["downloads"] for row in rows]
    assert downloads == sorted(downloads, reverse=True)
    assert rows[0]["id"] == "BAAI/bge-small-en-v1.5"


def test_an_author_shows_only_its_own(client: Client, hub: HubServer) -> None:
    ids = [row["id"] for row in client.list(hub.url, author="meta-llama")]
    assert len(ids) > 10
    assert all(id.startswith("meta-llama/") for id in ids)


def test_several_tags_must_all_be_there(client: Client, hub: HubServer) -> None:
    able(client, "tags")
    ids = [row["id"] for row in client.list(hub.url, tags=["gguf", "license:apache-2.0"])]
    assert "unsloth/Qwen3-0.6B-GGUF" in ids
    assert all("gguf" in id.lower() for id in ids)


def test_an_adapter_is_found_by_its_base(client: Client, hub: HubServer) -> None:
    able(client, "tags")
    rows = client.list(hub.url, tags=["base_model:adapter:Qwen/Qwen2.5-0.5B"])
    assert [row["id"] for row in rows] == ["made-up/qwen2.5-0.5b-support-lora"]


def test_a_task_shows_its_models(client: Client, hub: HubServer) -> None:
    able(client, "task")
    ids = [row["id"] for row in client.list(hub.url, task="automatic-speech-recognition")]
    assert "openai/whisper-large-v3" in ids
    assert "Qwen/Qwen2.5-0.5B" not in ids


def test_the_gate_is_shown_when_it_is_asked_for(client: Client, hub: HubServer) -> None:
    rows = client.list(hub.url, search="meta-llama llama-3.2-1b", fields=["gated", "downloads"])
    assert {row["gated"] for row in rows} == {"manual"}


def test_a_model_that_comes_on_two_pages(client: Client, small_pages: HubServer) -> None:
    with small_pages as hub:
        hub.misbehave("duplicate_rows", times=1)
        ids = [row["id"] for row in client.list(hub.url)]
        assert set(ids) == {one.id for one in hub.store.listed("models", None)}
        assert len(ids) - len(set(ids)) == (0 if client.facts.drops_repeated_rows else 1)


def test_pages_that_change_while_they_are_read_lose_what_rose_above_them(
    client: Client, small_pages: HubServer
) -> None:
    with small_pages as hub:
        hub.misbehave("changing_pages", times=1)
        ids = {row["id"] for row in client.list(hub.url)}
        assert len(ids) == len(hub.store.listed("models", None)) - 1


def test_a_next_page_with_a_relative_address(client: Client, small_pages: HubServer) -> None:
    with small_pages as hub:
        hub.misbehave("relative_link")
        if client.facts.relative_link == "crashes":
            with pytest.raises(FailedError):
                client.list(hub.url)
        else:
            followed = client.facts.relative_link == "followed"
            assert len(client.list(hub.url)) == (len(hub.store.listed("models", None)) if followed else 60)


def test_malformed_rows_in_a_listing(client: Client, hub: HubServer) -> None:
    fields = ["safetensors", "config", "tags", "gated", "downloads", "transformersInfo"]
    if client.facts.survives_malformed_rows:
        ids = {row["id"] for row in client.list(hub.url, author="malformed", fields=fields)}
        assert "malformed/safetensors-without-total" in ids
        assert "malformed/transformers-info-grew" in ids
        assert "malformed/tags-null" in ids
    else:
        with pytest.raises(FailedError) as caught:
            client.list(hub.url, author="malformed", fields=fields)
        assert caught.value.said == "crashed"

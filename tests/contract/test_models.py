"""Claims about one model: its body, its revisions, and what is said when it can't be had."""

from __future__ import annotations

import pytest

from tests.hub_server import BAD_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer

from .client import Client, FailedError, able, refused

POPULAR = {
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "Qwen/Qwen2.5-1.5B": 1_543_714_304,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "meta-llama/Llama-3.2-3B": 3_212_749_824,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "mistralai/Mistral-7B-v0.3": 7_248_023_552,
}


@pytest.mark.parametrize("model_id", POPULAR)
def test_a_popular_model_has_its_parameters_and_a_commit(client: Client, hub: HubServer, model_id: str) -> None:
    model = client.model(hub.url, model_id)
    assert model["id"] == model_id
    assert model["parameters"] == {"BF16": POPULAR[model_id]}
    assert len(model["sha"]) == 40


def test_a_recorded_body_arrives_as_it_was_recorded(client: Client, hub: HubServer) -> None:
    model = client.model(hub.url, "google-bert/bert-base-uncased")
    assert model["sha"] == "86b5e0934494bd15c9632b12f734a8a67f723594"
    assert model["downloads"] == 60_478_923
    assert model["gated"] is False
    assert model["parameters"] == {"F32": 110_106_428}


def test_the_metadata_of_a_gated_model_is_for_everyone(client: Client, hub: HubServer) -> None:
    assert client.model(hub.url, "meta-llama/Llama-3.1-8B-Instruct")["gated"] == "manual"


def test_a_pinned_revision_stays_when_main_moves_on(client: Client, hub: HubServer) -> None:
    old = client.model(hub.url, "Qwen/Qwen2.5-0.5B")["sha"]
    new = hub.push("Qwen/Qwen2.5-0.5B", {"config.json": b'{"model_type": "moved-on"}'})
    assert client.model(hub.url, "Qwen/Qwen2.5-0.5B")["sha"] == new
    assert client.model(hub.url, "Qwen/Qwen2.5-0.5B", revision=old)["sha"] == old
    assert client.config(hub.url, "Qwen/Qwen2.5-0.5B", revision=old)["model_type"] == "qwen2"
    assert client.config(hub.url, "Qwen/Qwen2.5-0.5B", revision=new)["model_type"] == "moved-on"


def test_an_old_name_without_owner_leads_to_the_new_one(client: Client, hub: HubServer) -> None:
    able(client, "short_names")
    assert client.model(hub.url, "gpt2")["id"] == "openai-community/gpt2"


def test_an_unknown_revision_is_named_as_such(client: Client, hub: HubServer) -> None:
    with refused(client, "no_revision", 404):
        client.model(hub.url, "Qwen/Qwen2.5-0.5B", revision="no-such-branch")


def test_a_missing_model_is_a_404_to_a_known_person(client: Client, hub: HubServer) -> None:
    with refused(client, "missing", 404):
        client.model(hub.url, "nobody/nothing", token=NO_ACCESS_TOKEN)


def test_a_missing_model_is_a_bare_401_to_a_stranger(client: Client, hub: HubServer) -> None:
    with pytest.raises(FailedError) as caught:
        client.model(hub.url, "nobody/nothing")
    assert caught.value.said == client.facts.bare_401
    assert caught.value.status in (401, None)


def test_a_private_model_is_missing_to_all_but_its_owner(client: Client, hub: HubServer) -> None:
    assert client.model(hub.url, "made-up/private-model", token=GOOD_TOKEN)["id"] == "made-up/private-model"
    with refused(client, "missing", 404):
        client.model(hub.url, "made-up/private-model", token=NO_ACCESS_TOKEN)


def test_a_disabled_model_says_that_it_is(client: Client, hub: HubServer) -> None:
    with refused(client, "disabled", 403):
        client.model(hub.url, "made-up/disabled-model")


def test_a_revoked_token_spoils_public_models_too(client: Client, hub: HubServer) -> None:
    if client.facts.drops_a_refused_token:
        assert client.model(hub.url, "Qwen/Qwen2.5-0.5B", token=BAD_TOKEN)["id"] == "Qwen/Qwen2.5-0.5B"
        return
    with pytest.raises(FailedError) as caught:
        client.model(hub.url, "Qwen/Qwen2.5-0.5B", token=BAD_TOKEN)
    assert caught.value.status == 401
    assert caught.value.said == "other"


def test_a_token_tells_its_owner(client: Client, hub: HubServer) -> None:
    able(client, "whoami")
    assert client.whoami(hub.url, GOOD_TOKEN) == "ada"
    with pytest.raises(FailedError):
        client.whoami(hub.url, BAD_TOKEN)

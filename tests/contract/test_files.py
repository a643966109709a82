"""Claims about the files of a model: who may read them, where they come from, what they weigh."""

from __future__ import annotations

import hashlib

import pytest

from tests.hub_server import FINE_GRAINED_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, PENDING_TOKEN, HubServer

from .client import Client, able, refused

GATED = "meta-llama/Llama-3.2-1B"


def test_a_small_file_comes_by_a_relative_redirect(client: Client, hub: HubServer) -> None:
    config = client.config(hub.url, "Qwen/Qwen2.5-0.5B")
    assert config["hidden_size"] == 896
    assert config["tie_word_embeddings"] is True
    statuses = {(request.path.startswith("/api/resolve-cache/"), request.status) for request in hub.requests}
    assert (False, 307) in statuses
    assert statuses <= {(False, 307), (True, 200), (True, 206)}


def test_a_large_file_comes_whole_from_the_cdn(client: Client, hub: HubServer) -> None:
    able(client, "download")
    weights = bytes(range(256)) * 80
    hub.add_model({"id": "made-up/tiny", "gated": "auto"}, {"model.safetensors": weights})
    downloaded = client.download(hub.url, "made-up/tiny", "model.safetensors", token=GOOD_TOKEN)
    assert downloaded == hashlib.sha256(weights).hexdigest()
    from_cdn = [request for request in hub.requests if request.on_cdn]
    assert from_cdn
    assert not all(request.token_sent for request in from_cdn)
    assert any(request.token_sent for request in from_cdn) != client.facts.keeps_the_token_from_the_cdn
    assert all(request.token_sent for request in hub.requests if not request.on_cdn)


def test_a_gated_file_is_refused_to_a_stranger(client: Client, hub: HubServer) -> None:
    with refused(client, "gated", 401):
        client.config(hub.url, GATED)


@pytest.mark.parametrize("token", [NO_ACCESS_TOKEN, PENDING_TOKEN, FINE_GRAINED_TOKEN])
def test_a_gated_file_is_refused_to_who_was_not_let_in(client: Client, hub: HubServer, token: str) -> None:
    with refused(client, "gated", 403):
        client.config(hub.url, GATED, token=token)


def test_a_gated_file_is_sent_to_who_was_let_in(client: Client, hub: HubServer) -> None:
    assert client.config(hub.url, GATED, token=GOOD_TOKEN)["num_hidden_layers"] == 16


def test_a_missing_file_is_not_a_missing_model(client: Client, hub: HubServer) -> None:
    hub.add_model({"id": "made-up/no-config"}, {"README.md": b"# nothing else\n"})
    with refused(client, "no_file", 404):
        client.config(hub.url, "made-up/no-config")


def test_the_headers_of_one_weights_file_add_up(client: Client, hub: HubServer) -> None:
    able(client, "weights")
    assert client.weights(hub.url, "Qwen/Qwen2.5-0.5B") == {"BF16": 494_032_768}


def test_the_headers_of_all_shards_add_up(client: Client, hub: HubServer) -> None:
    able(client, "weights")
    assert client.weights(hub.url, "Qwen/Qwen2.5-7B") == {"BF16": 7_615_616_512}


def test_a_tree_weighs_what_its_files_weigh(client: Client, hub: HubServer) -> None:
    able(client, "tree")
    sizes = client.tree(hub.url, "google-bert/bert-base-uncased")
    assert sizes["model.safetensors"] == pytest.approx(4 * 110_106_428, rel=1e-5)
    assert "coreml/fill-mask/float32_model.mlpackage/Manifest.json" in sizes

"""Opening one model: at most two requests, one commit, and what is unknown says why."""

from __future__ import annotations

import pytest

from tests.hub_server import GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer
from tests.unit.hub_browsers import Browse, tiny, whole_search
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.errors import NotFoundError


def test_a_model_is_opened_in_two_requests_at_one_commit(hub: HubServer, browse: Browse) -> None:
    info = browse().open_model("Qwen/Qwen2.5-0.5B")
    asked = [request for request in hub.requests if "resolve-cache" not in request.path]
    assert len(asked) == 2
    assert asked[1].path == f"/Qwen/Qwen2.5-0.5B/resolve/{info.revision.value}/config.json"
    assert info.weight_bytes.value is not None
    assert info.download_bytes.value is not None
    assert 0 < info.weight_bytes.value < info.download_bytes.value
    assert info.architecture.value is not None
    assert (info.architecture.value.model_type, info.architecture.value.hidden_size) == ("qwen2", 896)
    assert info.context_length.value == 32768
    assert "config.json" in info.architecture.source


def test_a_commit_made_while_it_is_opened_does_not_mix_two(hub: HubServer, browse: Browse) -> None:
    browser = browse()
    before = browser.open_model("Qwen/Qwen2.5-0.5B").revision.value
    hub.push("Qwen/Qwen2.5-0.5B", {"config.json": b'{"model_type": "qwen2", "hidden_size": 1}'})
    old = browser.open_model("Qwen/Qwen2.5-0.5B", before)
    assert old.revision.value == before
    assert old.architecture.value is not None
    assert old.architecture.value.hidden_size == 896
    assert browser.open_model("Qwen/Qwen2.5-0.5B").revision.value != before


def test_a_revision_with_a_slash_is_one_revision(hub: HubServer, browse: Browse) -> None:
    with pytest.raises(NotFoundError) as caught:
        browse().open_model("Qwen/Qwen2.5-0.5B", "refs/pr/1")
    assert caught.value.what == "revision"


def test_a_gated_model_is_opened_without_access_and_says_what_was_not_read(hub: HubServer, browse: Browse) -> None:
    hub.add_model(tiny("lab/gated", gated="manual"), raw_config={"model_type": "llama"})
    info = browse(NO_ACCESS_TOKEN).open_model("lab/gated")
    assert info.gate.value == "manual"
    assert info.parameters.known
    assert info.weight_bytes.known
    assert not info.architecture.known
    assert "not in the authorized list" in info.architecture.source


def test_a_gated_model_with_access_gives_its_dimensions(browse: Browse) -> None:
    info = browse(GOOD_TOKEN).open_model("meta-llama/Llama-3.2-1B")
    assert info.architecture.value is not None
    assert info.architecture.value.layers == 16
    assert "config.json" in info.architecture.source


def test_the_catalogue_helps_out_where_the_gate_is_closed(browse: Browse) -> None:
    known = Catalogue().get("meta-llama/Llama-3.2-1B")
    assert known is not None
    assert known.architecture.known
    assert browse().open_model("meta-llama/Llama-3.2-1B").architecture == known.architecture


def test_a_model_without_config_json_costs_one_request(hub: HubServer, browse: Browse) -> None:
    info = browse().open_model("ggml-org/gemma-3-1b-it-GGUF")
    assert len(hub.requests) == 1
    assert info.architecture.source == "the repository has no config.json"
    assert info.context_length.value == 32768


def test_when_config_json_fails_the_rest_is_still_there(hub: HubServer, browse: Browse) -> None:
    hub.add_model(tiny("lab/whole"), raw_config={"model_type": "llama"})
    hub.misbehave("server_error", path_contains="/resolve/")
    info = browse().open_model("lab/whole")
    assert info.weight_bytes.known
    assert "503" in info.architecture.source


@pytest.mark.parametrize("raw", [b"[1, 2]", b'"text"', b"{}", b"null"])
def test_a_config_that_is_no_config_leaves_the_dimensions_unknown(hub: HubServer, browse: Browse, raw: bytes) -> None:
    hub.add_model(tiny("lab/odd"), {"config.json": raw, "model.safetensors": 1000})
    assert not browse().open_model("lab/odd").architecture.known


@pytest.mark.parametrize("name", ["nobody/nothing", "made-up/private-model"])
def test_a_model_that_is_not_there_or_not_yours_is_not_found(browse: Browse, name: str) -> None:
    with pytest.raises(NotFoundError, match="private"):
        browse().open_model(name)


@pytest.mark.parametrize("name", ["../../whoami-v2", "a/b/../../c", "a/b?x=1", "a", "", "a/b#c", "%2e%2e/x"])
def test_a_name_that_is_no_name_is_not_asked_for(hub: HubServer, browse: Browse, name: str) -> None:
    with pytest.raises(ValueError, match=r"name|author"):
        browse(GOOD_TOKEN).open_model(name)
    assert not hub.requests


def test_malformed_bodies_open(hub: HubServer, browse: Browse) -> None:
    for name in [m.id for page in whole_search(browse(), "malformed/") for m in page.models]:
        assert browse().open_model(name).id == name

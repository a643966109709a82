"""Whether this token may read a model, and what a person is told about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import (
    BAD_TOKEN,
    FINE_GRAINED_TOKEN,
    GOOD_TOKEN,
    NO_ACCESS_TOKEN,
    PENDING_TOKEN,
    HubServer,
)
from tests.unit.hub_browsers import settings
from trainpkg_widgets.advice.access import access_findings
from trainpkg_widgets.facts import Fact, errors_in, unknown
from trainpkg_widgets.hub.access import check_access
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.client import HubClient, Token
from trainpkg_widgets.hub.models import ModelBrowser
from trainpkg_widgets.model_info import Gate, ModelInfo, Origin
from trainpkg_widgets.steps import Access, ModelStep

GATED = "meta-llama/Llama-3.2-1B"
OPEN = "Qwen/Qwen2.5-0.5B"
SITE = "https://hub.example"


@pytest.fixture
def client(hub: HubServer) -> Callable[..., HubClient]:
    """Makes a client of the Hub on loopback with a token."""

    def made(token: Token = False, cache: HubCache | None = None) -> HubClient:
        return HubClient(settings(hub.url).hub, cache, token)

    return made


Make = Callable[..., HubClient]


def opened(client: HubClient, repo_id: str) -> ModelInfo:
    return ModelBrowser(settings(client.endpoint), client, Catalogue()).open_model(repo_id)


def info(repo_id: str = GATED, gate: Gate | None = "manual", origin: Origin = "hub", **fields: Any) -> ModelInfo:
    fact = Fact[Gate](value=gate, source=f"gated: {gate}") if gate else unknown("nobody asked")
    return ModelInfo(id=repo_id, origin=origin, as_of="2026-10-01", gate=fact, **fields)


# ------------------------------------------------------------------ what the Hub says


@pytest.mark.parametrize(
    ("token", "access", "evidence"),
    [
        (False, "no_token", "authenticated"),
        (GOOD_TOKEN, "granted", "config.json was read"),
        (NO_ACCESS_TOKEN, "not_accepted", "authorized list"),
        (PENDING_TOKEN, "pending", "awaiting a review"),
        (BAD_TOKEN, "bad_token", "Invalid credentials"),
        (FINE_GRAINED_TOKEN, "bad_token", "fine-grained token settings"),
    ],
)
def test_each_answer_to_a_token_is_told_apart_with_the_hubs_own_words(
    client: Make, token: Token, access: str, evidence: str
) -> None:
    asking = client(token)
    found = check_access(opened(asking, GATED), asking)
    assert found.value == access
    assert evidence in found.source


def test_an_open_model_costs_no_request(hub: HubServer, client: Make) -> None:
    asking = client()
    model = opened(asking, OPEN)
    before = len(hub.requests)
    assert check_access(model, asking).value == "open"
    assert len(hub.requests) == before


def test_a_file_that_was_read_is_not_asked_for_again(hub: HubServer, client: Make, tmp_path: Path) -> None:
    asking = client(GOOD_TOKEN, HubCache(tmp_path, 60, 100))
    model = opened(asking, GATED)
    before = len(hub.requests)
    assert check_access(model, asking).value == "granted"
    assert len(hub.requests) == before


def test_accepting_the_terms_is_seen_at_once(hub: HubServer, client: Make, tmp_path: Path) -> None:
    cache = HubCache(tmp_path, 3600, 100)
    tokens = [NO_ACCESS_TOKEN]
    asking = client(lambda: tokens[0], cache)
    model = opened(asking, GATED)
    assert check_access(model, asking).value == "not_accepted"
    tokens[0] = GOOD_TOKEN
    assert check_access(model, asking).value == "granted"


def test_a_stale_token_is_found_though_the_model_is_public(client: Make) -> None:
    asking = client(BAD_TOKEN)
    assert check_access(opened(asking, OPEN), asking).value == "bad_token"


def test_a_disabled_model(client: Make) -> None:
    assert check_access(info(disabled=True), client()).value == "disabled"
    assert check_access(info("made-up/disabled-model", gate=None), client()).value == "disabled"


def test_a_gated_model_without_the_file_was_still_looked_into(hub: HubServer, client: Make) -> None:
    hub.add_model({"id": "lab/gated-gguf", "gated": "auto"}, {"model.gguf": 1000})
    model = info("lab/gated-gguf", gate="auto")
    assert check_access(model, client(GOOD_TOKEN)).value == "granted"
    assert check_access(model, client(NO_ACCESS_TOKEN)).value == "not_accepted"


def test_a_model_whose_gate_nobody_knows_is_asked_for(client: Make) -> None:
    assert check_access(info(OPEN, gate=None), client()).value == "open"
    assert check_access(info(GATED, gate=None), client()).value == "no_token"


def test_a_model_that_is_gone_is_neither_open_nor_closed(client: Make) -> None:
    found = check_access(info("nobody/nothing"), client())
    assert not found.known
    assert "no such repository" in found.source


def test_a_hub_that_does_not_answer_leaves_it_unknown(hub: HubServer, client: Make) -> None:
    hub.misbehave("server_error")
    found = check_access(info(), client(GOOD_TOKEN))
    assert not found.known
    assert "503" in found.source


def test_an_old_answer_says_how_old_it_is(hub: HubServer, client: Make, tmp_path: Path) -> None:
    now = [1_000_000.0]
    asking = client(GOOD_TOKEN, HubCache(tmp_path, 60, 100, clock=lambda: now[0]))
    check_access(info(), asking)
    now[0] += 1800
    hub.misbehave("server_error")
    assert check_access(info(), asking).source == "config.json was read 30 min ago"


def test_a_folder_is_open(client: Make) -> None:
    assert check_access(info("/models/mine", gate=None, origin="folder"), client()).value == "open"


# ------------------------------------------------------------------ what a person is told


def step(access: Access | None, gate: Gate | None = "manual", source: str = "HTTP 403: the Hub's words") -> ModelStep:
    fact = Fact[Access](value=access, source=source) if access else unknown(source)
    return ModelStep(repo_id=GATED, info=info(gate=gate), access=fact)


@pytest.mark.parametrize(
    ("access", "gate", "code", "link"),
    [
        ("no_token", "manual", "gated-no-token", f"/{GATED}"),
        ("bad_token", "manual", "gated-bad-token", "/settings/tokens"),
        ("bad_token", "open", "token-refused", "/settings/tokens"),
        ("not_accepted", "auto", "gated-not-accepted", f"/{GATED}"),
        ("pending", "manual", "gated-pending", "/settings/gated-repos"),
        ("disabled", "open", "model-disabled", f"/{GATED}"),
    ],
)
def test_what_would_stop_a_launch_is_an_error_with_its_next_action(
    access: Access, gate: Gate, code: str, link: str
) -> None:
    (finding,) = access_findings(step(access, gate), f"{SITE}/")
    assert errors_in([finding], "model") == [finding]
    assert (finding.code, finding.field) == (code, "model.access")
    assert finding.evidence == "HTTP 403: the Hub's words"
    assert finding.fix is not None
    assert finding.fix.link == SITE + link


@pytest.mark.parametrize(("gate", "words"), [("auto", "at once"), ("manual", "by hand")])
def test_how_long_access_takes_depends_on_the_gate(gate: Gate, words: str) -> None:
    (finding,) = access_findings(step("not_accepted", gate), SITE)
    assert words in finding.message


def test_a_granted_model_only_says_what_the_run_needs() -> None:
    (finding,) = access_findings(step("granted"), SITE)
    assert finding.severity == "info"
    assert "token" in finding.message


def test_an_open_model_says_nothing() -> None:
    assert access_findings(step("open", "open"), SITE) == []
    assert access_findings(step(None, "open"), SITE) == []


@pytest.mark.parametrize("gate", ["manual", None])
def test_not_knowing_is_a_warning_and_not_an_all_clear(gate: Gate | None) -> None:
    (finding,) = access_findings(step(None, gate, "the Hub did not answer"), SITE)
    assert (finding.severity, finding.code, finding.evidence) == ("warning", "access-unknown", "the Hub did not answer")
    assert finding.fix is not None


def test_a_folder_says_nothing() -> None:
    folder = ModelStep(repo_id="/models/mine", info=info("/models/mine", gate=None, origin="folder"))
    assert access_findings(folder, SITE) == []

"""What the model step asks of the kernel: the catalogue at a keystroke, details, a stated use, an attempt withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.unit.hub_browsers import tiny
from tests.widget.test_wizard import CHAT_MODEL, ask
from tests.widget.wire_recorder import recording_comms
from trainpkg_widgets import TrainingPackageWizard


@pytest.fixture
def wizard(hub: HubServer, tmp_path: Path) -> Iterator[TrainingPackageWizard]:
    settings = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}, "cache": {"folder": str(tmp_path)}}}
    with recording_comms():
        made = TrainingPackageWizard(settings, endpoint=hub.url, token=False, autosave=False)
        yield made
        made.close()


def test_a_keystroke_is_answered_by_the_catalogue_and_asks_no_server(wizard: Any, hub: HubServer) -> None:
    assert ask(wizard, "look_up", query="smollm2")["kind"] == "result"
    assert wizard.results["query"] == "smollm2" and wizard.results["from_catalogue"] > 0
    assert not wizard.results["searching"] and hub.requests == []


def test_filters_that_nothing_can_pass_are_refused_in_words_until_they_are_put_right(wizard: Any) -> None:
    wizard.filters = {"parameters_from": 7_000_000_000, "parameters_to": 3_000_000_000}
    [refused] = wizard.findings
    assert refused["field"] == "model.filters" and "nothing lies between" in refused["evidence"]
    assert wizard.filters == {}
    wizard.filters = {"parameters_from": 3_000_000_000, "parameters_to": 3_000_000_000}
    assert wizard.findings == [] and wizard.filters["parameters_to"] == 3_000_000_000
    with pytest.raises(ValueError, match="weight_bytes_from is 2, above weight_bytes_to, which is 1"):
        wizard.search("qwen", weight_bytes_from=2, weight_bytes_to=1)


def test_the_search_that_follows_moves_no_card(wizard: Any) -> None:
    ask(wizard, "look_up", query="qwen2.5")
    before = [card["id"] for card in wizard.results["cards"]]
    ask(wizard, "search", "i2", query="qwen2.5")
    assert wizard.results["from_hub"] > 0
    assert [card["id"] for card in wizard.results["cards"]][: len(before)] == before


def test_details_come_in_the_answer_and_choose_nothing(wizard: Any) -> None:
    details = ask(wizard, "details", repo_id=CHAT_MODEL)["payload"]["details"]
    assert details["id"] == CHAT_MODEL and details["files"][0]["role"] == "weights"
    assert {"Parameters", "Weights to load", "Licence"} <= {line["label"] for line in details["facts"]}
    assert wizard.model == {}


def test_details_that_can_not_be_had_say_why(wizard: Any) -> None:
    answer = ask(wizard, "details", repo_id="nobody/nothing")
    assert answer["payload"] == {} and answer["findings"][0]["code"] == "hub-not-found"
    assert wizard.findings == [], "looking is no attempt to choose"


def test_details_of_a_model_outside_the_rules_say_which(wizard: Any, hub: HubServer) -> None:
    settings = {"model": {"policy": {"allowed_authors": ["lab"]}, "cache": {"enabled": False}}}
    strict = TrainingPackageWizard(settings, endpoint=hub.url, token=False, autosave=False)
    answer = ask(strict, "details", repo_id=CHAT_MODEL)
    assert [f["code"] for f in answer["findings"]] == ["policy-author"] and answer["payload"]["details"]
    strict.close()


def test_a_use_is_stated_and_an_attempt_withdrawn(wizard: Any, hub: HubServer) -> None:
    hub.add_model(tiny("lab/large", safetensors={"parameters": {"BF16": 25 * 10**9}}))
    ask(wizard, "select_model", repo_id=CHAT_MODEL)
    ask(wizard, "state_use", "i2", use="research")
    assert wizard.model["use"] == "research"
    ask(wizard, "select_model", "i3", repo_id="lab/large")
    assert [f["code"] for f in wizard.findings] == ["size-confirm"]
    ask(wizard, "withdraw", "i4", step="model")
    assert wizard.findings == [] and wizard.model["repo_id"] == CHAT_MODEL


def test_python_has_the_same_verbs(wizard: Any) -> None:
    assert wizard.details(CHAT_MODEL).info.parameters.source == "from safetensors"
    assert wizard.state_use("commercial") == [] and wizard.withdraw("model") == []
    wizard.select_model(CHAT_MODEL)
    assert wizard.model["use"] == "commercial"

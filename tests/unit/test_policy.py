"""An organisation's rules: what breaks one, and what is unknown and breaks none."""

from __future__ import annotations

from typing import Any

from trainpkg_widgets.advice.policy import policy_findings
from trainpkg_widgets.facts import Fact, unknown
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings.model_settings import PolicySettings


def rules(**given: Any) -> PolicySettings:
    everything = {"allowed_authors": [], "allowed_licences": [], "max_weight_gb": None, "outside": "mark"}
    return PolicySettings(**{**everything, **given})


def model(**given: Any) -> ModelInfo:
    return ModelInfo(**{"id": "lab/one", "author": "Lab", "origin": "hub", "as_of": "2026-10-05", **given})


def codes(info: ModelInfo, policy: PolicySettings) -> list[str]:
    return [finding.code for finding in policy_findings(info, policy)]


def test_no_rules_allow_everything() -> None:
    assert codes(model(), rules()) == []


def test_an_author_is_allowed_in_any_capitals() -> None:
    assert codes(model(), rules(allowed_authors=["lab"])) == []
    assert codes(model(), rules(allowed_authors=["laboratory"])) == ["policy-author"]


def test_a_folder_of_ones_own_is_not_asked_for_its_author() -> None:
    assert codes(model(origin="folder", author=""), rules(allowed_authors=["lab"])) == []
    assert codes(model(origin="cached", author="other"), rules(allowed_authors=["lab"])) == ["policy-author"]


def test_a_licence_that_nobody_knows_has_to_be_allowed_by_name() -> None:
    unsaid = model(licence_class=unknown("no licence in its tags"))
    assert codes(unsaid, rules(allowed_licences=["open"])) == ["policy-licence"]
    assert codes(unsaid, rules(allowed_licences=["open", "unknown"])) == []


def test_a_size_that_nobody_knows_breaks_no_rule() -> None:
    assert codes(model(), rules(max_weight_gb=1)) == []
    heavy = model(weight_bytes=Fact(value=2 * 10**9, source="file sizes"))
    assert codes(heavy, rules(max_weight_gb=1)) == ["policy-size"]
    assert codes(heavy, rules(max_weight_gb=2)) == []


def test_each_broken_rule_is_an_error_that_names_the_rule_what_it_allows_and_where_it_is_set() -> None:
    policy = rules(allowed_authors=["Qwen", "mistralai"], allowed_licences=["open"])
    author, licence = policy_findings(model(), policy, lambda rule: f"team.yaml, at {rule}")
    assert (author.severity, author.step, author.field) == ("error", "model", "model.policy")
    assert author.evidence == "Rule model.policy.allowed_authors: Qwen, mistralai (team.yaml, at allowed_authors)."
    assert "does not allow" in licence.message and "allowed_licences: open" in licence.evidence

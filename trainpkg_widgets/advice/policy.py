"""Whether an organisation's rules allow a model. What is unknown breaks no rule but the one on licences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..facts import Finding
from .cards import short_name

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.model_settings import PolicySettings

_CLASSES = {
    "open": "open",
    "restricted": "restricted",
    "non_commercial": "non-commercial",
    "unknown": "not known",
}

Where = Callable[[str], str]


def policy_findings(info: ModelInfo, policy: PolicySettings, where: Where = lambda rule: "") -> list[Finding]:
    """One error for each rule that a model breaks, with the rule as its evidence.

    `where` gives the place a rule of the settings was set, such as a file and its line.
    """
    found = []
    name = short_name(info)
    authors, licences, most = policy.allowed_authors, policy.allowed_licences, policy.max_weight_gb
    # A folder has no author that anybody vouches for; what is in the Hub's cache has.
    if authors and info.origin != "folder" and info.author.lower() not in {author.lower() for author in authors}:
        message = f"Your organisation does not use models by {info.author or 'an unnamed author'}."
        found.append(_finding("policy-author", message, "allowed_authors", ", ".join(authors), where))
    licence = info.licence_class.value or "unknown"
    if licences and licence not in licences:
        message = f"The licence of {name} is {_CLASSES[licence]}, which your organisation does not allow."
        allowed = ", ".join(_CLASSES[one] for one in licences)
        found.append(_finding("policy-licence", message, "allowed_licences", allowed, where))
    weights = info.weight_bytes.value
    if most is not None and weights is not None and weights > most * 1e9:
        message = f"{name} weighs {weights / 1e9:.1f} GB, more than your organisation allows."
        found.append(_finding("policy-size", message, "max_weight_gb", f"{most:g} GB", where))
    return found


def _finding(code: str, message: str, rule: str, allowed: str, where: Where) -> Finding:
    place = where(rule)
    evidence = f"Rule model.policy.{rule}: {allowed}" + (f" ({place})" if place else "") + "."
    return Finding(severity="error", step="model", field="model.policy", code=code, message=message, evidence=evidence)

"""What this token's access to the chosen model means for a run, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Finding, Fix, Severity

if TYPE_CHECKING:
    from ..steps import ModelStep


def access_findings(step: ModelStep, endpoint: str) -> list[Finding]:
    """The findings on `model.access`: none for a model that is open to everyone, or a folder.

    `endpoint` is the address of the Hub, for the links.
    """
    if step.info.origin == "folder":
        return []
    site = endpoint.rstrip("/")
    page = Fix(label="Open the model's page", link=f"{site}/{step.repo_id}")
    tokens = Fix(label="Open your tokens", link=f"{site}/settings/tokens")
    name, gate, evidence = step.repo_id, step.info.gate.value, step.access.source

    match step.access.value:
        case "no_token":
            message = (
                f"{name} is gated and there is no token to open it with. Accept its terms on its page and set HF_TOKEN."
            )
            return [_finding("error", "gated-no-token", message, evidence, page)]
        case "bad_token" if gate == "open":
            message = (
                "The Hub refuses your token, and with it a run can't download even public models. Renew or unset it."
            )
            return [_finding("error", "token-refused", message, evidence, tokens)]
        case "bad_token":
            message = f"{name} is gated and your token does not open it. Renew it, or let it read public gated models."
            return [_finding("error", "gated-bad-token", message, evidence, tokens)]
        case "not_accepted":
            message = (
                f"{name} is gated and your account has no access yet. Accept its terms on its page{_how_long(gate)}."
            )
            return [_finding("error", "gated-not-accepted", message, evidence, page)]
        case "pending":
            message = f"Your request for {name} waits for its authors. Wait for their e-mail, or choose an open model."
            requests = Fix(label="See your requests", link=f"{site}/settings/gated-repos")
            return [_finding("error", "gated-pending", message, evidence, requests)]
        case "disabled":
            message = f"{name} is disabled on the Hub and can't be downloaded. Choose another model."
            return [_finding("error", "model-disabled", message, evidence, page)]
        case "granted":
            message = (
                f"{name} is gated and your account has access. Where the run starts, a token of that account is needed."
            )
            return [_finding("info", "gated-granted", message, evidence)]
        case None if gate in ("auto", "manual"):
            message = (
                f"{name} is gated, and whether you may download it is not known. Look at its page while signed in."
            )
            return [_finding("warning", "access-unknown", message, evidence, page)]
        case None if gate is None:
            message = f"Whether {name} is open to you is not known. Choose it again when the Hub can be reached."
            again = Fix(label="Ask the Hub again", verb="select_model", arguments={"repo_id": name})
            return [_finding("warning", "access-unknown", message, evidence, again)]
    return []


def _how_long(gate: str | None) -> str:
    return {"auto": ": access comes at once", "manual": ": its authors answer each request by hand"}.get(gate or "", "")


def _finding(severity: Severity, code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity=severity,
        step="model",
        field="model.access",
        code=code,
        message=message,
        evidence=evidence,
        fix=fix,
    )

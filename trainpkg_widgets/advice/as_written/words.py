"""How a finding about a run as it is written is put: it stops, or it does harm without a word."""

from __future__ import annotations

from ...facts import Finding, Fix, Severity, StepId

PREPARE = Fix(label="Let the wizard prepare the rows", verb="use_dataset", arguments={})


def stops(step: StepId, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    """A finding that the run stops."""
    return _finding("error", step, field, code, message, evidence, fix)


def harms(step: StepId, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    """A finding that the run goes through and is spoilt."""
    return _finding("warning", step, field, code, message, evidence, fix)


def notes(step: StepId, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    """A finding that is good to know and nothing more."""
    return _finding("info", step, field, code, message, evidence, fix)


def setting(**changes: object) -> Fix:
    """The fix that sets knobs."""
    words = ", ".join(f"{name} to {_shown(value)}" for name, value in changes.items())
    return Fix(label=f"Set {words}", verb="configure", arguments=dict(changes))


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value).lower()


def _finding(
    severity: Severity, step: StepId, field: str, code: str, message: str, evidence: str, fix: Fix | None
) -> Finding:
    return Finding(severity=severity, step=step, field=field, code=code, message=message, evidence=evidence, fix=fix)

"""Whether a step is completed and the next may be entered: derived from what is chosen and known, so never stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import STEP_IDS, Finding, StepId, StepStatus, errors_in
from .steps import SessionState

Attempts = Mapping[StepId, Sequence[Finding]]


class NotReadyError(RuntimeError):
    """Raised when a package is asked for while something would stop its run. `findings` says what."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  {f.step}: {f.message} {f.evidence}".rstrip() for f in self.findings)
        super().__init__(f"The package can't be built yet:{lines}")


def statuses_of(state: SessionState, findings: Sequence[Finding], attempts: Attempts) -> dict[StepId, StepStatus]:
    """The status of each step. `findings` are about what is chosen, `attempts` about the last choice refused.

    A choice that was refused leaves the one before it as it was, and so its status.
    """
    return {step: _status(step, state, findings, attempts) for step in STEP_IDS}


def _status(step: StepId, state: SessionState, findings: Sequence[Finding], attempts: Attempts) -> StepStatus:
    if state.of(step) is not None:
        return "error" if errors_in(list(findings), step) else "completed"
    if errors_in([*attempts.get(step, ()), *findings], step):
        return "error"
    return "in_progress" if state.step == step else "not_started"


def blocked(step: StepId, statuses: Mapping[StepId, StepStatus], findings: Sequence[Finding]) -> str:
    """Why `step` can't be entered yet, in words; empty where it can: every step before it must be completed."""
    for earlier in STEP_IDS[: STEP_IDS.index(step)]:
        if statuses[earlier] != "completed":
            reasons = errors_in(list(findings), earlier)
            return reasons[0].message if reasons else f"Complete the step “{earlier}” first."
    return ""


def step_blocked(step: StepId, here: StepId, reason: str) -> Finding:
    """The finding, on the step `here`, that `step` can't be entered yet."""
    message = f"The step “{step}” can't be entered yet."
    return Finding(severity="warning", step=here, field="step", code="step-blocked", message=message, evidence=reason)


def what_stops(state: SessionState, findings: Sequence[Finding]) -> list[Finding]:
    """What stands in the way of a package: steps with nothing chosen, else the errors of what is chosen."""
    missing = [
        Finding(
            severity="error",
            step=step,
            field=step,
            code="step-missing",
            message=f"Nothing is chosen in the step “{step}”.",
        )
        for step in STEP_IDS
        if state.of(step) is None
    ]
    return missing or errors_in(list(findings))

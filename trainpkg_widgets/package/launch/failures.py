"""What ended a run, read from the last lines of its log: a finding with its fix, and the lines that say so."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...facts import Finding, Fix
from .progress import Point, readable

if TYPE_CHECKING:
    from ...steps import SessionState
    from .run_folder import RunSpec, RunState

_EVIDENCE_LINES = 4
_LONGEST = 600


@dataclass(frozen=True)
class _Cause:
    """One way a run ends: what its log says then, and what is said of it."""

    code: str
    says: re.Pattern[str]
    message: str


# The order is that of certainty: the first that is found is told. A disk that is full also breaks downloads.
_CAUSES = tuple(
    _Cause(code, re.compile(pattern, re.IGNORECASE), message)
    for code, pattern, message in (
        ("disk-full", r"No space left on device|\[Errno 28\]|Disk quota exceeded|os error 28", "The disk is full."),
        (
            "out-of-memory",
            r"CUDA out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|MPS backend out of memory"
            r"|DefaultCPUAllocator: (can't|not enough)|can't allocate memory|\bMemoryError\b|HIP out of memory",
            "The run needed more memory than there is.",
        ),
        (
            "model-gated",
            r"GatedRepo|Access to model .* is restricted|You are trying to access a gated repo"
            r"|awaiting a review from the repo authors",
            "The model is gated, and this machine's token was not let in.",
        ),
        (
            "hub-refused",
            r"\b401 Client Error|\b403 Client Error|401 Unauthorized|403 Forbidden"
            r"|Invalid (username or password|credentials)|RepositoryNotFoundError|Invalid user token",
            "The Hub refused: the token is missing, wrong, or has no right to this.",
        ),
        (
            "no-template",
            r"chat_template is not set|does not have a chat template|no chat template",
            "The model has no chat template, and the rows are conversations.",
        ),
        (
            "bad-column",
            r"KeyError: ['\"](messages|text|prompt|completion|chosen|rejected|label)['\"]"
            r"|Column (name|names) .* (not in|don't exist)|CastError|column names don't match|ArrowInvalid"
            r"|DatasetGenerationError|Could not find (a )?column",
            "The trainer did not find the columns it needs in the rows.",
        ),
        (
            "package-missing",
            r"ModuleNotFoundError: No module named|ImportError: .*(install|requires)|No matching distribution found"
            r"|No solution found when resolving|requires? .* to be installed",
            "A package that the run needs is not in its environment.",
        ),
        ("no-gpu", r"doesn't support bf16|No GPU found|Found no NVIDIA driver|CUDA.*not available", "It needs a GPU."),
        (
            "hub-unreachable",
            r"ConnectError|ConnectionError|Max retries exceeded|Name or service not known|couldn't connect to"
            r"|Network is unreachable|Temporary failure in name resolution|OfflineModeIsEnabled|LocalEntryNotFoundError"
            r"|Failed to (fetch|download)|Could not fetch URL|NewConnectionError",
            "Something had to be fetched, and the network did not give it.",
        ),
        (
            "address-in-use",
            r"EADDRINUSE|Address already in use",
            "Another run on this machine holds the port that processes meet at.",
        ),
        (
            "bad-key",
            r"unrecognized arguments|got an unexpected keyword argument|the following arguments are required"
            r"|Unknown arguments?|ValueError: Some specified arguments are not used",
            "The trainer refused a key of its config.",
        ),
    )
)


def failure_findings(state: RunState, spec: RunSpec, log: str, choices: SessionState) -> list[Finding]:
    """What ended a run that failed or was lost; empty for one that did not. `log` is the end of its log."""
    if state.status == "lost":
        evidence = "The machine may have been restarted, or the process killed. " + _from_where(state)
        return [_finding("run-lost", "The run ended without saying so.", evidence, _again(spec))]
    if state.status != "failed":
        return []
    lines = [line for line in readable(log).splitlines() if line.strip()]
    cause, at = _cause(lines)
    if cause is None and _was_killed(state, lines):
        evidence = f"It was ended by a signal, most often because memory ran out. {_from_where(state)}"
        return [_finding("run-killed", "The system killed the run.", evidence, _less_memory(choices))]
    if cause is None:
        reason = _reason(lines)
        return [_finding("run-failed", state.note or "The trainer ended with an error.", reason, _again(spec))]
    evidence = _quote(lines[max(at - 1, 0) : at + _EVIDENCE_LINES - 1])
    return [_finding(cause.code, cause.message, evidence, _fix(cause.code, spec, choices))]


def point_findings(points: list[Point]) -> list[Finding]:
    """What the reported losses say while a run goes on."""
    bad = next((point for point in points if point.not_finite), None)
    if bad is None:
        return []
    message = f"The loss is no number any more, from step {bad.step} on."
    evidence = (
        "What is learnt from there on is lost. A lower learning rate, or bf16 instead of fp16, most often cures it."
    )
    return [
        _finding(
            "loss-not-finite", message, evidence, Fix(label="Go to config", verb="go_to", arguments={"step": "config"})
        )
    ]


def _cause(lines: list[str]) -> tuple[_Cause | None, int]:
    """The most certain cause, and the last line that says it."""
    for cause in _CAUSES:
        for at in range(len(lines) - 1, -1, -1):
            if cause.says.search(lines[at]):
                return cause, at
    return None, 0


def _was_killed(state: RunState, lines: list[str]) -> bool:
    killed = {-signal.SIGKILL, 128 + signal.SIGKILL} if hasattr(signal, "SIGKILL") else set()
    # accelerate and torchrun report how a worker died, and end with 1 themselves.
    said = re.compile(r"Signals?\.SIGKILL|SIGKILL: 9|exitcode\s*: -9|\(-9\)|died with <Signals.SIGKILL")
    return state.exit_code in killed or any(said.search(line) for line in lines[-40:])


def _reason(lines: list[str]) -> str:
    errors = [line for line in lines if re.match(r"\s*(\w+\.)*\w*(Error|Exception|Exit|Interrupt)\b.*", line)]
    return _quote(errors[-1:] or lines[-_EVIDENCE_LINES:])


def _quote(lines: list[str]) -> str:
    return " ⏎ ".join(line.strip() for line in lines)[-_LONGEST:]


def _from_where(state: RunState) -> str:
    if state.checkpoint:
        return f"It can go on from {state.checkpoint}."
    return "It had saved no checkpoint yet, so it starts over."


def _fix(code: str, spec: RunSpec, choices: SessionState) -> Fix | None:
    model = choices.model.repo_id if choices.model else ""
    if code == "out-of-memory":
        return _less_memory(choices)
    if code == "model-gated":
        return Fix(label="Open the model's page and accept its terms", link=f"https://huggingface.co/{model}")
    if code == "hub-refused":
        return Fix(label="Make or check a token", link="https://huggingface.co/settings/tokens")
    if code in ("no-template", "bad-column"):
        step = "dataset" if code == "bad-column" else "model"
        return Fix(label=f"Go to {step}", verb="go_to", arguments={"step": step})
    if code == "no-gpu":
        return Fix(label="Train in fp32", verb="configure", arguments={"precision": "fp32"})
    if code in ("disk-full", "hub-unreachable", "address-in-use"):
        return _again(spec)
    return None


def _less_memory(choices: SessionState) -> Fix | None:
    """The smallest change that needs less memory: half the rows at a time, as many in each step as before."""
    config = choices.config
    if config is None:
        return None
    if config.batch_size > 1:
        half = config.batch_size // 2
        factor = config.batch_size / half
        changes = {"batch_size": half, "accumulation": round(config.accumulation * factor)}
        return Fix(label=f"{half} row{'s' if half > 1 else ''} at a time", verb="configure", arguments=changes)
    if not config.gradient_checkpointing:
        return Fix(label="Use gradient checkpointing", verb="configure", arguments={"gradient_checkpointing": True})
    if config.max_length > 256:
        shorter = config.max_length // 2
        return Fix(label=f"Cut examples at {shorter} tokens", verb="configure", arguments={"max_length": shorter})
    return None


def _again(spec: RunSpec) -> Fix:
    return Fix(label="Take it up again", verb="resume_run", arguments={"id": spec.id})


def _finding(code: str, message: str, evidence: str, fix: Fix | None) -> Finding:
    return Finding(
        severity="error", step="deploy", field="deploy.run", code=code, message=message, evidence=evidence, fix=fix
    )

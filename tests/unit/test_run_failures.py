"""What ends a run is read from its log: the cause, the lines that say so, and what can be done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.package_samples import sample_state
from tests.unit.run_samples import run_spec
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.package.launch.failures import failure_findings
from trainpkg_widgets.package.launch.run_folder import RunSpec, RunState


@pytest.fixture
def spec(tmp_path: Any) -> RunSpec:
    return run_spec(tmp_path)


def told(log: str, spec: RunSpec, state: RunState | None = None, **config: Any) -> Finding:
    [finding] = failure_findings(state or RunState(status="failed", exit_code=1), spec, log, sample_state(**config))
    return finding


# As the trainers and what is beneath them print it (torch 2.13, transformers 5.23, TRL 1.16, pip, uv).
LOGS = {
    "out-of-memory": (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a capacity of 14.56 GiB"
    ),
    "disk-full": "OSError: [Errno 28] No space left on device",
    "model-gated": (
        "OSError: You are trying to access a gated repo.\n"
        "Make sure to have access to it at https://huggingface.co/meta-llama/Llama-3.2-1B.\n"
        "403 Client Error. (Request ID: Root=1-6)"
    ),
    "hub-refused": "huggingface_hub.errors.HfHubHTTPError: 401 Client Error: Unauthorized for url: https://hf.co/api",
    "no-template": (
        "ValueError: Cannot use chat template functions because tokenizer.chat_template is not set and no template "
        "argument was passed!"
    ),
    "bad-column": "    text = example[column]\nKeyError: 'messages'",
    "package-missing": "ModuleNotFoundError: No module named 'bitsandbytes'",
    "no-gpu": "ValueError: Your setup doesn't support bf16/gpu. You need torch>=1.10, using Ampere GPU with cuda>=11.0",
    "hub-unreachable": "httpx2.ConnectError: [Errno -3] Temporary failure in name resolution",
    "address-in-use": "RuntimeError: The server socket has failed to listen on any local network address. EADDRINUSE",
    "bad-key": "sft.py: error: unrecognized arguments: --learning_rte 1",
}
FIXES = {
    "out-of-memory": "configure",
    "disk-full": "resume_run",
    "no-template": "go_to",
    "bad-column": "go_to",
    "no-gpu": "configure",
    "hub-unreachable": "resume_run",
    "address-in-use": "resume_run",
}


@pytest.mark.parametrize("code", LOGS)
def test_the_cause_is_told_with_the_line_that_says_it(code: str, spec: RunSpec) -> None:
    log = f"$ trl sft --config sft.yaml\nLoading weights: 100%|###| 3/3\nTraceback:\n{LOGS[code]}\n"
    finding = told(log, spec, batch_size=4)
    assert (finding.code, finding.severity) == (code, "error")
    assert (
        LOGS[code].splitlines()[-1].strip()[:60] in finding.evidence or LOGS[code].splitlines()[0] in finding.evidence
    )
    assert (finding.fix.verb if finding.fix else "") == FIXES.get(code, "")


def test_out_of_memory_halves_the_rows_at_a_time_and_keeps_the_step(spec: RunSpec) -> None:
    fix = told(LOGS["out-of-memory"], spec, batch_size=4, accumulation=2).fix
    assert fix is not None
    assert fix.arguments == {"batch_size": 2, "accumulation": 4}
    fix = told(LOGS["out-of-memory"], spec, batch_size=1, gradient_checkpointing=False).fix
    assert fix is not None
    assert fix.arguments == {"gradient_checkpointing": True}
    fix = told(LOGS["out-of-memory"], spec, batch_size=1, gradient_checkpointing=True, max_length=2048).fix
    assert fix is not None
    assert fix.arguments == {"max_length": 1024}


@pytest.mark.parametrize(
    ("exit_code", "log"),
    [(-9, "some line"), (1, "subprocess.CalledProcessError: … died with <Signals.SIGKILL: 9>."), (137, "some line")],
)
def test_a_run_that_the_system_killed_is_told_from_one_that_failed(exit_code: int, log: str, spec: RunSpec) -> None:
    state = RunState(status="failed", exit_code=exit_code, checkpoint="checkpoint-40")
    finding = told(log, spec, state, batch_size=8)
    assert finding.code == "run-killed"
    assert "checkpoint-40" in finding.evidence


def test_an_error_that_nobody_knows_is_quoted(spec: RunSpec) -> None:
    finding = told("Traceback (most recent call last):\n  File x\nAssertionError: odd thing\nbye", spec)
    assert finding.code == "run-failed"
    assert finding.evidence == "AssertionError: odd thing"


def test_a_run_that_went_well_or_was_stopped_has_nothing_to_say(spec: RunSpec) -> None:
    for status in ("finished", "stopped", "training"):
        state = RunState.model_validate({"status": status})
        assert failure_findings(state, spec, LOGS["out-of-memory"], sample_state()) == []

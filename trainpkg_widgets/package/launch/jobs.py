"""Runs on HF Jobs: how one stands and what it printed, fetched now and then into its folder."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .progress import LogReader
from .run_folder import OVER, RunFolder, RunSpec, RunState, RunStatus
from .secrets_kept import hide, secrets_in

if TYPE_CHECKING:
    from ...hub.jobs import Jobs

_STAGES: dict[str, RunStatus] = {
    "SCHEDULING": "preparing",
    "RUNNING": "starting",
    "COMPLETED": "finished",
    "CANCELED": "stopped",
    "ERROR": "failed",
    "DELETED": "lost",
}


def jobs_of(secrets: Mapping[str, str]) -> Jobs:
    """The jobs that these secrets open: the token and the endpoint a run is given."""
    from ...hub.jobs import Jobs

    token: str | bool | None = secrets.get("HF_TOKEN")
    if token is None and "HF_HUB_DISABLE_IMPLICIT_TOKEN" in secrets:
        token = False
    return Jobs(secrets.get("HF_ENDPOINT", "https://huggingface.co"), token)


def look(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str]) -> None:
    """Fetch how a job stands and what it has printed, not more often than its settings say."""
    state = folder.state
    if state.status in OVER or time.time() - state.updated < spec.memory_seconds:
        return
    jobs = jobs_of(secrets)
    job = jobs.look(spec.job, spec.namespace)
    hidden = secrets_in({**os.environ, **secrets})
    status = _STAGES.get(job.stage, "starting")
    printed = jobs.log(spec.job, spec.namespace, over=status in OVER) if job.stage != "SCHEDULING" else ""
    text = hide(printed or "", hidden)
    reader = LogReader()
    reader.feed(text, 0.0)
    reader.end(0.0)
    folder.log.write_text(text, encoding="utf-8")
    folder.replace_points(reader.points)
    if status == "starting" and reader.step is not None:
        status = "training"
    folder.save(
        state.model_copy(
            update={
                "status": "stopping" if state.status == "stopping" and status not in OVER else status,
                "updated": time.time(),
                "step": reader.step,
                "total": reader.total,
                "note": job.message,
                **_rate(state, reader.step),
            }
        )
    )


def cancel(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str]) -> None:
    """End a job. What it pushed last is what is kept of it: HF Jobs give no time to save."""
    jobs_of(secrets).cancel(spec.job, spec.namespace)
    folder.save(folder.state.model_copy(update={"status": "stopping", "updated": 0.0}))


def rerun(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str]) -> RunSpec:
    """Run a job again; its script goes on from the checkpoint that was pushed last."""
    job = jobs_of(secrets).rerun(spec.job, spec.namespace)
    again = spec.model_copy(update={"job": job.id, "url": job.url})
    folder.replace_spec(again)
    folder.save(RunState(attempt=folder.state.attempt + 1))
    return again


def _rate(before: RunState, step: int | None) -> dict[str, float | None]:
    """Seconds a step since the last look."""
    if step is None or before.step is None or step <= before.step or not before.updated:
        return {}
    return {"seconds_per_step": (time.time() - before.updated) / (step - before.step)}

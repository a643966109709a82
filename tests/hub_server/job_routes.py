"""The jobs of this Hub: starting one, how it stands, its log, cancelling, running it again.

Shapes are those that the official client reads (huggingface_hub 2.4: _jobs_api.py). Nothing runs here: a test says what
a job printed and how it ended.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .answers import Answer, Call, Refusal, json_answer
from .writes import writer

_JOBS = re.compile(r"/api/jobs/(?P<namespace>[^/]+)")
_JOB = re.compile(r"/api/jobs/(?P<namespace>[^/]+)/(?P<id>[0-9a-f]{24})(?:/(?P<what>logs|cancel|duplicate))?")


@dataclass
class Job:
    """A job as this Hub holds it. `secrets` are never told again."""

    id: str
    owner: str
    spec: dict[str, Any]
    stage: str = "SCHEDULING"
    message: str | None = None
    log: list[str] = field(default_factory=list)


class Jobs:
    """The jobs that were started, by id; `print` and `end` say what becomes of one."""

    def __init__(self) -> None:
        self.held: dict[str, Job] = {}
        self.lock = threading.Lock()

    def start(self, owner: str, spec: dict[str, Any]) -> Job:
        with self.lock:
            job = Job(f"{len(self.held) + 1:024x}", owner, spec)
            self.held[job.id] = job
        return job

    def print(self, id: str, *lines: str) -> None:
        """The job runs, and prints these."""
        self.held[id].stage = "RUNNING"
        self.held[id].log += lines

    def end(self, id: str, stage: str = "COMPLETED", message: str | None = None) -> None:
        self.held[id].stage, self.held[id].message = stage, message


def answer_jobs(call: Call, jobs: Jobs) -> Answer | None:
    """The answer to a call about jobs; None where it is about something else."""
    if match := _JOBS.fullmatch(call.path):
        _own(call, match["namespace"])
        if call.method == "POST":
            return json_answer(_told(jobs.start(match["namespace"], json.loads(call.body))))
        return json_answer([_told(job) for job in jobs.held.values()])
    if match := _JOB.fullmatch(call.path):
        _own(call, match["namespace"])
        job = jobs.held.get(match["id"])
        if job is None:
            raise Refusal(404, "Job not found")
        if match["what"] == "logs":
            return _log(job)
        if match["what"] == "cancel":
            job.stage = "CANCELED"
        if match["what"] == "duplicate":
            return json_answer(_told(jobs.start(job.owner, job.spec)))
        return json_answer(_told(job))
    return None


def _own(call: Call, namespace: str) -> None:
    if writer(call) != namespace:
        raise Refusal(403, "You don't have the rights to this namespace.")


def _told(job: Job) -> dict[str, Any]:
    spec = job.spec
    return {
        "id": job.id,
        "createdAt": "2026-11-01T10:00:00.000Z",
        "dockerImage": spec.get("dockerImage"),
        "command": spec.get("command"),
        "arguments": spec.get("arguments"),
        "environment": spec.get("environment"),
        "flavor": spec.get("flavor"),
        "labels": spec.get("labels"),
        "status": {"stage": job.stage, "message": job.message},
        "owner": {"id": "0" * 24, "name": job.owner, "type": "user"},
    }


def _log(job: Job) -> Answer:
    """Server-sent events, all there are so far: a client that follows asks again."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    lines = ["===== Job started at 2026-11-01 10:00:05 =====", *job.log]
    events = "".join(f"data: {json.dumps({'data': line, 'timestamp': now})}\n\n" for line in lines)
    return Answer(200, {"Content-Type": "text/event-stream"}, events.encode())

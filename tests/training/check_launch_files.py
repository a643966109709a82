"""Holds launch files against the clients they are for, in an environment of these: what they drop or refuse is said.

python check_launch_files.py FILE …      prints {path: "ok" or what is wrong}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml


def as_job(given: dict[str, Any]) -> dict[str, Any]:
    from kubernetes import client

    api = client.ApiClient()
    read = api.deserialize(json.dumps(given), "V1Job", "application/json")
    kept: dict[str, Any] = api.sanitize_for_serialization(read)
    return kept


def as_trainjob(given: dict[str, Any]) -> dict[str, Any]:
    from kubeflow_trainer_api.models import TrainerV1alpha1TrainJob

    kept: dict[str, Any] = json.loads(TrainerV1alpha1TrainJob.from_dict(given).to_json())
    return kept


def as_task(path: str) -> str:
    import sky

    task = sky.Task.from_yaml(path)
    return "ok" if task.run and task.resources else "the task does nothing"


def check(path: str) -> str:
    given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    try:
        if "kind" not in given:
            return as_task(path)
        kept = as_job(given) if given["kind"] == "Job" else as_trainjob(given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    # A client drops what its schema does not know.
    return "ok" if kept == given else f"kept is {json.dumps(kept)}"


if __name__ == "__main__":
    print(json.dumps({path: check(path) for path in sys.argv[1:]}))

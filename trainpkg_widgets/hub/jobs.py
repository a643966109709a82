"""HF Jobs by the official client: the hardware and its prices, starting a job, how it stands, its log, ending it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ..advice.hardware import Hardware
from .uploads import UploadRefusedError, is_of_hub, refused

_SECONDS = 20
_AN_HOUR = {"second": 3600, "minute": 60, "hour": 1}


@dataclass(frozen=True)
class JobStanding:
    """A job as the Hub tells it: stages are SCHEDULING, RUNNING, COMPLETED, CANCELED, ERROR and DELETED."""

    id: str
    namespace: str
    stage: str
    message: str
    url: str


class Jobs:
    """The jobs of a token. Every method raises UploadRefusedError where the Hub refuses, or can't be reached."""

    def __init__(self, endpoint: str, token: str | bool | None) -> None:
        from huggingface_hub import HfApi

        self._api = HfApi(endpoint=endpoint, token=token)

    def hardware(self) -> list[Hardware]:
        """What jobs can run on today, with today's prices. A machine that can't be read is left out."""
        # huggingface_hub 2.4: one entry that lacks a field is a KeyError of its whole list_jobs_hardware.
        from huggingface_hub import get_session

        def ask() -> Any:
            response = get_session().get(f"{self._api.endpoint}/api/jobs/hardware", timeout=_SECONDS)
            response.raise_for_status()
            return response.json()

        return [one for entry in self._asked(ask) if (one := _hardware(entry)) is not None]

    def start(
        self, arguments: list[str], *, dependencies: list[str], flavor: str, timeout_seconds: int, name: str, image: str
    ) -> JobStanding:
        """Start `python` with these arguments, in an environment of these dependencies.

        The token goes along as a secret: the Hub encrypts it, and no answer holds it.
        """
        token = self._api.token
        from huggingface_hub import get_token

        secret = token if isinstance(token, str) else get_token()
        job = self._asked(
            self._api.run_uv_job,
            "python",
            script_args=arguments,
            dependencies=dependencies,
            image=image,
            flavor=flavor,
            timeout=timeout_seconds,
            secrets={"HF_TOKEN": secret} if secret else None,
            # huggingface_hub 1.0 has jobs and no labels yet.
            **({"labels": {"name": name}} if "labels" in signature(self._api.run_uv_job).parameters else {}),
        )
        return _standing(job)

    def look(self, id: str, namespace: str) -> JobStanding:
        """How a job stands."""
        return _standing(self._asked(self._api.inspect_job, job_id=id, namespace=namespace))

    def log(self, id: str, namespace: str) -> str:
        """What a job has printed so far."""
        lines = self._asked(lambda: list(self._api.fetch_job_logs(job_id=id, namespace=namespace)))
        return "".join(f"{str(line).rstrip()}\n" for line in lines)

    def cancel(self, id: str, namespace: str) -> None:
        """End a job."""
        self._asked(self._api.cancel_job, job_id=id, namespace=namespace)

    def rerun(self, id: str, namespace: str) -> JobStanding:
        """Start a job like it once more."""
        if not hasattr(self._api, "rerun_job"):
            raise UploadRefusedError("This huggingface_hub is too old to run a job again: update it, or launch anew.")
        return _standing(self._asked(self._api.rerun_job, job_id=id, namespace=namespace))

    def _asked(self, call: Any, *arguments: Any, **keywords: Any) -> Any:
        import warnings

        try:
            with warnings.catch_warnings():
                # run_uv_job is marked experimental, and says so at each call.
                warnings.simplefilter("ignore", UserWarning)
                return call(*arguments, **keywords)
        except Exception as error:
            if not is_of_hub(error):
                raise
            raise refused(error, "jobs") from error


def _standing(job: Any) -> JobStanding:
    stage = getattr(job.status.stage, "value", job.status.stage)
    return JobStanding(job.id, job.owner.name, str(stage), job.status.message or "", job.url)


def _hardware(entry: Any) -> Hardware | None:
    try:
        card = entry.get("accelerator")
        count = int(card["quantity"]) if card else 0
        return Hardware(
            name=str(entry["name"])[:80],
            label=str(entry["prettyName"])[:80],
            card=str(card["model"])[:80] if card else "",
            cards=count,
            # The list gives the memory of all cards of a machine together, in GB.
            card_bytes=_gigabytes(card["vram"]) * 1e9 / max(count, 1) if card else None,
            usd_an_hour=float(entry["unitCostUSD"]) * _AN_HOUR[entry["unitLabel"]],
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _gigabytes(text: str) -> float:
    found = re.match(r"\s*([\d.]+)", str(text))
    return float(found[1]) if found else 0.0

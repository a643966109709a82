"""HF Jobs by the official client: the hardware and its prices, starting a job, how it stands, its log, ending it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..advice.hardware import Hardware
from .uploads import UploadRefusedError, _is_of_hub, _refused


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
        """What jobs can run on today, with today's prices."""
        return [_hardware(one) for one in self._asked(self._api.list_jobs_hardware)]

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
            labels={"name": name},
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
        return _standing(self._asked(self._api.rerun_job, job_id=id, namespace=namespace))

    def _asked(self, call: Any, *arguments: Any, **keywords: Any) -> Any:
        import warnings

        try:
            with warnings.catch_warnings():
                # run_uv_job is marked experimental, and says so at each call.
                warnings.simplefilter("ignore", UserWarning)
                return call(*arguments, **keywords)
        except Exception as error:
            if not _is_of_hub(error):
                raise
            raise _refused(error, "jobs") from error


def _standing(job: Any) -> JobStanding:
    stage = getattr(job.status.stage, "value", job.status.stage)
    return JobStanding(job.id, job.owner.name, str(stage), job.status.message or "", job.url)


def _hardware(one: Any) -> Hardware:
    card = one.accelerator
    count = int(card.quantity) if card else 0
    return Hardware(
        name=one.name,
        label=one.pretty_name,
        card=card.model if card else "",
        cards=count,
        # The list gives the memory of all cards of a machine together, in GB.
        card_bytes=_gigabytes(card.vram) * 1e9 / max(count, 1) if card else None,
        usd_an_hour=one.unit_cost_usd * {"minute": 60, "hour": 1, "second": 3600}.get(one.unit_label, 60),
    )


def _gigabytes(text: str) -> float:
    found = re.match(r"\s*([\d.]+)", str(text))
    return float(found[1]) if found else 0.0

"""HF Jobs by the official client: starting one, how it stands, its log, ending it."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any

from .uploads import UploadRefusedError, is_of_hub, refused

_FORBIDDEN = "This token may not run jobs there. Use one that may, of an account that HF Jobs are open to."


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

    def log(self, id: str, namespace: str, over: bool) -> str | None:
        """What a job has printed so far; None where this huggingface_hub tells it of a job that is `over` only."""
        # Versions of it that know no `follow` give the log as a stream that ends when the job does.
        can_look = "follow" in signature(self._api.fetch_job_logs).parameters
        if not can_look and not over:
            return None
        how = {"follow": False} if can_look else {}
        lines = self._asked(lambda: list(self._api.fetch_job_logs(job_id=id, namespace=namespace, **how)))
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
            raise refused(error, _FORBIDDEN) from error


def _standing(job: Any) -> JobStanding:
    stage = getattr(job.status.stage, "value", job.status.stage)
    return JobStanding(job.id, job.owner.name, str(stage), job.status.message or "", job.url)

"""The files that a package gets for where it is launched: a script that any machine can run, and what describes the run
to SkyPilot or to Kubernetes. They hold no secret: a token is named, and is found where the run is.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from ..manifest import LEFT_BEHIND, ExactDumper
from ..writing import PackageFile, text_file

if TYPE_CHECKING:
    from ...settings.deploy_settings import ClusterSettings, LaunchWords
    from ...steps import DeployStep

SCRIPT = "launch/train_there.py"
SKYPILOT = "launch/skypilot.yaml"
SKYIGNORE = ".skyignore"
KUBERNETES = "launch/kubernetes.yaml"

# Where the package stands in its repository: what is trained gets the rest of it.
IN_REPOSITORY = "training-package"


@dataclass(frozen=True)
class ToLaunch:
    """What is launched: the command, what comes before it, the pinned requirements (a line each)."""

    command: str
    prepare: str
    python: str
    requirements: tuple[str, ...]


def launch_files(
    deploy: DeployStep, run: ToLaunch, words: LaunchWords, cluster: ClusterSettings
) -> tuple[PackageFile, ...]:
    """The files for the launcher that is chosen; none for this machine."""
    if deploy.launcher == "local":
        return ()
    script = text_file(SCRIPT, "fetches, trains and pushes it elsewhere", script_text(deploy, run, words))
    if deploy.launcher == "skypilot":
        task = text_file(SKYPILOT, "the task, for SkyPilot", _yaml(sky_task(deploy, cluster), _SKY_NOTE))
        # SkyPilot sends the whole working folder, but what stands here: a line a pattern, / is the folder's own level.
        kept = text_file(SKYIGNORE, "what SkyPilot does not send", "".join(f"/{name}\n" for name in LEFT_BEHIND))
        return (script, task, kept)
    if deploy.launcher == "kubernetes":
        manifest = trainjob(deploy, run, cluster) if deploy.launch.kind == "trainjob" else job(deploy, run, cluster)
        return (script, text_file(KUBERNETES, "the job, for Kubernetes", _yaml(manifest, _kubernetes_note(cluster))))
    return (script,)


def repository_of(deploy: DeployStep) -> str:
    """The repository of the package and of what it trains; without an owner it is in the token's own space."""
    return deploy.launch.hub_repo or deploy.name


def script_text(deploy: DeployStep, run: ToLaunch, words: LaunchWords) -> str:
    """The script: its header pins the environment (PEP 723), its constants are what this package says."""
    given: Mapping[str, Any] = {
        "REPOSITORY": repository_of(deploy),
        "PRIVATE": deploy.launch.private,
        "INSIDE": IN_REPOSITORY,
        "COMMAND": shlex.split(run.command),
        "PREPARE": shlex.split(run.prepare),
        "OUTPUT": LEFT_BEHIND[0],
        "ALWAYS": shlex.split(words.always),
        "PUSH": shlex.split(words.push),
        "RESUME": shlex.split(words.resume),
    }
    text = resources.files(__package__).joinpath("train_there.py.txt").read_text(encoding="utf-8")
    constants = "\n".join(f"{name} = {_python(value)}" for name, value in given.items())
    dependencies = "\n".join(f"#   {json.dumps(line)}," for line in run.requirements)
    header = f'# /// script\n# requires-python = "{run.python}"\n# dependencies = [\n{dependencies}\n# ]\n# ///'
    return text.replace("# HEADER", header, 1).replace("# CONSTANTS", constants, 1)


def bootstrap(repository: str, revision: str) -> str:
    """What fetches the script of a package from the Hub and runs it: one line of Python for a machine with nothing."""
    return (
        "import sys,runpy,huggingface_hub as h;"
        f"f=h.hf_hub_download({repository!r},{f'{IN_REPOSITORY}/{SCRIPT}'!r},revision={revision!r});"
        f"sys.argv=[f,{f'{repository}@{revision}'!r}];runpy.run_path(f,run_name='__main__')"
    )


# ---------------------------------------------------------------- SkyPilot

_SKY_NOTE = (
    "A task of SkyPilot. In the package's folder, with HF_TOKEN set:",
    f"  sky launch --down --secret HF_TOKEN -c NAME {SKYPILOT}",
)


def sky_task(deploy: DeployStep, cluster: ClusterSettings) -> dict[str, Any]:
    """The task: the package is sent along as the working folder, and what it trains is pushed to the Hub."""
    return {
        "name": job_name(deploy),
        "workdir": ".",
        "resources": {
            "accelerators": deploy.launch.accelerators or cluster.accelerators,
            "disk_size": cluster.disk_gb,
        },
        "secrets": {"HF_TOKEN": None},
        "setup": "curl -LsSf https://astral.sh/uv/install.sh | sh\n",
        "run": f'export PATH="$HOME/.local/bin:$PATH"\nuv run --script {SCRIPT} --here\n',
    }


# ---------------------------------------------------------------- Kubernetes


def _kubernetes_note(cluster: ClusterSettings) -> tuple[str, ...]:
    return (
        "Push the package to the Hub first. Then, with a secret that holds a Hub token under HF_TOKEN:",
        f"  kubectl create secret generic {cluster.token_secret} --from-literal=HF_TOKEN=…",
        f"  kubectl apply -f {KUBERNETES}",
    )


def job(deploy: DeployStep, run: ToLaunch, cluster: ClusterSettings) -> dict[str, Any]:
    """A plain Job: one pod, tried again where its machine is lost; it goes on from its last pushed checkpoint."""
    name = job_name(deploy)
    limits = _limits(deploy)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "trainpkg_widgets"}},
        "spec": {
            "backoffLimit": cluster.retries,
            "ttlSecondsAfterFinished": round(3600 * cluster.keep_hours),
            **_deadline(deploy),
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [
                        {
                            "name": "trainer",
                            "image": cluster.image,
                            "command": _command(deploy, run),
                            "env": _environment(cluster),
                            "resources": {"limits": limits} if limits else {},
                            # Processes that train together meet in shared memory, of which a pod has 64 MB.
                            "volumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],  # noqa: S108 - in the container, not here
                        }
                    ],
                    "volumes": [{"name": "shared-memory", "emptyDir": {"medium": "Memory"}}],
                }
            },
        },
    }


def trainjob(deploy: DeployStep, run: ToLaunch, cluster: ClusterSettings) -> dict[str, Any]:
    """A TrainJob of Kubeflow Trainer (trainer.kubeflow.org/v1alpha1), on one node."""
    limits = _limits(deploy)
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": job_name(deploy)},
        "spec": {
            "runtimeRef": {
                "apiGroup": "trainer.kubeflow.org",
                "kind": "ClusterTrainingRuntime",
                "name": cluster.kubernetes_runtime,
            },
            **_deadline(deploy),
            "trainer": {
                "image": cluster.image,
                "command": _command(deploy, run),
                "env": _environment(cluster),
                "numNodes": 1,
                "numProcPerNode": 1,
                **({"resourcesPerNode": {"limits": limits}} if limits else {}),
            },
        },
    }


def _command(deploy: DeployStep, run: ToLaunch) -> list[str]:
    wanted = [word for line in run.requirements for word in ("--with", line)]
    return ["uv", "run", *wanted, "python", "-c", bootstrap_here(repository_of(deploy))]


def bootstrap_here(repository: str) -> str:
    """As `bootstrap`, of what is on main when the pod starts; the owner is the token's where none is named."""
    return (
        "import sys,runpy,huggingface_hub as h;"
        f"r={repository!r};r=r if '/' in r else h.whoami()['name']+'/'+r;"
        f"f=h.hf_hub_download(r,{f'{IN_REPOSITORY}/{SCRIPT}'!r});"
        "sys.argv=[f,r+'@main'];runpy.run_path(f,run_name='__main__')"
    )


def _environment(cluster: ClusterSettings) -> list[dict[str, Any]]:
    reference = {"name": cluster.token_secret, "key": "HF_TOKEN"}
    return [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": reference}}, {"name": "HOME", "value": "/tmp"}]  # noqa: S108 - in the container, not here


def _limits(deploy: DeployStep) -> dict[str, str]:
    return {"nvidia.com/gpu": str(deploy.launch.gpus)} if deploy.launch.gpus else {}


def _deadline(deploy: DeployStep) -> dict[str, int]:
    hours = deploy.launch.timeout_hours
    return {"activeDeadlineSeconds": round(3600 * hours)} if hours else {}


def job_name(deploy: DeployStep) -> str:
    """What the run is called there."""
    return _label(deploy.name, 60)


def _label(name: str, longest: int) -> str:
    """A name as Kubernetes takes it (RFC 1035): lower-case letters, digits and dashes, a letter first."""
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    label = label if label[:1].isalpha() else f"run-{label}"
    return label[:longest].rstrip("-")


class _Dumper(ExactDumper):
    """Writes a text of several lines as those lines."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _yaml(value: Mapping[str, Any], note: tuple[str, ...]) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return "".join(f"# {line}\n" for line in note) + text


def _python(value: Any) -> str:
    """A constant as this house's formatter writes it."""
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, bool) else str(value)

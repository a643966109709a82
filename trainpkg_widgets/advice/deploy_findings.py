"""What is known of a package before it is written: what it needs where it runs, what its target can't be told."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, NamedTuple

from ..facts import Finding, Fix, Severity
from .target_offers import TRAINER_NAMES, offer_findings, target_shape
from .trl_limits import VERSION

_PLACES = {
    "local": "on this machine",
    "hf_jobs": "on HF Jobs",
    "skypilot": "by SkyPilot",
    "kubernetes": "on Kubernetes",
}

if TYPE_CHECKING:
    from ..settings.deploy_settings import TargetSettings
    from ..settings.schema import Settings
    from ..steps import ConfigStep, DeployStep, ModelStep, SessionState


def deploy_findings(state: SessionState, settings: Settings) -> list[Finding]:
    """The findings of the deploy step: about the model's place, the hardware, and the trainer the package is for."""
    deploy = state.deploy
    if deploy is None:
        return []
    target = settings.deploy.targets.get(deploy.target)
    found: list[Finding] = []
    if target is None:
        return found
    if state.model is not None:
        found += _model(state.model, deploy)
    if state.config is not None and deploy.launcher == "local":
        found += _hardware(state.config)
    return found + (_target(target) if deploy.target == "trl" else _offer(state, deploy.target, target.label))


class Machine(NamedTuple):
    """What a run on this machine depends on: `gpu` is the name of its card, `room_gb` the room that is wanting."""

    has_processes: bool
    gpu: str
    room_gb: float


def machine_findings(config: ConfigStep, machine: Machine, target: TargetSettings) -> list[Finding]:
    """What would stop a run that is launched on this machine now."""
    found = []
    if not machine.has_processes:
        message = "Runs can't be launched from here on Windows; the command in the package's README starts one."
        found.append(_finding("error", "deploy.launcher", "launch-posix", message))
    if not machine.gpu and target.needs_gpu:
        message = f"{target.label} starts on an NVIDIA GPU only, and this machine has none that can be seen."
        fix = Fix(label="Use TRL", verb="deploy_to", arguments={"target": "trl"})
        found.append(_finding("error", "deploy.target", "target-needs-gpu", message, "Launch it elsewhere.", fix))
    elif not machine.gpu and config.precision != "fp32":
        message = (
            f"This machine has no NVIDIA GPU that can be seen, and a run in {config.precision} starts on one only."
        )
        evidence = "transformers refuses it on a processor. Launch it elsewhere, or train in fp32."
        fix = Fix(label="Train in fp32", verb="configure", arguments={"precision": "fp32"})
        found.append(_finding("error", "deploy.launcher", "no-gpu-here", message, evidence, fix))
    if machine.room_gb:
        message = f"The disk has less than {machine.room_gb:g} GB free, and the trainer's environment is made first."
        evidence = "PyTorch alone takes most of that. Make room, or set runs.environments in step4_deploy.yaml."
        found.append(_finding("error", "deploy.launcher", "no-room", message, evidence))
    return found


def launch_findings(
    deploy: DeployStep, config: ConfigStep, here: Machine, target: TargetSettings, has_token: bool
) -> list[Finding]:
    """What would stop a launch as things are: warnings, as the package can be written and started elsewhere."""
    if deploy.launcher == "local":
        return [f.model_copy(update={"severity": "warning"}) for f in machine_findings(config, here, target)]
    if deploy.launcher == "hf_jobs" and not has_token:
        message = "There is no Hub token here, and HF Jobs starts nothing without one."
        evidence = "Log in with `hf auth login`, or set HF_TOKEN, before you launch."
        return [_finding("warning", "deploy.launcher", "launch-no-token", message, evidence)]
    return []


def deploy_summary(step: DeployStep) -> str:
    """The deploy step in one line."""
    return f"{step.name} for {TRAINER_NAMES[step.target]}, {_PLACES[step.launcher]}"


def _model(model: ModelStep, deploy: DeployStep) -> list[Finding]:
    if model.info.origin == "folder":
        path = model.repo_id
        if not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
            message = "The path of the model depends on where the run is started."
            evidence = f"“{path}” is relative, and a package runs in its own folder. Choose the model by its full path."
            return [_finding("error", "deploy.model", "model-path-relative", message, evidence)]
        if deploy.launcher != "local":
            message = f"The model is a folder on this disk, and the run is {_PLACES[deploy.launcher]}."
            evidence = f"{path} is not there. Choose the model by its name on the Hub, or launch it on this machine."
            fix = Fix(label="Launch it here", verb="deploy_to", arguments={"launcher": "local"})
            return [_finding("error", "deploy.launcher", "model-not-there", message, evidence, fix)]
        message = "The model is a folder on this disk, so the package runs only where that folder is."
        return [_finding("warning", "deploy.model", "model-not-portable", message, f"It reads {path}.")]
    if model.revision is None:
        message = "The model is not pinned to a revision, so a later run may load other weights."
        evidence = "Nobody said which commit is meant: the Hub was not asked, or did not answer."
        fix = Fix(label="Ask the Hub again", verb="select_model", arguments={"repo_id": model.repo_id})
        return [_finding("warning", "deploy.model", "revision-not-pinned", message, evidence, fix)]
    return []


def _hardware(config: ConfigStep) -> list[Finding]:
    if config.tuning == "qlora":
        message = "QLoRA needs an NVIDIA GPU to be of use."
        evidence = "Its 4-bit weights are bitsandbytes'; on a processor a tiny model ran, and a real one crawls."
        return [_finding("info", "deploy.launcher", "qlora-needs-nvidia", message, evidence)]
    if config.precision != "fp32":
        message = f"A run in {config.precision} starts on a GPU only."
        evidence = "transformers refuses it on a processor; fp32 runs on both."
        return [_finding("info", "deploy.launcher", "needs-gpu", message, evidence)]
    return []


def _offer(state: SessionState, target: str, label: str) -> list[Finding]:
    """What the trainer can't be told of the choices, and which rows its packages are not written for."""
    if state.config is None:
        return []
    rows = None
    if state.dataset is not None and state.dataset.format.value is not None:
        rows = target_shape(target, state.dataset, state.config, state.model.info if state.model else None).rows
    architecture = state.model.info.architecture.value if state.model else None
    tied = architecture.tied_embeddings if architecture else None
    return offer_findings(target, label, state.config, state.dataset, rows, tied)


def _target(target: TargetSettings) -> list[Finding]:
    pinned = [line for line in target.requirements if line.replace(" ", "").startswith("trl==")]
    if pinned == [f"trl=={target.version}"] and target.version == VERSION:
        return []
    message = f"The package is written in the keys of TRL {VERSION}, and another version is set."
    evidence = f"step4_deploy.yaml says version {target.version} and pins {', '.join(pinned) or 'no trl'}."
    return [_finding("warning", "deploy.target", "target-version", message, evidence)]


def _finding(
    severity: Severity, field: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    return Finding(
        severity=severity, step="deploy", field=field, code=code, message=message, evidence=evidence, fix=fix
    )

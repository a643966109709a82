"""What is known of a package before it is written: what it needs where it runs, what its target can't be told."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from ..facts import Finding, Fix, Severity
from .trl_limits import VERSION

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
        found += _model(state.model)
    if state.config is not None:
        found += _hardware(state.config)
    return found + _target(target)


def deploy_summary(step: DeployStep) -> str:
    """The deploy step in one line."""
    return f"{step.name} for {step.target.upper()}, on this machine" if step.launcher == "local" else step.name


def _model(model: ModelStep) -> list[Finding]:
    if model.info.origin == "folder":
        path = model.repo_id
        if not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
            message = "The path of the model depends on where the run is started."
            evidence = f"“{path}” is relative, and a package runs in its own folder. Choose the model by its full path."
            return [_finding("error", "deploy.model", "model-path-relative", message, evidence)]
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

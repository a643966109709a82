"""What TRL 1.16.0 with transformers 5.23.0 can't be told, or would do otherwise than it was asked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from ..facts import Finding, Fix, Severity, StepId
from ..steps import ConfigStep

VERSION = "1.16.0"

# transformers 5.23: `OptimizerNames`, and what each needs beside torch (checked when the optimizer is made).
_OPTIMIZERS: dict[str, str] = {
    **dict.fromkeys(
        ["adamw_torch", "adamw_torch_fused", "adafactor", "sgd", "adagrad", "rmsprop"],
        "",
    ),
    **dict.fromkeys(
        [
            *("adamw_bnb_8bit", "adamw_8bit", "ademamix", "ademamix_8bit", "lion_8bit", "lion_32bit"),
            *("paged_adamw_32bit", "paged_adamw_8bit", "paged_ademamix_32bit", "paged_ademamix_8bit"),
            *("paged_lion_32bit", "paged_lion_8bit", "rmsprop_bnb", "rmsprop_bnb_8bit", "rmsprop_bnb_32bit"),
        ],
        "bitsandbytes",
    ),
    **dict.fromkeys(["adamw_torch_4bit", "adamw_torch_8bit"], "torchao"),
    **dict.fromkeys(["schedule_free_radam", "schedule_free_adamw", "schedule_free_sgd"], "schedulefree"),
    **dict.fromkeys(["lomo", "adalomo"], "lomo-optim"),
    "grokadamw": "grokadamw",
    "stable_adamw": "torch-optimi",
    "adamw_anyprecision": "torchdistx",
}

# transformers 5.23: `SchedulerType`, those that need nothing but the learning rate and the warm-up.
_SCHEDULERS = (
    *("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"),
    "inverse_sqrt",
)


def needs_bitsandbytes(config: ConfigStep) -> bool:
    """Whether a run needs bitsandbytes: for 4-bit weights, or for an 8-bit or paged optimizer."""
    return config.tuning == "qlora" or _OPTIMIZERS.get(config.optimizer) == "bitsandbytes"


def is_pattern(target: str) -> bool:
    """Whether a LoRA target is a regular expression over whole paths, and not the name of a module."""
    return re.search(r"[\\^$*+?()\[\]{}|]", target) is not None


def trl_findings(config: ConfigStep, requirements: Collection[str]) -> list[Finding]:
    """What of `config` TRL can't be told, and what it would do otherwise.

    `requirements` are the lines of the environment the run gets.
    """
    installed = {re.split(r"[^A-Za-z0-9._-]", line.strip(), maxsplit=1)[0].lower() for line in requirements}
    found = [*_optimizer(config, installed), *_scheduler(config), *_lora(config)]
    if config.tuning == "qlora" and config.precision == "fp16":
        found.append(
            _finding(
                "error",
                "precision",
                "qlora-fp16",
                "QLoRA in fp16 stops at its first step.",
                "TRL 1.16 turns QLoRA's weights into bfloat16, and the gradient scaler of fp16 refuses those.",
                Fix(label="Use bf16", verb="configure", arguments={"precision": "bf16"}),
            )
        )
    if not 0 <= config.warmup_share < 1:
        evidence = f"transformers 5.23 reads {config.warmup_share:g} as a number of steps, not as a share of them."
        found.append(_finding("error", "warmup_share", "warmup-no-share", "The warm-up is no share.", evidence))
    return found


def _optimizer(config: ConfigStep, installed: Collection[str]) -> list[Finding]:
    name = config.optimizer
    fix = Fix(label="Use adamw_torch", verb="configure", arguments={"optimizer": "adamw_torch"})
    if name not in _OPTIMIZERS:
        near = difflib.get_close_matches(name, _OPTIMIZERS, 1)
        evidence = f"The nearest one it has is “{near[0]}”." if near else "Its name is not in transformers 5.23."
        message = f"TRL can't be told to use the optimizer “{name}” here."
        return [_finding("error", "optimizer", "optimizer-unknown", message, evidence, fix)]
    package = _OPTIMIZERS[name]
    if package in ("", "bitsandbytes") or package in installed:
        return []
    message = f"The optimizer “{name}” needs the package {package}, which the run's environment does not have."
    evidence = "Add it, pinned, to the target's requirements in step4_deploy.yaml, or choose another optimizer."
    return [_finding("error", "optimizer", "optimizer-package", message, evidence, fix)]


def _scheduler(config: ConfigStep) -> list[Finding]:
    name = config.scheduler
    if name not in _SCHEDULERS:
        near = difflib.get_close_matches(name, _SCHEDULERS, 1)
        message = f"TRL can't be told to use the scheduler “{name}” here."
        evidence = "transformers 5.23 does not have it, or it needs settings of its own, which this version has not."
        instead = near[0] if near else "cosine"
        fix = Fix(label=f"Use {instead}", verb="configure", arguments={"scheduler": instead})
        return [_finding("error", "scheduler", "scheduler-unknown", message, evidence, fix)]
    if name == "constant" and config.warmup_share > 0:
        message = "The scheduler “constant” has no warm-up."
        evidence = f"A warm-up of {config.warmup_share:.0%} was asked for; transformers leaves it out without a word."
        fix = Fix(label="Use constant_with_warmup", verb="configure", arguments={"scheduler": "constant_with_warmup"})
        return [_finding("warning", "scheduler", "scheduler-no-warmup", message, evidence, fix)]
    return []


def _lora(config: ConfigStep) -> list[Finding]:
    if config.tuning == "full":
        return []
    targets = config.lora_targets
    every_linear = Fix(label="Use all-linear", verb="configure", arguments={"lora_targets": ["all-linear"]})
    if not targets:
        message = "LoRA has no target."
        evidence = "Left out, PEFT guesses them from the architecture's name, and fails where it does not know it."
        return [_finding("error", "lora_targets", "lora-no-target", message, evidence, every_linear)]
    if "all-linear" in targets and len(targets) > 1:
        message = "“all-linear” stands beside other names."
        evidence = "PEFT knows the word only alone; in a list it is the name of a module, which no model has."
        return [_finding("error", "lora_targets", "lora-all-linear-mixed", message, evidence, every_linear)]
    patterns = [name for name in targets if is_pattern(name)]
    if patterns and len(targets) > 1:
        message = f"The pattern “{patterns[0]}” stands beside other targets."
        evidence = "PEFT reads a pattern only where it stands alone; in a list it is a name, which no module has."
        rest = [name for name in targets if name not in patterns] or patterns[:1]
        fix = Fix(label="Leave it out", verb="configure", arguments={"lora_targets": rest})
        return [_finding("error", "lora_targets", "lora-pattern-in-list", message, evidence, fix)]
    heads = [name for name in targets if name.split(".")[-1] == "lm_head"]
    if heads:
        message = "LoRA can't be put on lm_head."
        evidence = "TRL 1.16 computes the loss from the weights of lm_head alone, and refuses an adapter on it."
        rest = [name for name in targets if name not in heads] or ["all-linear"]
        fix = Fix(label="Leave it out", verb="configure", arguments={"lora_targets": rest})
        return [_finding("error", "lora_targets", "lora-lm-head", message, evidence, fix)]
    return []


def _finding(
    severity: Severity, knob: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    step: StepId = "config"
    return Finding(
        severity=severity, step=step, field=f"config.{knob}", code=code, message=message, evidence=evidence, fix=fix
    )

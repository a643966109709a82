"""What TRL 1.16.0 with transformers 5.23.0 can't be told, or would do otherwise than it was asked.

Rules on the keys themselves are in `trl_key_conflicts.py`; here they are brought back to the knobs they come from.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Finding, Fix, Severity, StepId
from .trl_key_conflicts import key_problems, packages_of
from .trl_keys import VERSION as VERSION
from .trl_keys import KeyProblem, known_keys
from .trl_run_keys import ALSO_DECIDED, KEYS, is_pattern, run_keys

if TYPE_CHECKING:
    from ..steps import ConfigStep, DatasetStep

# transformers 5.23, OptimizerNames: these need settings of their own, or accelerators that no knob stands for.
_NEEDS_MORE = ("galore", "apollo", "lomo", "adalomo", "adamw_torch_xla", "adamw_torch_npu")

# transformers 5.23: `SchedulerType`, those that need nothing but the learning rate and the warm-up.
_SCHEDULERS = (
    *("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"),
    "inverse_sqrt",
)

# Knobs whose values are those of the key, so that one can take what was written to a key that was renamed.
_SAID_ALIKE = ("max_length", "batch_size", "accumulation", "learning_rate", "epochs", "seed", "beta", "warmup_share")

# TRL 1.16, trl/scripts/grpo.py: the rewards it knows by a bare name.
TRL_REWARDS = ("accuracy_reward", "reasoning_accuracy_reward", "think_format_reward", "get_soft_overlong_punishment")
# The functions of the rewards.py that a package brings (package/targets/scripts/rewards.py.txt).
PACKAGE_REWARDS = ("rewards.matches_solution", "rewards.prefers_short", "rewards.ends_itself")
NEEDS_SOLUTION = ("rewards.matches_solution", "accuracy_reward", "reasoning_accuracy_reward")


def needs_bitsandbytes(config: ConfigStep) -> bool:
    """Whether a run needs bitsandbytes: for weights in few bits, or for an 8-bit or paged optimizer."""
    return "bitsandbytes" in packages_of(run_keys(config))


def trl_findings(
    config: ConfigStep, requirements: Collection[str], *, measured: bool | None = None, columns: Collection[str] = ()
) -> list[Finding]:
    """What of `config` TRL can't be told, and what it would do otherwise.

    `requirements` are the lines the run's environment can be made of, `measured` says whether rows are held back (None
    where no dataset is chosen), and `columns` are what reward functions are given beside the answers.
    """
    found = [*_optimizer(config), *_scheduler(config), *_lora(config), *_keys(config, requirements, bool(measured))]
    found += [*_method(config), *_rewards(config, columns), *_kept(config, measured), *_gpus(config)]
    if config.tuning == "qlora" and config.precision == "fp16":
        evidence = "TRL 1.16 turns QLoRA's weights into bfloat16, and the gradient scaler of fp16 refuses those."
        fix = _set("Use bf16", precision="bf16")
        found.append(
            _finding("error", "precision", "qlora-fp16", "QLoRA in fp16 stops at its first step.", evidence, fix)
        )
    if not 0 <= config.warmup_share < 1:
        evidence = f"transformers 5.23 reads {config.warmup_share:g} as a number of steps, not as a share of them."
        found.append(_finding("error", "warmup_share", "warmup-no-share", "The warm-up is no share.", evidence))
    return found


def reward_columns(step: DatasetStep) -> frozenset[str]:
    """The columns that reward functions are given of the prepared rows; empty where the format is not known."""
    if step.format.value is None:
        return frozenset()
    if step.format.value != "prompts":
        # An answer that stands in the rows becomes the solution.
        return frozenset(["prompt", "solution"])
    solution = {"solution"} if "solution" in step.columns else set()
    return frozenset({*step.features, *solution})


def _optimizer(config: ConfigStep) -> Iterator[Finding]:
    name = config.optimizer
    known = known_keys("sft")["optim"]["choices"]
    if name not in known or name.startswith(_NEEDS_MORE):
        near = difflib.get_close_matches(name, [one for one in known if not one.startswith(_NEEDS_MORE)], 1)
        evidence = f"The nearest one it has is “{near[0]}”." if near else "Its name is not in transformers 5.23."
        if name.startswith(_NEEDS_MORE):
            evidence = "It needs settings of its own, which no knob stands for."
        message = f"TRL can't be told to use the optimizer “{name}” here."
        fix = _set("Use adamw_torch", optimizer="adamw_torch")
        yield _finding("error", "optimizer", "optimizer-unknown", message, evidence, fix)


def _scheduler(config: ConfigStep) -> Iterator[Finding]:
    name = config.scheduler
    if name not in _SCHEDULERS:
        near = difflib.get_close_matches(name, _SCHEDULERS, 1)
        message = f"TRL can't be told to use the scheduler “{name}” here."
        evidence = "transformers 5.23 does not have it, or it needs settings of its own, which no knob stands for."
        instead = near[0] if near else "cosine"
        fix = _set(f"Use {instead}", scheduler=instead)
        yield _finding("error", "scheduler", "scheduler-unknown", message, evidence, fix)
    if name == "constant" and config.warmup_share > 0:
        message = "The scheduler “constant” has no warm-up."
        evidence = f"A warm-up of {config.warmup_share:.0%} was asked for; transformers leaves it out without a word."
        fix = _set("Use constant_with_warmup", scheduler="constant_with_warmup")
        yield _finding("warning", "scheduler", "scheduler-no-warmup", message, evidence, fix)


def _lora(config: ConfigStep) -> Iterator[Finding]:
    if config.tuning == "full":
        return
    targets = config.lora_targets
    every_linear = _set("Use all-linear", lora_targets=["all-linear"])
    if not targets:
        message = "LoRA has no target."
        evidence = "Left out, PEFT guesses them from the architecture's name, and fails where it does not know it."
        yield _finding("error", "lora_targets", "lora-no-target", message, evidence, every_linear)
        return
    if "all-linear" in targets and len(targets) > 1:
        message = "“all-linear” stands beside other names."
        evidence = "PEFT knows the word only alone: in a list it is a module's name, and is left out without a word."
        yield _finding("warning", "lora_targets", "lora-all-linear-mixed", message, evidence, every_linear)
        return
    patterns = [name for name in targets if is_pattern(name)]
    if patterns and len(targets) > 1:
        message = f"The pattern “{patterns[0]}” stands beside other targets."
        evidence = "PEFT reads a pattern only where it stands alone: in a list it is a name, which no module has."
        rest = [name for name in targets if name not in patterns]
        fix = _set("Leave it out", lora_targets=rest) if rest else _set("Join them", lora_targets=["|".join(patterns)])
        # Beside names that are there it is left out without a word; alone with its like it stops the run.
        severity: Severity = "warning" if rest else "error"
        yield _finding(severity, "lora_targets", "lora-pattern-in-list", message, evidence, fix)
        return
    heads = [name for name in targets if name.split(".")[-1] == "lm_head"]
    if heads:
        message = "LoRA can't be put on lm_head."
        evidence = "TRL 1.16 computes the loss from the weights of lm_head alone, and refuses an adapter on it."
        rest = [name for name in targets if name not in heads] or ["all-linear"]
        fix = _set("Leave it out", lora_targets=rest)
        yield _finding("error", "lora_targets", "lora-lm-head", message, evidence, fix)


def _method(config: ConfigStep) -> Iterator[Finding]:
    if config.method == "kto" and config.kto_loss == "kto" and config.batch_size == 1:
        # TRL 1.16, KTOTrainer: "Actual (not effective) batch size must be > 1".
        message = "KTO needs at least two rows on the card at once."
        evidence = "It compares each answer with that of another row of the batch; TRL 1.16 stops at a batch of one."
        fix = _set("Use 2 rows", batch_size=2, accumulation=max(1, config.accumulation // 2))
        yield _finding("error", "batch_size", "kto-batch-one", message, evidence, fix)
    if config.method == "dpo" and config.dpo_loss == "exo_pair" and config.label_smoothing == 0:
        message = "The EXO loss needs some label noise."
        evidence = "TRL 1.16 stops at 0; the paper of EXO uses 0.001."
        fix = _set("Use 0.001", label_smoothing=0.001)
        yield _finding("error", "label_smoothing", "exo-needs-smoothing", message, evidence, fix)
    if config.method == "reward" and config.tuning == "qlora" and config.precision == "fp32":
        message = "A reward model on weights in few bits can't compute in fp32."
        evidence = "TRL 1.16 turns its new head into bfloat16: a run stopped at the first step, and in bf16 it trained."
        fix = _set("Use bf16", precision="bf16")
        yield _finding("error", "precision", "reward-qlora-fp32", message, evidence, fix)
    if config.method in ("sft", "cpt") and config.padding_free and not config.packing:
        message = "Without padding, no row is cut: the longest one decides how much memory is needed."
        evidence = "TRL 1.16 refuses a longest row there, so it is left out; packed rows need no padding either."
        fix = _set("Pack instead", packing=True, padding_free=False)
        yield _finding("warning", "padding_free", "padding-free-uncut", message, evidence, fix)


def _rewards(config: ConfigStep, columns: Collection[str]) -> Iterator[Finding]:
    if config.method != "grpo":
        return
    if not config.reward_functions:
        message = "Nothing pays for an answer."
        evidence = "TRL 1.16 stops without a reward."
        fix = _set("Pay for right answers", reward_functions=["rewards.matches_solution"])
        yield _finding("error", "reward_functions", "rewards-none", message, evidence, fix)
    for name in config.reward_functions:
        rest = [other for other in config.reward_functions if other != name]
        ours = name.startswith("rewards.")
        if name not in (PACKAGE_REWARDS if ours else TRL_REWARDS) and (ours or "." not in name):
            near = difflib.get_close_matches(name, [*PACKAGE_REWARDS, *TRL_REWARDS], 1, 0.4)
            message = f"There is no reward “{name}”."
            evidence = f"There are {', '.join((*PACKAGE_REWARDS, *TRL_REWARDS))}, and yours as module.function."
            instead = [*rest, *near] or ["rewards.matches_solution"]
            fix = _set(f"Use {', '.join(instead)}", reward_functions=instead)
            yield _finding("error", "reward_functions", "reward-unknown", message, evidence, fix)
        elif not ours and "." in name:
            module = name.rsplit(".", 1)[0].replace(".", "/")
            message = f"“{name}” is a function of yours, and the package does not bring it."
            evidence = f"Put {module}.py into the package's folder before it runs; TRL imports it from there."
            yield _finding("warning", "reward_functions", "reward-of-yours", message, evidence)
        elif name in NEEDS_SOLUTION and columns and "solution" not in columns:
            message = f"“{name}” pays for the right answer, and the rows say none."
            evidence = f"It looks for a column “solution”; the rows have {', '.join(sorted(columns))}."
            instead = rest or ["rewards.prefers_short"]
            fix = _set(f"Use {', '.join(instead)}", reward_functions=instead)
            yield _finding("error", "reward_functions", "reward-needs-solution", message, evidence, fix)


def _kept(config: ConfigStep, measured: bool | None) -> Iterator[Finding]:
    if config.keep_best and measured is False:
        message = "No checkpoint can be the best: no rows are held back to measure on."
        evidence = "The last one is kept."
        fix = Fix(label="Hold back a tenth", verb="use_dataset", arguments={"eval_share": 0.1})
        yield _finding("warning", "keep_best", "best-unmeasured", message, evidence, fix)
    if config.liger:
        message = "TRL 1.16 calls its Liger switch outdated: it goes in 2.0."
        evidence = "It works in this version; the package liger-kernel is added to the environment."
        yield _finding("info", "liger", "liger-outdated", message, evidence)
    if config.report_to in ("wandb", "mlflow"):
        message = f"The run reports to {config.report_to}, which has to be set up where it runs."
        evidence = "Its key or address is read from the environment and is not in the package."
        yield _finding("info", "report_to", "report-account", message, evidence)


def _gpus(config: ConfigStep) -> Iterator[Finding]:
    if config.gpus == 1 and config.sharding != "none":
        message = "One GPU has nobody to share with."
        evidence = f"“{config.sharding}” splits a run among GPUs; the package leaves it out for one."
        fix = _set("Share nothing", sharding="none")
        yield _finding("warning", "sharding", "sharding-alone", message, evidence, fix)
    if config.gpus > 1 and config.tuning == "qlora" and config.sharding in ("zero3", "fsdp"):
        message = "Weights in few bits are seldom split among GPUs."
        if config.quantisation_bits == 8:
            evidence = "bitsandbytes' 8-bit weights can't be split; each GPU has to hold them all."
            fix = _set("Keep a copy on each", sharding="ddp")
            yield _finding("error", "sharding", "qlora-8bit-split", message, evidence, fix)
        else:
            evidence = "The package stores them in a type that can be split; it was not run here, for want of GPUs."
            yield _finding("info", "sharding", "qlora-split", message, evidence)


def _keys(config: ConfigStep, requirements: Collection[str], measured: bool) -> Iterator[Finding]:
    """What TRL's parser would say to the keys that the knobs become, together with those that were added."""
    own = {key: value for key, value in config.trainer_keys.items() if not _decided(key)}
    for key in config.trainer_keys.keys() - own.keys():
        knob = _knob_of(config, key)
        message = f"“{key}” is decided by {f'the knob {knob}' if knob else 'another step'}."
        fix = _set("Leave it out", trainer_keys={k: v for k, v in config.trainer_keys.items() if k != key})
        yield _finding("error", f"trainer_keys.{key}", "key-decided", message, "", fix)
    for problem in key_problems(config.method, {**run_keys(config, measured=measured), **own}, requirements):
        if problem.key in own:
            yield _of_own_key(config, problem)
        elif problem.code == "key-misfit" and problem.key in ("optim", "lr_scheduler_type"):
            continue
        else:
            knob = _knob_of(config, problem.key)
            missing = problem.code == "package-missing" and not config.optimizer.startswith(_NEEDS_MORE)
            if missing or knob not in ("optimizer", "scheduler"):
                yield _of_knob(config, knob, problem)


def _of_own_key(config: ConfigStep, problem: KeyProblem) -> Finding:
    fix = None
    if problem.instead is not None:
        key, value = problem.instead
        rest = {k: v for k, v in config.trainer_keys.items() if k != problem.key}
        knob = _knob_of(config, key) if key and key != problem.key else ""
        if knob in _SAID_ALIKE:
            fix = _set(f"Set {knob} instead", **{knob: value, "trainer_keys": rest})
        elif not key or (key != problem.key and _decided(key)):
            fix = _set("Leave it out", trainer_keys=rest)
        else:
            fix = _set(f"Write {key}: {value}", trainer_keys={**rest, key: value})
    return _finding(
        _severity(problem), f"trainer_keys.{problem.key}", problem.code, problem.message, problem.evidence, fix
    )


def _of_knob(config: ConfigStep, knob: str, problem: KeyProblem) -> Finding:
    fix = None
    if problem.code == "package-missing":
        instead = _without_package(knob)
        fix = _set(use_value(instead), **{knob: instead})
    elif problem.instead is not None and problem.instead[0]:
        other = _knob_of(config, problem.instead[0])
        if other:
            value = problem.instead[1]
            told = use_value(value) if other == knob else f"Set {other.replace('_', ' ')} to {str(value).lower()}"
            fix = _set(told, **{other: value})
    return _finding(_severity(problem), knob, problem.code, problem.message, problem.evidence, fix)


def _without_package(knob: str) -> Any:
    """What a knob is set to where the package it asks for is not to be had."""
    usual: dict[str, Any] = {"optimizer": "adamw_torch", "attention": "auto", "liger": False, "report_to": "none"}
    return usual.get(knob, ["rewards.matches_solution"] if knob == "reward_functions" else "lora")


def _decided(key: str) -> bool:
    return key in ALSO_DECIDED or any(key in names for names in KEYS.values())


def _knob_of(config: ConfigStep, key: str) -> str:
    """The knob that becomes a key; `loss_type` is one of several, by the method."""
    if key == "loss_type":
        return f"{config.method}_loss"
    if key in ("load_in_4bit", "load_in_8bit"):
        return "tuning"
    return next((knob for knob, keys in KEYS.items() if key in keys), "")


def _severity(problem: KeyProblem) -> Severity:
    return "warning" if problem.severity == "warning" else "error"


def use_value(value: Any) -> str:
    """What a fix of one knob says, beside that knob."""
    if isinstance(value, bool):
        return "Switch it on" if value else "Switch it off"
    if isinstance(value, (list, tuple)):
        value = ", ".join(value)
    return f"Use {value}" if value not in (None, "") else "Leave it empty"


def _set(label: str, **changes: Any) -> Fix:
    return Fix(label=label, verb="configure", arguments=changes)


def _finding(
    severity: Severity, knob: str, code: str, message: str, evidence: str = "", fix: Fix | None = None
) -> Finding:
    step: StepId = "config"
    return Finding(
        severity=severity, step=step, field=f"config.{knob}", code=code, message=message, evidence=evidence, fix=fix
    )

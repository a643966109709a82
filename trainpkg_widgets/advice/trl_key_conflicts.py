"""What the keys of a TRL config demand of one another and of their environment, before a model is loaded.

Each rule is one that TRL 1.16.0 or transformers 5.23.0 states in `__post_init__` of its configs, and raises at; where
a key is left out, their default counts. Keys alone are looked at: what a model or rows demand is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..facts import Finding, Severity
from .trl_keys import VERSION, KeyProblem, known_keys, unknown_and_unreadable

# The package that a value needs beside TRL, torch, transformers, peft, accelerate and datasets.
_REPORT_PACKAGES = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "trackio": "trackio",
    "mlflow": "mlflow",
    "comet_ml": "comet-ml",
    "swanlab": "swanlab",
    "neptune": "neptune",
    "clearml": "clearml",
    "codecarbon": "codecarbon",
    "dvclive": "dvclive",
    "azure_ml": "azureml-core",
}
_ATTENTION_PACKAGES = {"flash_attention_2": "flash-attn", "flash_attention_3": "flash-attn-3"}
_MATHS_REWARDS = ("accuracy_reward", "reasoning_accuracy_reward")

# transformers 5.23, OptimizerNames: what each needs beside torch (checked when the optimizer is made).
OPTIMIZER_PACKAGES: dict[str, str] = {
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
    **dict.fromkeys(["galore_adamw", "galore_adamw_8bit", "galore_adafactor"], "galore-torch"),
    **dict.fromkeys(
        ["galore_adamw_layerwise", "galore_adamw_8bit_layerwise", "galore_adafactor_layerwise"], "galore-torch"
    ),
    **dict.fromkeys(["apollo_adamw", "apollo_adamw_layerwise"], "apollo-torch"),
    "grokadamw": "grokadamw",
    "stable_adamw": "torch-optimi",
    "adamw_anyprecision": "torchdistx",
    "adamw_torch_xla": "torch-xla",
    "adamw_torch_npu_fused": "torch-npu",
}


def trl_key_findings(
    method: str, keys: Mapping[str, Any], requirements: Collection[str] | None = None
) -> list[Finding]:
    """What `trl <method> --config` says to `keys` before it loads a model, as findings of the config step.

    `requirements` are the lines or names of the packages of the run's environment; None where they are not known.
    """
    return [
        Finding(
            severity=_severity(problem),
            step="config",
            field=f"config.trainer_keys.{problem.key}",
            code=problem.code,
            message=problem.message,
            evidence=problem.evidence,
        )
        for problem in key_problems(method, keys, requirements)
    ]


def key_problems(method: str, keys: Mapping[str, Any], requirements: Collection[str] | None = None) -> list[KeyProblem]:
    """The problems that `trl_key_findings` makes findings of, each with what would do instead."""
    read, problems = unknown_and_unreadable(method, keys)
    bad = {problem.key for problem in problems}
    problems += _misfits(method, read)
    bad |= {problem.key for problem in problems}
    values = {key: value for key, value in read.items() if key not in bad}
    problems += [*_steps(values), *_precision(values), *_adapters(values), *_loaders(values)]
    if method == "dpo":
        problems += _dpo(values)
    if method == "grpo":
        problems += _grpo(values)
    if requirements is not None:
        problems += missing_packages(values, requirements)
    return problems


def packages_of(keys: Mapping[str, Any]) -> dict[str, str]:
    """The packages that keys need beside TRL's own, each with the key that asks for it."""
    needed: dict[str, str] = {}
    if _truthy(keys.get("use_liger_kernel")):
        needed["liger-kernel"] = "use_liger_kernel"
    if _truthy(keys.get("load_in_4bit")) or _truthy(keys.get("load_in_8bit")):
        needed["bitsandbytes"] = "load_in_4bit" if _truthy(keys.get("load_in_4bit")) else "load_in_8bit"
    optimizer = OPTIMIZER_PACKAGES.get(str(keys.get("optim")))
    if optimizer:
        needed.setdefault(optimizer, "optim")
    attention = str(keys.get("attn_implementation"))
    if attention in _ATTENTION_PACKAGES:
        needed[_ATTENTION_PACKAGES[attention]] = "attn_implementation"
    elif "/" in attention:
        needed["kernels"] = "attn_implementation"
    reports = keys.get("report_to")
    for report in reports if isinstance(reports, (list, tuple)) else [reports]:
        if str(report) in _REPORT_PACKAGES:
            needed[_REPORT_PACKAGES[str(report)]] = "report_to"
    if keys.get("deepspeed"):
        needed["deepspeed"] = "deepspeed"
    if _truthy(keys.get("use_vllm")):
        needed["vllm"] = "use_vllm"
    rewards = keys.get("reward_funcs")
    if isinstance(rewards, (list, tuple)) and any(name in _MATHS_REWARDS for name in rewards):
        needed["math-verify"] = "reward_funcs"
    return needed


def missing_packages(keys: Mapping[str, Any], requirements: Collection[str]) -> Iterator[KeyProblem]:
    """The packages that keys need and an environment does not have."""
    needed = packages_of(keys)
    there = {_package(line) for line in requirements} if needed else set()
    for package, key in needed.items():
        if package not in there:
            message = f"“{key}: {_word(keys[key])}” needs the package {package}, which the run's environment lacks."
            yield KeyProblem(key, "package-missing", message, "The run would stop when it is asked for.", ("", None))


def _package(line: str) -> str:
    name = line.strip()
    for end in "=<>!~[; ":
        name = name.split(end, 1)[0]
    return name.lower().replace("_", "-")


def _misfits(method: str, read: Mapping[str, Any]) -> Iterator[KeyProblem]:
    """Values that the parser lets through though the key is of another type; what takes them stops later."""
    known = known_keys(method)
    for key, value in read.items():
        spec = known[key]
        kind, wanted = spec["kind"], ""
        if value is None:
            if kind in ("int", "float") and not spec.get("empty"):
                wanted = "a number"
        elif kind in ("int", "float"):
            # To Python, true is 1; and PEFT takes any number for alpha.
            if not isinstance(value, (int, float)):
                wanted = "a whole number" if kind == "int" else "a number"
            elif kind == "int" and isinstance(value, float) and not _takes(key, value):
                wanted = "a whole number"
        elif key in _NEVER_CHECKED or (key == "packing_strategy" and not _truthy(read.get("packing"))):
            continue
        elif kind == "text" and spec.get("choices") and value not in spec["choices"]:
            wanted = "one of " + ", ".join(spec["choices"])
        if wanted:
            message = f"“{key}” can't be {value!r:.60}."
            evidence = f"It takes {wanted}; TRL's parser lets this through, and the run stops later."
            yield KeyProblem(key, "key-misfit", message, evidence)


# Run with TRL 1.16.0: a float that is whole is no whole number to most keys, and these take one all the same.
_WHOLE_FLOATS = (
    *("save_total_limit", "eval_accumulation_steps", "ddp_timeout", "dataloader_num_workers"),
    "max_completion_length",
)
# Run with TRL 1.16.0: any word is taken for the usual strategy.
_NEVER_CHECKED = ("train_sampling_strategy",)


def _takes(key: str, value: float) -> bool:
    """Whether a key for whole numbers takes a float. PEFT takes any number for alpha."""
    return key == "lora_alpha" or (key in _WHOLE_FLOATS and value == int(value))


def _steps(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    """The checks of transformers 5.23, `TrainingArguments._validate_args`."""
    strategies = {name: values.get(f"{name}_strategy", usual) for name, usual in _STRATEGIES.items()}
    every = {
        "logging": values.get("logging_steps", 10),
        "save": values.get("save_steps", 500),
        "eval": values.get("eval_steps") or values.get("logging_steps", 10),
    }
    for name, steps in every.items():
        if strategies[name] == "steps" and steps > 1 and steps != int(steps):
            key = f"{name}_steps"
            evidence = "Above 1 it is a number of steps, below 1 a share of them all."
            yield KeyProblem(key, "steps-not-whole", f"“{key}” can't be {steps}.", evidence, (key, int(steps)))
    if strategies["logging"] == "steps" and every["logging"] == 0:
        evidence = "transformers logs after so many steps."
        yield KeyProblem(
            "logging_steps", "logging-never", "“logging_steps” can't be 0.", evidence, ("logging_steps", 1)
        )
    if values.get("warmup_steps", 0) < 0:
        yield KeyProblem("warmup_steps", "warmup-negative", "The warm-up is negative.", "", ("warmup_steps", 0))
    if values.get("load_best_model_at_end") and strategies["save"] != "best":
        yield from _best(strategies["eval"], strategies["save"], every["eval"], every["save"])
    scheduler = values.get("lr_scheduler_type")
    if scheduler in ("reduce_lr_on_plateau", "greedy") and strategies["eval"] == "no":
        evidence = "It follows the measurements, and eval_strategy is “no”."
        message = f"The scheduler “{scheduler}” needs measurements."
        yield KeyProblem("lr_scheduler_type", "scheduler-needs-eval", message, evidence, ("eval_strategy", "epoch"))
    empty = values.get("torch_empty_cache_steps")
    if empty is not None and empty <= 0:
        message = "“torch_empty_cache_steps” is a number of steps above 0."
        yield KeyProblem("torch_empty_cache_steps", "steps-not-whole", message, "", ("", None))


_STRATEGIES = {"eval": "no", "save": "steps", "logging": "steps"}


def _best(evaluated: str, saved: str, eval_steps: float, save_steps: float) -> Iterator[KeyProblem]:
    key = "load_best_model_at_end"
    if evaluated != saved:
        message = "The best checkpoint can be kept only where it is saved when it is measured."
        evidence = f"eval_strategy is “{evaluated}” and save_strategy is “{saved}”."
        instead = ("save_strategy", evaluated) if evaluated != "no" else (key, False)
        yield KeyProblem(key, "best-strategies", message, evidence, instead)
    elif evaluated == "steps" and save_steps % eval_steps != 0:
        shares = (eval_steps < 1, save_steps < 1)
        if all(shares) and (save_steps * 1_000_000) % (eval_steps * 1_000_000) == 0:
            return
        message = "The best checkpoint can be kept only where every save is also measured."
        evidence = f"save_steps {save_steps:g} is no multiple of eval_steps {eval_steps:g}."
        multiple = None if any(shares) else ("save_steps", int(-(-save_steps // eval_steps) * eval_steps))
        yield KeyProblem("save_steps", "best-steps", message, evidence, multiple)


def _precision(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    for one, other in (("fp16", "bf16"), ("fp16_full_eval", "bf16_full_eval"), ("load_in_8bit", "load_in_4bit")):
        if _truthy(values.get(one)) and _truthy(values.get(other)):
            evidence = f"TRL {VERSION} takes one of {one} and {other}, and not both."
            yield KeyProblem(one, "keys-exclude", f"{one} and {other} are both asked for.", evidence, (one, False))


def _adapters(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    given = [key for key in values if key.startswith("lora_") or key in ("use_rslora", "use_dora")]
    if given and not _truthy(values.get("use_peft")):
        message = f"{', '.join(given)} would do nothing: every weight is trained."
        evidence = f"TRL {VERSION} reads them only with use_peft: true."
        yield KeyProblem(given[0], "lora-without-peft", message, evidence, ("use_peft", True), "warning")


def _loaders(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    workers = values.get("dataloader_num_workers", 0)
    if values.get("dataloader_prefetch_factor") is not None and workers == 0:
        evidence = "transformers takes it only where dataloader_num_workers is above 0."
        message = "Nothing can be fetched ahead without a worker."
        yield KeyProblem("dataloader_prefetch_factor", "prefetch-no-worker", message, evidence, ("", None))


def _dpo(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    weights, losses = values.get("loss_weights"), values.get("loss_type", ["sigmoid"])
    losses = [losses] if isinstance(losses, str) else losses
    if weights is not None and not isinstance(weights, (list, tuple, str)):
        message = f"“loss_weights” can't be {weights!r:.60}."
        yield KeyProblem("loss_weights", "key-unreadable", message, "It is a list of numbers.", ("", None))
    if isinstance(weights, (list, tuple)) and isinstance(losses, (list, tuple)) and len(weights) != len(losses):
        evidence = f"loss_weights has {len(weights)}, loss_type {len(losses)}."
        message = "Each loss needs a weight of its own."
        yield KeyProblem("loss_weights", "loss-weights-length", message, evidence, ("", None))
    noise = values.get("label_smoothing", 0)
    if isinstance(losses, (list, tuple)) and "robust" in losses and noise >= 0.5:
        message = f"With label noise of {noise:g} the robust loss has nothing to go by."
        evidence = "It divides by 1 - 2 × label_smoothing: at 0.5 the gradients were NaN in a run of TRL 1.16."
        yield KeyProblem("label_smoothing", "robust-half", message, evidence, ("label_smoothing", 0.1), "warning")


def _grpo(values: Mapping[str, Any]) -> Iterator[KeyProblem]:
    """TRL 1.16, GRPOConfig.__post_init__, on one GPU."""
    if _truthy(values.get("auto_find_batch_size")):
        evidence = "A smaller batch would hold no whole group of answers."
        yield KeyProblem(
            "auto_find_batch_size", "grpo-auto-batch", "GRPO can't search for a batch size.", evidence, ("", None)
        )
    if values.get("log_completions_hub_repo") is not None and not _truthy(values.get("log_completions")):
        message = "Completions are sent to a repository, and are not logged."
        yield KeyProblem("log_completions_hub_repo", "grpo-log-repo", message, "", ("log_completions", True))
    rows = values.get("per_device_train_batch_size", 8)
    wanted, each = values.get("generation_batch_size"), values.get("steps_per_generation")
    if wanted is not None and each is not None:
        message = "generation_batch_size and steps_per_generation say the same, and only one may be given."
        yield KeyProblem("steps_per_generation", "grpo-both-sizes", message, "", ("", None))
        return
    if wanted is not None and rows and wanted % rows:
        message = f"generation_batch_size {wanted} is no multiple of per_device_train_batch_size {rows}."
        yield KeyProblem("generation_batch_size", "grpo-generation-batch", message, "", ("generation_batch_size", rows))
        return
    group = values.get("num_generations", 8)
    if group is None:
        message = "GRPO has to be told how many answers it writes to a prompt."
        yield KeyProblem("num_generations", "key-unreadable", message, "8 is TRL's own.", ("num_generations", 8))
        return
    batch = wanted or rows * (each if each is not None else values.get("gradient_accumulation_steps", 1))
    yield from _groups(values, batch, group)


def _groups(values: Mapping[str, Any], batch: int, group: int) -> Iterator[KeyProblem]:
    measured = values.get("num_generations_eval") or group
    eval_rows = values.get("per_device_eval_batch_size", 8)
    if values.get("eval_strategy", "no") != "no" and measured and eval_rows % measured:
        message = f"A batch of {eval_rows} rows to measure holds no whole groups of {measured} answers."
        instead = ("per_device_eval_batch_size", measured)
        yield KeyProblem("per_device_eval_batch_size", "grpo-eval-group", message, "", instead)
    if group < 2:
        evidence = "Answers are judged against one another."
        message = f"GRPO needs at least 2 answers to a prompt, and num_generations is {group}."
        yield KeyProblem("num_generations", "grpo-group-small", message, evidence, ("num_generations", 2))
    elif batch % group:
        message = f"A batch of {batch} answers holds no whole groups of {group}."
        evidence = "per_device_train_batch_size × gradient_accumulation_steps has to be a multiple of num_generations."
        yield KeyProblem("num_generations", "grpo-group-batch", message, evidence, _fitting(batch))


def _fitting(batch: int) -> tuple[str, Any] | None:
    sizes = [size for size in range(2, min(batch, 64) + 1) if batch % size == 0]
    return ("num_generations", min(sizes, key=lambda size: abs(size - 8))) if sizes else None


def _truthy(value: Any) -> bool:
    return bool(value) and str(value).lower() not in ("false", "no", "none", "0")


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _severity(problem: KeyProblem) -> Severity:
    return "warning" if problem.severity == "warning" else "error"

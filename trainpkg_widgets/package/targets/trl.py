"""What a session's choices become for TRL 1.16.0: the YAML of `trl <method> --config`, and a script where TRL has none.

What each knob is called there is in `advice/trl_run_keys.py`; what TRL can't be told is said in `advice/trl_limits.py`.
That the result is right is shown by TRL itself, in `tests/training/`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from ...advice.trl_key_conflicts import packages_of
from ...advice.trl_keys import PARSERS, VERSION, known_keys
from ...advice.trl_run_keys import ALSO_DECIDED, KEYS, run_keys
from ...facts import Finding
from ..chat_template_file import template_keys, template_scripts
from ..manifest import LEFT_BEHIND, ExactDumper
from .written import Script, TargetFiles

if TYPE_CHECKING:
    from ...settings.deploy_settings import TargetSettings
    from ...steps import ConfigStep, SessionState
    from ..data_files import DataFiles

OUTPUT = LEFT_BEHIND[0]
ORPO_SCRIPT = "train.py"
REWARDS_SCRIPT = "rewards.py"

# TRL 1.16, trl/accelerate_configs: what it calls each way of sharing a run among GPUs.
_ACCELERATE_CONFIGS = {"none": "multi_gpu", "ddp": "multi_gpu", "zero2": "zero2", "zero3": "zero3", "fsdp": "fsdp2"}
# accelerate 1.15: the same as options of `accelerate launch`, for a script that is no sub-command.
_LAUNCH_OPTIONS = {
    "none": "--multi_gpu",
    "ddp": "--multi_gpu",
    "zero2": "--use_deepspeed --zero_stage 2",
    "zero3": "--use_deepspeed --zero_stage 3",
    "fsdp": "--use_fsdp --fsdp_version 2 --fsdp_auto_wrap_policy TRANSFORMER_BASED_WRAP",
}
_MIXED = {"bf16": "bf16", "fp16": "fp16", "fp32": "no"}

# What a reader of the file can't know from the key alone.
_HEADINGS = {
    "model_name_or_path": "The model",
    "dataset_name": "The data",
    "reward_funcs": "What is learnt",
    "max_length": "What is learnt",
    "use_peft": "What is trained",
    "num_train_epochs": "The run",
    "max_steps": "The run",
    "activation_checkpointing": "Memory",
    "logging_steps": "What is kept",
}
_NOTES = {
    "model_revision": "the commit these weights were chosen at",
    "dtype": "of the weights in memory; TRL's own default is float32",
    "bf16": "TRL's own default is true, which needs a GPU",
    "dataset_name": "the folder whose files train.jsonl and test.jsonl are the splits",
    "max_length": "tokens; what is longer is cut at its end",
    "max_steps": "the run ends here, however many passes over the data that is",
    "activation_checkpointing": "less memory for about a fifth more time",
    "output_dir": "the trained model goes here",
    "reward_funcs": "rewards.py lies in this folder",
    "lora_task_type": "a reward model gives one number, and no text",
}


def config_file(method: str) -> str:
    """The name of the config of a method: `sft.yaml`. Continued pre-training is SFT on plain text."""
    return f"{PARSERS[method]}.yaml"


def command(config: ConfigStep) -> str:
    """The command that trains, run in the package's folder with the programs of its environment."""
    file = config_file(config.method)
    mixed = f"--mixed_precision {_MIXED[config.precision]}"
    if config.method == "orpo":
        script = f"{ORPO_SCRIPT} --config {file}"
        if config.gpus == 1:
            return f"python {script}"
        options = f"--num_processes {config.gpus} {_LAUNCH_OPTIONS[config.sharding]} {mixed}"
        return f"accelerate launch {options} {script}"
    run = f"trl {PARSERS[config.method]} --config {file}"
    if config.gpus == 1:
        return run
    return f"{run} --num_processes {config.gpus} --accelerate_config {_ACCELERATE_CONFIGS[config.sharding]} {mixed}"


def trl_files(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: Mapping[str, Any]
) -> TargetFiles:
    """The config, the script where one is needed, and the command. Raises as `trl_config` does."""
    keys = trl_config(state, data=data, settings=settings, shape=shape)
    config, deploy = state.config, state.deploy
    if config is None or deploy is None:
        raise ValueError("A trainer's config needs a config and a deploy step.")
    run = command(config)
    heading = f"{deploy.name}: the config of `{run}`, for TRL {VERSION}"
    packages = dict.fromkeys(packages_of(keys))
    if config.gpus > 1 and config.sharding.startswith("zero"):
        packages["deepspeed"] = None
    return TargetFiles(
        config_file=config_file(config.method),
        config=trl_yaml(keys, heading),
        command=run,
        scripts=(*_scripts(config), *template_scripts(state)),
        packages=tuple(packages),
    )


def trl_config(
    state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: Mapping[str, Any]
) -> dict[str, Any]:
    """The keys of the YAML in the order they are written.

    `data` are the files of the package, `shape` are the keys that say which tokens are trained (they depend on the
    model's template and the format of the rows), `settings.extra_keys` are written as they stand.

    Raises:
        ValueError: the model or the config step is missing.
    """
    if state.model is None or state.config is None:
        raise ValueError("A trainer's config needs a model and a config step.")
    config = state.config
    keys: dict[str, Any] = {"model_name_or_path": state.model.repo_id}
    if state.model.revision:
        keys["model_revision"] = state.model.revision
    # TRL 1.16: `datasets:` can't name a second file as the test split; a folder with train and test files can.
    keys |= {"dataset_name": data.folder, **shape, **template_keys(state)}
    keys |= run_keys(config, data.train.rows, measured=data.test is not None)
    keys["output_dir"] = OUTPUT
    return keys | config.trainer_keys | settings.extra_keys


def trl_yaml(keys: Mapping[str, Any], heading: str) -> str:
    """The config as YAML text with a comment where a key needs one. `heading` opens the file, one comment a line."""
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for key, value in keys.items():
        if key in _HEADINGS:
            lines += ["", f"# {_HEADINGS[key]}"]
        entry = f"{key}: {_inline(value)}"
        note = _note(key, value)
        lines.append(f"{entry}  # {note}" if note else entry)
    return "\n".join(lines) + "\n"


def extra_key_findings(settings: TargetSettings, method: str = "sft") -> list[Finding]:
    """What is wrong with the keys that the settings add to those that the choices decide."""
    known = known_keys(method)
    found = []
    for key in settings.extra_keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            reason = f"TRL {VERSION} does not know it{f'; the nearest one it knows is “{near[0]}”' if near else ''}."
        elif is_decided(key):
            reason = "A choice of the wizard decides it."
        else:
            continue
        found.append(
            Finding(
                severity="error",
                step="deploy",
                field="deploy.target",
                code="extra-key-refused",
                message=f"The key “{key}” can't be added to the trainer's config.",
                evidence=f"{reason} It stands under extra_keys in step4_deploy.yaml.",
            )
        )
    return found


def is_decided(key: str) -> bool:
    """Whether a choice of the wizard decides a key, so that nobody may add it."""
    return key in ALSO_DECIDED or any(key in names for names in KEYS.values())


def _scripts(config: ConfigStep) -> list[Script]:
    if config.method == "orpo":
        text = _text("train_orpo.py.txt").replace("{trl}", VERSION)
        return [Script(ORPO_SCRIPT, "the script that trains, for TRL has no command for ORPO", text)]
    if config.method == "grpo":
        return [Script(REWARDS_SCRIPT, "what pays for an answer", _text("rewards.py.txt"))]
    return []


def _text(name: str) -> str:
    return (resources.files(__package__) / "scripts" / name).read_text(encoding="utf-8")


def _note(key: str, value: Any) -> str:
    if key == "warmup_steps" and 0 < value < 1:
        return "a share of all steps"
    if key == "lora_target_modules" and value != ["all-linear"] and len(value) == 1:
        return "one name alone is read as a pattern, so it is written as one"
    return _NOTES.get(key, "")


def _inline(value: Any) -> str:
    # PyYAML writes 1e-05 as 1.0e-05: YAML 1.1, which TRL reads, takes 1e-05 for a string.
    text = yaml.dump([value], Dumper=ExactDumper, allow_unicode=True, width=10**6, default_flow_style=True)
    return str(text)[1:-2]

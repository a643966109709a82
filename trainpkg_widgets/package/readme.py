"""The README of a package: what it is, the two commands that run it, and what a person should know before."""

from __future__ import annotations

from dataclasses import dataclass

from ..facts import Finding
from ..steps import ConfigStep, Method, ModelStep, SessionState
from .data_files import DataFiles

_METHODS: dict[Method, str] = {
    "sft": "supervised fine-tuning (SFT)",
    "cpt": "continued pre-training",
    "dpo": "learning from preferences (DPO)",
    "kto": "learning from good and bad answers (KTO)",
    "orpo": "learning from preferences without a reference (ORPO)",
    "reward": "training a reward model",
    "grpo": "reinforcement learning from rewards (GRPO)",
}
_TUNINGS = {
    "full": "every weight of the model",
    "lora": "a LoRA adapter beside the model's own weights, which stay as they are",
    "qlora": "a LoRA adapter; the model's own weights stay as they are and are held in {bits} bits (QLoRA)",
}
_OBLIGATIONS = {
    "open": "It allows use, change and sharing on simple terms; keep its notice with what you share.",
    "restricted": "It sets terms that pass on to the trained model: read it before you use or share either.",
    "non_commercial": "It forbids commercial use, and that passes on to the trained model.",
}


@dataclass(frozen=True)
class Words:
    """What the README says that is not in the choices: the target, the commands, what is learnt, what was accepted."""

    target: str
    python: str
    environment: str
    command: str
    learnt: str
    accepted: tuple[Finding, ...]


def readme(state: SessionState, data: DataFiles, words: Words) -> str:
    """The text of README.md.

    Raises:
        ValueError: the model, the config or the deploy step is missing.
    """
    model, config, deploy = state.model, state.config, state.deploy
    if model is None or config is None or deploy is None:
        raise ValueError("A README needs a model, a config and a deploy step.")
    parts = [
        f"# {deploy.name}",
        f"A training package: {_METHODS[config.method]} of `{model.repo_id}` with {words.target}.",
        "## Run it",
        f"In this folder, with Python {words.python}. Once, to make the environment{_and_fetch(state)}:",
        _code(words.environment),
        "Then, to train:",
        _code(f".venv/bin/{words.command}"),
        "The trained model is written to `output/`. On Windows, read `python` for `python3` and `.venv\\Scripts\\` for "
        "`.venv/bin/`.",
        "## What is trained",
        _what(config, data, words.learnt),
        "## What it needs",
        _hardware(config),
        *_gate(model),
        "## Licence of the model",
        _licence(model),
        *_warned(words.accepted),
        "## What is in it",
        "`package.yaml` holds every choice, where each fact about the model came from, and the hash of every file. "
        "`trainpkg verify` (from trainpkg_widgets) checks them again.",
    ]
    return "\n\n".join(parts) + "\n"


def _and_fetch(state: SessionState) -> str:
    sources = state.dataset.on_hub if state.dataset else ()
    named = " and ".join(f"`{source.name}` at `{source.revision}`" for source in sources)
    return f" and to fetch the rows of {named}" if named else ""


def _code(line: str) -> str:
    return f"```\n{line}\n```"


def _what(config: ConfigStep, data: DataFiles, learnt: str) -> str:
    length = f"{config.epochs:g} passes over the data" if config.max_steps is None else f"{config.max_steps:,} steps"
    tuned = _capital(_TUNINGS[config.tuning].format(bits=config.quantisation_bits))
    rows = f"{config.batch_size * config.accumulation * config.gpus:,}"
    if config.method == "grpo":
        each = f"{rows} answers in each step, {config.num_generations:,} to a prompt"
        longest = f"{config.max_completion_length:,} tokens"
    else:
        each = f"{rows} rows in each step ({config.batch_size:,} at a time)"
        longest = f"{config.max_length:,} tokens"
    run = f"{tuned}, from {data.train.rows:,} rows, for {length}, with {each} of up to {longest}."
    return f"{run} {learnt}{_held(config, data)}"


def _held(config: ConfigStep, data: DataFiles) -> str:
    if data.test is None:
        return ""
    when = {"epoch": "after each pass", "steps": "every so many steps", "no": "only when somebody asks"}
    return f" {data.test.rows:,} more rows are held back, and measured on {when[config.eval_strategy]}."


def _hardware(config: ConfigStep) -> str:
    if config.tuning == "qlora":
        needs = "An NVIDIA GPU, where bitsandbytes holds the 4-bit weights."
    elif config.precision == "fp32":
        needs = "A GPU, or a processor and patience: fp32 runs on both."
    else:
        needs = f"A GPU: transformers refuses {config.precision} on a processor."
    return f"{needs} {_gpus(config)} The first run fetches the model."


def _gpus(config: ConfigStep) -> str:
    if config.gpus == 1:
        return (
            "With several GPUs the trainer uses all of them, and each step then sees as many times more rows; set "
            "`CUDA_VISIBLE_DEVICES=0` to use one."
        )
    shared = {"zero2": "ZeRO 2", "zero3": "ZeRO 3", "fsdp": "FSDP"}.get(config.sharding)
    return f"It trains on {config.gpus} GPUs of one machine{f', which share the model ({shared})' if shared else ''}."


def _gate(model: ModelStep) -> list[str]:
    if model.info.gate.value not in ("auto", "manual"):
        return []
    return [
        f"The model is gated: accept its terms on https://huggingface.co/{model.repo_id}, then log in once with "
        "`.venv/bin/hf auth login`. No token is kept in this package."
    ]


def _licence(model: ModelStep) -> str:
    licence, kind = model.info.licence, model.info.licence_class
    if licence.value is None:
        return f"Unknown ({_line(licence.source)}). Find out before you share what you train: its terms may pass on."
    obligations = _OBLIGATIONS.get(kind.value or "", "Read it before you share what you train: its terms may pass on.")
    return f"{_line(licence.value)} ({_line(licence.source)}). {obligations}"


def _warned(accepted: tuple[Finding, ...]) -> list[str]:
    if not accepted:
        return []
    lines = [f"- {_line(f'{finding.message} {finding.evidence}')}" for finding in accepted]
    return ["## What the wizard warned of", "\n".join(lines)]


def _line(text: str) -> str:
    return " ".join(text.split())


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]

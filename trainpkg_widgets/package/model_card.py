"""The draft of a model card for what a package trains: what it was made from, and what the licences ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ..advice.obligations import obligations_of
from .manifest import ExactDumper

if TYPE_CHECKING:
    from ..steps import ConfigStep, DatasetSource, DatasetStep, ModelStep, SessionState

FILE = "MODEL_CARD.md"

# The Hub's words for how a model comes from another (hub-docs, “Model Cards”, base_model_relation).
_RELATIONS = {"full": "finetune", "lora": "adapter", "qlora": "adapter"}
_TAGS = {"cpt": "continued-pretraining", "reward": "reward-model", "grpo": "grpo"}


def model_card(state: SessionState, learnt: str) -> str:
    """The text of MODEL_CARD.md; `learnt` says what of the rows is learnt.

    Raises:
        ValueError: a step is missing.
    """
    model, config, dataset, deploy = state.model, state.config, state.dataset, state.deploy
    if model is None or config is None or dataset is None or deploy is None:
        raise ValueError("A model card needs all four steps.")
    head = yaml.dump(_metadata(model, config, dataset), Dumper=ExactDumper, sort_keys=False, allow_unicode=True)
    based = model.repo_id if model.info.origin != "folder" else f"a model in a folder ({model.repo_id})"
    parts = [
        f"---\n{head}---",
        f"# {deploy.name}",
        "*A draft, written before the run. Put in what you know once it is trained, and take out what does not hold.*",
        "## What it is",
        f"{based}, trained further ({config.method.upper()}, {_tuning(config)}). Meant for: …",
        "## What it was trained on",
        f"{_rows(dataset)} {learnt}",
        "## How",
        _how(config),
        "## How good it is",
        "Not measured yet: …",
        "## What the licences ask",
        _licences(model, dataset),
        "## What to watch for",
        "It has the faults of the model it was made from and of the rows it learnt: say which ones you found.",
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(model: ModelStep, config: ConfigStep, dataset: DatasetStep) -> dict[str, Any]:
    licence = model.info.licence.value
    keys: dict[str, Any] = {"license": licence} if licence else {}
    if model.info.origin != "folder":
        keys |= {"base_model": model.repo_id, "base_model_relation": _RELATIONS[config.tuning]}
    if dataset.on_hub:
        keys["datasets"] = list(dict.fromkeys(source.name for source in dataset.on_hub))
    keys["library_name"] = "transformers" if config.tuning == "full" else "peft"
    keys["pipeline_tag"] = "text-classification" if config.method == "reward" else "text-generation"
    return keys | {"tags": ["trainpkg_widgets", _TAGS.get(config.method, config.method)]}


def _tuning(config: ConfigStep) -> str:
    if config.tuning == "full":
        return "every weight"
    return f"a LoRA adapter of rank {config.lora_rank}"


def _rows(dataset: DatasetStep) -> str:
    source = dataset.source
    rows = f"{dataset.rows - len(dataset.excluded_rows):,} rows"
    if source.kind == "hub":
        at = f" at revision {source.revision}" if source.revision else ""
        return f"{rows} of the dataset `{source.name}`{at}."
    if dataset.parts:
        mixed = "; ".join(f"{part.used_rows:,} of {_named(part.source)}" for part in dataset.parts)
        return f"{rows}, mixed: {mixed}."
    return f"{rows} of {source.name} (SHA-256 {dataset.sha256[:16]}…)."


def _named(source: DatasetSource) -> str:
    return f"the dataset `{source.name}` at revision {source.revision}" if source.kind == "hub" else source.name


def _how(config: ConfigStep) -> str:
    length = f"{config.epochs:g} passes" if config.max_steps is None else f"{config.max_steps:,} steps"
    rows = config.batch_size * config.accumulation * config.gpus
    return (
        f"{length}, {rows:,} rows a step, learning rate {config.learning_rate:g} ({config.scheduler}), rows of up to "
        f"{config.max_length:,} tokens, {config.precision}. `package.yaml` holds every setting."
    )


def _licences(model: ModelStep, dataset: DatasetStep) -> str:
    licence = model.info.licence
    said = licence.value or "not known"
    lines = [f"**The model** ({said}; {' '.join(licence.source.split())}):"]
    lines += [f"- {asked}" for asked in obligations_of(licence.value)]
    for source in [part.source for part in dataset.parts] or [dataset.source]:
        held, whose = source.licence, f" of {source.name}" if dataset.parts else ""
        lines += ["", f"**The rows{whose}** ({held or 'licence not known'}):"]
        if source.kind == "hub" or held:
            lines += [f"- {asked}" for asked in obligations_of(held)]
        else:
            lines.append("- They come from you: say whose they are, and whether people in them agreed.")
    return "\n".join(lines)

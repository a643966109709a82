"""What each trainer's package is written for, and what a trainer can't be told: known before anything is written.

TRL is told everything; what it refuses is in `trl_limits.py`. What a choice is called in each trainer is in the
settings (`trainer_names` of a knob), how it is written in `package/targets/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..facts import Finding, Fix, Severity
from .packed_blocks import unfilled_blocks
from .training_shape import TrainingShape, training_shape

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import ConfigStep, DatasetStep, RowShape

METHOD_NAMES = {
    "sft": "supervised fine-tuning",
    "cpt": "continued pre-training",
    "dpo": "DPO",
    "kto": "KTO",
    "orpo": "ORPO",
    "reward": "a reward model",
    "grpo": "GRPO",
}

TRAINER_NAMES = {"trl": "TRL", "axolotl": "Axolotl", "llamafactory": "LLaMA-Factory", "unsloth": "Unsloth"}

_CHAT = frozenset({"conversations"})
_PLAIN = frozenset({"plain_answers", "plain_text"})


class Offer(NamedTuple):
    """What a package for a trainer can hold: methods with the shapes of rows they are written for, knobs left out.

    `left_out` maps a knob that the trainer has no word for to the value that says nothing.
    """

    methods: dict[str, frozenset[str]]
    left_out: dict[str, object]


OFFERS: dict[str, Offer] = {
    "axolotl": Offer(
        # Axolotl 0.19: its KTO takes plain text only, its ORPO and reward rows hold one question and one answer, and
        # its GRPO wants reward functions as an installed module.
        methods={
            "sft": _CHAT | _PLAIN,
            "cpt": frozenset({"plain_text"}),
            "dpo": frozenset({"preference_chat", "preference_plain"}),
        },
        left_out={"packing_strategy": "bfd", "padding_free": False, "liger": False},
    ),
    "llamafactory": Offer(
        # LLaMA-Factory 0.9.5: the better and the worse answer are one message each, which our rows of turns are not.
        methods={
            "sft": _CHAT | _PLAIN,
            "cpt": frozenset({"plain_text"}),
            "dpo": frozenset({"preference_plain"}),
            "orpo": frozenset({"preference_plain"}),
            "reward": frozenset({"preference_plain"}),
            "kto": frozenset({"judged_plain"}),
        },
        left_out={
            "packing_strategy": "bfd",
            "padding_free": False,
            "precompute_reference": False,
            "kto_loss": "kto",
        },
    ),
    "unsloth": Offer(
        methods={"sft": _CHAT | _PLAIN | {"chat_answers"}, "cpt": frozenset({"plain_text"})},
        left_out={"packing_strategy": "bfd", "padding_free": False, "liger": False},
    ),
}

# LLaMA-Factory 0.9.5, finetuning_args.py: `pref_loss`, and ORPO is one of them.
LLAMAFACTORY_LOSSES = ("sigmoid", "hinge", "ipo")


# Axolotl and LLaMA-Factory find the answers in whole conversations; TRL's trainer, which is Unsloth's too, gets a row
# for each answer.
WHOLE_CONVERSATIONS = frozenset({"axolotl", "llamafactory"})


def target_shape(target: str, dataset: DatasetStep, config: ConfigStep, info: ModelInfo | None) -> TrainingShape:
    """The shape in which rows are prepared for a target. Raises as `training_shape` does."""
    whole = target in WHOLE_CONVERSATIONS and config.method == "sft"
    shape = training_shape(dataset, "everything" if whole else config.train_on, info, config.method)
    if whole and config.train_on != "everything" and shape.rows == "conversations":
        return shape.model_copy(update={"says": "The answers are learnt; the trainer finds them in each conversation."})
    return shape


def offer_findings(
    target: str,
    label: str,
    config: ConfigStep,
    dataset: DatasetStep | None,
    rows: RowShape | None,
    tied: bool | None = None,
) -> list[Finding]:
    """What a package for `target` can't hold of these choices; `rows` is the shape they are prepared in, and `tied`
    says whether the model's output head is its embedding.
    """
    offer = OFFERS.get(target)
    if offer is None:
        return []
    found: list[Finding] = []
    shapes = offer.methods.get(config.method)
    if shapes is None:
        can = ", ".join(METHOD_NAMES[method] for method in offer.methods)
        message = f"Packages for {label} are not written for {METHOD_NAMES[config.method]} in this version."
        found.append(_stop("target-method", message, f"They are written for {can}."))
    elif rows is not None and rows not in shapes:
        message = f"Packages for {label} are not written for these rows in this version."
        evidence = f"For {METHOD_NAMES[config.method]} the rows would be prepared as {rows.replace('_', ' ')}."
        found.append(_stop("target-rows", message, evidence))
    if config.gpus > 1 and target != "axolotl":
        message = f"Packages for {label} are written for one GPU in this version."
        found.append(_stop("target-gpus", message, f"{config.gpus} GPUs are chosen."))
    if config.trainer_keys:
        message = f"{len(config.trainer_keys)} keys are TRL's own, and {label} does not know them."
        found.append(_stop("target-keys", message, ", ".join(sorted(config.trainer_keys))))
    return [*found, *_left_out(offer, label, config), *_of_target(target, label, config, dataset, tied)]


def _left_out(offer: Offer, label: str, config: ConfigStep) -> Iterator[Finding]:
    for knob, nothing in offer.left_out.items():
        if knob == "packing_strategy" and not config.packing:
            continue
        if getattr(config, knob) != nothing:
            message = f"{label} has no setting for {knob.replace('_', ' ')}, so it is left out of the package."
            fix = Fix(label=f"Set it to {nothing}", verb="configure", arguments={knob: nothing})
            yield _finding("warning", "target-knob", message, f"It is {getattr(config, knob)} now.", fix)


def _of_target(
    target: str, label: str, config: ConfigStep, dataset: DatasetStep | None, tied: bool | None
) -> Iterator[Finding]:
    if target == "llamafactory":
        if (config.method, config.tuning) == ("reward", "full") and tied is not False:
            # LLaMA-Factory 0.9.5 saves a model with a value head as plain tensors: safetensors refuses shared ones.
            message = f"{label} can't save a reward model of every weight where the output head is the embedding."
            known = "It is, in this model" if tied else "Whether it is, is not known of this model"
            fix = Fix(label="Use LoRA", verb="configure", arguments={"tuning": "lora"})
            yield _stop("target-tied", message, f"{known}: a run would end at its first checkpoint.", fix)
        if config.method == "dpo" and config.dpo_loss not in LLAMAFACTORY_LOSSES:
            message = f"{label} has no DPO loss “{config.dpo_loss}”."
            fix = Fix(label="Use sigmoid", verb="configure", arguments={"dpo_loss": "sigmoid"})
            yield _stop("target-loss", message, f"It has {', '.join(LLAMAFACTORY_LOSSES)}.", fix)
        if dataset is not None and dataset.turns is not None and dataset.turns.with_tools:
            message = f"{label} reads tools in a form of its own, which the package does not write in this version."
            yield _stop("target-tools", message, f"{dataset.turns.with_tools} rows offer tools.")
        if dataset is not None and (unfilled := unfilled_blocks(config, dataset)):
            yield unfilled
    if target == "unsloth":
        message = "The script for Unsloth was checked and never run: Unsloth starts on a GPU only."
        evidence = "It compiles, and every argument is one of the functions it calls. Look at its first steps."
        yield _finding("info", "target-unproven", message, evidence)
        if config.tuning != "full" and config.lora_variant == "dora":
            message = f"{label} has no DoRA."
            fix = Fix(label="Use plain LoRA", verb="configure", arguments={"lora_variant": "plain"})
            yield _stop("target-dora", message, "get_peft_model of this version has no such argument.", fix)
    if config.train_on == "marked":
        message = f"{label} finds the answers by itself and does not read the template's marks."
        fix = Fix(label="Train on the answers", verb="configure", arguments={"train_on": "answers"})
        yield _finding("warning", "target-marks", message, "The package says “answers only”.", fix)


def _stop(code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    to_trl = Fix(label="Write it for TRL", verb="deploy_to", arguments={"target": "trl"})
    return _finding("error", code, message, evidence, fix or to_trl)


def _finding(severity: Severity, code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity=severity,
        step="deploy",
        field="deploy.target",
        code=code,
        message=message,
        evidence=evidence,
        fix=fix,
    )

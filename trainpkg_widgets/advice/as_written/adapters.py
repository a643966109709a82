"""What PEFT 0.21 makes of the LoRA keys of a config, on the layers that this model has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...facts import Finding, Fix
from ..architecture_facts import ALL_LINEAR_REFUSED, LAYERS, REFUSED_LAYERS
from .evidence import Case
from .words import harms, setting, stops

_TASKS = ("CAUSAL_LM", "SEQ_CLS", "SEQ_2_SEQ_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION")
# transformers 5.23 keeps all experts of a layer in one parameter, and PEFT 0.21 knows these names for it.
_EXPERTS = frozenset({"gate_proj", "up_proj", "down_proj", "gate_up_proj"})


def adapter_findings(case: Case) -> list[Finding]:
    """The findings on LoRA, where the config has it."""
    if not case.on("use_peft"):
        return []
    return [*_numbers(case), *_task(case), *_targets(case), *_saved(case)]


def _numbers(case: Case) -> Iterator[Finding]:
    rank, alpha, dropout = case.get("lora_r", 16), case.get("lora_alpha", 32), case.get("lora_dropout", 0.05)
    if _is_number(rank) and rank <= 0:
        message = f"A LoRA rank of {rank} is none."
        yield stops(
            "config",
            "config.lora_rank",
            "lora-rank",
            message,
            "PEFT stops: it should be above 0.",
            setting(lora_rank=16),
        )
    if _is_number(alpha) and alpha == 0:
        message = "An alpha of 0 trains nothing."
        evidence = "The adapter is multiplied by alpha divided by rank: no weight moved in a run of TRL 1.16 with 0."
        yield harms("config", "config.lora_alpha", "lora-alpha-zero", message, evidence, setting(lora_alpha=32))
    if _is_number(dropout) and dropout > 1:
        message = f"A dropout of {dropout} is no share."
        evidence = "torch stops: it has to be between 0 and 1."
        yield stops("config", "config.lora_dropout", "lora-dropout-all", message, evidence, setting(lora_dropout=0.05))
    elif dropout == 1:
        message = "A dropout of 1 leaves nothing of the adapter."
        yield harms("config", "config.lora_dropout", "lora-dropout-all", message, "", setting(lora_dropout=0.05))


def _task(case: Case) -> Iterator[Finding]:
    task = case.get("lora_task_type", "CAUSAL_LM")
    if task not in _TASKS:
        message = f"PEFT has no task type “{task}”."
        yield stops("config", "config.tuning", "lora-task", message, f"It has {', '.join(_TASKS)}.")
    elif case.method == "reward" and task == "CAUSAL_LM":
        message = "LoRA is told that this model writes text, and a reward model gives a score."
        evidence = "TRL stops: it has no prepare_inputs_for_generation. Write lora_task_type: SEQ_CLS."
        yield stops("config", "config.tuning", "lora-task-reward", message, evidence)


def _targets(case: Case) -> Iterator[Finding]:
    kind, layers = case.model.model_type, layers_of(case)
    given = case.keys.get("lora_target_modules")
    parameters = case.get("lora_target_parameters") or []
    if parameters:
        yield from _parameters(parameters, layers)
    if given is None or given == []:
        if parameters or case.model.place != "folder":
            return
        if given == []:
            message = "No layers are named for LoRA: the list is empty."
            evidence = "TRL stops. Leave lora_target_modules out, or write all-linear."
            yield stops("config", "config.lora_targets", "lora-targets-missing", message, evidence, _all_linear())
            return
        usual = case.model.kind.usual_targets
        if usual is None or (layers and not set(usual) & layers):
            message = "No layers are named for LoRA, and PEFT has none of its own for this kind of model."
            evidence = f"The kind is {kind}. TRL stops. Write lora_target_modules: all-linear."
            yield stops("config", "config.lora_targets", "lora-targets-missing", message, evidence, _all_linear())
        return
    names = _words(given)
    if not names:
        return
    if "all-linear" in names:
        if len(names) > 1 and layers:
            yield from _absent(case, names, layers)
        elif kind in ALL_LINEAR_REFUSED:
            message = f"LoRA can't be put on every linear layer of {kind}: PEFT refuses {' and '.join(REFUSED_LAYERS)}."
            yield stops("config", "config.lora_targets", "lora-targets-refused", message)
        return
    refused = [name for name in names if kind in ALL_LINEAR_REFUSED and name in REFUSED_LAYERS]
    if refused:
        message = f"LoRA can't be put on {', '.join(refused)} of this model."
        yield stops("config", "config.lora_targets", "lora-targets-refused", message, f"PEFT refuses it in {kind}.")
    elif "lm_head" in names and case.method in ("sft", "cpt"):
        message = "LoRA on lm_head would never be trained: TRL computes the loss from the head's own weights."
        yield stops("config", "config.lora_targets", "lora-on-head", message, "TRL 1.16 stops and says so.")
    elif len(names) == 1:
        yield from _alone(names[0], layers)
    elif layers:
        yield from _absent(case, names, layers)


def _parameters(parameters: list[str], layers: frozenset[str]) -> Iterator[Finding]:
    """PEFT puts LoRA on a parameter by its name where it is not the weight of a linear layer."""
    for name in parameters if isinstance(parameters, list) else [parameters]:
        parts = str(name).split(".")
        if parts[-1] == "weight" and len(parts) > 1 and parts[-2] in layers:
            message = f"“{name}” is the weight of a linear layer, and belongs into lora_target_modules."
            evidence = "PEFT stops: it takes parameters that are no layer's own weight, as the experts of a MoE model."
            yield stops("config", "config.trainer_keys", "lora-parameters", message, evidence)


def _alone(name: str, layers: frozenset[str]) -> Iterator[Finding]:
    """One name alone is unwrapped to a text by TRL, and a text is a pattern over whole paths to PEFT."""
    paths = [f"model.layers.0.{part}.{layer}" for layer in layers for part in ("self_attn", "mlp", "attn")]
    try:
        hit = any(re.fullmatch(name, path) for path in [*paths, *layers]) if layers else re.search(r"[.*|(\[]", name)
    except re.error as error:
        message = f"“{name}” is no pattern that can be read."
        yield stops("config", "config.lora_targets", "lora-targets-missing", message, f"{error}.", _all_linear())
        return
    if hit and not re.fullmatch(r"\w+", name):
        return
    message = f"One layer alone, “{name}”, is read as a pattern over whole paths, and matches none."
    evidence = "TRL unwraps a list of one to a text. PEFT stops: target modules not found."
    yield stops("config", "config.lora_targets", "lora-target-alone", message, evidence, setting(lora_targets=[name]))


def _absent(case: Case, names: list[str], layers: frozenset[str]) -> Iterator[Finding]:
    experts = _EXPERTS if _has_experts(case) else frozenset()
    others = [name for name in names if name in _other_modules(case) and name not in layers | experts]
    if others:
        message = f"LoRA can't be put on {', '.join(others)}: that is no linear layer."
        evidence = f"The linear layers are {', '.join(sorted(layers))}. PEFT stops."
        yield stops("config", "config.lora_targets", "lora-targets-refused", message, evidence, _all_linear())
        return
    gone = [name for name in names if name.rsplit(".", 1)[-1] not in layers | experts]
    if len(gone) == len(names):
        message = f"This model has no {' and no '.join(gone)}, so LoRA has nothing to train."
        evidence = f"Its layers are {', '.join(sorted(layers))}. PEFT stops."
        yield stops("config", "config.lora_targets", "lora-targets-missing", message, evidence, _all_linear())
    elif gone:
        kept = [name for name in names if name not in gone]
        message = f"This model has no {' and no '.join(gone)}; LoRA leaves it out without a word."
        yield harms(
            "config", "config.lora_targets", "lora-targets-partly-missing", message, "", setting(lora_targets=kept)
        )


def _saved(case: Case) -> Iterator[Finding]:
    given = case.keys.get("lora_modules_to_save") or []
    named = _words(given)
    layers = layers_of(case)
    if not named or not layers:
        return
    whole = layers | _other_modules(case) | ({"score"} if case.method == "reward" else {"lm_head"})
    gone = [name for name in named if name.rsplit(".", 1)[-1] not in whole]
    if gone:
        message = (
            f"This model has no {' and no '.join(gone)} to train whole beside the adapter; it is left out silently."
        )
        yield harms(
            "config",
            "config.lora_modules_to_save",
            "modules-to-save-missing",
            message,
            "It stands in lora_modules_to_save.",
        )


def layers_of(case: Case) -> frozenset[str]:
    """The names of the layers that LoRA can be put on; empty where they are not known."""
    known = LAYERS.get(case.model.model_type)
    if case.model.tensors is None:
        return known or frozenset()
    # A linear layer is one with a weight and neither a norm nor an embedding; experts are held in one parameter.
    found = {
        parts[-2]
        for parts in (name.split(".") for name in case.model.tensors)
        if len(parts) > 2 and parts[-1] == "weight" and "experts" not in parts and "norm" not in parts[-2].lower()
    }
    return (known or frozenset(found)) & frozenset(found) if known else frozenset(found)


def _other_modules(case: Case) -> frozenset[str]:
    return frozenset(part for name in case.model.tensors or () for part in name.split(".")[:-1])


def _has_experts(case: Case) -> bool:
    return any(".experts." in name for name in case.model.tensors or ())


def _all_linear() -> Fix:
    return setting(lora_targets=["all-linear"])


def _words(value: object) -> list[str]:
    """A word or a list of them as a list; what is neither was said to be of the wrong type already."""
    if isinstance(value, str):
        return [value]
    return list(map(str, value)) if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

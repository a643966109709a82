"""What is wrong with the knobs of a run together, and with the model and the card they are for.

Where a trainer's own words or limits decide, `trl_limits.py` knows. Everything here holds for TRL 1.16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Finding, Fix, Severity
from ..settings.knob_values import KnobValueError, default_of, read_knob_value
from .architecture_facts import (
    ALL_LINEAR_REFUSED,
    LAYERS,
    MEASURED_WITH,
    PACKING_LEAKS,
    PACKING_REFUSED,
    POSITIONS_END,
    REFUSED_LAYERS,
)
from .as_written.known_templates import trainable_copy
from .as_written.preparing import Renderer, StopsError, has_marks
from .as_written.scoring_types import SCORING
from .default_config import default_config
from .trainability import bitsandbytes_quantisation, is_guess
from .trl_limits import needs_bitsandbytes, use_value

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import ConfigSettings, Gpu
    from ..steps import ConfigStep

# How far from the usual learning rate one is warned about: so many times it, or a so-manieth part of it.
_FAR, _TINY = 50, 1000

# CUDA compute capability of the first cards that compute in bfloat16 (Ampere).
_BF16_CAPABILITY = 8.0


def config_findings(
    config: ConfigStep, model: ModelInfo | None, gpu: Gpu | None, settings: ConfigSettings
) -> list[Finding]:
    """What would stop the run or spoil it, and what is merely good to know."""
    found = [
        *_precision(config, gpu),
        *_bitsandbytes(config, gpu),
        *_attention(config, gpu),
        *_rates(config, settings),
        *_packing(config),
        *_lora(config, settings),
        *(_with_model(config, model) if model is not None else ()),
    ]
    explained = {finding.field for finding in found if finding.severity == "error"}
    return [*(one for one in _out_of_range(config, settings) if one.field not in explained), *found]


def _out_of_range(config: ConfigStep, settings: ConfigSettings) -> Iterator[Finding]:
    """Knobs that were set elsewhere: in a saved session, or under other settings."""
    preset = config.preset if config.preset in settings.presets else None
    usual = default_config(settings, config.tuning, preset, config.method)
    for name, knob in settings.knobs.items():
        value = getattr(config, name)
        if value == getattr(usual, name):
            continue  # the settings hold their own defaults against their ranges when they are read
        try:
            read_knob_value(knob, value, config.tuning, config.method)
        except KnobValueError as error:
            message = f"“{knob.label}” can't be {value}."
            yield _finding("error", name, "knob-range", message, f"{name} takes {error.expected}.", error.nearest)


def _precision(config: ConfigStep, gpu: Gpu | None) -> Iterator[Finding]:
    old = gpu is not None and gpu.compute_capability < _BF16_CAPABILITY
    if config.precision == "bf16" and gpu is not None and old:
        evidence = f"Its compute capability is {gpu.compute_capability}; bfloat16 came with {_BF16_CAPABILITY}."
        if config.tuning == "qlora":
            # TRL 1.16 casts the adapter to bfloat16, for which the gradient scaler of fp16 has no CUDA kernel.
            evidence += " torch emulates it. QLoRA has no quicker way here: in fp16, TRL 1.16 stops at the first step."
            yield _finding("info", "precision", "bf16-emulated", f"{gpu.name} is slow in bf16.", evidence)
        else:
            evidence += " torch emulates it, which runs and is slow."
            yield _finding("warning", "precision", "bf16-emulated", f"{gpu.name} is slow in bf16.", evidence, "fp16")
    if config.precision == "fp16" and not old and config.tuning != "qlora":
        evidence = "fp16 can overflow, most of all in models that were trained in bf16; the loss is then NaN."
        message = "bf16 is the safer choice on cards of 2020 and later."
        yield _finding("info", "precision", "fp16-overflow", message, evidence, "bf16")


def _bitsandbytes(config: ConfigStep, gpu: Gpu | None) -> Iterator[Finding]:
    if not needs_bitsandbytes(config):
        return
    knob = "tuning" if config.tuning == "qlora" else "optimizer"
    what = "QLoRA" if knob == "tuning" else f"The optimizer {config.optimizer}"
    evidence = "It is done by bitsandbytes, which is added to the package's requirements."
    if gpu is None:
        evidence += " No card is chosen here, so nothing is known of the one it will run on."
    yield _finding("info", knob, "needs-nvidia", f"{what} needs an NVIDIA card.", evidence)


def _attention(config: ConfigStep, gpu: Gpu | None) -> Iterator[Finding]:
    if config.attention != "flash_attention_2":
        return
    if config.precision == "fp32":
        message = "Flash attention computes in bf16 or fp16 only."
        evidence = "In fp32 it stops at the first step (flash-attn 2.8: “FlashAttention only support fp16 and bf16”)."
        yield _finding("error", "attention", "flash-fp32", message, evidence, "auto")
    elif gpu is not None and gpu.compute_capability < _BF16_CAPABILITY:
        message = f"Flash attention 2 does not run on {gpu.name}."
        evidence = f"It needs compute capability {_BF16_CAPABILITY}; this card has {gpu.compute_capability}."
        yield _finding("error", "attention", "flash-old-card", message, evidence, "auto")


def _packing(config: ConfigStep) -> Iterator[Finding]:
    if config.method == "sft" and config.packing and config.packing_strategy == "wrapped":
        message = "Packed as one endless text, rows see one another and are cut in two."
        evidence = "TRL 1.16 tells attention nothing of where a row ends there; whole rows are kept apart."
        yield _finding("warning", "packing_strategy", "packing-wrapped", message, evidence, "bfd")


def _rates(config: ConfigStep, settings: ConfigSettings) -> Iterator[Finding]:
    knob, rate = settings.knobs["learning_rate"], config.learning_rate
    usual, lora = (default_of(knob, tuning, config.method) for tuning in (config.tuning, "lora"))
    if config.tuning == "full" and usual < lora <= rate < usual * _FAR:
        message = f"A learning rate of {rate:g} is one for LoRA."
        evidence = f"Full fine-tuning usually takes {usual:g}; at ten times that, a model forgets what it knew."
        yield _finding("warning", "learning_rate", "learning-rate-of-lora", message, evidence, usual)
    elif rate >= usual * _FAR:
        message = f"A learning rate of {rate:g} is {rate / usual:,.0f} times the usual one."
        evidence = f"{usual:g} is usual here; far above it, the loss jumps up and the model is lost."
        yield _finding("warning", "learning_rate", "learning-rate-high", message, evidence, usual)
    elif rate * _TINY <= usual:
        message = f"At a learning rate of {rate:g} next to nothing is learnt."
        evidence = f"{usual:g} is usual here."
        yield _finding("warning", "learning_rate", "learning-rate-low", message, evidence, usual)
    if config.max_steps == 1 and config.warmup_share > 0 and config.scheduler != "constant":
        message = "The only step of this run changes nothing."
        evidence = "A warm-up starts at a learning rate of 0, and one step is all of it."
        yield _finding("error", "warmup_share", "warmup-whole-run", message, evidence, 0.0)


def _lora(config: ConfigStep, settings: ConfigSettings) -> Iterator[Finding]:
    if config.tuning == "full":
        return
    alpha, dropout = settings.knobs["lora_alpha"], settings.knobs["lora_dropout"]
    usual = default_of(alpha, config.tuning, config.method) / default_of(
        settings.knobs["lora_rank"], config.tuning, config.method
    )
    if config.lora_alpha == 0:
        message = "An alpha of 0 trains nothing."
        evidence = "The adapter is multiplied by alpha divided by rank: no weight moved in a run of TRL 1.16 with 0."
        yield _finding(
            "error", "lora_alpha", "lora-alpha-zero", message, evidence, default_of(alpha, config.tuning, config.method)
        )
    elif config.lora_rank > 0 and config.lora_alpha / config.lora_rank != usual:
        message = f"The adapter counts {config.lora_alpha / config.lora_rank:g} times; {usual:g} is usual."
        evidence = f"alpha {config.lora_alpha} divided by rank {config.lora_rank}."
        matching = max(1, round(config.lora_rank * usual))
        yield _finding("info", "lora_alpha", "lora-scale", message, evidence, matching)
    if config.lora_dropout >= 1:
        message = "A dropout of 1 or more leaves nothing of the adapter."
        evidence = "torch refuses more than 1, and at 1 every value is dropped."
        fix = default_of(dropout, config.tuning, config.method)
        yield _finding("error", "lora_dropout", "lora-dropout-all", message, evidence, fix)


def _with_model(config: ConfigStep, model: ModelInfo) -> Iterator[Finding]:
    kind = model.model_type.value or ""
    yield from _length(config, model, kind)
    packing = config.packing and config.method in ("sft", "cpt")
    if packing and kind in PACKING_LEAKS:
        message = "Packed rows would see one another in this model."
        evidence = f"{kind}: the second of two packed rows came out otherwise when the first changed ({MEASURED_WITH})."
        yield _finding("warning", "packing", "packing-leaks", message, evidence, False)
    if packing and kind in PACKING_REFUSED:
        message = "This model can't train on packed rows here."
        evidence = f"{kind} needs the package causal_conv1d for it and stops without ({MEASURED_WITH})."
        yield _finding("error", "packing", "packing-refused", message, evidence, False)
    ready = bitsandbytes_quantisation(model)
    if ready.known and config.tuning != "qlora":
        message = "These weights are quantised already, and are trained with QLoRA."
        evidence = f"{ready.value} ({ready.source}): bitsandbytes loads them, which is added for QLoRA."
        yield _finding(
            "warning" if is_guess(ready) else "error", "tuning", "weights-quantised", message, evidence, "qlora"
        )
    if config.method == "reward" and kind and model.model_type.known and kind not in SCORING:
        message = "This model can't become a reward model."
        evidence = f"transformers 5.23 has no class of {kind} that gives a score."
        yield _finding("error", "method", "reward-no-class", message, evidence)
    if config.method == "sft" and config.train_on == "marked":
        yield from _marks(model)
    if config.tuning != "full":
        yield from _targets(config, model, kind)
        yield from _whole(config, kind)


def _marks(model: ModelInfo) -> Iterator[Finding]:
    template = model.chat_template.value
    if not template:
        return
    if not has_marks(template) and trainable_copy(template) is None:
        message = "The chat template does not mark which of its text is an answer."
        evidence = "It has no {% generation %}, and TRL 1.16 has no marked copy of it: the run would stop as it loads."
        yield _finding("error", "train_on", "marks-missing", message, evidence, "answers")
        return
    if has_marks(template) and not _stop_is_marked(template):
        message = "The template's marks leave out what ends an answer, so the model would not learn to stop."
        evidence = "What follows an answer is the same in every one, and lies outside {% generation %}."
        yield _finding("warning", "train_on", "marks-without-stop", message, evidence, "answers")


def _stop_is_marked(template: str) -> bool:
    """Whether the marks go on after the answer's own text, as they do where they hold the token that stops it."""
    turns = [{"role": "user", "content": "question"}, {"role": "assistant", "content": "answer"}]
    renderer = Renderer(template, "<eos>")
    try:
        whole, marked = renderer.text(turns), renderer.answers(turns)
    except StopsError:
        return True
    follows = whole.rsplit("answer", 1)[-1].strip()
    return not follows or any("answer" in part and part.rsplit("answer", 1)[-1].strip() for part in marked)


def _whole(config: ConfigStep, kind: str) -> Iterator[Finding]:
    """Layers to be trained whole that the model does not have: PEFT passes over them without a word."""
    layers = LAYERS.get(kind)
    if layers is None:
        return
    known = layers | ({"score"} if config.method == "reward" else set())
    missing = [name for name in config.lora_modules_to_save if name.rsplit(".", 1)[-1] not in known]
    if missing:
        message = f"This model has no {' and no '.join(missing)} to train whole."
        evidence = f"PEFT leaves it out without a word. The layers of {kind} are {', '.join(sorted(layers))}."
        kept = [name for name in config.lora_modules_to_save if name not in missing]
        yield _finding("warning", "lora_modules_to_save", "modules-missing", message, evidence, kept)


def _length(config: ConfigStep, model: ModelInfo, kind: str) -> Iterator[Finding]:
    context = model.context_length.value
    # GRPO of TRL 1.16 cuts no prompt: what is known of a row's length is that of its answer.
    if context is None or config.method == "grpo" or config.max_length <= context:
        return
    message = f"Rows of {config.max_length} tokens are longer than the {context} this model was made for."
    evidence = f"Its context is {context} tokens ({model.context_length.source})."
    if kind in POSITIONS_END:
        evidence += f" {kind} has no positions beyond that: a longer row stops the run ({MEASURED_WITH})."
        yield _finding("warning", "max_length", "length-beyond-positions", message, evidence, context)
    else:
        evidence += " Beyond it, positions mean little to the model."
        yield _finding("warning", "max_length", "length-beyond-context", message, evidence, context)


def _targets(config: ConfigStep, model: ModelInfo, kind: str) -> Iterator[Finding]:
    layers, targets = LAYERS.get(kind), config.lora_targets
    refused = [name for name in targets if kind in ALL_LINEAR_REFUSED and name in ("all-linear", *REFUSED_LAYERS)]
    if refused:
        named = [name for name in targets if name not in refused]
        good = named or sorted(_trainable(layers or frozenset()))
        message = f"LoRA can't be put on {', '.join(refused)} of this model."
        evidence = f"PEFT refuses {' and '.join(REFUSED_LAYERS)} of {kind} ({MEASURED_WITH})."
        yield _finding("error", "lora_targets", "lora-targets-refused", message, evidence, *([good] if good else []))
        return
    # A pattern is matched against whole paths, which are not known here.
    if layers is None or "all-linear" in targets or any(re.search(r"[\\^$*+?()\[\]{}|]", name) for name in targets):
        return
    missing = [name for name in targets if name.rsplit(".", 1)[-1] not in layers]
    if not missing:
        return
    evidence = f"The layers of {kind} are {', '.join(sorted(_trainable(layers)))} ({MEASURED_WITH})."
    if len(missing) == len(targets):
        good = [name for name in model.lora_targets.value or () if name in layers] or ["all-linear"]
        message = f"This model has no {' and no '.join(missing)}, so LoRA has nothing to train."
        yield _finding("error", "lora_targets", "lora-targets-missing", message, evidence, good)
    else:
        kept = [name for name in targets if name not in missing]
        message = f"This model has no {' and no '.join(missing)}; LoRA leaves it out without a word."
        yield _finding("warning", "lora_targets", "lora-targets-partly-missing", message, evidence, kept)


def _trainable(layers: frozenset[str]) -> set[str]:
    """The layers worth naming: neither embeddings nor the head, nor what PEFT refuses."""
    return {name for name in layers if not re.search(r"embed|head|^w[tp]e$", name)} - set(REFUSED_LAYERS)


def _finding(severity: Severity, knob: str, code: str, message: str, evidence: str, *mended: Any) -> Finding:
    """A finding about one knob; `mended` is the value that would do, where there is one."""
    fix = None
    if mended:
        [value] = mended
        fix = Fix(label=use_value(value), verb="configure", arguments={knob: value})
    return Finding(
        severity=severity, step="config", field=f"config.{knob}", code=code, message=message, evidence=evidence, fix=fix
    )

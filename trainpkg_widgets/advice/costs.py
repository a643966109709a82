"""What a run costs, for the screen: memory in parts against a card, steps, tokens, operations and time.

What makes a run fit is in `make_it_fit.py`, which cards it needs in `needs.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..config_screen import CostsView, MemoryPart, Proposal, ProposedChange
from ..facts import Finding, Fix
from .estimate import MIB, estimate_of, is_quantised, verdict_of
from .inference_memory import estimate_inference
from .knobs import applies, shown
from .make_it_fit import changes_that_fit
from .memory import GIB, MemoryEstimate, OutOfScopeError, verdict
from .run_length import run_length, warmup_of
from .run_time import duration, duration_with_writing, flops_per_token

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import ConfigSettings, Gpu
    from ..steps import ConfigStep, DatasetStep, Measured
    from .token_lengths import TokenLengths

# The least that a row is taken to hold where it is asked whether a run could fit at all.
_SHORT_ROW = 64
# An answer of this many tokens, to a question of as many, is what the trained model is taken to be run for.
_ANSWER = 1024


def costs_view(
    model: ModelInfo | None,
    config: ConfigStep,
    dataset: DatasetStep | None,
    gpu: Gpu | None,
    settings: ConfigSettings,
    tokens: TokenLengths | None = None,
    measured: Measured | None = None,
    target: str = "trl",
) -> CostsView:
    """What the choices cost as they stand; None and the reason where something can't be told yet.

    `tokens` are the counted lengths of the rows. Without them each row is taken to be as long as is allowed.
    `measured` is what a run of these choices took: its time stands in the place of the estimate's. `target` is the
    trainer that the package is for: what is derived from a trainer's code is TRL's.
    """
    prompt = settings.estimates.prompt_tokens
    told: dict[str, Any] = {"gpus": config.gpus, **_run(model, config, dataset, tokens, prompt)}
    if gpu is not None:
        told |= {"gpu": gpu.name, "capacity_bytes": gpu.memory_mib * MIB}
    if model is not None and model.download_bytes.known:
        told["download_bytes"] = model.download_bytes.value
    try:
        estimate = estimate_of(model, config, gpu, prompt)
    except OutOfScopeError as error:
        return CostsView(**told, **_weights_alone(model, gpu, str(error)))
    answer, why = ("unknown", _without_card(estimate)) if gpu is None else verdict(estimate, gpu.memory_mib * MIB)
    told |= _time(model, config, gpu, settings, told) | _measured(measured, told["steps"])
    return CostsView(
        parts=_parts(model, config, estimate),
        total_bytes=estimate.total,
        low_bytes=estimate.low,
        high_bytes=estimate.high,
        verdict=answer,
        verdict_why=why,
        unproven=(*estimate.unproven, *_assumed(config, prompt, target)),
        fit=_proposal(model, config, gpu, settings, estimate) if answer in ("tight", "no") else None,
        **_afterwards(model),
        **told,
    )


def memory_findings(
    costs: CostsView, config: ConfigStep, model: ModelInfo | None = None, gpu: Gpu | None = None
) -> list[Finding]:
    """What the memory of a run says about its config: that it does not fit the card, or may not.

    It is an error only where no row could be short enough: the estimate is for rows of the longest length, which a
    dataset may never have. The finding offers the change that makes the run fit, where there is one.
    """
    if costs.verdict not in ("tight", "no"):
        return []
    certain = costs.verdict == "no" and model is not None and gpu is not None and _never_fits(model, config, gpu)
    cards = costs.gpu if costs.gpus == 1 else f"{costs.gpus} × {costs.gpu}"
    message = f"The run may not fit {cards}."
    if costs.verdict == "no":
        message = f"The run does not fit {cards}."
        if not certain and config.method != "grpo":
            message = f"The run does not fit {cards} with rows of {config.max_length:,} tokens."
    return [
        Finding(
            severity="error" if certain else "warning",
            step="config",
            field="config.memory",
            code=f"memory-{costs.verdict}",
            message=message,
            evidence=costs.verdict_why,
            fix=_fix(costs.fit.arguments) if costs.fit else None,
        )
    ]


# ------------------------------------------------------------------ steps, tokens, time


def _run(
    model: ModelInfo | None,
    config: ConfigStep,
    dataset: DatasetStep | None,
    tokens: TokenLengths | None,
    prompt: int,
) -> dict[str, Any]:
    length = run_length(config, dataset, model, tokens)
    rows = config.batch_size * config.accumulation * config.gpus
    longest = prompt + config.max_completion_length if config.method == "grpo" else config.max_length
    # A chosen and a rejected answer each have the question in front of them.
    sequences = rows * (2 if config.method in ("dpo", "orpo", "reward") else 1)
    told: dict[str, Any] = {
        "steps": length.steps,
        "steps_why": length.why,
        "effective_batch": rows,
        "tokens_per_step": sequences * longest,
        "warmup_steps": warmup_of(config.warmup_share, length.steps) if length.steps is not None else None,
    }
    if length.steps is not None:
        told["tokens"] = length.steps * told["tokens_per_step"]
    if tokens is not None and tokens.rows and length.steps is not None and config.method != "grpo":
        dropped = config.method == "reward"
        each = tokens.tokens_per_epoch(config.max_length, dropped=dropped).value / tokens.rows
        once = round(each * tokens.rows)
        told["tokens"] = round(once * config.epochs) if config.max_steps is None else round(each * rows * length.steps)
        told["at_most"] = False
    return told


def _time(
    model: ModelInfo | None, config: ConfigStep, gpu: Gpu | None, settings: ConfigSettings, told: dict[str, Any]
) -> dict[str, Any]:
    architecture = model.architecture.value if model is not None else None
    tokens = told.get("tokens")
    flops = None
    if architecture is not None and tokens is not None:
        flops = tokens * flops_per_token(config, architecture, settings.estimates.prompt_tokens)
    at_most = told.get("at_most", True)
    if config.method == "grpo":
        low, high, why = duration_with_writing(flops, told["steps"], config, architecture, gpu, settings.estimates)
    else:
        low, high, why = duration(flops, config, gpu, settings.estimates, at_most=at_most)
    return {"flops": flops, "seconds_low": low, "seconds_high": high, "seconds_why": why}


def _measured(measured: Measured | None, steps: int | None) -> dict[str, Any]:
    if measured is None or measured.on != "gpu":
        return {}
    told: dict[str, Any] = {"measured_bytes": measured.peak_bytes}
    if measured.seconds_per_step is not None and steps is not None:
        seconds = measured.seconds_per_step * steps
        why = f"{measured.seconds_per_step:.3g} seconds a step, as measured ({measured.source})."
        told |= {"seconds_low": seconds, "seconds_high": seconds, "seconds_why": why}
    return told


# ------------------------------------------------------------------ memory


def _parts(model: ModelInfo | None, config: ConfigStep, estimate: MemoryEstimate) -> tuple[MemoryPart, ...]:
    by_name = {part.name: part for part in estimate.parts}
    architecture = model.architecture.value if model is not None else None
    words = f"{architecture.vocab_size:,} words" if architecture is not None else "the vocabulary"
    loss = "Scores" if config.method == "reward" else f"Loss over {words}"
    trained = "Gradients, optimizer" if config.tuning == "full" else "Adapters, gradients, optimizer"
    groups = (
        ("weights", "Weights", ("weights",)),
        ("reference", "Reference model", ("reference",)),
        ("trained", trained, ("adapters", "gradients", "optimizer")),
        ("cache", "Answers being written", ("cache",)),
        ("activations", "Activations", ("kept_activations", "recompute_peak")),
        ("loss", loss, ("loss_block",)),
        ("overhead", "Allocator, context", ("allocator", "context")),
    )
    return tuple(
        MemoryPart(
            name=name,
            label=label,
            bytes=sum(by_name[part].bytes for part in parts),
            why="; ".join(by_name[part].why for part in parts if by_name[part].bytes and by_name[part].why)
            or f"nothing of it is there while {estimate.moment}, when most memory is needed",
        )
        for name, label, parts in groups
        if name not in ("reference", "cache") or by_name[name].bytes
    )


def _weights_alone(model: ModelInfo | None, gpu: Gpu | None, why: str) -> dict[str, Any]:
    """What can be said where no estimate can be made: whether the files alone are more than a card holds."""
    stored = model.weight_bytes.value if model is not None else None
    if stored is None:
        return {"verdict_why": why}
    size = f"Its weights alone are {stored / GIB:.1f} GiB as they are stored"
    if gpu is not None and model is not None and is_quantised(model) and stored > gpu.memory_mib * MIB:
        return {"verdict": "no", "verdict_why": f"{why} {size}, more than the card has."}
    return {"verdict_why": f"{why} {size}."}


def _without_card(estimate: MemoryEstimate) -> str:
    return (
        f"It needs about {estimate.needed / GIB:.1f} GiB while {estimate.moment}. There is no card to hold it against."
    )


def _assumed(config: ConfigStep, prompt: int, target: str) -> Iterator[str]:
    if config.method == "grpo":
        yield f"Prompts are taken to be of {prompt:,} tokens: nothing in the config of GRPO limits them."
    if target != "trl":
        yield "These are the numbers of TRL's own loop; another trainer may compute the loss and its layers otherwise."


def _afterwards(model: ModelInfo | None) -> dict[str, Any]:
    """What it takes to run the trained model, in half precision and with its adapter merged."""
    architecture = model.architecture.value if model is not None else None
    if architecture is None:
        return {}
    after = estimate_inference(architecture, prompt_tokens=_ANSWER, new_tokens=_ANSWER)
    why = f"one answer of {_ANSWER:,} tokens to a question of as many, in half precision"
    return {"after_bytes": after.total, "after_why": why}


def _never_fits(model: ModelInfo, config: ConfigStep, gpu: Gpu) -> bool:
    """Whether the run would not fit with the shortest rows either. Packed sequences are always full."""
    length = config.max_length if config.packing else min(config.max_length, _SHORT_ROW)
    short = {"max_length": length, "max_completion_length": min(config.max_completion_length, _SHORT_ROW)}
    found = verdict_of(model, config.model_copy(update=short), gpu, _SHORT_ROW)
    return found is not None and found.answer == "no"


# ------------------------------------------------------------------ what makes it fit


def _proposal(
    model: ModelInfo | None, config: ConfigStep, gpu: Gpu | None, settings: ConfigSettings, before: MemoryEstimate
) -> Proposal | None:
    changes = changes_that_fit(model, config, gpu, settings) if model is not None and gpu is not None else None
    if changes is None:
        return None
    after = config.model_copy(update=changes)
    return Proposal(
        changes=tuple(
            ProposedChange(knob=name, now=shown(knob, getattr(config, name)), proposed=shown(knob, value))
            for name, value in changes.items()
            if applies(knob := settings.knobs[name], after) and getattr(config, name) != value
        ),
        arguments=changes,
        before_bytes=before.total,
        after_bytes=estimate_of(model, after, gpu, settings.estimates.prompt_tokens).total,
    )


def _fix(changes: dict[str, Any]) -> Fix:
    length = changes.get("max_length", changes.get("max_completion_length"))
    words = {
        "sharding": "ZeRO 3" if changes.get("sharding") == "zero3" else "ZeRO 2",
        "gradient_checkpointing": "checkpointing",
        "batch_size": f"batches of {changes.get('batch_size')}",
        **({} if "batch_size" in changes else {"accumulation": f"{changes.get('accumulation')} batches to an update"}),
        "precompute_reference": "a reference that is asked before",
        "optimizer": "an optimizer in 8 bits",
        "lora_rank": f"rank {changes.get('lora_rank')}",
        "tuning": "LoRA" if changes.get("tuning") == "lora" else f"QLoRA in {changes.get('quantisation_bits')} bits",
        "max_length": f"rows of at most {length} tokens",
        "max_completion_length": f"answers of at most {length} tokens",
    }
    named = [word for key, word in words.items() if key in changes]
    return Fix(label=f"Use {' and '.join(named)}", verb="configure", arguments=changes)

"""What a run costs, for the screen: memory in five parts against a card, steps and tokens; and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..config_screen import CostsView, MemoryPart
from ..facts import Finding, Fix
from .memory import MemoryEstimate, OutOfScopeError, estimate_memory, verdict
from .run_length import run_length, warmup_of
from .run_of_config import run_of
from .trainability import bitsandbytes_quantisation, is_guess

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import Gpu
    from ..steps import ConfigStep, DatasetStep

MIB = 1024.0**2
GIB = 1024.0**3

# The least that a row is taken to hold where it is asked whether a run could fit at all.
_SHORT_ROW = 64
# Rows are not cut below this to make a run fit: little of a conversation is left then.
_LEAST_LENGTH = 512


def costs_view(
    model: ModelInfo | None, config: ConfigStep | None, dataset: DatasetStep | None, gpu: Gpu | None
) -> CostsView:
    """What the choices cost as they stand; None and the reason where something can't be told yet."""
    card = {"gpu": gpu.name, "capacity_bytes": gpu.memory_mib * MIB} if gpu is not None else {}
    if config is None:
        return CostsView(verdict_why="No config is chosen yet.", **card)
    length = run_length(config, dataset, model)
    run = {
        "steps": length.steps,
        "steps_why": length.why,
        "effective_batch": config.batch_size * config.accumulation,
        "tokens_per_step": config.batch_size * config.accumulation * config.max_length,
        "warmup_steps": warmup_of(config.warmup_share, length.steps) if length.steps is not None else None,
    }
    try:
        estimate = _estimate(model, config, gpu)
    except OutOfScopeError as error:
        return CostsView(verdict_why=str(error), **card, **run)
    answer, why = ("unknown", _without_card(estimate)) if gpu is None else verdict(estimate, gpu.memory_mib * MIB)
    return CostsView(
        parts=_five_parts(model, config, estimate),
        total_bytes=estimate.total,
        low_bytes=estimate.low,
        high_bytes=estimate.high,
        verdict=answer,
        verdict_why=" ".join((why, *estimate.unproven)),
        **card,
        **run,
    )


def memory_findings(
    costs: CostsView, config: ConfigStep, model: ModelInfo | None = None, gpu: Gpu | None = None
) -> list[Finding]:
    """What the memory of a run says about its config: that it does not fit the card, or may not.

    It is an error only where no row could be short enough: the estimate is for rows of the longest length, which a
    dataset may never have. With `model` and `gpu` the finding offers the change that makes the run fit.
    """
    if costs.verdict not in ("tight", "no"):
        return []
    certain = costs.verdict == "no" and model is not None and gpu is not None and _never_fits(model, config, gpu)
    message = f"The run may not fit {costs.gpu}."
    if costs.verdict == "no":
        message = f"The run does not fit {costs.gpu}."
        if not certain:
            message = f"The run does not fit {costs.gpu} with rows of {config.max_length:,} tokens."
    return [
        Finding(
            severity="error" if certain else "warning",
            step="config",
            field="config.memory",
            code=f"memory-{costs.verdict}",
            message=message,
            evidence=costs.verdict_why,
            fix=make_it_fit(model, config, gpu) if model is not None and gpu is not None else None,
        )
    ]


def make_it_fit(model: ModelInfo, config: ConfigStep, gpu: Gpu) -> Fix | None:
    """The change that costs least of what is learnt and makes the run fit the card; None where none does.

    In this order: checkpointing (time only), smaller batches with as many rows to an update (time only), LoRA
    instead of every weight, LoRA on 4-bit weights, shorter rows. One change where one is enough, else the first ones
    together.
    """
    together: dict[str, object] = {}
    ladder = list(_changes(config))
    for changes in ladder:
        if _fits(model, config, changes, gpu):
            return _fix(changes)
    for changes in ladder:
        together |= changes
        if _fits(model, config, together, gpu):
            return _fix(together)
    return None


def _changes(config: ConfigStep) -> Iterator[dict[str, object]]:
    if not config.gradient_checkpointing:
        yield {"gradient_checkpointing": True}
    rows = config.batch_size * config.accumulation
    for batch in range(config.batch_size - 1, 0, -1):
        if rows % batch == 0:
            yield {"batch_size": batch, "accumulation": rows // batch}
    if config.tuning == "full":
        yield {"tuning": "lora"}
    # QLoRA in fp16 stops at its first step: advice/trl_limits.py.
    if config.tuning != "qlora":
        yield {"tuning": "qlora"} if config.precision == "bf16" else {"tuning": "qlora", "precision": "bf16"}
    length = config.max_length // 2
    while length >= _LEAST_LENGTH:
        yield {"max_length": length}
        length //= 2


def _fits(model: ModelInfo, config: ConfigStep, changes: dict[str, object], gpu: Gpu) -> bool:
    try:
        estimate = _estimate(model, config.model_copy(update=changes), gpu)
    except OutOfScopeError:
        return False
    return verdict(estimate, gpu.memory_mib * MIB).answer == "fits"


def _fix(changes: dict[str, object]) -> Fix:
    words = {
        "gradient_checkpointing": "checkpointing",
        "batch_size": f"batches of {changes.get('batch_size')}",
        "tuning": "LoRA" if changes.get("tuning") == "lora" else "QLoRA",
        "max_length": f"rows of at most {changes.get('max_length')} tokens",
    }
    named = [word for key, word in words.items() if key in changes]
    return Fix(label=f"Use {' and '.join(named)}", verb="configure", arguments=dict(changes))


def _never_fits(model: ModelInfo, config: ConfigStep, gpu: Gpu) -> bool:
    """Whether the run would not fit with the shortest rows either. Packed sequences are always full."""
    length = config.max_length if config.packing else min(config.max_length, _SHORT_ROW)
    try:
        estimate = _estimate(model, config.model_copy(update={"max_length": length}), gpu)
    except OutOfScopeError:
        return False
    return verdict(estimate, gpu.memory_mib * MIB).answer == "no"


def _estimate(model: ModelInfo | None, config: ConfigStep, gpu: Gpu | None) -> MemoryEstimate:
    if model is None:
        raise OutOfScopeError("No model is chosen yet.")
    architecture = model.architecture.value
    if architecture is None:
        raise OutOfScopeError(f"The model's dimensions are not known: {model.architecture.source}.")
    run = run_of(config, architecture, gpu)
    if not model.quantised.known or is_guess(model.quantised):
        return estimate_memory(architecture, run, parameters=model.parameters)
    # A checkpoint that is quantised already is loaded as it is stored, whatever `load_in_4bit` says. TRL 1.16 casts
    # adapters beside bitsandbytes' weights to bfloat16 (`is_loaded_in_4bit`), and no others.
    adapters = "bf16" if bitsandbytes_quantisation(model).known else "fp32"
    stored = run.model_copy(update={"quantisation": "stored", "adapters": adapters})
    return estimate_memory(architecture, stored, weight_bytes=model.weight_bytes)


def _without_card(estimate: MemoryEstimate) -> str:
    return (
        f"It needs about {estimate.needed / GIB:.1f} GiB while {estimate.moment}. There is no card to hold it against."
    )


def _five_parts(model: ModelInfo | None, config: ConfigStep, estimate: MemoryEstimate) -> tuple[MemoryPart, ...]:
    by_name = {part.name: part for part in estimate.parts}
    architecture = model.architecture.value if model is not None else None
    words = f"{architecture.vocab_size:,} words" if architecture is not None else "the vocabulary"
    trained = "Gradients, optimizer" if config.tuning == "full" else "Adapters, gradients, optimizer"
    return tuple(
        MemoryPart(
            name=name,
            label=label,
            bytes=sum(by_name[part].bytes for part in parts),
            why="; ".join(by_name[part].why for part in parts if by_name[part].bytes and by_name[part].why)
            or f"nothing of it is there while {estimate.moment}, when most memory is needed",
        )
        for name, label, parts in (
            ("weights", "Weights", ("weights",)),
            ("trained", trained, ("adapters", "gradients", "optimizer")),
            ("activations", "Activations", ("kept_activations", "recompute_peak")),
            ("loss", f"Loss over {words}", ("loss_block",)),
            ("overhead", "Allocator, context", ("allocator", "context")),
        )
    )

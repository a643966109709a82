"""The change that costs least of what is learnt and makes a run fit its card, in the order that the settings give.

`make_it_fit.order` in `config/step2_config.yaml` says what each rung is and what it costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .estimate import verdict_of

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import ConfigSettings, Gpu, Rung
    from ..steps import ConfigStep

Change = Mapping[str, Any]

# A smaller adapter than this is rarely chosen on purpose.
_LEAST_RANK = 8


def changes_that_fit(model: ModelInfo, config: ConfigStep, gpu: Gpu, settings: ConfigSettings) -> dict[str, Any] | None:
    """Values of knobs under which the run fits the card; None where none of the rungs is enough."""
    rungs = [r for name in settings.make_it_fit.order if (r := _RUNGS[name](config, settings.make_it_fit.least_length))]
    prompt = settings.estimates.prompt_tokens

    def fits(changes: list[Change]) -> bool:
        together = {name: value for change in changes for name, value in change.items()}
        found = verdict_of(model, config.model_copy(update=together), gpu, prompt)
        return found is not None and found.answer == "fits"

    chosen: list[Change] = []
    for rung in rungs:
        enough = next((change for change in rung if fits([*chosen, change])), None)
        if enough is not None:
            return _merged(_without_needless(chosen, enough, rungs, fits))
        chosen.append(rung[-1])
    return None


def _without_needless(
    chosen: list[Change], last: Change, rungs: list[list[Change]], fits: Callable[[list[Change]], bool]
) -> list[Change]:
    """Each earlier rung as mild as it may be, or left out: those that cost most are tried first."""
    for place in reversed(range(len(chosen))):
        for milder in ({}, *rungs[place]):
            attempt = [*chosen[:place], milder, *chosen[place + 1 :]]
            if fits([*attempt, last]):
                chosen = attempt
                break
    return [*chosen, last]


def _merged(changes: list[Change]) -> dict[str, Any]:
    return {name: value for change in changes for name, value in change.items()}


# ------------------------------------------------------------------ the rungs, each from mild to strong


def _sharding(config: ConfigStep, _least: int) -> list[Change]:
    if config.gpus == 1 or config.tuning == "qlora" or config.sharding in ("zero3", "fsdp"):
        return []
    return [*([{"sharding": "zero2"}] if config.sharding != "zero2" else []), {"sharding": "zero3"}]


def _checkpointing(config: ConfigStep, _least: int) -> list[Change]:
    return [] if config.gradient_checkpointing else [{"gradient_checkpointing": True}]


def _batch(config: ConfigStep, _least: int) -> list[Change]:
    rows = config.batch_size * config.accumulation
    # KTO compares the rows of a batch with one another: one row has nothing to be compared with.
    least = 2 if config.method == "kto" else 1
    sizes = (size for size in range(config.batch_size - 1, least - 1, -1) if rows % size == 0)
    return [{"batch_size": size, "accumulation": rows // size} for size in sizes]


def _reference(config: ConfigStep, _least: int) -> list[Change]:
    loads_one = config.method in ("dpo", "kto") and config.tuning == "full" and not config.precompute_reference
    return [{"precompute_reference": True}] if loads_one else []


def _optimizer(config: ConfigStep, _least: int) -> list[Change]:
    wide = config.optimizer in ("adamw_torch", "adamw_torch_fused", "paged_adamw_32bit")
    return [{"optimizer": "adamw_8bit"}, {"optimizer": "paged_adamw_8bit"}] if wide else []


def _answers(config: ConfigStep, _least: int) -> list[Change]:
    if config.method != "grpo":
        return []
    found: list[Change] = []
    batches = config.accumulation // 2
    # trl 1.16.0, GRPOConfig: the rows of an update are whole groups of answers.
    while batches and (config.batch_size * batches * config.gpus) % config.num_generations == 0:
        found.append({"accumulation": batches})
        batches //= 2
    return found


def _rank(config: ConfigStep, _least: int) -> list[Change]:
    return [] if config.tuning == "full" else list(_halves(config, _LEAST_RANK))


def _halves(config: ConfigStep, least: int) -> Iterator[Change]:
    rank, scale = config.lora_rank // 2, config.lora_alpha / config.lora_rank
    while rank >= least:
        # The adapter is multiplied by alpha divided by rank, which stays what it was.
        yield {"lora_rank": rank, "lora_alpha": max(1, round(rank * scale))}
        rank //= 2


def _lora(config: ConfigStep, _least: int) -> list[Change]:
    return [{"tuning": "lora"}] if config.tuning == "full" else []


def _bits(config: ConfigStep, bits: int) -> list[Change]:
    if config.tuning == "qlora" and config.quantisation_bits <= bits:
        return []
    change: dict[str, Any] = {"tuning": "qlora", "quantisation_bits": bits}
    # QLoRA in fp16 stops at its first step: advice/trl_limits.py.
    return [change if config.precision == "bf16" else {**change, "precision": "bf16"}]


def _eight_bits(config: ConfigStep, _least: int) -> list[Change]:
    return _bits(config, 8)


def _four_bits(config: ConfigStep, _least: int) -> list[Change]:
    return _bits(config, 4)


def _length(config: ConfigStep, least: int) -> list[Change]:
    knob = "max_completion_length" if config.method == "grpo" else "max_length"
    lengths: list[Change] = []
    length = getattr(config, knob) // 2
    while length >= least:
        lengths.append({knob: length})
        length //= 2
    return lengths


_RUNGS: dict[Rung, Callable[[ConfigStep, int], list[Change]]] = {
    "sharding": _sharding,
    "checkpointing": _checkpointing,
    "batch": _batch,
    "reference": _reference,
    "optimizer": _optimizer,
    "answers": _answers,
    "rank": _rank,
    "lora": _lora,
    "eight_bits": _eight_bits,
    "four_bits": _four_bits,
    "length": _length,
}

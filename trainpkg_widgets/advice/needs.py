"""Which cards a run needs as it stands, and how many: "make it fit" the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .estimate import MIB, estimate_of
from .memory import OutOfScopeError, verdict

if TYPE_CHECKING:
    from ..config_screen import Need
    from ..model_info import ModelInfo
    from ..settings.config_settings import ConfigSettings
    from ..steps import ConfigStep

# GPUs of one machine, as they are rented.
_COUNTS = (1, 2, 4, 8)


def what_it_needs(model: ModelInfo | None, config: ConfigStep, settings: ConfigSettings) -> tuple[Need, ...]:
    """For one, two, four and eight cards, the smallest of the settings that the run fits.

    On several cards it is divided among them (ZeRO 3), with as many rows to an update as on one. More cards are not
    listed where they would have to be as large.

    Raises:
        OutOfScopeError: nothing is known that an estimate could rest on.
    """
    from ..config_screen import Need

    cards = sorted(settings.gpus, key=lambda card: card.memory_mib)
    found: list[Need] = []
    rows = config.batch_size * config.accumulation * config.gpus
    for count in _COUNTS:
        changes = _divided(config, count, rows)
        if changes is None:
            continue
        run = config.model_copy(update=changes)
        for card in cards:
            if found and card.memory_mib >= found[-1].memory_mib:
                break
            try:
                estimate = estimate_of(model, run, card, settings.estimates.prompt_tokens)
            except OutOfScopeError:
                if count == 1:
                    raise
                break
            if verdict(estimate, card.memory_mib * MIB).answer == "fits":
                found.append(
                    Need(
                        gpu=card.name,
                        count=count,
                        memory_mib=card.memory_mib,
                        each_bytes=estimate.total,
                        changes=changes,
                    )
                )
                break
    return tuple(found)


def shared_out(config: ConfigStep, count: int) -> dict[str, Any]:
    """The knobs of the run on `count` cards, each with a copy where nothing is shared yet.

    An update has as many rows as before, where the cards can share those.
    """
    sharding = "none" if count == 1 else "ddp" if config.sharding == "none" else config.sharding
    knobs: dict[str, Any] = {"gpus": count, "sharding": sharding}
    rows = config.batch_size * config.accumulation * config.gpus
    if count > 0 and rows % (count * config.batch_size) == 0:
        knobs["accumulation"] = rows // (count * config.batch_size)
    return knobs


def _divided(config: ConfigStep, count: int, rows: int) -> dict[str, Any] | None:
    """The knobs of the run on `count` cards; None where that many share nothing, or can't share its updates."""
    if count == 1:
        one: dict[str, Any] = {"gpus": 1, "sharding": "none", "accumulation": max(1, rows // config.batch_size)}
        return one
    # bitsandbytes' weights are not divided by the plans that a package is written with.
    if config.tuning == "qlora" or rows % (count * config.batch_size):
        return None
    return {"gpus": count, "sharding": "zero3", "accumulation": rows // (count * config.batch_size)}

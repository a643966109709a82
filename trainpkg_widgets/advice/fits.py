"""Whether a model could be trained on a card: by the memory of a run, or by its weights where no dimension is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Fact, unknown
from .estimate import verdict_of
from .trainability import foreign_quantisation, untrainable_format

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import Gpu
    from ..settings.model_settings import FitSettings
    from ..steps import ConfigStep

_MIB = 1024.0**2


def fits_card(info: ModelInfo, config: ConfigStep, gpu: Gpu | None, fits: FitSettings) -> Fact[bool]:
    """Whether the run of `config` fits the card's memory, with the reason; unknown where nothing tells.

    A run that is tight on the card is taken to fit: what is tight can be cut.
    """
    if gpu is None:
        return unknown("no card is known")
    no_base = untrainable_format(info)
    if no_base.known or (no_base := foreign_quantisation(info)).known:
        return Fact(value=False, source=f"no training starts from it: {no_base.value} ({no_base.source})")
    if info.architecture.known:
        found = verdict_of(info, config, gpu)
        if found is not None:
            return Fact(value=found.answer != "no", source=f"{config.tuning}, {found.why}")
    weights, room = info.weight_bytes.value, gpu.memory_mib * _MIB * fits.weights_share
    if weights is None:
        return unknown(f"neither its dimensions nor its size are known ({info.weight_bytes.source})")
    said = f"its weights, {weights / 1e9:.1f} GB, beside {fits.weights_share:.0%} of {gpu.name}"
    return Fact(value=weights <= room, source=f"guess: {said}")

"""The memory of a config for a model on a card: what the screen, the findings and "make it fit" all ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .memory import MemoryEstimate, OutOfScopeError, Verdict, estimate_memory, verdict
from .run_of_config import run_of
from .trainability import bitsandbytes_quantisation, is_guess

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..settings.config_settings import Gpu
    from ..steps import ConfigStep
    from .run import Run

MIB = 1024.0**2


def estimate_of(
    model: ModelInfo | None, config: ConfigStep, gpu: Gpu | None, prompt_tokens: int = 512
) -> MemoryEstimate:
    """The memory of a run of `config` on each of its GPUs.

    Raises:
        OutOfScopeError: nothing is known that an estimate could rest on; the message says what is missing.
    """
    if model is None:
        raise OutOfScopeError("No model is chosen yet.")
    architecture = model.architecture.value
    if architecture is None:
        raise OutOfScopeError(f"The model's dimensions are not known: {model.architecture.source}.")
    run = run_of(config, architecture, gpu, prompt_tokens)
    if not is_quantised(model):
        return estimate_memory(architecture, run, parameters=model.parameters)
    return estimate_memory(architecture, as_stored(run, model), weight_bytes=model.weight_bytes)


def is_quantised(model: ModelInfo) -> bool:
    """Whether the checkpoint is quantised already, by more than its name."""
    return model.quantised.known and not is_guess(model.quantised)


def as_stored(run: Run, model: ModelInfo) -> Run:
    """The run with a checkpoint that is quantised already: it is loaded as it is, whatever `load_in_4bit` says."""
    # TRL 1.16 casts adapters beside bitsandbytes' weights to bfloat16 (`is_loaded_in_4bit`), and no others.
    adapters = "bf16" if bitsandbytes_quantisation(model).known else "fp32"
    return run.model_copy(update={"quantisation": "stored", "adapters": adapters})


def verdict_of(model: ModelInfo | None, config: ConfigStep, gpu: Gpu, prompt_tokens: int = 512) -> Verdict | None:
    """Whether a run fits a card; None where no estimate can be made."""
    try:
        return verdict(estimate_of(model, config, gpu, prompt_tokens), gpu.memory_mib * MIB)
    except OutOfScopeError:
        return None

"""The card in this machine, and the cards of the settings by name. That there is no card is a normal state."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from typing import Any

from .logs import get_logger
from .settings.config_settings import Gpu

_log = get_logger("gpu")

_MIB = 1024**2


def detect_gpu(gpus: Sequence[Gpu] = ()) -> Gpu | None:
    """The first NVIDIA card that a run in this environment would see; None without one, or without its driver.

    It asks the driver's library through nvidia-ml-py, which is optional. The driver does not tell how much a card
    computes: that is taken from `gpus`, where the card is one of them.
    """
    try:
        import pynvml
    except ImportError:
        _log.debug("nvidia-ml-py is not installed: no card is looked for")
        return None
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError, OSError) as error:
        _log.debug("there is no NVIDIA driver: %s", error)
        return None
    try:
        handle = _first_visible(pynvml)
        if handle is None:
            return None
        name = pynvml.nvmlDeviceGetName(handle)
        major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
        found = Gpu(
            # nvidia-ml-py before 11.5 gave bytes.
            name=_plain(name.decode() if isinstance(name, bytes) else str(name)),
            memory_mib=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total) // _MIB,
            compute_capability=float(f"{major}.{minor}"),
        )
        listed = listed_as(found, gpus)
        return found.model_copy(update={"peak_tflops": listed.peak_tflops}) if listed else found
    except pynvml.NVMLError as error:
        _log.warning("the NVIDIA driver did not answer: %s", error)
        return None
    finally:
        pynvml.nvmlShutdown()


def listed_as(gpu: Gpu, gpus: Sequence[Gpu]) -> Gpu | None:
    """The entry of `gpus` that a card as its driver names it is of: `A100-SXM4-80GB` is an `A100 80GB`."""
    words = set(_words(gpu.name))
    if "laptop" in words:
        return None  # by its name the same card, with half of what it computes
    alike = [
        listed
        for listed in gpus
        if set(_words(listed.name)) <= words and listed.compute_capability == gpu.compute_capability
    ]
    # An RTX 4060 Ti is no RTX 4060, and one of 16 GB none of 8.
    most = max((len(_words(listed.name)) for listed in alike), default=0)
    best = [listed for listed in alike if len(_words(listed.name)) == most]
    return min(best, key=lambda listed: abs(listed.memory_mib - gpu.memory_mib), default=None)


def _words(name: str) -> list[str]:
    """The words of a card's name but its memory, which differs by a few MiB from what is written on it."""
    return [word for word in name.casefold().replace("-", " ").split() if not re.fullmatch(r"\d+gb", word)]


def find_gpu(name: str, gpus: Sequence[Gpu]) -> Gpu:
    """The card of that name among `gpus`, whatever its capitals.

    Raises:
        ValueError: there is none; the message names the nearest one.
    """
    by_name = {gpu.name.casefold(): gpu for gpu in gpus}
    found = by_name.get(name.strip().casefold())
    if found is not None:
        return found
    near = difflib.get_close_matches(name.casefold(), by_name, 1, cutoff=0.4)
    hint = f"The nearest one is “{by_name[near[0]].name}”." if near else "The list is `gpus` in step2_config.yaml."
    raise ValueError(f"There is no card “{name}” in the list. {hint}")


def _first_visible(pynvml: Any) -> Any:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return pynvml.nvmlDeviceGetHandleByIndex(0) if pynvml.nvmlDeviceGetCount() else None
    first = visible.split(",")[0].strip()
    if first in ("", "-1"):
        return None
    if first.isdigit():
        return pynvml.nvmlDeviceGetHandleByIndex(int(first))
    return pynvml.nvmlDeviceGetHandleByUUID(first)


def _plain(name: str) -> str:
    for maker in ("NVIDIA GeForce ", "NVIDIA ", "GeForce ", "Tesla "):
        name = name.removeprefix(maker)
    return name

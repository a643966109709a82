"""The card in this machine, and the cards of the settings by name. That there is no card is a normal state."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .facts import shortened
from .logs import get_logger
from .settings.config_settings import Gpu

_log = get_logger("gpu")

_MIB = 1024**2
# A card with ECC reports up to 6 % less than its name says; one of another size differs by a fifth or more.
_ECC = 0.12


def detect_gpu(gpus: Sequence[Gpu] = ()) -> Gpu | None:
    """The first NVIDIA card that a run in this environment would see; None without one, or without its driver.

    It asks the driver's library through nvidia-ml-py, which is optional. The driver does not tell how much a card
    computes: that is taken from `gpus`, where the card is one of them.
    """
    with _driver() as pynvml:
        if pynvml is None:
            return None
        try:
            handle = next(_visible(pynvml), None)
            if handle is None:
                return None
            major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
            found = Gpu(
                name=_name(pynvml, handle),
                memory_mib=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total) // _MIB,
                compute_capability=float(f"{major}.{minor}"),
            )
        except pynvml.NVMLError as error:
            _log.warning("the NVIDIA driver did not answer: %s", error)
            return None
    listed = listed_as(found, gpus)
    if listed is None:
        return found
    return found.model_copy(update={"peak_tflops": listed.peak_tflops, "bandwidth_gbs": listed.bandwidth_gbs})


def count_gpus() -> int:
    """How many cards like the first one a run in this environment would see; 0 without one, or without its driver."""
    names: list[str] = []
    with _driver() as pynvml:
        if pynvml is None:
            return 0
        try:
            names.extend(_name(pynvml, handle) for handle in _visible(pynvml))
        except pynvml.NVMLError as error:
            # CUDA Programming Guide, CUDA_VISIBLE_DEVICES: those before one that is not there are seen.
            _log.warning("the NVIDIA driver did not answer for each card: %s", error)
    return names.count(names[0]) if names else 0


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


def is_card(gpu: Gpu, name: str, memory_mib: float) -> bool:
    """Whether a card as gpuhunt calls it is `gpu`: its `RTX4060Ti` of 16 GB is an `RTX 4060 Ti 16GB`."""
    return _run_together(gpu.name) == _run_together(name) and abs(gpu.memory_mib - memory_mib) <= _ECC * memory_mib


def _run_together(name: str) -> str:
    """`RTX A4000` and gpuhunt's `A4000` are one."""
    name = re.sub(r"\s\d+GB$", "", name).replace(" ", "").casefold().removeprefix("quadro")
    return name.removeprefix("rtx") if name.startswith("rtxa") else name


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
    raise ValueError(f"There is no card “{shortened(name)}” in the list. {hint}")


@contextmanager
def _driver() -> Iterator[Any]:
    """nvidia-ml-py with the driver's library opened; None where either is missing."""
    try:
        import pynvml
    except ImportError:
        _log.debug("nvidia-ml-py is not installed: no card is looked for")
        yield None
        return
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError, OSError) as error:
        _log.debug("there is no NVIDIA driver: %s", error)
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def _visible(pynvml: Any) -> Iterator[Any]:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        for index in range(pynvml.nvmlDeviceGetCount()):
            yield pynvml.nvmlDeviceGetHandleByIndex(index)
        return
    for name in map(str.strip, visible.split(",")):
        if name in ("", "-1"):
            return
        if name.isdigit():
            yield pynvml.nvmlDeviceGetHandleByIndex(int(name))
        else:
            yield pynvml.nvmlDeviceGetHandleByUUID(name)


def _name(pynvml: Any, handle: Any) -> str:
    name = pynvml.nvmlDeviceGetName(handle)
    # nvidia-ml-py before 11.5 gave bytes.
    return _plain(name.decode() if isinstance(name, bytes) else str(name))


def _plain(name: str) -> str:
    for maker in ("NVIDIA GeForce ", "NVIDIA ", "GeForce ", "Tesla "):
        name = name.removeprefix(maker)
    return name

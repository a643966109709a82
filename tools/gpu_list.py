"""Tells where the cards of the settings differ from those of gpuhunt.

Run in an environment with gpuhunt (pip install gpuhunt):

    python -m tools.gpu_list

It prints a line for each difference that was not decided on, and ends with 1 where there is one. With `--record` it
prints the cards of gpuhunt instead, as the tests hold them: `tests/recorded/gpus_gpuhunt_<version>.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NamedTuple

from trainpkg_widgets.gpu import is_card
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.config_settings import Gpu

# What differs on purpose: the card and what of it, with why.
DECIDED = {
    ("P100", "missing"): "torch 2.13's wheels for CUDA 13 begin at compute capability 7.5",
    ("V100", "missing"): "torch 2.13's wheels for CUDA 13 begin at compute capability 7.5",
    ("B300", "capability"): "10.3 by developer.nvidia.com/cuda-gpus and by its driver",
    ("GB300", "capability"): "10.3 by developer.nvidia.com/cuda-gpus and by its driver",
    ("H100 PCIe", "unknown"): "gpuhunt has one H100 of 80 GB; this one computes a quarter less",
}


class KnownGpu(NamedTuple):
    """A card of gpuhunt: memory in GiB as its name says."""

    name: str
    memory_gib: float
    compute_capability: float


class Difference(NamedTuple):
    """A card by its name in gpuhunt, or in the settings where only they have it; what differs, and that in words."""

    name: str
    what: str
    words: str


def differences(listed: Sequence[Gpu], known: Sequence[KnownGpu]) -> list[Difference]:
    """Where `listed` and `known` do not hold the same cards, memory (within 12 %) and compute capability."""
    found: list[Difference] = []
    for card in sorted(set(known)):
        alike = [gpu for gpu in listed if is_card(gpu, card.name, gpu.memory_mib)]
        same = [gpu for gpu in alike if is_card(gpu, card.name, card.memory_gib * 1024)]
        if not alike:
            found.append(Difference(card.name, "missing", f"{card.memory_gib:g} GB is not in the settings"))
        elif not same:
            sizes = ", ".join(f"{gpu.memory_mib} MiB" for gpu in alike)
            found.append(Difference(card.name, "memory", f"{card.memory_gib:g} GB; the settings have {sizes}"))
        found += [
            Difference(
                card.name, "capability", f"{card.compute_capability}; the settings have {gpu.compute_capability}"
            )
            for gpu in same
            if gpu.compute_capability != card.compute_capability
        ]
    for gpu in listed:
        if not any(is_card(gpu, card.name, card.memory_gib * 1024) for card in known):
            found.append(Difference(gpu.name, "unknown", f"gpuhunt has none of {gpu.memory_mib} MiB"))
    return found


def installed() -> list[KnownGpu]:
    """The NVIDIA cards of the gpuhunt that is installed."""
    from gpuhunt import KNOWN_NVIDIA_GPUS

    return sorted(
        {KnownGpu(gpu.name, gpu.memory, float("{}.{}".format(*gpu.compute_capability))) for gpu in KNOWN_NVIDIA_GPUS}
    )


def main() -> int:
    known = installed()
    if "--record" in sys.argv[1:]:
        rows = ",\n".join(f"    {json.dumps(card._asdict())}" for card in known)
        print(f'{{\n  "gpuhunt": "{version("gpuhunt")}",\n  "gpus": [\n{rows}\n  ]\n}}')
        return 0
    open_ones = [
        found for found in differences(load_settings().config.gpus, known) if (found.name, found.what) not in DECIDED
    ]
    for found in open_ones:
        print(f"{found.name}: {found.what}: {found.words}")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())

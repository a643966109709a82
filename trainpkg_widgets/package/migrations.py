"""Manifests of earlier formats in the form of the newest: one step a format, each by what changed in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NEWEST = 2

Step = Callable[[dict[str, Any]], dict[str, Any]]


def migrated(data: dict[str, Any]) -> dict[str, Any]:
    """The content of a manifest in the newest format.

    Raises:
        ValueError: it is of a format that is not known: of a later version, or of none.
    """
    found = data.get("format")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= NEWEST:
        raise ValueError(f"format {found!r}; this version of trainpkg_widgets reads formats 1 to {NEWEST}")
    for format_ in range(found, NEWEST):
        data = _STEPS[format_](data)
    return data


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 0.1 made packages of SFT whose rows lie in them, so that nothing has to be prepared before a run."""
    return {**data, "format": 2, "prepare": data.get("prepare", "")}


_STEPS: dict[int, Step] = {1: _from_1}

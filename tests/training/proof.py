"""What the proofs saw of each target, method and tuning, kept beside the targets: `package/targets/proven.json`.

A test says what it is about to see by `proves`; where it passes, that is a cell of the matrix, and where it fails the
cell is taken out. Written down by `make prove` only (RECORD_PROOF=1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from trainpkg_widgets.package.targets.proven import PLACE
from trainpkg_widgets.settings import load_settings

# The more is seen of a cell, the higher.
WAYS = ("checked", "parsed", "ran")

Cell = tuple[str, str, str, str]


def merged(
    before: dict[str, dict[str, dict[str, dict[str, str]]]], seen: Iterable[Cell], failed: Iterable[Cell]
) -> str:
    """The text of the file: what was seen before of the same version, what was seen now, without what failed."""
    versions = {name: target.version for name, target in load_settings().deploy.targets.items()}
    table = {name: before.get(name, {}).get(version, {}) for name, version in versions.items()}
    for target, method, tuning, _ in failed:
        table[target].get(method, {}).pop(tuning, None)
    lost = {cell[:3] for cell in failed}
    for target, method, tuning, way in seen:
        row = table[target].setdefault(method, {})
        if (target, method, tuning) not in lost and WAYS.index(way) >= WAYS.index(row.get(tuning, "checked")):
            row[tuning] = way
    whole = {name: {versions[name]: rows} for name, rows in table.items()}
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def record(seen: Iterable[Cell], failed: Iterable[Cell], place: Path = PLACE) -> None:
    """Write down what was seen."""
    before = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    place.write_text(merged(before, seen, failed), encoding="utf-8")

"""What is proven of each target: `proven.json`, written by the proofs that were run, for the docs and the wizard.

In it: {target: {version: {method: {tuning: "ran", "parsed" or "checked"}}}}.
"""

from __future__ import annotations

import json
from pathlib import Path

from ...advice.target_offers import METHOD_NAMES

PLACE = Path(__file__).with_name("proven.json")

TUNING_NAMES = {"full": "every weight", "lora": "LoRA", "qlora": "QLoRA"}

_SAYS = {
    "ran": "a small model was trained from such a package, on a processor",
    "parsed": "its own parser takes such a config; it was never run",
    "checked": "such a package was held against the names that it knows; it was never run",
}


def proven(target: str, version: str) -> dict[str, dict[str, str]]:
    """Method → tuning → what was seen, of that version; empty where nothing was."""
    table: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(PLACE.read_text(encoding="utf-8"))
    return table.get(target, {}).get(version, {})


def proven_words(target: str, label: str, version: str, method: str, tuning: str) -> str:
    """What is proven of a choice, in a sentence for the deploy step; empty where nothing is."""
    way = proven(target, version).get(method, {}).get(tuning)
    if way is None:
        return ""
    name = METHOD_NAMES[method]
    return f"Proven of {label} {version} for {name}, {TUNING_NAMES[tuning]}: {_SAYS[way]}."

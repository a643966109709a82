"""Checkpoints that a run left: which of them are whole, and which is the last; and whether it saved what it trained."""

from __future__ import annotations

import json
import re
from pathlib import Path

_NAME = re.compile(r"checkpoint-(\d+)")

_WEIGHTS = frozenset({".safetensors", ".bin", ".pt"})

# transformers 5.23, trainer_jit_checkpoint.py: stands in a checkpoint while a stop saves it.
_UNDER_WAY = "checkpoint-is-incomplete.txt"


def last_checkpoint(output: Path) -> Path | None:
    """The whole checkpoint of the highest step in `output`, None where there is none."""
    found = []
    try:
        entries = list(output.iterdir())
    except OSError:
        return None
    for path in entries:
        name = _NAME.fullmatch(path.name)
        if name and _is_whole(path):
            found.append((int(name[1]), path))
    return max(found)[1] if found else None


def saved_at(output: Path) -> float | None:
    """When something was last written below `output`, in seconds since 1970; None where no weights lie in it."""
    try:
        if not any(path.suffix in _WEIGHTS for path in output.iterdir()):
            return None
        return max(path.stat().st_mtime for path in output.rglob("*"))
    except OSError:
        return None


def _is_whole(path: Path) -> bool:
    """Trainer._save_checkpoint (transformers 5.23) writes trainer_state.json last: a torn one has none that is JSON."""
    if (path / _UNDER_WAY).exists():
        return False
    try:
        return isinstance(json.loads((path / "trainer_state.json").read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        return False

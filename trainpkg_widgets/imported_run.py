"""A run that a trainer's own YAML describes, kept as it is written there."""

from __future__ import annotations

from typing import Any, Literal

from .facts import Frozen

Trainer = Literal["trl", "axolotl", "llamafactory"]


class ImportedRun(Frozen):
    """The file a session was made from. While a session holds it, what is known is about the run as it is written.

    `method` is the trainer's sub-command in our words (sft, dpo, …). `keys` are all keys of the file but secrets.
    `folder` is what relative paths in it start from; `source` is the file itself, empty where there was none.
    """

    trainer: Trainer
    version: str
    method: str
    keys: dict[str, Any]
    source: str = ""
    folder: str = ""

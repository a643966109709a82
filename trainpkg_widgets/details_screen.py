"""What the details panel of the model step shows: an answer to the `details` intent, and no trait."""

from __future__ import annotations

from typing import Literal

from .facts import Frozen


class FactLine(Frozen):
    """One fact of an opened model in words; `text` is empty where it is unknown, and `source` then says why."""

    group: str
    label: str
    text: str
    source: str


class FileLine(Frozen):
    """One file of a model's repository; None where nobody said its bytes."""

    path: str
    bytes: int | None
    role: Literal["weights", "read", "other"]


class DetailsView(Frozen):
    """An opened model: what is known of it, what is not and why, its files, and where to read more."""

    id: str
    name: str
    facts: tuple[FactLine, ...]
    unknown: tuple[FactLine, ...]
    files: tuple[FileLine, ...]
    more_files: int = 0
    page: str = ""
    licence_link: str = ""

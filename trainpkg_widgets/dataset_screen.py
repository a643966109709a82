"""What the dataset step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from typing import Literal

from .facts import Finding, Frozen
from .screens import Option


class RowsView(Frozen):
    """Some rows of the dataset, cells as text cut to a readable length."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    offset: int = 0
    total: int = 0


class RowsBeingRead(Frozen):
    """A dataset that is still being read: its first rows, what they seem to be, and how far it is (0 to 1)."""

    name: str = ""
    says: str = ""
    first: RowsView = RowsView()
    share: float = 0.0
    words: str = ""


class SourceChoice(Frozen):
    """A file, a folder or a variable that could be the dataset."""

    kind: Literal["file", "folder", "variable"]
    name: str
    detail: str


class DatasetCard(Frozen):
    """A dataset of the Hub in a list of results. Counts are None where the Hub does not say."""

    id: str
    downloads: int | None = None
    likes: int | None = None
    gated: bool = False
    updated: str = ""
    about: str = ""


class DatasetResults(Frozen):
    """Datasets that were found. `notice` says why there are none, or that an old answer is shown."""

    query: str
    cards: tuple[DatasetCard, ...] = ()
    notice: Finding | None = None


class DatasetMenus(Frozen):
    """The menus of the dataset step. They do not change while a session lives."""

    formats: tuple[Option, ...] = ()
    file_types: tuple[str, ...] = ()

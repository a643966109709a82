"""What draws itself as a table in a notebook, and as text elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from .facts import Frozen


class Table(Frozen):
    """A view with rows of text (`_table`), and what is said below them (`_caption`)."""

    def _table(self) -> tuple[tuple[str, ...], ...]:
        raise NotImplementedError

    def _caption(self) -> str:
        return ""

    def __str__(self) -> str:
        rows = self._table()
        widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
        lines = ["  ".join((*map(str.ljust, row[:-1], widths), row[-1])).rstrip() for row in rows]
        return "\n".join((*lines, self._caption())).strip()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._table()
        )
        return f"<table>{cells}</table><p>{escape(self._caption())}</p>"

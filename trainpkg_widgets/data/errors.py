"""What is raised when rows can't be read: what happened, what was found, and what to do next."""

from __future__ import annotations


class ReadingCancelledError(Exception):
    """Rows were being read, and are not wanted any more."""


class DataError(ValueError):
    """Rows that can't be read or used.

    `code` is stable and made for programs, `message` is one sentence, `evidence` is what was found, `hint` is what
    to do next. `line` is the line of the file (the first is 1) where there is one; `broken` are all lines that can't be
    read, where the others can.
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        evidence: str = "",
        line: int | None = None,
        broken: tuple[int, ...] = (),
    ) -> None:
        self.code = code
        self.message = message
        self.hint = hint
        self.evidence = evidence
        self.line = line
        self.broken = broken
        super().__init__(" ".join(part for part in (message, evidence, hint) if part))

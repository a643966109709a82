"""What is raised when rows can't be read: what happened, what was found, and what to do next."""

from __future__ import annotations


class DataError(ValueError):
    """Rows that can't be read or used.

    `code` is stable and made for programs, `message` is one sentence, `evidence` is what was found, `hint` is what
    to do next. `line` is the line of the file (the first is 1) where there is one.
    """

    def __init__(self, code: str, message: str, hint: str = "", evidence: str = "", line: int | None = None) -> None:
        self.code = code
        self.message = message
        self.hint = hint
        self.evidence = evidence
        self.line = line
        super().__init__(" ".join(part for part in (message, evidence, hint) if part))

"""What is said when settings can't be used: where, what was found, what was expected, what was probably meant."""

from __future__ import annotations


class SettingsError(ValueError):
    """A wrong option, file or value in the settings.

    `path` is the file or `arguments`, `line` and `column` count from 1 and are None where there is no text behind a
    value, `option` is the dotted name of the option, `suggestion` the nearest name or value that exists.
    """

    def __init__(
        self,
        *,
        path: str,
        found: str,
        expected: str,
        option: str = "",
        line: int | None = None,
        column: int | None = None,
        suggestion: str = "",
    ) -> None:
        self.path = path
        self.option = option
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
        self.suggestion = suggestion
        super().__init__(self._message())

    def _message(self) -> str:
        place = self.path
        if self.line is not None:
            place += f", line {self.line}, column {self.column}"
        what = f"{self.option}: " if self.option else ""
        hint = f" Did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{place}: {what}found {self.found}; expected {self.expected}.{hint}"

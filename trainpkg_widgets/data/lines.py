"""The lines of a text file, one at a time and of bounded length, as UTF-8 text."""

from __future__ import annotations

import codecs
from pathlib import Path

from .errors import DataError

_OTHER_ENCODINGS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
# Each refill lets other threads run, and waits for its turn to go on: of Python's 8 KB a third of the time went there.
_BUFFER = 1 << 18
_SHOWN_BYTES = 24


class TextLines:
    """Iterates over the lines of a file with their ends. `number` is the last line given, `end` the byte after it.

    Args:
        path: the file; a byte order mark of UTF-8 at its start is left out.
        longest: the most bytes that one line may have.
        start: the byte to begin at, which must begin a line.
        number: how many lines lie before `start`.
    """

    def __init__(self, path: Path, longest: int, start: int = 0, number: int = 0) -> None:
        self.number = number
        self._longest = longest
        self._file = path.open("rb", buffering=_BUFFER)
        head = self._file.read(3)
        for mark, name in _OTHER_ENCODINGS.items():
            if head.startswith(mark):
                self._file.close()
                raise DataError(
                    "encoding", f"{path.name} is written in {name}.", "Save it as UTF-8, then choose it again."
                )
        self.end = start or (len(codecs.BOM_UTF8) if head == codecs.BOM_UTF8 else 0)
        self._file.seek(self.end)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> TextLines:
        return self

    def __next__(self) -> str:
        """The next line.

        Raises:
            DataError: it is longer than `longest`, or it isn't UTF-8.
        """
        raw = self._file.readline(self._longest + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        self.end += len(raw)
        if len(raw) > self._longest:
            raise DataError(
                "line-too-long",
                f"Line {self.number} is longer than {self._longest / 1e6:g} MB.",
                "Check that each row stands on its own line; the limit is limits.line_mb in step3_dataset.yaml.",
                line=self.number,
            )
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            near = raw[max(0, error.start - _SHOWN_BYTES) : error.start + _SHOWN_BYTES]
            raise DataError(
                "encoding",
                f"Line {self.number} is not UTF-8 text.",
                "Save the file as UTF-8 (a spreadsheet calls it “CSV UTF-8”), then choose it again.",
                f"Byte {error.start + 1} of the line, near {near.decode('utf-8', 'replace')!r}.",
                self.number,
            ) from None

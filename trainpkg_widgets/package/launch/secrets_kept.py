"""Secrets that a run inherits, and taking them out of what it wrote: a log is shown, and handed on for help."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ...logs import redact

_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE)
_SHORTEST = 8
_HIDDEN = "***"


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables that are named like secrets, the longest first."""
    found = {value for name, value in environment.items() if _NAMES.search(name) and len(value) >= _SHORTEST}
    return tuple(sorted(found, key=len, reverse=True))


def hide(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text with these secrets, and whatever looks like a token of the Hub, made unreadable."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return redact(text)


def scrub(path: Path, secrets: tuple[str, ...]) -> None:
    """Take secrets out of a file that nobody writes to any more; it is left alone where it holds none."""
    with suppress(OSError):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        clean = hide(text, secrets)
        if clean != text:
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(clean.encode("utf-8", "surrogateescape"))
            Path(draft).replace(path)

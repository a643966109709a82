"""What is wrong with a text, whoever says it: broken characters, and what should not be learnt by heart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from ..package.secret_shapes import secret_in


class TextChecks(Protocol):
    """Which checks of a text are made."""

    @property
    def broken_characters(self) -> bool:
        """Whether broken characters are looked for."""
        ...

    @property
    def secrets(self) -> bool:
        """Whether tokens and keys are."""
        ...

    @property
    def addresses(self) -> bool:
        """Whether e-mail addresses are."""
        ...


# What UTF-8 looks like after it was read as Windows-1252 and saved again: “â€™” for ’, “Ã©” for é, “Â ” for a no-break
# space. The letters before are those that its first bytes become.
MOJIBAKE = re.compile(r"[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00bf™œ˜“”¦¢\u009d]|ï»¿|ðŸ")
LOST = "\ufffd"
_BREAKS = ("Ã", "Â", "â", "ï", "ð")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
# Reserved for examples by RFC 2606: nobody's.
_NOBODYS = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid")


def text_problems(text: str, settings: TextChecks) -> Iterator[tuple[str, str]]:
    """Problems of a text, each a code and what was seen. Neither a secret nor an address is ever returned."""
    if settings.broken_characters and (broken := broken_characters(text)):
        if broken == LOST:
            yield "broken-characters", f"there is a “{LOST}”, which stands for a character that was lost"
        else:
            yield "broken-characters", f"there is “{broken}”, as where UTF-8 was read as Windows-1252"
    if settings.secrets and (kind := secret_in(text)):
        yield "secret-seen", f"it looks like {kind}"
    if settings.addresses and "@" in text and any(not _is_nobodys(found.group()) for found in _EMAIL.finditer(text)):
        yield "email-seen", ""


def broken_characters(text: str) -> str | None:
    """The first characters that are broken, None where none are."""
    if text.isascii():
        return None
    if LOST in text:
        return LOST
    # Single characters are found many times more quickly than the pattern is.
    starts = (at for mark in _BREAKS for at in _places(mark, text))
    return next((found.group() for at in sorted(starts) if (found := MOJIBAKE.match(text, at))), None)


def _places(mark: str, text: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + 1)


def _is_nobodys(address: str) -> bool:
    return address.lower().endswith(_NOBODYS)

"""Whoever has a session behind it: a session itself, and a wizard. Their verbs are the same, and written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Session


class OnSession:
    """Has a session, which the verbs act on."""

    session: Session

"""Rows that keep the last look at all of them: a choice about rows in use looks at them no second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .large_look import LargeLook
    from .row_scan import Plan


class KeepsLook:
    """Its `last_look` is the plan of that look, and what the rows came to; None before the first.

    Rows of a list in the notebook are none of these: it may be another by then, and nothing would tell.
    """

    last_look: tuple[Plan, LargeLook] | None = None

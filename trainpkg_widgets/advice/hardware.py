"""Choosing what a run is rented: the cheapest machine whose card holds the estimate, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

from ..machine_offers import Offer


def cheapest_that_holds(offered: Sequence[Offer], needed_bytes: float | None, usable: float) -> Offer | None:
    """The cheapest machine with a card of which `usable`, a share, holds `needed_bytes`; the largest where none does.

    Where the need is unknown it is the largest single card: that wastes money, and too small a one wastes the run.
    """
    with_card = sorted((one for one in offered if one.card_bytes), key=lambda one: (one.per_hour, one.name))
    if needed_bytes is not None:
        for one in with_card:
            if (one.card_bytes or 0) * usable >= needed_bytes:
                return one
    return max(with_card, key=lambda one: (one.card_bytes or 0, -one.per_hour), default=None)


def holds(one: Offer, needed_bytes: float | None, usable: float) -> bool:
    """Whether a card of it holds the estimate; yes where nothing is known of either."""
    return needed_bytes is None or one.card_bytes is None or one.card_bytes * usable >= needed_bytes


def timeout_hours(seconds: float | None, spare: float, least: float, unknown: float) -> float:
    """How long a run may take before it is ended: the estimate and a share more, in hours, by the half."""
    if seconds is None:
        return unknown
    hours = seconds / 3600 * (1 + spare)
    return max(least, -(-hours * 2 // 1) / 2)

"""Machines that are let by the hour: what `hub/hardware.py` and `clouds.py` read, and prices of a run are made of."""

from __future__ import annotations

from .facts import Frozen


class Offer(Frozen):
    """One machine: its name, the kind and number of its cards, the bytes of one, and US dollars for an hour of it.

    `listed` is the day of the list that it is from, where the list names one (ISO 8601).
    """

    name: str
    label: str
    gpu: str
    count: int
    per_hour: float
    card_bytes: float | None = None
    listed: str = ""


class PriceList(Frozen):
    """Machines that have cards, and when they were read (ISO 8601, UTC)."""

    offers: tuple[Offer, ...]
    as_of: str

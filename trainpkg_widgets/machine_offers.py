"""Machines that are let by the hour: what `hub/hardware.py` reads and prices of a run are made of."""

from __future__ import annotations

from .facts import Frozen


class Offer(Frozen):
    """One machine: its name, the kind and number of its cards, the bytes of one, and US dollars for an hour of it."""

    name: str
    label: str
    gpu: str
    count: int
    per_hour: float
    card_bytes: float | None = None


class PriceList(Frozen):
    """Machines that have cards, and when they were read (ISO 8601, UTC)."""

    offers: tuple[Offer, ...]
    as_of: str

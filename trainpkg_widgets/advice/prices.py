"""What a run would cost on machines that are offered for money: time as a range, times their price. Pure arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config_screen import CostsView, Price

if TYPE_CHECKING:
    from ..machine_offers import PriceList

_SECONDS = 3600.0


def prices_of(costs: CostsView, listed: PriceList, source: str) -> tuple[Price, ...]:
    """The price of a run on each machine of a list with as many cards of its kind, the cheapest first."""
    found = []
    for offer in listed.offers:
        if offer.count != costs.gpus or not _is_kind(offer.gpu, costs.gpu):
            continue
        low, high = (
            seconds / _SECONDS * offer.per_hour if seconds is not None else None
            for seconds in (costs.seconds_low, costs.seconds_high)
        )
        told = {"source": source, "as_of": listed.as_of, "listed": offer.listed}
        found.append(Price(offer=offer.label, per_hour=offer.per_hour, low=low, high=high, **told))
    return tuple(sorted(found, key=lambda price: price.per_hour))


def _is_kind(offered: str, card: str) -> bool:
    """Whether `A10G` is what the settings call `A10G`, and `A100` their `A100 80GB`, but not `A10`."""
    words, wanted = card.casefold().replace("-", " ").split(), offered.casefold().replace("-", " ").split()
    return bool(wanted) and words[: len(wanted)] == wanted

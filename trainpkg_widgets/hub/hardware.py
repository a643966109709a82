"""What HF Jobs offers and asks for it: machines with their cards, and dollars an hour, as the Hub lists them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from threading import Event
from typing import TYPE_CHECKING, Any

from ..logs import get_logger
from ..machine_offers import Offer, PriceList
from .errors import NotJsonError

if TYPE_CHECKING:
    from .client import HubClient

_log = get_logger("hub")

# huggingface_hub 2.4, list_jobs_hardware: where it asks. No token is needed.
_PATH = "/api/jobs/hardware"
_HOURS = {"minute": 1 / 60, "hour": 1.0, "second": 1 / 3600}


def job_offers(client: HubClient, cancelled: Event | None = None) -> PriceList:
    """The machines of HF Jobs that have cards. One that can't be read is left out.

    Raises:
        HubError: the Hub gave no list.
    """
    answer = client.get_json(_PATH, cancelled=cancelled)
    if not isinstance(answer.body, list):
        hint = "Look at the prices on huggingface.co instead."
        raise NotJsonError("What came is not the list of HF Jobs' machines.", hint=hint)
    offers = [offer for entry in answer.body if (offer := _offer(entry)) is not None]
    read = datetime.now(timezone.utc) - timedelta(seconds=answer.age_seconds)
    return PriceList(offers=tuple(offers), as_of=read.isoformat(timespec="seconds"))


def _offer(entry: Any) -> Offer | None:
    try:
        accelerator = entry.get("accelerator")
        if not accelerator:
            return None
        hours = _HOURS[entry["unitLabel"]]
        return Offer(
            name=str(entry["name"])[:80],
            label=str(entry["prettyName"])[:80],
            gpu=str(accelerator["model"])[:80],
            count=int(accelerator["quantity"]),
            per_hour=float(entry["unitCostUSD"]) / hours,
            card_bytes=_card_bytes(accelerator.get("vram"), int(accelerator["quantity"])),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        _log.debug("a machine of HF Jobs can't be read: %r", error)
        return None


def _card_bytes(said: Any, count: int) -> float | None:
    """The memory of one card: the list gives that of all cards of a machine together, as "96 GB"."""
    found = re.match(r"([\d.]+) GB", str(said))
    return float(found[1]) * 1e9 / count if found and count else None

"""What clouds ask for machines with cards, by the catalogues of gpuhunt: an optional package, used on demand."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from .gpu import is_card
from .logs import get_logger
from .machine_offers import Offer, PriceList

if TYPE_CHECKING:
    from .settings.config_settings import CloudSettings, Gpu

_log = get_logger("clouds")

# How often it is looked whether the answer has come, or nobody waits for it any more.
_LOOK_SECONDS = 0.1


class NoCloudPricesError(Exception):
    """Raised where the catalogues can't be had; the message is a sentence, with what to do next."""


class Clouds:
    """The catalogues of gpuhunt, read when they are first asked for and kept for as long as the settings say."""

    def __init__(self, settings: CloudSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._reading: Thread | None = None
        self._catalog: Any = None
        self._read_at = 0.0
        self._read = ""
        self._failed = ""

    def offers(self, gpu: Gpu, count: int, cancelled: Event | None = None) -> PriceList:
        """The cheapest machine of each cloud with `count` cards of this kind, on demand.

        Raises:
            NoCloudPricesError: gpuhunt is not installed, no catalogue can be reached, or waiting for it was ended.
        """
        self._wait(cancelled or Event())
        try:
            # Offers with a flag are of another kind: reserved for weeks, or of a processor that few images are for.
            items = self._catalog.query(
                min_gpu_count=count, max_gpu_count=count, gpu_vendor="nvidia", spot=False, allowed_flags=()
            )
        except (OSError, ValueError) as error:
            raise NoCloudPricesError(f"gpuhunt's catalogues can't be read: {error}.") from error
        cheapest: dict[str, Any] = {}
        for item in items:
            if not is_card(gpu, item.gpu_name or "", (item.gpu_memory or 0) * 1024):
                continue
            if item.provider not in cheapest or item.price < cheapest[item.provider].price:
                cheapest[item.provider] = item
        found = sorted(cheapest.values(), key=lambda item: (item.price, item.provider))[: self._settings.shown]
        return PriceList(offers=tuple(map(self._offer, found)), as_of=self._read)

    def _offer(self, item: Any) -> Offer:
        version = getattr(self._catalog.catalog.get(item.provider), "version", "")
        return Offer(
            name=item.instance_name,
            label=f"{item.provider} {item.instance_name}, {item.location}"[:120],
            gpu=item.gpu_name,
            count=item.gpu_count,
            per_hour=item.price,
            card_bytes=item.gpu_memory * 1024.0**3,
            listed=_date(version),
        )

    def _wait(self, cancelled: Event) -> None:
        """Have the catalogues: those that are kept, or new ones, read by a thread, as gpuhunt waits without end."""
        with self._lock:
            if self._catalog is not None and monotonic() - self._read_at < self._settings.keep_seconds:
                return
            if self._reading is None or not self._reading.is_alive():
                self._failed = ""
                self._reading = Thread(target=self._load, name="gpuhunt", daemon=True)
                self._reading.start()
            reading = self._reading
        end = monotonic() + self._settings.timeout_seconds
        while reading.is_alive() and monotonic() < end and not cancelled.is_set():
            reading.join(_LOOK_SECONDS)
        if reading.is_alive():
            seconds = f"{self._settings.timeout_seconds:g} seconds"
            why = "Nobody waits for it any more." if cancelled.is_set() else f"None of them came within {seconds}."
            raise NoCloudPricesError(f"gpuhunt's catalogues are still being fetched. {why}")
        if self._failed:
            raise NoCloudPricesError(self._failed)

    def _load(self) -> None:
        try:
            import gpuhunt
        except ImportError:
            self._failed = "Prices of clouds come with gpuhunt: pip install 'trainpkg_widgets[clouds]'."
            return
        import logging

        # It logs the traceback of each catalogue that can't be had, which Python prints where nobody listens.
        logging.getLogger("gpuhunt").addHandler(logging.NullHandler())
        catalog = self._catalog or gpuhunt.Catalog(auto_reload=False)
        try:
            # gpuhunt 0.1.34, Catalog.query: with this set, files are read and nothing is fetched.
            if "GPUHUNT_CATALOG_DIR" not in os.environ:
                catalog.load()
        except gpuhunt.GPUHuntError as error:
            _log.debug("no catalogue of gpuhunt could be had: %r", error.__cause__ or error)
            self._failed = "gpuhunt's catalogues of clouds can't be reached from here."
            return
        read = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._catalog, self._read, self._read_at = catalog, read, monotonic()


def _date(version: str) -> str:
    """`20261120-417` is a catalogue of 20 November 2026; what begins otherwise tells no day."""
    try:
        return datetime.strptime(version[:8], "%Y%m%d").date().isoformat()
    except ValueError:
        return ""

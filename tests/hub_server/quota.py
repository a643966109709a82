"""The Hub's quota: a fixed window for each caller and each kind of request, told in every answer's headers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .answers import Refusal

# hub-docs, rate-limits (values of September 2025): per window, anonymous by address, signed in by account.
ANONYMOUS = {"api": 500, "resolvers": 3000, "pages": 100}
SIGNED_IN = {"api": 1000, "resolvers": 5000, "pages": 200}


@dataclass(frozen=True)
class Quota:
    """How many requests a window of `window_seconds` admits, for each kind."""

    anonymous: Mapping[str, int] = field(default_factory=lambda: dict(ANONYMOUS))
    signed_in: Mapping[str, int] = field(default_factory=lambda: dict(SIGNED_IN))
    window_seconds: int = 300

    @classmethod
    def of(cls, api: int, *, resolvers: int = 3000, window_seconds: int = 300) -> Quota:
        """The same small quota for everyone."""
        limits = {"api": api, "resolvers": resolvers, "pages": 100}
        return cls(limits, limits, window_seconds)


def kind_of(path: str) -> str:
    """Which quota a request counts against."""
    if path.startswith("/api/resolve-cache/") or "/resolve/" in path:
        return "resolvers"
    return "api" if path.startswith("/api/") else "pages"


class QuotaCounter:
    """Counts the requests of each caller in its current window."""

    def __init__(self, quota: Quota, clock: Callable[[], float]) -> None:
        self._quota = quota
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def count(self, caller: str, kind: str, *, signed_in: bool) -> tuple[dict[str, str], bool]:
        """Count one request: its headers, and whether it is still within the quota."""
        limit = (self._quota.signed_in if signed_in else self._quota.anonymous)[kind]
        window = self._quota.window_seconds
        with self._lock:
            now = self._clock()
            start, used = self._windows.get((caller, kind), (now, 0))
            if now - start >= window:
                start, used = now, 0
            used += 1
            self._windows[caller, kind] = (start, used)
        headers = ratelimit_headers(
            kind, remaining=max(0, limit - used), reset=max(1, round(start + window - now)), limit=limit, window=window
        )
        return headers, used <= limit


def ratelimit_headers(kind: str, *, remaining: int, reset: int, limit: int, window: int) -> dict[str, str]:
    """The two headers, in the form recorded from the Hub (`t` and `w` in seconds)."""
    return {
        "RateLimit": f'"{kind}";r={remaining};t={reset}',
        "RateLimit-Policy": f'"fixed window";"{kind}";q={limit};w={window}',
    }


def too_many(address: str) -> Refusal:
    """The 429 that follows."""
    return Refusal(
        429,
        f"We had to rate limit your IP ({address}). To continue using our service, create a HF account or login to "
        "your existing account, and make sure you pass a HF_TOKEN if you're using the API.",
    )

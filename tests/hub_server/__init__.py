"""A Hub on loopback that tells the truth about the protocol: `with HubServer() as hub: ... hub.url`.

Not modelled: uploads, Xet, branches and tags, git, the filters by app and inference provider (501), /api/trending, and
the dataset viewer, which is a site of its own.
"""

from __future__ import annotations

from .access import BAD_TOKEN, FINE_GRAINED_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, PENDING_TOKEN
from .quota import Quota
from .server import HubServer, LoggedRequest

__all__ = [
    "BAD_TOKEN",
    "FINE_GRAINED_TOKEN",
    "GOOD_TOKEN",
    "NO_ACCESS_TOKEN",
    "PENDING_TOKEN",
    "HubServer",
    "LoggedRequest",
    "Quota",
]

"""A Hub on loopback that tells the truth about the protocol: `with HubServer() as hub: ... hub.url`.

The dataset viewer is a site of its own: `hub.viewer_url`. Not modelled: uploads, Xet, branches and tags, git, the
filters by app and inference provider (501), and /api/trending.
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

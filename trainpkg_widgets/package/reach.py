"""Whether what a package pins can still be had: asked of the Hub, one request for each pin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts import Finding
from .faults import wrong
from .manifest import Manifest

if TYPE_CHECKING:
    from ..hub.client import HubClient


def unreachable(manifest: Manifest, client: HubClient) -> Iterator[Finding]:
    """The pins that the Hub does not give, each with what it said."""
    from ..hub.errors import HubError

    for pin in manifest.pins:
        kind = "models" if pin.kind == "model" else "datasets"
        at = f" at {pin.revision}" if pin.revision else ""
        try:
            client.get_json(
                f"/api/{kind}/{pin.id}" + (f"/revision/{pin.revision}" if pin.revision else ""), use_cache=False
            )
        except HubError as error:
            code = "pin-not-asked" if error.transient else "pin-unreachable"
            message = f"The {pin.kind} {pin.id}{at} can't be had from the Hub."
            yield wrong(code, message, f"{error.message} {error.hint}".strip())

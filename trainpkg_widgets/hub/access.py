"""Whether this token may read a model's files, by asking for one. The sentences about it are in `advice/access.py`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..facts import Fact, unknown
from ..steps import Access
from .errors import BadTokenError, DisabledError, GatedError, HubCancelledError, HubError, NotFoundError
from .model_answers import config_path

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from .client import HubAnswer, HubClient


def check_access(info: ModelInfo, client: HubClient, *, cancelled: threading.Event | None = None) -> Fact[Access]:
    """What the Hub says to this token about the model's files.

    Only a model that is gated, or whose gate is unknown, costs a request: for its config.json. A gated repository
    shows its metadata to everyone, so these prove nothing.

    Raises:
        HubCancelledError: `cancelled` was set.
    """
    if info.origin == "folder":
        return _access("open", "a folder on this disk")
    if info.gate.value == "open" or info.disabled:
        return open_access(info, client)
    try:
        return access_of(info, client.get_json(config_path(info), cancelled=cancelled))
    except HubCancelledError:
        raise
    except HubError as error:
        return access_of(info, error)


def open_access(info: ModelInfo, client: HubClient) -> Fact[Access]:
    """The access to a model that is open to everyone. No request is made."""
    if info.disabled:
        return _access("disabled", "the Hub says so of the repository")
    if client.token_refused():
        return _access("bad_token", "the Hub refused the token and showed the model to an anonymous visitor")
    return _access("open", info.gate.source)


def access_of(info: ModelInfo, asked: HubAnswer | HubError) -> Fact[Access]:
    """What the answer to the request for config.json, or the refusal of it, says about the model's files."""
    if info.disabled:
        return _access("disabled", "the Hub says so of the repository")
    if isinstance(asked, GatedError):
        return _access(asked.access, asked.evidence)
    if isinstance(asked, BadTokenError):
        return _access("bad_token", asked.evidence)
    if isinstance(asked, DisabledError):
        return _access("disabled", asked.evidence)
    if isinstance(asked, NotFoundError):
        # The gate is asked before the file is looked for: who is told that a file is missing was let in.
        if asked.what == "file":
            return _access("granted", "the Hub let us look for config.json, which is not there")
        return unknown(f"{asked.message} ({asked.evidence})")
    if isinstance(asked, HubError):
        return unknown(f"the Hub did not say: {asked.message} {asked.evidence}".strip())
    if asked.token_ignored:
        return _access("bad_token", "the Hub refused the token and gave config.json to an anonymous visitor")
    source = "config.json was read"
    if asked.age_seconds >= 60:
        source += f" {asked.age_seconds / 60:.0f} min ago"
    return _access("granted" if info.gate.known else "open", source)


def _access(value: Access, source: str) -> Fact[Access]:
    return Fact[Access](value=value, source=source)

"""Whether this token may read a model's files, by asking for one. The sentences about it are in `advice/access.py`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..facts import Fact, unknown
from ..steps import Access
from .errors import BadTokenError, DisabledError, GatedError, HubCancelledError, HubError, NotFoundError
from .models import config_path

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from .client import HubAnswer, HubClient


def check_access(info: ModelInfo, client: HubClient, *, cancelled: threading.Event | None = None) -> Fact[Access]:
    """What the Hub says to this token about the model's files.

    Only a model that is gated, or whose gate is unknown, costs a request: for config.json, which `open_model` has left
    in the cache where it was readable. A gated repository shows its metadata to everyone, so these prove nothing.

    Raises:
        HubCancelledError: `cancelled` was set.
    """
    if info.origin == "folder":
        return _access("open", "a folder on this disk")
    if info.disabled:
        return _access("disabled", "the Hub says so of the repository")
    if info.gate.value == "open":
        if client.token_refused():
            return _access("bad_token", "the Hub refused the token and showed the model to an anonymous visitor")
        return _access("open", info.gate.source)
    try:
        answer = client.get_json(config_path(info), cancelled=cancelled)
    except GatedError as error:
        return _access(error.access, error.evidence)
    except BadTokenError as error:
        return _access("bad_token", error.evidence)
    except DisabledError as error:
        return _access("disabled", error.evidence)
    except NotFoundError as error:
        # The gate is asked before the file is looked for: who is told that a file is missing was let in.
        if error.what == "file":
            return _access("granted", "the Hub let us look for config.json, which is not there")
        return unknown(f"{error.message} ({error.evidence})")
    except HubCancelledError:
        raise
    except HubError as error:
        return unknown(f"the Hub did not say: {error.message} {error.evidence}".strip())
    return _granted(info, answer)


def _granted(info: ModelInfo, answer: HubAnswer) -> Fact[Access]:
    if answer.token_ignored:
        return _access("bad_token", "the Hub refused the token and gave config.json to an anonymous visitor")
    source = "config.json was read"
    if answer.age_seconds >= 60:
        source += f" {answer.age_seconds / 60:.0f} min ago"
    return _access("granted" if info.gate.known else "open", source)


def _access(value: Access, source: str) -> Fact[Access]:
    return Fact[Access](value=value, source=source)

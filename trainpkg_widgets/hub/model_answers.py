"""From an answer of the Hub to a model: its facts, as old as the answer is; and where its config.json is served."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .errors import NotJsonError
from .model_body import read_model_body

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from .client import HubAnswer


def read_model(body: Any, answer: HubAnswer) -> ModelInfo:
    """The model of one body, or of one row, of `answer`.

    Raises:
        ValueError: there is no usable id.
    """
    info = read_model_body(body)
    as_of = datetime.fromisoformat(info.as_of) - timedelta(seconds=answer.age_seconds)
    return info.model_copy(update={"as_of": as_of.isoformat(timespec="seconds")})


def not_what_was_asked(wanted: str, body: Any) -> NotJsonError:
    """The error that JSON of another shape than was asked for means."""
    return NotJsonError(
        f"What came is not {wanted}.",
        evidence=f"JSON that begins {json.dumps(body)[:60]}",
        hint="Check hub.endpoint in the settings: it may not be a Hub.",
    )


def config_path(info: ModelInfo) -> str:
    """Where the Hub serves a model's config.json, at the commit that `info` was read from."""
    return f"/{quote(info.id)}/resolve/{quote(info.revision.value or 'main', safe='')}/config.json"

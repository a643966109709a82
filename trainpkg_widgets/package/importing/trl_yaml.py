"""Reading a trainer's YAML: one mapping, no aliases, and nothing of it that is a secret kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..secret_shapes import secret_in

_LONGEST = 2_000_000
SECRET_KEYS = ("hub_token", "push_to_hub_token", "token", "hf_hub_token", "wandb_api_key")


class ConfigUnreadableError(ValueError):
    """Raised when a file is no trainer's config; the message says why."""


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a few hundred bytes of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses aliases (*name), which are not read here")
        return super().compose_node(parent, index)


def read_keys(path: Path) -> dict[str, Any]:
    """The keys of a YAML file with its plain values.

    Raises:
        ConfigUnreadableError: there is no such file, or it holds no mapping of keys.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ConfigUnreadableError(f"{path.name} is larger than {_LONGEST // 1_000_000} MB: it is no config.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigUnreadableError(f"{path} can't be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ConfigUnreadableError(f"{path.name} is no text: it is not UTF-8.") from None
    return keys_of(text, path.name)


def keys_of(text: str, name: str) -> dict[str, Any]:
    """The keys of YAML as text; `name` is what it is called in what is said of it.

    Raises:
        ConfigUnreadableError: it is too long, no YAML, or holds no mapping of keys.
    """
    if len(text) > _LONGEST:
        raise ConfigUnreadableError(f"{name} is larger than {_LONGEST // 1_000_000} MB: it is no config.")
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigUnreadableError(f"{name} is no YAML: {' '.join(str(error).split())[:300]}") from None
    if not isinstance(content, Mapping):
        raise ConfigUnreadableError(f"{name} holds no mapping of keys.")
    return plain(content)


def plain(keys: Mapping[Any, Any]) -> dict[str, Any]:
    """The keys as text and the values as JSON has them (a date becomes its text)."""
    made: dict[str, Any] = json.loads(json.dumps({str(key): value for key, value in keys.items()}, default=str))
    return made


def without_secrets(keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The keys without those that hold a secret, and the names of those."""
    gone = [k for k, v in keys.items() if v is not None and (k in SECRET_KEYS or secret_in(json.dumps(v)))]
    return {key: value for key, value in keys.items() if key not in gone}, gone

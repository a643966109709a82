"""Reading one YAML file into plain values, and finding the line of one of them when something is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from .errors import SettingsError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # the class is chosen at run time: C where PyYAML was built with libyaml
    """The safe loader with two changes: a key that is written twice is refused, and scalars are read as in YAML 1.2.

    YAML 1.1, which PyYAML reads, takes `off` for false and `2e-4` for a string.
    """

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":float"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        if isinstance(node, yaml.MappingNode):
            seen: set[Any] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value} a second time", key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)|[0-9]+\.[0-9]*|\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"),
    list("-+0123456789."),
)


def read_yaml(path: Path) -> dict[str, Any]:
    """The options of a file; an empty file has none.

    Raises:
        SettingsError: the file can't be read, is not YAML, holds a key twice, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            path=str(path), found="bytes that are not UTF-8", expected="a YAML file in UTF-8"
        ) from error
    except OSError as error:
        why = "a folder" if path.is_dir() else f"no readable file ({error.strerror})"
        raise SettingsError(path=str(path), found=why, expected="a YAML file") from error
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - derives from the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SettingsError(
            path=str(path),
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
            found=error.problem or "something that is not YAML",
            expected="each key once" if isinstance(error, yaml.constructor.ConstructorError) else "YAML",
        ) from error
    except yaml.YAMLError as error:
        raise SettingsError(path=str(path), found=str(error).splitlines()[0], expected="YAML") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        found = "a list" if isinstance(data, list) else repr(data)
        raise SettingsError(path=str(path), line=1, column=1, found=found, expected="a mapping of options")
    return data


def find_place(path: Path, keys: Sequence[str | int], *, of_key: bool = False) -> tuple[int, int]:
    """Line and column, counted from 1, of the value at `keys`, or of the last key itself.

    The text is composed a second time, for only an error needs it.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    mark = node.start_mark if node else None
    for depth, key in enumerate(keys, 1):
        step = _step(node, key)
        if step is None:
            break
        key_node, node = step
        mark = key_node.start_mark if of_key and depth == len(keys) else node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _step(node: Any, key: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None

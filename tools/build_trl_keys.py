"""Writes what the parsers of TRL's commands take: `advice/trl-<version>-keys.json`.

Run in an environment with TRL:

    python tools/build_trl_keys.py > trainpkg_widgets/advice/trl-1.16.0-keys.json

For each key: its kind, whether it may be left empty, and its choices. A kind is what the text of a value is turned into
(int, float, bool, text, enum), or `list` of one, or the class that it has to be. Beside them, the options of
`accelerate launch`, which is handed the keys that TRL does not know.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import types
import typing
from argparse import Action

import trl
from accelerate.commands.launch import launch_command_parser
from trl import ModelConfig, ScriptArguments
from trl.experimental.orpo import ORPOConfig
from trl.scripts.utils import TrlParser

KINDS = {"int": "int", "float": "float", "str": "text", "string_to_bool": "bool", "<lambda>": "enum", "dict": "dict"}


def kind_of(action: Action) -> str:
    if action.nargs == 0:
        return "bool"
    kind = KINDS.get(getattr(action.type, "__name__", str(action.type)), "object")
    return f"list {kind}" if action.nargs == "+" else kind


def keys_of(parser: TrlParser) -> dict[str, dict[str, object]]:
    hints = {name: hint for kind in parser.dataclass_types for name, hint in typing.get_type_hints(kind).items()}
    fields = {field.name for kind in parser.dataclass_types for field in dataclasses.fields(kind)}
    keys: dict[str, dict[str, object]] = {}
    for action in parser._actions:
        if action.dest not in fields:
            continue
        members = typing.get_args(hints[action.dest]) if _is_union(hints[action.dest]) else (hints[action.dest],)
        spec: dict[str, object] = {"kind": kind_of(action)}
        if type(None) in members:
            spec["empty"] = True
        if any(dict in (member, typing.get_origin(member)) for member in members):
            spec["mapping"] = True
        if action.choices:
            spec["choices"] = [str(getattr(choice, "value", choice)) for choice in action.choices]
        keys[action.dest] = spec
    return keys


def _is_union(hint: object) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def launch_options() -> dict[str, dict[str, object]]:
    options = {}
    for action in launch_command_parser()._actions:
        if action.option_strings and action.dest != "help":
            spec = {"options": action.option_strings, "kind": kind_of(action)}
            options[action.dest] = spec | ({"choices": list(action.choices)} if action.choices else {})
    return options


def main() -> None:
    methods = {
        name: keys_of(importlib.import_module(f"trl.scripts.{name}").make_parser())
        for name in ("sft", "dpo", "kto", "reward", "grpo")
    }
    # There is no `trl orpo`: a package brings a script of its own, which reads the same kinds of keys.
    methods["orpo"] = keys_of(TrlParser((ScriptArguments, ORPOConfig, ModelConfig)))
    common = set.intersection(*(set(keys) for keys in methods.values()))
    shared = {name: spec for name, spec in methods["sft"].items() if name in common}
    shared = {name: spec for name, spec in shared.items() if all(keys[name] == spec for keys in methods.values())}
    own = {method: {n: s for n, s in keys.items() if n not in shared} for method, keys in methods.items()}
    table = {"trl": trl.__version__, "shared": shared, **own, "launch": launch_options()}
    lines = [f" {json.dumps(name)}: {_block(part)}" for name, part in table.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


def _block(part: object) -> str:
    if not isinstance(part, dict):
        return json.dumps(part)
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(spec)}" for key, spec in part.items()) + "\n }"


if __name__ == "__main__":
    main()

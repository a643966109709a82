"""Run by a Python that has a trainer, not by ours: asks the trainer's own parser about a config. Nothing is trained.

python ask_trainer.py TARGET METHOD CONFIG      prints last {"answer": "taken", "refused" or "absent", "said": why}
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import json
import os
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

_COMMANDS = {"cpt": "sft"}


def ask_trl(method: str, config: str) -> None:
    """Parse as `trl <method> --config` does, with a key that it does not know an error."""
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    if method == "orpo":
        # TRL 1.16 has no command for it: this is what the train.py of a package does.
        from trl import ModelConfig, ScriptArguments, TrlParser
        from trl.experimental.orpo import ORPOConfig

        parser = TrlParser((ScriptArguments, ORPOConfig, ModelConfig))
    else:
        parser = importlib.import_module(f"trl.scripts.{_COMMANDS.get(method, method)}").make_parser()
    # bf16 and fp16 are refused on a machine without a GPU, unless it is told that the processor is meant.
    parser.parse_args_and_config(args=["--config", config, "--use_cpu", "true"], fail_with_unknown_args=True)


def ask_axolotl(_method: str, config: str) -> None:
    """Validate as `axolotl train` does, and hold what is left against what was given: it drops what it can't read."""
    import yaml
    from axolotl.utils.config import validate_config
    from axolotl.utils.dict import DictDefault

    given = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    kept = validate_config(DictDefault(given))
    lost = list(dropped(given, kept))
    if lost:
        raise ValueError(f"it drops without a word: {', '.join(lost)}")


def ask_llamafactory(_method: str, config: str) -> None:
    """Parse as `llamafactory-cli train` does, and hold values against the types it declares: it takes wrong ones."""
    import yaml
    from llamafactory.hparams import get_train_args
    from llamafactory.hparams.parser import _TRAIN_ARGS

    given = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    declared = {name: hint for arguments in _TRAIN_ARGS for name, hint in typing.get_type_hints(arguments).items()}
    # A part of them only are arguments: get_train_args refuses the others.
    known = {field.name for arguments in _TRAIN_ARGS for field in dataclasses.fields(arguments) if field.init}
    wrong = [f"{key}: {value!r}" for key, value in given.items() if key in known and not fits(value, declared[key])]
    get_train_args({**given, "use_cpu": True})
    if wrong:
        raise ValueError(f"not of the type it declares: {', '.join(wrong)}")


def dropped(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """The keys of `given` that are not in `kept`, each with the way to it."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            place = f"{path}.{key}" if path else str(key)
            if not isinstance(kept, Mapping) or key not in kept:
                yield place
            else:
                yield from dropped(value, kept[key], place)
    elif isinstance(given, list) and isinstance(kept, list):
        for number, pair in enumerate(zip(given, kept, strict=False)):
            yield from dropped(*pair, f"{path}[{number}]")


def fits(value: Any, hint: Any) -> bool:
    """Whether a value of YAML is of the type that an argument declares; what is not a plain type takes everything."""
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return value in options
    if options and origin not in (list, dict, tuple):
        return any(fits(value, option) for option in options)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in [one.value for one in hint]
    if hint is bool or isinstance(value, bool):
        return hint not in (int, float, str) and (hint is not bool or isinstance(value, bool))
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, hint) if hint in (int, str, type(None)) else True


ASKED: dict[str, Callable[[str, str], None]] = {
    "trl": ask_trl,
    "axolotl": ask_axolotl,
    "llamafactory": ask_llamafactory,
}


def main(target: str, method: str, config: str) -> dict[str, str]:
    """What the trainer says of the config."""
    try:
        ASKED[target](method, config)
    except ModuleNotFoundError as error:
        return {"answer": "absent", "said": str(error)}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is its answer
        return {"answer": "refused", "said": " ".join(f"{type(error).__name__}: {error}".split())}
    return {"answer": "taken", "said": ""}


if __name__ == "__main__":
    print("\n" + json.dumps(main(*sys.argv[1:])))

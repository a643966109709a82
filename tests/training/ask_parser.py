"""Asks the parsers of TRL's commands about configs, in the environment of a package: one process for all of them.

python ask_parser.py METHOD=CONFIG.yaml …   prints {"keys": {method: [...]}, "answers": {path: "ok" or what it said}}
"""

from __future__ import annotations

import importlib
import json
import os
import sys

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

from trl import ModelConfig, ScriptArguments, TrlParser

COMMANDS = ("sft", "dpo", "kto", "reward", "grpo")


def parser_of(method: str) -> TrlParser:
    if method == "orpo":
        from trl.experimental.orpo import ORPOConfig

        # As the train.py of a package does: TRL has no command for it.
        return TrlParser((ScriptArguments, ORPOConfig, ModelConfig))
    parser: TrlParser = importlib.import_module(f"trl.scripts.{method}").make_parser()
    return parser


def ask(method: str, path: str) -> str:
    try:
        # bf16 and fp16 are refused on a machine without a GPU, unless it is told that the CPU is meant.
        arguments = ["--config", path, "--use_cpu", "true"]
        parser_of(method).parse_args_and_config(args=arguments, fail_with_unknown_args=True)
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"
    return "ok"


if __name__ == "__main__":
    asked = [argument.split("=", 1) for argument in sys.argv[1:]]
    keys = {
        method: sorted({action.dest for action in parser_of(method)._actions} - {"help"})
        for method in (*COMMANDS, "orpo")
    }
    print(json.dumps({"keys": keys, "answers": {path: ask(method, path) for method, path in asked}}))

"""Asks the parser of `trl sft` about configs, in the environment of a package: one process for all of them.

python ask_parser.py CONFIG.yaml …      prints {"keys": [...], "answers": {path: "ok" or what it said}}
"""

from __future__ import annotations

import json
import sys

from trl.scripts.sft import make_parser


def ask(path: str) -> str:
    try:
        # bf16 and fp16 are refused on a machine without a GPU, unless it is told that the CPU is meant.
        make_parser().parse_args_and_config(args=["--config", path, "--use_cpu", "true"], fail_with_unknown_args=True)
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"
    return "ok"


if __name__ == "__main__":
    keys = sorted({action.dest for action in make_parser()._actions} - {"help"})
    print(json.dumps({"keys": keys, "answers": {path: ask(path) for path in sys.argv[1:]}}))

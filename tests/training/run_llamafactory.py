"""Runs many packages in one process that has imported LLaMA-Factory once: a fork for each, its output in FOLDER.log.

python run_llamafactory.py FOLDER …          prints {folder: "ok", or the last line of what went wrong}

It calls what `llamafactory-cli train FILE` calls in the end; that command itself is run in test_other_trainers.py.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch
from llamafactory.train.tuner import run_exp


def outcome(folder: str) -> str:
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            os.chdir(folder)
            log = os.open(f"{folder}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.argv = ["llamafactory-cli", "llamafactory.yaml"]
            run_exp()
            ended = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended)
    _, status = os.waitpid(child, 0)
    if status == 0:
        return "ok"
    log_text = Path(f"{folder}.log").read_text(encoding="utf-8", errors="replace")
    return log_text.strip().splitlines()[-1][:300]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("\n" + json.dumps({folder: outcome(folder) for folder in sys.argv[1:]}))

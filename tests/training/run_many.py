"""Runs many packages in one process that has imported TRL once: a fork for each, its output in FOLDER.log.

python run_many.py METHOD=FOLDER …          prints {folder: "ok", or the last line of what went wrong}

It calls what `trl <method> --config FILE` calls in the end, with unknown keys an error; the command itself is run in
test_package_trains.py and in the light runs of test_every_method.py.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback
from pathlib import Path

os.environ |= {"TRL_EXPERIMENTAL_SILENCE": "1", "TOKENIZERS_PARALLELISM": "false"}

import torch
import trl.experimental.orpo
import trl.scripts.dpo
import trl.scripts.grpo
import trl.scripts.kto
import trl.scripts.reward
import trl.scripts.sft
from transformers import AutoTokenizer, Qwen2ForCausalLM, Qwen2ForSequenceClassification
from trl import DPOTrainer, GRPOTrainer, KTOTrainer, RewardTrainer, SFTTrainer

# What is imported lazily otherwise, once for each package.
LOADED = (AutoTokenizer, Qwen2ForCausalLM, Qwen2ForSequenceClassification)
LOADED += (DPOTrainer, GRPOTrainer, KTOTrainer, RewardTrainer, SFTTrainer, trl.experimental.orpo.ORPOTrainer)


def run(method: str, folder: str) -> None:
    os.chdir(folder)
    log = os.open(f"{folder}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if method == "orpo":
        sys.argv = ["train.py", "--config", "orpo.yaml"]
        runpy.run_path("train.py", run_name="__main__")
        return
    script = importlib.import_module(f"trl.scripts.{method}")
    script.main(*script.make_parser().parse_args_and_config(["--config", f"{method}.yaml"]))


def outcome(method: str, folder: str) -> str:
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            run(method, folder)
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
    log = Path(f"{folder}.log").read_text(encoding="utf-8", errors="replace")
    return log.strip().splitlines()[-1][:300]


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked = [argument.split("=", 1) for argument in sys.argv[1:]]
    print(json.dumps({folder: outcome(method, folder) for method, folder in asked}))

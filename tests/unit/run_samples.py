"""A trainer that prints what transformers' Trainer prints, step by step, for tests of what watches a run.

It stands in an environment of its own, as `trl` would; that the real one is understood is shown in tests/training.
"""

from __future__ import annotations

import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainpkg_widgets.package.launch.run_folder import RunFolder, RunSpec

# Prints as ProgressCallback of transformers 5.23 does: the metrics, then the bar as it stands. SIGTERM saves, and ends.
TRAINER = """#!{python}
import json, os, signal, sys, time
from pathlib import Path
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
output, pause = Path(arguments["--output_dir"]), float(os.environ.get("PAUSE", "0.02"))
first, total, stop = 0, int(os.environ.get("STEPS", "20")), []
if "--resume_from_checkpoint" in arguments:
    first = json.loads((Path(arguments["--resume_from_checkpoint"]) / "trainer_state.json").read_text())["global_step"]
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
def bar(step):
    sys.stderr.write(f"\\r {{100 * step // total}}%|###   | {{step}}/{{total}} [00:00<00:01, 9.9it/s]")
def save(step):
    place = output / f"checkpoint-{{step}}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "weights").write_bytes(b"w" * 1000)
    (place / "trainer_state.json").write_text(json.dumps({{"global_step": step}}))
print(os.environ.get("SAYS", "Loading weights: 100%|####| 3/3 [00:00<00:00, 9it/s]"))
if os.environ.get("FAILS"):
    sys.exit(1)
for step in range(first + 1, total + 1):
    time.sleep(pause)
    bar(step)
    loss, tokens = f"{{5 - step / total:.4g}}", str(100 * step)
    print("\\r" + str({{"loss": loss, "learning_rate": "0.001", "num_tokens": tokens, "epoch": "0.1"}}))
    bar(step)
    if step % 5 == 0:
        save(step)
    if stop:
        save(step)
        sys.exit(0)
print("\\r{{'train_runtime': '1.0', 'train_loss': '4.0', 'epoch': '1'}}")
if os.environ.get("STAYS"):
    (output / "adapter_model.safetensors").write_bytes(b"w")
    sys.stdout.flush()
    time.sleep(600)
"""


def trainer(folder: Path) -> Path:
    """An environment with that trainer in it, made already."""
    program = folder / "environment" / "bin" / "trl"
    program.parent.mkdir(parents=True)
    program.write_text(TRAINER.format(python=sys.executable), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "environment" / "installed").touch()
    return folder / "environment"


def run_spec(folder: Path, **changes: Any) -> RunSpec:
    """A run of a package in `folder`, by that trainer."""
    package = folder / "package"
    package.mkdir(parents=True, exist_ok=True)
    (package / "requirements.txt").touch()
    values: dict[str, Any] = {
        "id": "a-run",
        "name": "support-bot",
        "launcher": "local",
        "target": "trl",
        "package": str(package),
        "command": ("trl", "--output_dir", "output/a-run"),
        "created_at": "2026-11-01T00:00:00+00:00",
        "host": socket.gethostname(),
        "environment": str(trainer(folder)),
        "requirements": str(package / "requirements.txt"),
        "output": "output/a-run",
        "resume": ("--resume_from_checkpoint", "{checkpoint}"),
        "stop_seconds": 10,
        "memory_seconds": 0.1,
    }
    return RunSpec.model_validate(values | changes)


def run_folder(folder: Path) -> RunFolder:
    return RunFolder(folder / "runs" / "a-run")


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)

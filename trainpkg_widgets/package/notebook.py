"""The package as a notebook, for Jupyter and Colab: it makes the environment, trains, and shows the loss."""

from __future__ import annotations

import json
from typing import Any

FILE = "train.ipynb"

_FIND = """\
# Where the package is. In Colab: upload the package as a zip first (Files, on the left), this unpacks it.
from pathlib import Path
import zipfile

folder = Path.cwd()
if not (folder / "package.yaml").exists():
    archive = next(iter(sorted(folder.glob("{name}*.zip"))), None)
    if archive is not None:
        zipfile.ZipFile(archive).extractall(folder)
    folder = folder / "{name}"
assert (folder / "package.yaml").exists(), "Put this notebook into the package's folder, or upload {name}.zip here."
folder"""

_RUN = """\
# Runs a command in the package's folder and shows what it prints; stops here where it fails.
import os
import subprocess
import sys

programs = folder / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")


def run(*command):
    paths = os.pathsep.join([str(programs), os.environ["PATH"]])
    environment = {{**os.environ, "PATH": paths, "PYTHONUNBUFFERED": "1"}}
    environment.pop("MPLBACKEND", None)  # Jupyter's own, which no other program can draw with
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    for line in process.stdout:
        print(line, end="")
    if process.wait():
        raise RuntimeError(f"{{' '.join(command)}} ended with {{process.returncode}}")"""

_ENVIRONMENT = """\
# The environment, with the versions this package was made for. It takes a few minutes the first time.
if not programs.exists():
    run(sys.executable, "-m", "venv", str(folder / ".venv"))
    run(str(programs / "python"), "-m", "pip", "install", "-q", "-r", "requirements.txt")"""

_TRAIN = """\
import shlex

command = shlex.split({command!r})
run(str(programs / command[0]), *command[1:])"""

_LOSS = """\
# What was logged while it trained: the loss should go down.
import json

states = sorted((folder / "output").rglob("trainer_state.json"), key=lambda path: path.stat().st_mtime)
history = json.loads(states[-1].read_text())["log_history"] if states else []
losses = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
for step, loss in losses:
    print(f"{{step:>8}}  {{loss:.4f}}")
print(f"\\nThe trained model is in {{folder / 'output'}}.")"""


def notebook(name: str, command: str, prepare: str) -> str:
    """The text of train.ipynb. `prepare` is run before `command` where there is something to prepare."""
    cells = [
        _text(
            f"# {name}\n\nTrains the model of this training package, from top to bottom. It needs what README.md says "
            "it needs. A gated model or dataset needs a token of yours: log in where the run is, never write it here."
        ),
        _code(_FIND.format(name=name)),
        _code(_RUN.format()),
        _code(_ENVIRONMENT.format()),
        *([_code(_TRAIN.format(command=prepare))] if prepare else []),
        _text("## Train"),
        _code(_TRAIN.format(command=command)),
        _text("## How it went"),
        _code(_LOSS.format()),
    ]
    # nbformat 4.5: every cell has an id. It is its place, so that equal packages are equal to the byte.
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }

"""Asking the trainer itself whether it takes a package's config, in a Python that has it. Nothing is trained."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..facts import Finding
from .faults import wrong
from .manifest import Manifest
from .reading import Reader
from .targets.registry import config_of

_LONGEST_SECONDS = 180

# Run by that Python: argument 1 is the config, argument 2 the sub-command. What it prints last is what was said.
_TRL = """
import importlib, sys
config, method = sys.argv[1:]
parser = importlib.import_module("trl.scripts." + method).make_parser()
# bf16 and fp16 are refused on a machine without a GPU, unless it is told that the processor is meant.
parser.parse_args_and_config(args=["--config", config, "--use_cpu", "true"], fail_with_unknown_args=True)
"""
_COMMANDS = {"sft": "sft", "cpt": "sft", "dpo": "dpo", "kto": "kto", "reward": "reward", "grpo": "grpo"}


def refused_by_trainer(reader: Reader, manifest: Manifest, python: str | Path) -> Iterator[Finding]:
    """What TRL's parser says against the config; nothing where it takes it, or for a target it can't be asked for."""
    command = _COMMANDS.get(manifest.target.method)
    if manifest.target.name != "trl" or command is None:
        return
    file = config_of(manifest.target.name, manifest.target.method)
    with tempfile.TemporaryDirectory() as folder, reader.open(file) as content:
        config = Path(folder) / file
        config.write_bytes(content.read())
        try:
            done = subprocess.run(
                [str(python), "-c", _TRL, str(config), command],
                capture_output=True,
                text=True,
                timeout=_LONGEST_SECONDS,
                check=False,
                cwd=folder,
                env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            yield wrong("trainer-not-asked", f"TRL could not be asked with {python}.", str(error))
            return
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].strip() if lines else f"it ended with {done.returncode}"
        if "No module named" in said:
            yield wrong("trainer-not-asked", f"{python} has no TRL to ask.", said)
        else:
            yield wrong("config-refused", f"TRL refuses {file}.", said[:400])

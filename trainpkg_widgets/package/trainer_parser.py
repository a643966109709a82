"""Asking the trainer itself whether it takes a package's config, in a Python that has it. Nothing is trained."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..facts import Finding
from . import ask_trainer
from .faults import wrong
from .launch.environment import PROGRAMS, environment_folder, is_ready
from .manifest import Manifest
from .reading import Reader, read_text
from .targets.registry import config_of

if TYPE_CHECKING:
    from ..settings.deploy_settings import DeploySettings

REQUIREMENTS = "requirements.txt"


def python_with_trainer(reader: Reader, manifest: Manifest, settings: DeploySettings) -> Path | None:
    """A Python that has the package's trainer: of the environment that a run made, else this one; None without."""
    target = manifest.target
    if target.name not in ask_trainer.ASKED:
        return None
    if REQUIREMENTS in reader.sizes:
        folder = environment_folder(settings.runs.environments, target.name, read_text(reader, REQUIREMENTS))
        if is_ready(folder):
            return folder / PROGRAMS / "python"
    try:
        here = importlib.metadata.version(target.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return Path(sys.executable) if here == target.version else None


def refused_by_trainer(
    reader: Reader, manifest: Manifest, python: str | Path, seconds: float | None = None
) -> Iterator[Finding]:
    """What the trainer's parser says against the config; nothing where it takes it. It is given `seconds` to answer."""
    target = manifest.target
    label = f"{target.name} {target.version}"
    if target.name not in ask_trainer.ASKED:
        yield wrong("trainer-not-asked", f"{label} has no parser to ask: the package holds a script for it.")
        return
    file = config_of(target.name, target.method)
    with tempfile.TemporaryDirectory() as folder, reader.open(file) as content:
        config = Path(folder) / file
        config.write_bytes(content.read())
        try:
            done = subprocess.run(
                [str(python), str(Path(ask_trainer.__file__)), target.name, target.method, str(config)],
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                cwd=folder,
                env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
            )
            said = json.loads(done.stdout.splitlines()[-1])
        except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
            yield wrong("trainer-not-asked", f"{label} could not be asked with {python}.", str(error)[:400])
            return
    if said["answer"] == "absent":
        yield wrong("trainer-not-asked", f"{python} has no {label} to ask.", said["said"])
    elif said["answer"] == "refused":
        yield wrong("config-refused", f"{label} refuses {file}.", said["said"][:400])

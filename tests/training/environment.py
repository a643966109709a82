"""The environment that a package's own requirements.txt makes: one for each text of it, kept between runs."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"


def environment_of(package: Path, beside: Path | None = None) -> Path:
    """The folder with the programs of the environment, made with pip where it is not there yet (about two minutes).

    `beside` is an environment whose packages are seen from the new one, so that only what it lacks is fetched.
    """
    text = (package / "requirements.txt").read_bytes()
    folder = REPOSITORY / ".venvs" / f"trl-{sha256(text).hexdigest()[:12]}"
    python = folder / PROGRAMS / "python"
    done = folder / "installed"
    if not done.exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        if beside is not None:
            path = "import sysconfig; print(sysconfig.get_path('purelib'))"
            here, there = (run(str(where / "python"), "-c", path).strip() for where in (folder / PROGRAMS, beside))
            (Path(here) / "beside.pth").write_text(f"{there}\n", encoding="utf-8")
        pip = (str(python), "-m", "pip", "install", "-q")
        run(*pip, "-r", str(package / "requirements.txt"))
        if beside is not None:
            # What is seen already gets no program of its own here.
            trl = next(line for line in text.decode().splitlines() if line.startswith("trl=="))
            run(*pip, "--no-deps", "--ignore-installed", trl)
        done.touch()
    return folder / PROGRAMS


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command with no way to the Hub and return what it printed; what it printed is the error where it fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "PYTEST", "TRANSFORMERS_"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "default"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}"
    return done.stdout

"""The environment that a package's own requirements.txt makes: one for each text of it, kept between runs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

from trainpkg_widgets.settings import load_settings

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
            see(python, beside)
        pip = (str(python), "-m", "pip", "install", "-q")
        run(*pip, "-r", str(package / "requirements.txt"))
        if beside is not None:
            # What is seen already gets no program of its own here.
            trl = next(line for line in text.decode().splitlines() if line.startswith("trl=="))
            run(*pip, "--no-deps", "--ignore-installed", trl)
        done.touch()
    return folder / PROGRAMS


def see(python: Path, beside: Path) -> None:
    """Let an environment see the packages of another one."""
    path = "import sysconfig; print(sysconfig.get_path('purelib'))"
    here, there = (run(str(where), "-c", path).strip() for where in (python, beside / "python"))
    (Path(here) / "beside.pth").write_text(f"{there}\n", encoding="utf-8")


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


# What LLaMA-Factory 0.9.5 is run with here. The torch and torchaudio of its requirements.txt are builds for CUDA, of
# several gigabytes: the processor's torch takes their place.
LLAMAFACTORY = (
    *("torch==2.13.0", "transformers==5.6.0", "datasets==4.0.0", "peft==0.18.1", "trl==0.24.0", "accelerate==1.11.0"),
    *("omegaconf", "pyyaml", "sentencepiece", "tiktoken", "protobuf", "einops", "scipy", "fire", "tyro<0.9.0"),
    *("av<=16.0.0", "packaging", "matplotlib", "bitsandbytes==0.50.2"),
)
TORCHAUDIO = "torchaudio==2.11.0"


def llamafactory_programs() -> Path:
    """The programs of an environment with LLaMA-Factory, which trains text on a processor."""
    folder = REPOSITORY / ".venvs" / "llamafactory"
    python = folder / PROGRAMS / "python"
    if not (folder / "installed").exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = (str(python), "-m", "pip", "install", "-q")
        run(*pip, *LLAMAFACTORY)
        run(*pip, "--no-deps", "llamafactory==0.9.5", TORCHAUDIO)
        # It is imported at the start, and used for audio only. Its compiled parts want CUDA, and it does without them.
        place = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        for compiled in (Path(place) / "torchaudio" / "lib").glob("*.so"):
            compiled.unlink()
        (folder / "installed").touch()
    return folder / PROGRAMS


UNSLOTH = "2026.10.9"


def unsloth_source() -> Path:
    """The unpacked wheel of Unsloth: it can't be imported without a GPU."""
    folder = REPOSITORY / ".venvs" / f"unsloth-{UNSLOTH}"
    if not (folder / "installed").exists():
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"unsloth=={UNSLOTH}", "-d", str(folder))
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
            wheel.unlink()
        (folder / "installed").touch()
    return folder


def unsloth_configs_python(beside: Path) -> Path:
    """A Python with the TRL and the transformers that Unsloth's requirements name, the rest from `beside`."""
    folder = REPOSITORY / ".venvs" / f"unsloth-configs-{UNSLOTH}"
    python = folder / PROGRAMS / "python"
    if not (folder / "installed").exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        see(python, beside)
        wanted = [
            line
            for line in load_settings().deploy.targets["unsloth"].requirements
            if line.startswith(("trl==", "transformers=="))
        ]
        run(str(python), "-m", "pip", "install", "-q", *wanted)
        (folder / "installed").touch()
    return python

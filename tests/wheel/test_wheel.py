"""The wheel holds what a user needs and nothing else, and works where there is no Node and no repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it alone; what it depends on is this interpreter's."""
    place = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place)]
    subprocess.run([*pip, str(wheel)], check=True)
    return place


def run(installed: Path, *arguments: str) -> str:
    """Run Python on the installed wheel, away from the repository and with no Node on the path."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PATH": "", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=installed, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_holds_the_bundle_the_settings_the_catalogue_and_the_notices(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "trainpkg_widgets/static/widget.js",
        "trainpkg_widgets/static/later.js",
        "trainpkg_widgets/config/step1_model.yaml",
        "trainpkg_widgets/config/schemas/step1_model.schema.json",
        "trainpkg_widgets/hub/catalogue.sqlite",
        "trainpkg_widgets/examples/support_chats.jsonl",
        "trainpkg_widgets/package/manifest.schema.json",
        "trainpkg_widgets/py.typed",
    ):
        assert needed in names
    for notice in ("LICENSE", "NOTICE"):
        assert any(name.endswith(f"licenses/{notice}") for name in names)


def test_it_holds_nothing_of_the_tests_the_tools_or_the_front_end_s_source(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"trainpkg_widgets"}


def test_a_wizard_opens_from_it(installed: Path) -> None:
    code = (
        "import trainpkg_widgets; from trainpkg_widgets import TrainingPackageWizard;"
        "wizard = TrainingPackageWizard(autosave=False);"
        "print(trainpkg_widgets.__file__, len(wizard.results['cards']))"
    )
    place, cards = run(installed, "-c", code).split()
    assert Path(place).is_relative_to(installed)
    assert cards == "6"


def test_its_command_makes_and_checks_a_package(installed: Path, tmp_path: Path) -> None:
    said = run(installed, "-m", "trainpkg_widgets.command_line", "demo", str(tmp_path / "out"))
    assert "all is well" in said
    (package,) = (tmp_path / "out").iterdir()
    assert "all is well" in run(installed, "-m", "trainpkg_widgets.command_line", "verify", str(package))


def test_importing_it_loads_nothing_heavy(installed: Path) -> None:
    code = (
        "import sys; from trainpkg_widgets import TrainingPackageWizard; TrainingPackageWizard(autosave=False);"
        "print(sorted({'huggingface_hub', 'diskcache', 'duckdb', 'pandas', 'pyarrow', 'transformers', 'torch',"
        " 'tenacity', 'jinja2', 'pynvml'} & set(sys.modules)))"
    )
    assert run(installed, "-c", code).strip() == "[]"

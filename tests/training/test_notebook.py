"""The notebook of a package runs from top to bottom and trains."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.training.environment import PROGRAMS, environment_of
from tests.training.workshop import Workshop

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("held_back", [0.0, 0.1])
def test_it_runs_from_top_to_bottom(workshop: Workshop, held_back: float, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient")
    import nbformat

    place = workshop.package(f"notebook-{held_back:g}".replace(".", "-"), held_back=held_back)
    # The environment was made from the same requirements; the notebook then finds it made.
    programs = environment_of(place, beside=workshop.programs)
    (place / ".venv").mkdir()
    (place / ".venv" / PROGRAMS).symlink_to(programs, target_is_directory=True)
    notebook = nbformat.read(place / "train.ipynb", as_version=4)  # type: ignore[no-untyped-call]  # it has no types
    nbformat.validate(notebook)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(place)}}).execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []) if "text" in output
    )
    assert "'loss'" in printed
    losses = notebook.cells[-1].outputs[0]["text"].splitlines()
    assert losses[0].split()[0] == "1" and float(losses[0].split()[1]) > float(losses[7].split()[1])
    assert (place / "output" / "adapter_model.safetensors").exists()


def test_it_finds_a_package_that_was_uploaded_as_a_zip(workshop: Workshop, tmp_path: Path) -> None:
    import shutil

    place = workshop.package("zipped")
    shutil.make_archive(str(tmp_path / "zipped"), "zip", place.parent, "zipped")
    cell = "".join(json.loads((place / "train.ipynb").read_text(encoding="utf-8"))["cells"][1]["source"])
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        found: dict[str, Path] = {}
        exec(cell, found)
    finally:
        os.chdir(before)
    assert found["folder"] == tmp_path / "zipped"

"""What a package holds for a Hub dataset, run by the real `datasets` library against a Hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.hub_server.contents import file_of
from tests.training.environment import environment_of
from tests.unit.package_samples import sample_package
from trainpkg_widgets.advice.training_shape import training_shape
from trainpkg_widgets.data.prepare import PreparedRows, split_rows
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.package.data_files import json_lines
from trainpkg_widgets.package.hub_data import FOLDER, hub_data
from trainpkg_widgets.session import Session

pytestmark = pytest.mark.prove

ROWS: list[dict[str, Any]] = [
    {"c": [{"from": "human", "value": f"What is {n}?"}, {"from": "gpt", "value": f"It is {n}." if n % 10 else ""}]}
    for n in range(300)
]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with `datasets`: of the environment that a package asks for, or the one that TRL_PYTHON names."""
    ready = os.environ.get("TRL_PYTHON")
    return ready or str(environment_of(sample_package().write(tmp_path_factory.mktemp("package"))) / "python")


def test_the_commit_that_was_chosen_is_fetched_and_prepared_as_it_was_shown(tmp_path: Path, python: str) -> None:
    words: dict[str, Any] = {"exclude_problems": ["empty-answer"], "eval_share": 0.1}
    newer = [{"c": [{"from": "human", "value": "new"}, {"from": "gpt", "value": "rows"}]}]
    with HubServer(models=[]) as hub:
        hub.add_dataset({"id": "ada/talks"}, {"default": {"train": ROWS}}, files={"train.jsonl": _lines(ROWS)})
        viewer = {"endpoint": hub.viewer_url}
        settings = {"dataset": {"viewer": viewer}, "model": {"cache": {"enabled": False}}}
        session = Session(settings, endpoint=hub.url, token=False, autosave=False)
        session.use_dataset("ada/talks", **words)
        step, sample = session.state.dataset, session.choices.rows
        assert step is not None and sample is not None
        hub.store.push("datasets", "ada/talks", {"train.jsonl": file_of("train.jsonl", _lines(newer))})
        data = hub_data(sample, step, training_shape(step, "answers", None), 42, session.settings.dataset.checks)
        for script in data.scripts:
            (tmp_path / script.path).parent.mkdir(exist_ok=True)
            (tmp_path / script.path).write_text(script.text, encoding="utf-8")
        environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
        environment.pop("PYTHONPATH", None)
        subprocess.run([python, "-m", FOLDER], cwd=tmp_path, env=environment, check=True, timeout=300)
    rows = open_variable("rows", ROWS, session.settings.dataset)
    here = profile_dataset(rows, session.settings.dataset, **words)
    split, shape = split_rows(rows, here, seed=42), training_shape(here, "answers", None)
    for name, only in (("train", split.train), ("test", split.held_back)):
        written = (tmp_path / "data" / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in written] == list(PreparedRows(rows, here, shape=shape.rows, only=only)())


def test_a_mixture_is_fetched_and_mixed_as_if_its_rows_were_here(tmp_path: Path, python: str) -> None:
    sums = [{"instruction": f"Add {n} and 1.", "output": str(n + 1)} for n in range(80)]
    here = [{"prompt": f"Where is {n}?", "completion": f"At {n}."} for n in range(50)]
    spaces = {"here": here, "talks": ROWS, "sums": sums}
    with HubServer(models=[]) as hub:
        hub.add_dataset({"id": "ada/talks"}, {"default": {"train": ROWS}}, files={"train.jsonl": _lines(ROWS)})
        hub.add_dataset({"id": "ada/sums"}, {"default": {"train": sums}}, files={"train.jsonl": _lines(sums)})
        settings = {"dataset": {"viewer": {"endpoint": hub.viewer_url}}, "model": {"cache": {"enabled": False}}}
        session = Session(settings, endpoint=hub.url, token=False, autosave=False, namespace=lambda: spaces)
        of_hub = [{"hub": "ada/talks", "weight": 0.4, "exclude_problems": ["empty-answer"]}, {"hub": "ada/sums"}]
        rest = [{"variable": "here", "weight": 1.5}]
        session.use_dataset(mix=[*of_hub, *rest], eval_share=0.1)
        step, sample = session.state.dataset, session.choices.rows
        assert step is not None and sample is not None, session.findings
        data = hub_data(sample, step, training_shape(step, "answers", None), 42, session.settings.dataset.checks)
        for script in data.scripts:
            (tmp_path / script.path).parent.mkdir(exist_ok=True)
            (tmp_path / script.path).write_text(script.text, encoding="utf-8")
        for file, make in data.beside:
            (tmp_path / file.path).write_bytes(b"".join(json_lines(make)))
        environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
        environment.pop("PYTHONPATH", None)
        subprocess.run([python, "-m", FOLDER], cwd=tmp_path, env=environment, check=True, timeout=300)
        local = [{**{k: v for k, v in part.items() if k != "hub"}, "variable": part["hub"][4:]} for part in of_hub]
        session.use_dataset(mix=[*local, *rest], eval_share=0.1)
    there, rows = session.state.dataset, session.choices.rows
    assert there is not None and rows is not None
    split, shape = split_rows(rows, there, seed=42), training_shape(there, "answers", None)
    for name, only in (("train", split.train), ("test", split.held_back)):
        written = (tmp_path / "data" / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in written] == list(PreparedRows(rows, there, shape=shape.rows, only=only)())


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()

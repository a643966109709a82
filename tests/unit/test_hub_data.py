"""A package of a Hub dataset holds what fetches it at its commit and makes the rows the wizard would have made."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.unit.dataset_samples import SETTINGS
from tests.unit.model_folders import write_model
from trainpkg_widgets.advice.training_shape import training_shape
from trainpkg_widgets.data.prepare import PreparedRows, split_rows
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.package.hub_data import COMMAND, hub_data
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session

# Stands in for the datasets library: the rows of a split, with the few methods that the script asks of it.
LIBRARY = """
import json, pathlib
class Batch(list):
    def to_pylist(self): return list(self)
class Split(list):
    def with_format(self, kind): return self
    def iter(self, size):
        for start in range(0, len(self), size): yield Batch(self[start:start + size])
def load_dataset(name, config, split, revision):
    asked = pathlib.Path("asked.jsonl")
    with asked.open("a") as file: file.write(json.dumps([name, config, split, revision]) + "\\\\n")
    return Split(json.loads(pathlib.Path(f"{split}.json").read_text()))
""".replace("\\\\n", "\\n")

FLAWED = [
    *({"c": [{"from": "human", "value": f"What is {n}?"}, {"from": "gpt", "value": f"It is {n}."}]} for n in range(90)),
    {"c": [{"from": "human", "value": "And?"}, {"from": "gpt", "value": ""}]},
]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(models=[]) as server:
        server.add_dataset({"id": "ada/talks"}, {"default": {"train": FLAWED, "test": FLAWED[:20]}})
        yield server


def step_of(hub: HubServer, **words: Any) -> Session:
    viewer = {"endpoint": hub.viewer_url, "sample_rows": 30, "pages": 3}
    settings = {"dataset": {"viewer": viewer}, "model": {"cache": {"enabled": False}}}
    session = Session(settings, endpoint=hub.url, token=False, autosave=False)
    session.use_dataset("ada/talks", **words)
    assert session.state.dataset is not None
    return session


def prepare(place: Path) -> None:
    command = [sys.executable, *shlex.split(COMMAND)[1:]]
    subprocess.run(command, cwd=place, check=True, env={"PYTHONPATH": str(place)})


def run_in(place: Path, session: Session) -> dict[str, list[dict[str, Any]]]:
    """The files that the package's script writes, run by another Python that has no trainpkg_widgets."""
    step, rows = session.state.dataset, session.choices.rows
    assert step is not None and rows is not None
    data = hub_data(rows, step, training_shape(step, "answers", None), 7, SETTINGS.checks)
    for script in data.scripts:
        (place / script.path).parent.mkdir(exist_ok=True, parents=True)
        (place / script.path).write_text(script.text, encoding="utf-8")
    (place / "datasets.py").write_text(LIBRARY, encoding="utf-8")
    for split, held in (("train", FLAWED), ("test", FLAWED[:20])):
        (place / f"{split}.json").write_text(json.dumps(held), encoding="utf-8")
    prepare(place)
    return {
        file.name: [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for file in (place / "data").glob("*.jsonl")
    }


def test_a_package_holds_no_code_that_it_does_not_run(hub: HubServer) -> None:
    session = step_of(hub)
    step, rows = session.state.dataset, session.choices.rows
    assert step is not None and rows is not None
    scripts = hub_data(rows, step, training_shape(step, "answers", None), 7, SETTINGS.checks).scripts
    assert sum(len(script.text) for script in scripts) < 120_000
    # What looks through large files, shows rows while they are read or opens files stays at home.
    assert not [script.path for script in scripts if "import subprocess" in script.text or "Watch" in script.text]


@pytest.mark.parametrize(
    "words",
    [{}, {"eval_share": 0.2}, {"exclude_problems": ["empty-answer"]}, {"limit": 40}, {"limit": 30, "eval_share": 0.1}],
)
def test_it_writes_what_the_wizard_would_have_written(hub: HubServer, tmp_path: Path, words: dict[str, Any]) -> None:
    session = step_of(hub, **words)
    written = run_in(tmp_path, session)
    rows = open_variable("rows", FLAWED, SETTINGS)
    step = profile_dataset(rows, SETTINGS, **words)
    split, shape = split_rows(rows, step, seed=7), training_shape(step, "answers", None)
    here = list(PreparedRows(rows, step, shape=shape.rows, only=split.train)())
    assert written["train.jsonl"] == here
    held_back = list(PreparedRows(rows, step, shape=shape.rows, only=split.held_back)())
    assert written.get("test.jsonl", []) == held_back


def test_a_split_is_held_back_and_each_is_fetched_at_its_commit(hub: HubServer, tmp_path: Path) -> None:
    session = step_of(hub, split="train", eval_split="test")
    written = run_in(tmp_path, session)
    assert (len(written["train.jsonl"]), len(written["test.jsonl"])) == (91, 20)
    sha = session.state.dataset.source.revision if session.state.dataset else ""
    asked = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert asked == [["ada/talks", "default", "train", sha], ["ada/talks", "default", "test", sha]]


def test_what_was_fetched_is_not_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    session = step_of(hub)
    run_in(tmp_path, session)
    run_in(tmp_path, session)
    assert len((tmp_path / "asked.jsonl").read_text().splitlines()) == 1


def test_what_was_fetched_and_is_gone_is_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    session = step_of(hub, eval_share=0.2)
    before = run_in(tmp_path, session)
    (tmp_path / "data" / "test.jsonl").unlink()
    assert run_in(tmp_path, session) == before


def test_a_package_that_fetched_its_rows_is_still_the_package(hub: HubServer, tmp_path: Path) -> None:
    session = step_of(hub)
    session.select_model(str(write_model(tmp_path / "model")))
    session.configure()
    session.deploy_to("talks")
    place = Path(session.write_package(tmp_path / "packages"))
    assert verify_package(place) == []
    library = {"datasets.py": LIBRARY, "train.json": json.dumps(FLAWED)}
    for name, text in library.items():
        (place / name).write_text(text, encoding="utf-8")
    prepare(place)
    for name in (*library, "asked.jsonl"):
        (place / name).unlink()
    assert (place / "data" / "train.jsonl").is_file()
    assert verify_package(place) == []
    (place / "data" / "more.jsonl").write_text("{}\n")
    assert [finding.code for finding in verify_package(place)] == ["file-extra"]


def test_the_sample_is_never_taken_for_the_data(hub: HubServer) -> None:
    session = step_of(hub)
    step, rows = session.state.dataset, session.choices.rows
    assert step is not None and rows is not None
    data = hub_data(rows, step, training_shape(step, "answers", None), 7, SETTINGS.checks)
    assert list(data.train()) == [] and data.files.train.rows == 91
    assert not any(script.path.endswith(".jsonl") for script in data.scripts)

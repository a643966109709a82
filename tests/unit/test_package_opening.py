"""Going on from a package that somebody else made: its rows, and what was changed in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from trainpkg_widgets.package.verify import load_package, verify_package
from trainpkg_widgets.session import Session
from trainpkg_widgets.wizard import TrainingPackageWizard

MODEL = "Qwen/Qwen2.5-0.5B-Instruct"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def made(hub: HubServer, folder: Path, eval_share: float = 0.0, *, keep: bool = False) -> Path:
    """A package; the rows have left the place that they were read from, unless they are kept."""
    chats = folder / "chats.jsonl"
    turns = [
        {"messages": [{"role": "user", "content": f"q {n}?"}, {"role": "assistant", "content": f"It is {n}."}]}
        for n in range(60)
    ]
    chats.write_text("".join(f"{json.dumps(row)}\n" for row in turns))
    session = Session(endpoint=hub.url, token=False, autosave=False)
    session.select_model(MODEL)
    session.configure(max_steps=5)
    session.use_dataset(chats, eval_share=eval_share)
    session.deploy_to(name="support-bot")
    place = session.write_package(folder)
    if not keep:
        chats.unlink()
    return place


def opened(place: Path, hub: HubServer) -> TrainingPackageWizard:
    return TrainingPackageWizard.open(place, endpoint=hub.url, token=False, autosave=False)


@pytest.mark.parametrize("eval_share", [0.0, 0.2])
def test_a_package_whose_data_file_is_gone_goes_on_with_its_own_rows(
    hub: HubServer, tmp_path: Path, eval_share: float
) -> None:
    place = made(hub, tmp_path, eval_share)
    moved = Path(shutil.copytree(place, tmp_path / "given" / "support-bot"))
    wizard = opened(moved, hub)
    assert wizard.statuses["dataset"] == "error"
    [gone] = [f for f in wizard.session.findings if f.step == "dataset" and f.severity == "error"]
    assert gone.fix is not None and gone.fix.label == "Use the package's own rows"
    wizard.use_dataset(**gone.fix.arguments)
    assert wizard.statuses["dataset"] == "completed"
    wizard.deploy_to(name="support-bot-2")
    again = wizard.write_package(tmp_path)
    assert (again / "data/train.jsonl").read_bytes() == (moved / "data/train.jsonl").read_bytes()
    assert (again / "data/test.jsonl").exists() == bool(eval_share)
    assert verify_package(again) == []
    wizard.close()


def test_what_differs_from_the_manifest_is_named_and_goes_into_no_other_package(hub: HubServer, tmp_path: Path) -> None:
    place = made(hub, tmp_path, keep=True)
    (place / "sft.yaml").write_text("learning_rate: 9\n")
    (place / "README.md").unlink()
    (place / "notes.txt").write_text("mine")
    wizard = opened(place, hub)
    [said] = [f for f in wizard.session.findings if f.code == "package-differs"]
    assert said.severity == "warning" and "goes on from its manifest" in said.message
    for words in ("sft.yaml was changed", "README.md is missing", "notes.txt is not part"):
        assert words in said.evidence
    again = wizard.write_package(tmp_path / "again")
    assert said not in load_package(again).accepted
    wizard.close()


def test_nothing_is_said_of_a_package_as_it_was_written(hub: HubServer, tmp_path: Path) -> None:
    wizard = opened(made(hub, tmp_path), hub)
    assert not [f for f in wizard.session.findings if f.code == "package-differs"]
    wizard.close()

"""Datasets of the Hub are mixed with each other and with rows that are here; what was mixed is read back the same."""

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
from tests.unit.model_folders import write_model
from tests.unit.test_hub_data import LIBRARY
from trainpkg_widgets.data.picked import AllButSome, OneOfEach
from trainpkg_widgets.package.hub_data import COMMAND
from trainpkg_widgets.package.reading import load_package
from trainpkg_widgets.package_opening import open_written
from trainpkg_widgets.session import Session

TALKS = [
    *({"c": [{"from": "human", "value": f"What is {n}?"}, {"from": "gpt", "value": f"It is {n}."}]} for n in range(90)),
    {"c": [{"from": "human", "value": "And?"}, {"from": "gpt", "value": ""}]},
]
SUMS = [{"instruction": f"Add {n} and 1.", "output": str(n + 1)} for n in range(40)]
CHATS = [
    {"messages": [{"role": "user", "content": f"Where is {n}?"}, {"role": "assistant", "content": f"At {n}."}]}
    for n in range(20)
]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(models=[]) as server:
        server.add_dataset({"id": "ada/talks"}, {"default": {"train": TALKS}})
        server.add_dataset({"id": "ada/sums"}, {"default": {"train": SUMS}})
        yield server


def session_of(hub: HubServer, state: Any = None, **variables: Any) -> Session:
    viewer = {"endpoint": hub.viewer_url, "sample_rows": 30, "pages": 3}
    settings = {"dataset": {"viewer": viewer}, "model": {"cache": {"enabled": False}}}
    return Session(settings, state=state, endpoint=hub.url, token=False, autosave=False, namespace=lambda: variables)


def packed(session: Session, place: Path) -> Path:
    session.select_model(str(write_model(place / "model")))
    session.configure()
    session.deploy_to("mixed")
    return Path(session.write_package(place / "packages"))


def files_of(package: Path) -> dict[Path, bytes]:
    return {path.relative_to(package): path.read_bytes() for path in package.rglob("*") if path.is_file()}


def fetched(package: Path) -> dict[str, list[dict[str, Any]]]:
    """What the package's own script writes where the Hub's datasets are these."""
    library = LIBRARY.replace('f"{split}.json"', 'f"{name.split(chr(47))[-1]}.json"')
    (package / "datasets.py").write_text(library, encoding="utf-8")
    for name, rows in (("talks", TALKS), ("sums", SUMS)):
        (package / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    command = [sys.executable, *shlex.split(COMMAND)[1:]]
    subprocess.run(command, cwd=package, check=True, env={"PYTHONPATH": str(package)})
    return {
        file.name: [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for file in (package / "data").glob("*.jsonl")
    }


def said_in(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


MIXES: dict[str, list[dict[str, Any]]] = {
    "two of the Hub": [{"hub": "ada/talks", "weight": 2}, {"hub": "ada/sums", "weight": 0.5}],
    "one of the Hub and rows that are here": [
        {"hub": "ada/talks", "split": "train", "exclude_problems": ["empty-answer"]},
        {"variable": "chats", "weight": 1.5},
    ],
    "rows of another kind": [{"variable": "chats"}, {"hub": "ada/sums"}],
    "kinds the other way round": [{"hub": "ada/talks", "weight": 0.3}, {"variable": "sums", "weight": 2}],
}


@pytest.mark.parametrize("name", MIXES)
def test_the_package_fetches_what_the_same_rows_would_make_if_they_were_here(
    hub: HubServer, tmp_path: Path, name: str
) -> None:
    mixed = session_of(hub, chats=CHATS, sums=SUMS)
    mixed.use_dataset(mix=MIXES[name], seed=3)
    step = mixed.state.dataset
    assert step is not None, mixed.findings
    assert not [finding for finding in mixed.findings if finding.severity == "error"]
    here = session_of(hub, chats=CHATS, sums=SUMS, talks=TALKS)
    at_home = [
        {
            ("variable" if key == "hub" else key): str(value).removeprefix("ada/") if key == "hub" else value
            for key, value in part.items()
            if key != "split"
        }
        for part in MIXES[name]
    ]
    here.use_dataset(mix=at_home, seed=3)
    for session, place in ((mixed, tmp_path / "mixed"), (here, tmp_path / "here")):
        place.mkdir()
        packed(session, place)
    written = fetched(tmp_path / "mixed" / "packages" / "mixed")
    for file, rows in written.items():
        lines = (tmp_path / "here" / "packages" / "mixed" / "data" / file).read_text("utf-8").splitlines()
        assert said_in(rows) == said_in([json.loads(line) for line in lines])
    assert written


def test_it_is_judged_by_a_sample_and_says_so(hub: HubServer) -> None:
    session = session_of(hub, chats=CHATS)
    before = len(hub.requests)
    session.use_dataset(mix=[{"hub": "ada/talks"}, {"variable": "chats", "weight": 2}])
    step = session.state.dataset
    assert step is not None and step.rows == 91 + 40 and step.checked_rows is not None and step.checked_rows < step.rows
    assert "sample-only" in [finding.code for finding in session.findings]
    assert step.turns is not None and abs(step.turns.answers - 131) <= 2
    assert [pin.name for pin in step.on_hub] == ["ada/talks"]
    assert all("/resolve/" not in str(request) for request in hub.requests[before:])


def test_a_row_is_found_where_it_stands(hub: HubServer) -> None:
    session = session_of(hub, chats=CHATS)
    session.use_dataset(mix=[{"hub": "ada/talks"}, {"variable": "chats"}])
    assert "What is 55?" in str(session.page(55, 1).rows)
    assert "Where is 3?" in str(session.page(94, 1).rows)


@pytest.mark.parametrize("name", MIXES)
def test_a_state_and_a_package_are_read_back_as_the_same_session(hub: HubServer, tmp_path: Path, name: str) -> None:
    session = session_of(hub, chats=CHATS, sums=SUMS)
    session.use_dataset(mix=MIXES[name], eval_share=0.1, limit=50, seed=5)
    package = packed(session, tmp_path)
    again = session_of(hub, session.state.model_dump(mode="json"), chats=CHATS, sums=SUMS)
    assert again.state == session.state
    assert "rows-gone" not in [finding.code for finding in again.findings]
    opened = session_of(hub, load_package(package).choices, chats=CHATS, sums=SUMS)
    assert opened.state.dataset == session.state.dataset
    for number, one in enumerate((again, opened)):
        anew = Path(one.write_package(tmp_path / f"again-{number}"))
        assert files_of(anew) == files_of(package)


def test_in_another_kernel_the_packages_own_rows_take_the_place_of_the_variable(hub: HubServer, tmp_path: Path) -> None:
    session = session_of(hub, chats=CHATS)
    session.use_dataset(mix=[{"hub": "ada/talks"}, {"variable": "chats", "weight": 2}], eval_share=0.1)
    package = packed(session, tmp_path)
    opened = open_written(package, lambda state: session_of(hub, state))
    gone = next(finding for finding in opened.findings if finding.code == "rows-gone")
    assert gone.fix is not None and opened.statuses["dataset"] == "error"
    opened.use_dataset(**gone.fix.arguments)
    before, now = session.state.dataset, opened.state.dataset
    assert before is not None and now is not None and opened.statuses["dataset"] == "completed"
    assert (now.rows, now.format, now.turns, now.eval_share) == (before.rows, before.format, before.turns, 0.1)


def test_what_is_picked_is_picked_once_and_found_again() -> None:
    for count, of in ((0, 7), (1, 7), (3, 7), (5, 7), (7, 7), (50, 1000)):
        picked = OneOfEach(count, range(of), seed=1)
        numbers = list(picked)
        assert len(set(numbers)) == count and numbers == sorted(numbers)
        assert numbers == [n for n in range(of) if n in picked]
        assert [picked.index(n) for n in numbers] == list(range(count))
    rest = AllButSome(10, [0, 3, 4, 9, 40])
    assert list(rest) == [1, 2, 5, 6, 7, 8] == [n for n in range(-3, 50) if n in rest]
    assert [rest.index(n) for n in rest] == list(range(6)) and rest[1:3] == [2, 5]


def test_rows_that_come_in_turn_are_not_all_of_one_kind() -> None:
    odd = sum(n % 2 for n in OneOfEach(500, range(1000), seed=1))
    assert 180 < odd < 320


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"mix": [{"hub": "ada/talks", "eval_share": 0.1}]}, "mixture-entry"),
        ({"mix": [{"hub": "ada/talks", "limit": 3}]}, "mixture-entry"),
        ({"mix": [{"mix": [{"hub": "ada/talks"}]}]}, "mixture-entry"),
        ({"mix": [{"hub": "ada/none"}]}, "dataset-missing"),
        ({"mix": [{"hub": "ada/talks", "split": "test"}]}, "split-missing"),
        ({"mix": [{"hub": "ada/talks", "weight": 1000}]}, "mixture-weight"),
        ({"mix": [{"hub": "ada/talks"}], "split": "train"}, "source-misplaced"),
        ({"mix": [{"hub": "ada/talks"}], "hub": "ada/sums"}, "source-misplaced"),
        ({"mix": [{"hub": "ada/talks", "weight": 0.001}]}, "mixture-weight"),
        ({"mix": []}, "value-misread"),
        ({"hub": "ada/talks", "limit": "ten"}, "value-misread"),
        ({"variable": "chats", "config": "default"}, "source-misplaced"),
        ({"path": " "}, "source-misplaced"),
        ({"path": "x" * 5000}, "file-unreadable"),
    ],
)
def test_what_can_not_be_meant_says_why(hub: HubServer, words: dict[str, Any], code: str) -> None:
    assert [finding.code for finding in session_of(hub).use_dataset(**words)] == [code]

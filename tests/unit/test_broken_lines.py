"""A file with lines that can't be read says which, loses nothing, and can be used without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.dataset_samples import chats
from tests.unit.package_samples import sample_state
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_path
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.package.build import build_package
from trainpkg_widgets.session import Session
from trainpkg_widgets.settings import load_settings

BROKEN = {4: b'{"messages": [', 9: b"[1, 2]", 10: b'{"messages": "caf\xe9"}', 61: b"[" * 10_000, 62: b'{"a": 1}}'}
SIZES: list[Any] = [pytest.param(10_000, id="small"), pytest.param(0.001, id="large")]


def broken_file(path: Path, broken: dict[int, bytes] = BROKEN) -> Path:
    rows = iter(chats(100))
    lines = [broken.get(line) or json.dumps(next(rows)).encode() for line in range(1, 101 + len(broken))]
    path.write_bytes(b"\n".join(lines))
    return path


def opened(quick_mb: float, **limits: int) -> Session:
    return Session({"dataset": {"limits": {"quick_mb": quick_mb, **limits}}}, autosave=False)


def applied(session: Session, finding: Finding) -> list[Finding]:
    assert finding.fix is not None and finding.fix.verb == "use_dataset"
    return session.use_dataset(**finding.fix.arguments)


@pytest.mark.parametrize("quick_mb", SIZES)
def test_all_broken_lines_are_named_and_nothing_is_taken(tmp_path: Path, quick_mb: float) -> None:
    session = opened(quick_mb)
    (refused,) = session.use_dataset(broken_file(tmp_path / "rows.jsonl"))
    assert refused.code == "broken-json" and "Line 4 is no complete JSON object." in refused.message
    assert "5 lines can't be read: 4, 9, 10, 61, 62." in refused.evidence
    assert session.state.dataset is None


@pytest.mark.parametrize("quick_mb", SIZES)
def test_without_them_the_file_is_as_if_they_were_not_there(tmp_path: Path, quick_mb: float) -> None:
    session = opened(quick_mb)
    (refused,) = session.use_dataset(broken_file(tmp_path / "rows.jsonl"), eval_share=0.1)
    assert refused.fix is not None and refused.fix.label == "Leave 5 lines out"
    told = {finding.code: finding for finding in applied(session, refused)}
    step = session.state.dataset
    assert step is not None and step.rows == 100 and step.eval_share == 0.1 and step.problems == ()
    assert step.source.broken_lines == (4, 9, 10, 61, 62) and step.exclude_problems == ("broken-line",)
    assert "Lines 4, 9, 10, 61, 62" in told["lines-left-out"].evidence
    assert session.page(57, 3).rows[0] == ("user: What is 57 plus 57?\nassistant: The answer is 114.",)
    clean = tmp_path / "clean.jsonl"
    clean.write_text("".join(json.dumps(row) + "\n" for row in chats(100)))
    alone = profile_dataset(open_path(clean, session.settings.dataset), session.settings.dataset)
    assert (step.problems, step.turns, step.features) == (alone.problems, alone.turns, alone.features)


def test_one_line_is_spoken_of_as_one(tmp_path: Path) -> None:
    session = opened(10_000)
    (refused,) = session.use_dataset(broken_file(tmp_path / "rows.jsonl", {4: b"{"}))
    assert (
        refused.fix is not None and refused.fix.label == "Leave that line out" and "lines can't" not in refused.evidence
    )
    told = {finding.code: finding for finding in applied(session, refused)}
    assert told["lines-left-out"].message == "1 line of the file can't be read and is left out."


def test_they_stay_out_whatever_else_is_changed_and_when_the_session_is_taken_up_again(tmp_path: Path) -> None:
    session = opened(10_000)
    (refused,) = session.use_dataset(broken_file(tmp_path / "rows.jsonl"))
    applied(session, refused)
    session.use_dataset(exclude_problems=[], eval_share=0.2)
    step = session.state.dataset
    assert step is not None and (step.rows, step.exclude_problems) == (100, ("broken-line",))
    again = Session({}, state=session.state.model_dump(mode="json"), autosave=False)
    assert again.page(0, 1).rows and "rows-changed" not in {finding.code for finding in again.findings}


def test_the_package_holds_no_broken_line_and_its_manifest_names_them(tmp_path: Path) -> None:
    settings = load_settings()
    rows = open_path(broken_file(tmp_path / "rows.jsonl"), settings.dataset, leave_broken=True)
    step = profile_dataset(rows, settings.dataset, exclude_problems=["broken-line"])
    state = sample_state().model_copy(update={"dataset": step})
    place = build_package(state, settings, rows).write(tmp_path / "out")
    written = [json.loads(line) for line in (place / "data/train.jsonl").read_text().splitlines()]
    assert len(written) == 100
    manifest = yaml.safe_load((place / "package.yaml").read_text())
    assert manifest["choices"]["dataset"]["source"]["broken_lines"] == [4, 9, 10, 61, 62]
    assert manifest["choices"]["dataset"]["exclude_problems"] == ["broken-line"]


@pytest.mark.parametrize("quick_mb", SIZES)
def test_a_file_with_too_many_of_them_is_no_such_file(tmp_path: Path, quick_mb: float) -> None:
    (refused,) = opened(quick_mb, broken_lines=4).use_dataset(broken_file(tmp_path / "rows.jsonl"))
    assert refused.code == "broken-json" and refused.fix is None


@pytest.mark.parametrize("quick_mb", SIZES)
def test_a_file_of_nothing_else_and_a_line_that_is_too_long_can_not_be_used_so(tmp_path: Path, quick_mb: float) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("{\n" * 600)
    (refused,) = opened(quick_mb).use_dataset(path, exclude_problems=["broken-line"])
    assert refused.code == "broken-json" and refused.fix is None
    long = Session({"dataset": {"limits": {"quick_mb": quick_mb, "line_mb": 0.01}}}, autosave=False)
    broken_file(path, {50: json.dumps({"messages": "x" * 20_000}).encode()})
    (refused,) = long.use_dataset(path, exclude_problems=["broken-line"])
    assert (refused.code, refused.fix) == ("line-too-long", None) and "Line 50" in refused.message


def test_a_line_of_200_mb_far_down_a_large_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in chats(300))
        file.write(json.dumps({"messages": "x" * 200_000_000}) + "\n")
    (refused,) = Session(autosave=False).use_dataset(path)
    assert (refused.code, refused.fix) == ("line-too-long", None) and "Line 301" in refused.message

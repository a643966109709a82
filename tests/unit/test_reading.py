"""A large file is not waited for in the dark: its first rows are there at once, and how far the reading is."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from tests.unit.dataset_samples import chats, write_lines
from trainpkg_widgets.data.sources import open_path
from trainpkg_widgets.data.streamed_rows import StreamedRows
from trainpkg_widgets.dataset_screen import RowsBeingRead
from trainpkg_widgets.session import Session

LIMITS = {"dataset": {"limits": {"quick_mb": 0.001}}}


def watched(session: Session) -> list[RowsBeingRead | None]:
    seen: list[RowsBeingRead | None] = []
    session.subscribe(lambda: seen.append(session.being_read))
    return seen


def written(path: Path, kind: str) -> Path:
    """6,000 conversations, or questions with answers where cells are texts."""
    rows = chats(6000)
    if kind.endswith("folder"):
        path.mkdir()
        # A file of two rows is read as small ones are.
        first = 2 if kind == "uneven folder" else 2000
        for name, part in (("a", rows[:first]), ("b", rows[first:3000]), ("c", rows[3000:])):
            write_lines(path / f"{name}.jsonl", part)
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(write_lines(path.with_suffix(""), rows).read_bytes()))
    elif kind == "csv":
        said = (f"{row['messages'][0]['content']},{row['messages'][1]['content']}\n" for row in rows)
        path.write_text("prompt,completion\n" + "".join(said))
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def test_first_rows_and_format_are_there_before_all_rows_are_read(tmp_path: Path) -> None:
    session = Session(LIMITS, autosave=False)
    seen = watched(session)
    session.use_dataset(write_lines(tmp_path / "big.jsonl", chats(3000)))
    first, last = seen[0], seen[-2]
    assert first is not None and last is not None and seen[-1] is None
    assert (first.name, first.share, first.first.columns) == ("big.jsonl", 0, ("messages",))
    assert first.says == "Conversations (role, content), from “messages”"
    assert first.first.rows[0] == ("user: What is 0 plus 0?\nassistant: The answer is 0.",)
    assert last.share == 1 and last.words.endswith("MB read") and last.first == first.first
    assert session.state.dataset is not None and session.state.dataset.rows == 3000


@pytest.mark.parametrize("kind", ["folder", "uneven folder", "jsonl.gz", "csv", "parquet"])
def test_whatever_takes_long_shows_its_first_rows_and_how_far_it_is(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainpkg_widgets.data.watch._TOLD_EVERY", 0)
    session = Session({"dataset": {"limits": {"quick_mb": 0.001, "quick_rows": 1000}}}, autosave=False)
    seen = watched(session)
    session.use_dataset(path := written(tmp_path / f"data.{kind}", kind))
    told = [view for view in seen if view is not None]
    assert session.state.dataset is not None and session.state.dataset.rows == 6000
    assert {view.name for view in told} - {""} == {"data.jsonl" if kind == "jsonl.gz" else path.name}
    shown = next(view for view in told if view.first.rows)
    assert "What is 0 plus 0?" in shown.first.rows[0][0] and 0 <= shown.share < 1
    words = {view.words.split(" ", 3)[-1] for view in told if view.words}
    assert words <= {"MB read", "rows looked at"} and words
    if kind == "folder":
        shares = [view.share for view in told]
        assert shares == sorted(shares) and shares[-1] == 1


@pytest.mark.parametrize("kind", ["folder", "uneven folder", "jsonl.gz", "csv", "parquet"])
def test_whatever_takes_long_can_be_cancelled(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpkg_widgets.data.watch._TOLD_EVERY", 0)
    session, cancelled = Session({"dataset": {"limits": {"quick_rows": 1000}}}, autosave=False), threading.Event()
    session.subscribe(cancelled.set)
    assert session.use_dataset(written(tmp_path / f"data.{kind}", kind), cancelled=cancelled) == []
    assert session.being_read is None and session.state.dataset is None and session.findings == ()


def test_a_reading_that_is_cancelled_changes_nothing_and_leaves_nothing_on_the_screen(tmp_path: Path) -> None:
    session, cancelled = Session(LIMITS, autosave=False), threading.Event()
    session.subscribe(cancelled.set)
    assert session.use_dataset(write_lines(tmp_path / "big.jsonl", chats(3000)), cancelled=cancelled) == []
    assert session.being_read is None and session.state.dataset is None and session.findings == ()


def test_a_file_that_is_refused_leaves_nothing_on_the_screen(tmp_path: Path) -> None:
    session, path = Session(LIMITS, autosave=False), write_lines(tmp_path / "big.jsonl", chats(3000))
    with path.open("a") as file:
        file.write("{\n")
    assert [finding.code for finding in session.use_dataset(path)] == ["broken-json"]
    assert session.being_read is None


@pytest.mark.parametrize("quick", ["quick_mb", "quick_rows"])
def test_a_choice_about_rows_in_use_reads_them_no_second_time(tmp_path: Path, quick: str) -> None:
    session = Session({"dataset": {"limits": {quick: 0.001 if quick == "quick_mb" else 1}}}, autosave=False)
    session.use_dataset(write_lines(tmp_path / "big.jsonl", [*chats(3000), chats(1)[0]]))
    seen = watched(session)
    session.use_dataset(exclude_problems=["duplicate"])
    assert seen == [None]
    assert session.state.dataset is not None and session.state.dataset.excluded_rows == (3000,)


def test_where_no_process_can_be_started_the_rows_are_read_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainpkg_widgets.data.readers._START", "raise SystemExit(1)")
    rows = open_path(write_lines(tmp_path / "big.jsonl", chats(300)), Session(LIMITS, autosave=False).settings.dataset)
    assert isinstance(rows, StreamedRows) and rows.count == 300


def test_processes_that_end_before_they_are_done_cost_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(LIMITS, autosave=False)
    session.use_dataset(write_lines(tmp_path / "big.jsonl", [*chats(300), chats(1)[0]]))
    monkeypatch.setattr("trainpkg_widgets.data.readers._START", "raise SystemExit(1)")
    session.use_dataset(roles={"assistant": "user"})
    step = session.state.dataset
    assert (
        step is not None
        and {"no-answer": 301, "duplicate": 1}.items() <= {p.code: p.count for p in step.problems}.items()
    )

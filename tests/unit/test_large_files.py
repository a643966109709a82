"""A large file is looked at quickly, and what is said of it is what a close look at every row says."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import assistant, chat, chats, limited, system, user, write_lines
from trainpkg_widgets.data.large_json_lines import LargeJsonLines
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.quick_look import quick_look, said_in
from trainpkg_widgets.data.sources import open_path
from trainpkg_widgets.steps import DatasetStep

QUICK, CLOSE = limited(quick_mb=0.001), limited(quick_mb=10_000)
TOKEN = "hf_" + "abcdefghij" * 3
CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
STORY = "Once upon a time there lived seven small grey mice under the old wooden floor of a quiet village bakery shop"

UNUSUAL: list[dict[str, Any]] = [
    chat(user("a"), assistant("")),
    chat(user("a"), assistant(" \n ")),
    chat(user(" "), assistant("b")),
    chat(user("a"), assistant(None)),
    chat(),
    chat(user("a")),
    chat(user("a"), assistant("b"), user("c")),
    chat(assistant("a"), user("b"), assistant("c")),
    chat(user("a"), user("b"), assistant("c")),
    chat(user("a"), assistant("b"), system("c"), user("d"), assistant("e")),
    chat(user("a"), {"role": "narrator", "content": "x"}, assistant("b")),
    chat({"role": "human", "content": "a"}, {"role": "gpt", "content": "b"}),
    chat(user([{"type": "text", "text": "a"}]), assistant(["b", "c"])),
    chat(user([{"type": "image", "url": "x"}]), assistant("b")),
    chat(user("a"), {"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "content": "3"}),
    chat(user("a"), {"role": "assistant", "content": "I add.", "tool_calls": [CALL]}),
    chat(user("a"), assistant("None")),
    chat(user("a"), assistant("cafÃ©")),
    chat(user("a"), assistant("gone \ufffd")),
    chat(user("a"), assistant(f"the key is {TOKEN}")),
    chat(user("a"), assistant("ada@posteo.de")),
    chat(user("a"), assistant("Жили были семь маленьких серых мышей")),
    chat(user("a\x01b"), assistant("c")),
    chat(user("a"), assistant("=HYPERLINK(1)")),
    chat(user("-cmd|x"), assistant("b")),
    {"messages": None},
    {"other": 1},
    chat(user(STORY), assistant("yes")),
    chat(user(STORY.replace("grey", "brown")), assistant("yes")),
    chats(3)[2],
]


def looked_at(path: Path, settings: Any) -> DatasetStep:
    return profile_dataset(open_path(path, settings), settings)


def same(quick: DatasetStep, close: DatasetStep) -> None:
    assert {p.code: (p.count, p.rows, p.severity) for p in quick.problems} == {
        p.code: (p.count, p.rows, p.severity) for p in close.problems
    }
    assert quick.turns == close.turns and quick.rows == close.rows


@pytest.fixture
def many() -> list[dict[str, Any]]:
    """Ordinary rows, among them every unusual one."""
    rows = chats(600)
    for number, row in enumerate(UNUSUAL):
        rows.insert(17 * number + 5, row)
    return rows


def test_every_problem_is_found_in_the_same_rows(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    assert isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


@pytest.mark.parametrize("row", UNUSUAL, ids=lambda row: json.dumps(row)[:60])
def test_each_unusual_row_is_told_alone(tmp_path: Path, row: dict[str, Any]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [*chats(300), row])
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_turns_may_be_called_otherwise(tmp_path: Path) -> None:
    rows = [{"talk": [{"from": "human", "value": f"a {n}"}, {"from": "gpt", "value": f"b {n}"}]} for n in range(300)]
    path = write_lines(tmp_path / "rows.jsonl", rows)
    assert isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_rows_and_pages_are_those_of_the_file(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    rows = open_path(path, QUICK)
    assert rows.count == len(many) and list(rows) == many
    assert [rows.page(start, 7) for start in range(0, 637, 7)] == [
        many[start : start + 7] for start in range(0, 637, 7)
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": f"a {n}"} for n in range(300)],
        [{"messages": json.dumps(chats(1)[0]["messages"])}] * 300,
        [{**chats(n + 1)[n], "tools": "[]"} for n in range(300)],
        [chat(user("é"), assistant(f"ü {n}")) for n in range(300)],
    ],
)
def test_what_is_not_plain_conversation_is_looked_at_row_by_row(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", rows)
    assert not isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_rows_that_were_read_out_of_order_are_not_trusted(tmp_path: Path) -> None:
    path, limits = write_lines(tmp_path / "rows.jsonl", chats(300)), QUICK.limits
    said = said_in(chats(8)[7]["messages"], "content")
    assert said is not None
    look = quick_look(path, "messages", ("role", "content"), 5, limits, {7: said})
    assert look is not None and look.count == 300
    assert quick_look(path, "messages", ("role", "content"), 5, limits, {7: said + 1}) is None


def test_a_broken_line_is_named_as_in_a_small_file(tmp_path: Path) -> None:
    from trainpkg_widgets.data.errors import DataError

    path = write_lines(tmp_path / "rows.jsonl", chats(300))
    with path.open("a") as file:
        file.write('{"messages": [\n')
    with pytest.raises(DataError) as caught:
        open_path(path, QUICK)
    assert (caught.value.code, caught.value.line) == ("broken-json", 301)


def test_rows_are_left_out_as_in_a_small_file(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    out = ["empty-answer", "unknown-role", "duplicate"]
    quick, close = (profile_dataset(open_path(path, s), s, exclude_problems=out) for s in (QUICK, CLOSE))
    assert quick.excluded_rows == close.excluded_rows != ()
    same(quick, close)


def test_a_look_that_is_no_longer_wanted_ends(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    cancelled = threading.Event()
    cancelled.set()
    told: list[tuple[int, int]] = []
    for settings in (QUICK, CLOSE):
        rows = open_path(write_lines(tmp_path / "rows.jsonl", many), settings)
        step = profile_dataset(rows, settings, cancelled=cancelled, progress=lambda *it: told.append(it))
        assert step.problems == () and told == []


def test_progress_says_how_many_rows_of_how_many(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path, told = write_lines(tmp_path / "rows.jsonl", many * 4), list[tuple[int, int]]()
    profile_dataset(open_path(path, CLOSE), CLOSE, progress=lambda *it: told.append(it))
    assert told == [(0, 2520), (1000, 2520), (2000, 2520)]

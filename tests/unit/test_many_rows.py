"""Many rows of any source are looked through by processes, and what is said of them is what a close look says."""

from __future__ import annotations

import csv
import gzip
import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import assistant, chat, chats, limited, user, write_lines
from tests.unit.test_large_files import STORY, UNUSUAL, all_kinds, same
from trainpkg_widgets.data.mixed_rows import MixedRows, Part
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.quick_look import quick_look
from trainpkg_widgets.data.readers import NoProcessesError
from trainpkg_widgets.data.rows import Rows
from trainpkg_widgets.data.sources import open_path, open_variable
from trainpkg_widgets.steps import DatasetStep

QUICK = limited(quick_rows=1, quick_mb=0.001)
CLOSE = limited(quick_rows=10**9, quick_mb=10_000)
TEXTS = [{"prompt": f"Say {n}", "completion": f"It is {n % 400}"} for n in range(600)]
ODD_TEXTS = [
    {"prompt": "a", "completion": ""},
    {"prompt": "=SUM(A1)", "completion": "b"},
    {"prompt": STORY, "completion": "mail ada@posteo.de"},
    {"prompt": STORY.replace("grey", "brown"), "completion": "mail ada@posteo.de"},
    {"prompt": "a", "completion": "Жили были семь маленьких серых мышей"},
]


@pytest.fixture
def many() -> list[dict[str, Any]]:
    return all_kinds()


def both(open_rows: Callable[[Any], Rows], **wanted: Any) -> tuple[DatasetStep, DatasetStep]:
    """The step from the look by processes, which has to be one, and from a close look in this process."""
    close = profile_dataset(open_rows(CLOSE), CLOSE, **wanted)
    rows = open_rows(QUICK)
    assert close.format.value is not None
    assert quick_look(open_rows(CLOSE), close.format.value, close.columns, close.roles, CLOSE, None, None) is None
    assert quick_look(rows, close.format.value, close.columns, close.roles, QUICK, None, None) is not None
    return profile_dataset(rows, QUICK, **wanted), close


def test_packed_json_lines(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(write_lines(tmp_path / "rows.jsonl", many).read_bytes()))
    same(*both(lambda settings: open_path(path, settings)))


def test_a_json_file(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(many))
    same(*both(lambda settings: open_path(path, settings)))


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_cells(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["prompt", "completion"], delimiter="\t" if ending == "tsv" else ",")
        writer.writeheader()
        writer.writerows([*TEXTS, *ODD_TEXTS])
    same(*both(lambda settings: open_path(path, settings)))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_tables_with_columns_that_no_json_has(tmp_path: Path, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    rows = [{**row, "id": n, "when": datetime(2026, 1, 1), "raw": b"\xff"} for n, row in enumerate(chats(300))]
    table, path = pa.Table.from_pylist([*rows, rows[0]]), tmp_path / f"rows.{kind}"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    quick, close = both(lambda settings: open_path(path, settings))
    same(quick, close)
    assert [(problem.code, problem.rows) for problem in quick.problems] == [("duplicate", (300,))]


def test_variables_of_the_notebook(many: list[dict[str, Any]]) -> None:
    same(*both(lambda settings: open_variable("rows", many, settings)))


def test_values_that_json_would_change_are_seen_as_they_are() -> None:
    rows = [{"messages": chats(1)[0]["messages"], "label": value} for value in (float("nan"), (1, 2), 1 << 70)]
    odd = [chat(user("a"), {"role": "assistant", "content": value}) for value in (float("inf"), ("b", "c"), "\ud800")]
    same(*both(lambda settings: open_variable("rows", [*chats(100), *rows, *odd], settings)))


def test_what_stands_beside_a_prompt_makes_two_rows_differ() -> None:
    rows = [{"prompt": "Say a number.", "solution": str(n % 300), "level": n % 2} for n in range(400)]
    quick, close = both(lambda settings: open_variable("rows", rows, settings), format="prompts")
    same(quick, close)
    assert [(problem.code, problem.count) for problem in quick.problems] == [("duplicate", 100)]


@pytest.mark.parametrize("leave_out", [(), ("duplicate", "leak"), ("empty-answer",)])
def test_a_folder_with_rows_held_back(tmp_path: Path, many: list[dict[str, Any]], leave_out: tuple[str, ...]) -> None:
    write_lines(tmp_path / "train-0.jsonl", many)
    write_lines(tmp_path / "train-1.jsonl", [chat(user(f"b {n}"), assistant(f"c {n % 3}")) for n in range(200)])
    write_lines(tmp_path / "test.jsonl", [*chats(700)[590:], chats(700)[650], *UNUSUAL])
    quick, close = both(
        lambda settings: open_path(tmp_path, settings, "train", "test"), eval_split="test", exclude_problems=leave_out
    )
    same(quick, close)
    assert bool(leave_out) == bool(quick.excluded_rows)
    if not leave_out:
        assert {"leak", "duplicate"} <= {problem.code for problem in quick.problems}


def test_files_of_several_kinds_in_one_folder(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    write_lines(tmp_path / "a.jsonl", many)
    (tmp_path / "b.json").write_text(json.dumps(chats(700)[590:]))
    same(*both(lambda settings: open_path(tmp_path, settings)))


def test_a_mixture_that_asks_for_rows_twice(many: list[dict[str, Any]]) -> None:
    def mixed(settings: Any) -> Rows:
        parts = [
            Part(open_variable("first", many, settings), 2.0, "messages", {"messages": "messages"}),
            Part(open_variable("second", TEXTS, settings), 1.5, "prompt_completion", {side: side for side in TEXTS[0]}),
        ]
        return MixedRows(parts, seed=3)

    same(*both(mixed))


def test_a_row_that_can_not_be_handed_on_has_all_looked_at_here() -> None:
    rows = [*chats(50), {"messages": [user("a"), {"role": "assistant", "content": datetime(2026, 1, 1)}]}]
    columns = {"messages": "messages"}
    opened = open_variable("rows", rows, QUICK)
    with pytest.raises(NoProcessesError):
        quick_look(opened, "messages", columns, {}, QUICK, None, None)
    same(profile_dataset(opened, QUICK), profile_dataset(open_variable("rows", rows, CLOSE), CLOSE))


def test_a_look_that_is_no_longer_wanted_ends_and_progress_is_in_rows() -> None:
    opened, cancelled, told = open_variable("rows", chats(40_000), QUICK), threading.Event(), list[tuple[int, int]]()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        cancelled.set()

    step = profile_dataset(opened, QUICK, cancelled=cancelled, progress=progress)
    assert len(told) == 1 and 0 < told[0][0] < told[0][1] == 40_000
    assert step.turns is None


ODD_VALUES: list[Any] = [
    *(
        "",
        " ",
        "\n",
        " padded",
        "padded \n",
        "None",
        "nan",
        "2024-05-01",
        "=SUM(A1)",
        "-1|x",
        "[",
        "[1, 2]",
        "7",
        "é ü",
    ),
    *('[{"role": "user", "content": "a"}]', "['a']", "cafÃ©", "gone \ufffd", "half \ud800", f"hf_{'abcdefghij' * 3}"),
    *(
        "ada@posteo.de",
        "Жили были семь маленьких серых мышей",
        "他们住在一个安静的村庄面包店的旧木地板下面",
        "\x01",
        "a\x00b",
    ),
    *(None, 5, True, ["a"], {"a": "b"}, [user("a")], user("a")),
]


@pytest.mark.parametrize("with_more", [False, True], ids=["alone", "with another column"])
@pytest.mark.parametrize(
    "columns", [("text",), ("prompt", "completion"), ("instruction", "output"), ("instruction", "input", "output")]
)
def test_rows_of_texts_with_everything_that_is_no_ordinary_text(
    tmp_path: Path, columns: tuple[str, ...], with_more: bool
) -> None:
    def row(number: int) -> dict[str, Any]:
        said = {name: f"What {name} says of {number}." for name in columns}
        return {**said, **({"id": number} if with_more else {})}

    rows = [row(number) for number in range(400)]
    for name in columns:
        for place, value in enumerate(ODD_VALUES):
            rows.insert(7 * place, {**row(1000 + place), name: value})
    # The same but for white space around it, and the same with and without a column that says nothing.
    rows += [
        {**row(5), columns[-1]: f" {row(5)[columns[-1]]}\n"},
        row(6),
        {k: v for k, v in row(7).items() if k != columns[0]},
    ]
    if "input" in columns:
        rows += [{**row(8), "input": ""}, {**row(8), "input": None}, {**row(8), "input": " "}]
    path = write_lines(tmp_path / "rows.jsonl", rows)
    quick, close = both(lambda settings: open_path(path, settings))
    same(quick, close)
    assert {"duplicate", "missing-value", "email-seen", "secret-seen"} <= {problem.code for problem in quick.problems}


def test_rows_of_a_file_are_looked_at_once_and_a_variable_that_may_have_changed_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, path = [*chats(300), chats(1)[0]], tmp_path / "rows.json"
    path.write_text(json.dumps(rows))
    file, variable = open_path(path, QUICK), open_variable("rows", rows, QUICK)
    rows[7] = chat(user("a"), assistant(""))
    for opened in (file, variable):
        assert profile_dataset(opened, QUICK).rows == 301
    monkeypatch.setattr("trainpkg_widgets.data.readers._START", "raise SystemExit(1)")
    found = quick_look(file, "messages", {"messages": "messages"}, {}, QUICK, None, None)
    assert found is not None and found.count == 301
    for opened, roles in ((file, {"user": "system"}), (variable, {})):
        with pytest.raises(NoProcessesError):
            quick_look(opened, "messages", {"messages": "messages"}, roles, QUICK, None, None)

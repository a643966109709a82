"""What opening a dataset promises: rows come back as they were written, and what is broken is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.dataset_samples import SETTINGS, chats, limited, write_lines
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.sources import Rows, list_sources, open_file, open_variable

AWKWARD = [
    {"a": {"x": 1}},
    {"a": {"y": "z"}, "b": [1, "one", None, [2.5]]},
    {"a": {f"k{n}": n for n in range(300)}, "c": None},
    {"a": "007", "é 😀": "line\u2028separator", "n": 12345678901234567890, "f": 1.50},
]


def refusal(path: Path, settings: Any = SETTINGS) -> DataError:
    with pytest.raises(DataError) as caught:
        open_file(path, settings)
    return caught.value


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class TestRowsComeBackAsTheyWereWritten:
    @pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson", "rows.json"])
    def test_a_row_of_json_lines_equals_json_loads_of_its_line(self, tmp_path: Path, name: str) -> None:
        path = write_lines(tmp_path / name, AWKWARD)
        rows = open_file(path, SETTINGS)
        assert list(rows) == [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == AWKWARD
        assert rows.count == 4

    def test_a_json_list_and_an_object_with_one_list_in_it_are_rows(self, tmp_path: Path) -> None:
        plain = open_file(written(tmp_path, "a.json", json.dumps(AWKWARD, indent=1)), SETTINGS)
        held = open_file(
            written(tmp_path, "b.json", json.dumps({"version": 1, "tags": ["x"], "data": AWKWARD})), SETTINGS
        )
        named = open_file(written(tmp_path, "c.jsonl", json.dumps(AWKWARD, indent=1)), SETTINGS)
        assert list(plain) == list(held) == list(named) == AWKWARD
        assert "“data”" in held.source.container

    def test_cells_of_a_csv_stay_the_text_that_the_file_says(self, tmp_path: Path) -> None:
        text = 'id,text\r\n007,"say ""hi"", you"\r\n1.50,"two\r\nlines"\r\n\r\nNULL,\r\n'
        rows = open_file(written(tmp_path, "rows.csv", b"\xef\xbb\xbf" + text.encode()), SETTINGS)
        assert list(rows) == [
            {"id": "007", "text": 'say "hi", you'},
            {"id": "1.50", "text": "two\r\nlines"},
            {"id": "NULL", "text": ""},
        ]

    def test_tabs_and_semicolons_separate_too(self, tmp_path: Path) -> None:
        tabs = open_file(written(tmp_path, "rows.tsv", "a\tb\n1,5\tx\n"), SETTINGS)
        semicolons = open_file(written(tmp_path, "rows.csv", "a;b\n1,5;x\n"), SETTINGS)
        assert list(tabs) == list(semicolons) == [{"a": "1,5", "b": "x"}]

    def test_lists_and_structs_of_parquet_come_back_as_lists_and_dicts(self, tmp_path: Path) -> None:
        # A name that a reader of patterns would take for one.
        path = tmp_path / "rows[1]*.parquet"
        pq.write_table(pa.Table.from_pylist(chats(2500)), path, row_group_size=700)
        rows = open_file(path, SETTINGS)
        assert list(rows) == chats(2500)
        assert rows.page(2498, 5) == chats(2500)[2498:]
        assert rows.features == {"messages": "list of objects"}

    @pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
    @pytest.mark.parametrize("suffix", ["jsonl", "csv"])
    def test_a_page_is_the_same_as_that_part_of_all_rows(self, tmp_path: Path, count: int, suffix: str) -> None:
        lines = [f'{{"n": "{n}\\n"}}' if suffix == "jsonl" else f'"{n}\n"' for n in range(count)]
        path = written(tmp_path, f"rows.{suffix}", "\n\n".join([*(["n"] if suffix == "csv" else []), *lines]))
        rows = open_file(path, SETTINGS)
        everything = [{"n": f"{n}\n"} for n in range(count)]
        assert list(rows) == list(rows) == everything
        for offset, limit in [(0, 5), (998, 4), (count - 1, 10), (count, 5), (5, 0)]:
            assert rows.page(offset, limit) == everything[offset : offset + limit]

    def test_the_features_name_every_column_and_its_types(self, tmp_path: Path) -> None:
        rows = open_file(write_lines(tmp_path / "rows.jsonl", AWKWARD), SETTINGS)
        assert rows.features == {
            "a": "object or text",
            "b": "list or empty",
            "c": "empty",
            "é 😀": "text or empty",
            "n": "number or empty",
            "f": "number or empty",
        }

    def test_the_hash_and_size_are_of_the_file(self, tmp_path: Path) -> None:
        import hashlib

        path = write_lines(tmp_path / "rows.jsonl", chats(3))
        rows = open_file(path, SETTINGS)
        assert rows.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert rows.bytes == path.stat().st_size
        assert (rows.source.kind, rows.source.name, rows.source.path) == ("file", "rows.jsonl", str(path.resolve()))


class TestWhatIsBrokenIsNamed:
    def test_a_broken_line_is_named_by_its_number(self, tmp_path: Path) -> None:
        lines = [json.dumps(row) for row in chats(3)]
        error = refusal(written(tmp_path, "rows.jsonl", "\n".join([lines[0], "", '{"messages": [{"role', lines[1]])))
        assert (error.code, error.line) == ("broken-json", 3)
        assert "Line 3" in error.message and "Unterminated" in error.evidence and error.hint

    @pytest.mark.parametrize(
        ("name", "content", "code", "line"),
        [
            ("a.jsonl", '{"a": 1}\n["b"]\n', "row-no-object", 2),
            ("a.json", '[{"a": 1}, 7]', "row-no-object", None),
            ("a.json", '[{"a": 1},\n {"a": }]', "broken-json", 2),
            ("a.json", '"text"', "json-no-rows", None),
            ("a.json", '{"train": [{"a": 1}], "test": [{"a": 2}]}', "json-no-rows", None),
            ("a.json", '{"a": ["x"]}', "json-no-rows", None),
            ("a.jsonl", '{"a": ' + "1" * 5000 + "}", "broken-json", 1),
            ("a.csv", "a,b\n1,2\n3\n", "row-ragged", 3),
            ("a.csv", "a,b\n1,2\n\n3,4,5\n", "row-ragged", 4),
            ("a.csv", 'a,b\n1,2\n"open,4\n5,6\n', "broken-csv", 3),
            ("a.csv", "a,a\n1,2\n", "column-twice", 1),
            ("a.csv", "a,\n1,2\n", "column-unnamed", 1),
            ("a.csv", f"a,b\n{'x' * 200_000},2\n", "cell-too-long", 2),
            ("a.jsonl", b'{"a": "ok"}\n{"a": "caf\xe9"}\n', "encoding", 2),
            ("a.csv", b"a\nok\ncaf\xe9\n", "encoding", 3),
            ("a.csv", "a\nx\n".encode("utf-16"), "encoding", None),
            ("a.jsonl", b"", "no-rows", None),
            ("a.jsonl", "\n \n", "no-rows", None),
            ("a.json", "[]", "no-rows", None),
            ("a.csv", "a,b\n", "no-rows", None),
            ("a.csv", "", "no-rows", None),
            ("a.parquet", b"PAR1 nothing", "broken-parquet", None),
            ("a.txt", "text", "file-type", None),
            ("noending", "text", "file-type", None),
        ],
    )
    def test_what_was_found_and_what_to_do(
        self, tmp_path: Path, name: str, content: str | bytes, code: str, line: int | None
    ) -> None:
        error = refusal(written(tmp_path, name, content))
        assert (error.code, error.line) == (code, line)
        assert error.hint and str(error).startswith(error.message)

    def test_an_unknown_ending_lists_those_that_are_read(self, tmp_path: Path) -> None:
        error = refusal(written(tmp_path, "rows.xlsx", "x"))
        assert all(ending in error.hint for ending in SETTINGS.file_types)

    def test_only_the_endings_of_the_settings_are_read(self, tmp_path: Path) -> None:
        path = write_lines(tmp_path / "rows.jsonl", chats(1))
        assert refusal(path, SETTINGS.model_copy(update={"file_types": [".csv"]})).code == "file-type"

    def test_a_missing_file_names_the_one_that_is_like_it(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "support_chats.jsonl", chats(1))
        error = refusal(tmp_path / "support_chat.jsonl")
        assert error.code == "file-missing" and "support_chats.jsonl" in error.hint

    def test_a_folder_names_the_files_in_it(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "train.jsonl", chats(1))
        error = refusal(tmp_path)
        assert error.code == "file-is-folder" and "train.jsonl" in error.evidence

    def test_nothing_of_any_length_or_depth_takes_the_kernel_down(self, tmp_path: Path) -> None:
        deep = written(tmp_path, "deep.jsonl", '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")
        deeper_than_allowed = written(tmp_path, "nested.jsonl", '{"a": ' + "[" * 70 + "]" * 70 + "}")
        long = written(tmp_path, "long.jsonl", '{"a": "' + "x" * 2_000_000 + '"}\n{"a": "b"}\n')
        wide = write_lines(tmp_path / "wide.jsonl", ({f"id{n}": n} for n in range(2000)))
        large = written(tmp_path, "large.json", json.dumps([{"a": "x" * 2_000_000}]))
        assert refusal(deep).code == refusal(deeper_than_allowed).code == "nested-too-deeply"
        assert refusal(long, limited(line_mb=1)).code == "line-too-long"
        assert refusal(wide).code == "too-many-columns"
        assert refusal(large, limited(json_mb=1)).code == "json-too-large"
        assert open_file(long, SETTINGS).count == 2

    def test_a_file_that_changed_since_it_was_chosen_is_not_read_on(self, tmp_path: Path) -> None:
        path = write_lines(tmp_path / "rows.jsonl", chats(3))
        rows = open_file(path, SETTINGS)
        write_lines(path, chats(4))
        with pytest.raises(DataError) as caught:
            list(rows)
        assert caught.value.code == "file-changed"
        path.unlink()
        with pytest.raises(DataError):
            rows.page(0, 1)


class FakeTable:
    """What a table of a library that isn't installed looks like from outside."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.column_names = list(rows[0])

    def __len__(self) -> int:
        return len(self.rows)


def dataset_like(rows: list[dict[str, Any]]) -> Any:
    """A stand-in with the type name and the methods of datasets 5.2's `Dataset`."""

    class Dataset(FakeTable):
        def with_format(self, kind: str) -> Dataset:
            assert kind == "arrow"
            return self

        def __getitem__(self, part: slice) -> pa.Table:
            return pa.Table.from_pylist(self.rows[part])

    Dataset.__module__, Dataset.__qualname__ = "datasets.arrow_dataset", "Dataset"
    return Dataset(rows)


def variables() -> Iterator[tuple[str, Any]]:
    import polars as pl

    yield "list", chats(2500)
    yield "tuple", tuple(chats(2500))
    yield "pandas", pd.DataFrame(chats(2500))
    yield "polars", pl.DataFrame(chats(2500))
    yield "arrow", pa.Table.from_pylist(chats(2500))
    yield "dataset", dataset_like(chats(2500))


class TestVariables:
    @pytest.mark.parametrize(("name", "value"), list(variables()))
    def test_every_kind_of_table_gives_the_same_rows(self, name: str, value: Any) -> None:
        rows: Rows = open_variable(name, value, SETTINGS)
        same = open_variable("rows", chats(2500), SETTINGS)
        assert list(rows) == chats(2500)
        assert rows.page(2498, 9) == chats(2500)[2498:]
        assert (rows.sha256, rows.bytes, rows.count) == (same.sha256, same.bytes, 2500)
        assert (rows.source.kind, rows.source.name, rows.source.path) == ("variable", name, None)

    def test_missing_values_of_pandas_are_none_and_its_arrays_lists(self) -> None:
        import numpy as np

        frame = pd.DataFrame({"a": ["x", np.nan], "b": [np.array([1, 2]), None], "c": [1, 2], "d": [pd.NaT, pd.NaT]})
        assert list(open_variable("frame", frame, SETTINGS)) == [
            {"a": "x", "b": [1, 2], "c": 1, "d": None},
            {"a": None, "b": None, "c": 2, "d": None},
        ]

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ([{"a": 1}, "text"], "row-no-object"),
            ([{1: "a"}], "row-no-object"),
            ([], "no-rows"),
            ({"text": ["a"]}, "variable-type"),
            ("rows.jsonl", "variable-type"),
            (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column-twice"),
            (pd.Series(["a"]), "variable-type"),
        ],
    )
    def test_what_is_no_table_says_what_is(self, value: Any, code: str) -> None:
        with pytest.raises(DataError) as caught:
            open_variable("rows", value, SETTINGS)
        assert caught.value.code == code and caught.value.hint

    def test_a_stream_says_how_to_get_rows(self) -> None:
        class IterableDataset:
            pass

        IterableDataset.__module__ = "datasets.iterable_dataset"
        IterableDataset.__qualname__ = "IterableDataset"
        with pytest.raises(DataError) as caught:
            open_variable("ds", IterableDataset(), SETTINGS)
        assert "ds.take(" in caught.value.hint

    def test_rows_that_hold_themselves_are_refused(self) -> None:
        knot: list[Any] = []
        knot.append(knot)
        with pytest.raises(DataError):
            open_variable("rows", [{"a": knot}], SETTINGS)


class TestWhatCanBeChosen:
    def test_variables_and_files_are_listed_by_their_looks(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "b.jsonl", chats(1))
        write_lines(tmp_path / ".hidden.jsonl", chats(1))
        (tmp_path / "data" / "deep").mkdir(parents=True)
        (tmp_path / ".cache").mkdir()
        write_lines(tmp_path / "data" / "a.csv", chats(1))
        write_lines(tmp_path / "data" / "deep" / "c.jsonl", chats(1))
        write_lines(tmp_path / ".cache" / "d.jsonl", chats(1))
        (tmp_path / "notes.txt").write_text("x")
        namespace = {
            "frame": pd.DataFrame(chats(3)),
            "rows": chats(2),
            "numbers": [1, 2],
            "_last": chats(2),
            "text": "x",
            "none": [],
        }
        found = list_sources(namespace, tmp_path, SETTINGS)
        assert [(choice.kind, choice.name) for choice in found] == [
            ("variable", "frame"),
            ("variable", "rows"),
            ("file", "b.jsonl"),
            ("file", "data/a.csv"),
        ]
        assert found[0].detail == "pandas DataFrame · 3 rows · messages"

    def test_the_settings_bound_how_many(self, tmp_path: Path) -> None:
        few = SETTINGS.model_copy(update={"listed_sources": 2})
        assert len(list_sources({name: chats(1) for name in "abc"}, tmp_path, few)) == 2

    def test_nothing_of_a_variable_is_run(self, tmp_path: Path) -> None:
        class Trap(list[Any]):
            def __len__(self) -> int:
                raise AssertionError("run")

            def __getitem__(self, _: Any) -> Any:
                raise AssertionError("run")

        class DataFrame:
            def __len__(self) -> int:
                raise RuntimeError("not a table after all")

        DataFrame.__module__, DataFrame.__qualname__ = "pandas.core.frame", "DataFrame"
        assert list_sources({"trap": Trap([{"a": 1}]), "odd": DataFrame()}, tmp_path, SETTINGS) == []


def test_importing_the_dataset_side_loads_no_library_of_tables() -> None:
    script = (
        "import sys, trainpkg_widgets.data.sources, trainpkg_widgets.data.profile, trainpkg_widgets.data.prepare, "
        "trainpkg_widgets.advice.dataset_findings\n"
        "print([m for m in ('duckdb', 'pandas', 'pyarrow', 'polars', 'datasets', 'jinja2') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

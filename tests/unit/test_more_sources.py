"""Folders, packed files, Arrow, splits and mixtures; and files made to do harm, each of which is a finding."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, limited, user, write_lines
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.sources import list_sources, open_path, open_variable
from trainpkg_widgets.session import Session
from trainpkg_widgets.steps import DatasetStep


def refusal(path: Path, settings: Any = SETTINGS, **splits: str) -> DataError:
    with pytest.raises(DataError) as caught:
        open_path(path, settings, **splits)
    assert caught.value.message
    return caught.value


def dataset_of(session: Session) -> DatasetStep:
    assert session.state.dataset is not None, session.findings
    return session.state.dataset


class TestPackedFiles:
    @pytest.mark.parametrize("kind", ["gz", "zst"])
    def test_rows_are_as_in_the_file_that_was_packed(self, tmp_path: Path, kind: str) -> None:
        plain = write_lines(tmp_path / "rows.jsonl", chats(2500))
        packed = tmp_path / f"rows.jsonl.{kind}"
        if kind == "gz":
            packed.write_bytes(gzip.compress(plain.read_bytes()))
        else:
            with pa.CompressedOutputStream(str(packed), "zstd") as out:
                out.write(plain.read_bytes())
        rows = open_path(packed, SETTINGS)
        assert list(rows) == chats(2500) and rows.page(1700, 2) == chats(1702)[1700:]
        assert (rows.source.name, rows.source.path) == (packed.name, str(packed))
        assert rows.bytes == packed.stat().st_size

    @pytest.mark.parametrize("name", ["rows.csv.gz", "rows.json.gz"])
    def test_the_ending_below_says_what_is_in_it(self, tmp_path: Path, name: str) -> None:
        text = "text\nhello\n" if "csv" in name else '[{"text": "hello"}]'
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
        assert list(open_path(tmp_path / name, SETTINGS)) == [{"text": "hello"}]

    def test_what_is_no_archive_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "rows.jsonl.gz").write_bytes(b"hello")
        assert refusal(tmp_path / "rows.jsonl.gz").code in ("broken-archive", "file-unreadable")

    def test_half_an_archive_says_so(self, tmp_path: Path) -> None:
        whole = gzip.compress(json.dumps({"text": "hello" * 1000}).encode())
        (tmp_path / "rows.jsonl.gz").write_bytes(whole[: len(whole) // 2])
        assert refusal(tmp_path / "rows.jsonl.gz").code == "broken-archive"


class TestArrow:
    @pytest.mark.parametrize("kind", ["stream", "file"])
    def test_both_kinds_are_read(self, tmp_path: Path, kind: str) -> None:
        table = pa.Table.from_pylist(chats(3000))
        path = tmp_path / "rows.arrow"
        new = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
        with new(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=700)
        rows = open_path(path, SETTINGS)
        assert rows.count == 3000 and list(rows) == chats(3000)
        assert rows.page(695, 10) == chats(705)[695:] and rows.page(2999, 5) == chats(3000)[2999:]

    def test_what_is_no_arrow_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "rows.arrow").write_bytes(b"nothing of the kind")
        assert refusal(tmp_path / "rows.arrow").code == "broken-arrow"


class TestFolders:
    def test_names_of_files_and_folders_are_splits(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "train-00000-of-00002.jsonl", chats(3))
        write_lines(tmp_path / "train-00001-of-00002.jsonl", chats(5)[3:])
        (tmp_path / "validation").mkdir()
        write_lines(tmp_path / "validation" / "a.jsonl", chats(7)[5:])
        rows = open_path(tmp_path, SETTINGS)
        assert list(rows) == chats(5)
        assert (rows.source.kind, rows.source.split, rows.source.splits) == ("folder", "train", ("train", "validation"))
        assert list(open_path(tmp_path, SETTINGS, "validation")) == chats(7)[5:]

    def test_what_datasets_saves_is_read_without_its_notes(self, tmp_path: Path) -> None:
        (tmp_path / "dataset_info.json").write_text("{}")
        (tmp_path / "state.json").write_text("{}")
        table = pa.Table.from_pylist(chats(3))
        with pa.ipc.new_stream(str(tmp_path / "data-00000-of-00001.arrow"), table.schema) as writer:
            writer.write_table(table)
        assert list(open_path(tmp_path, SETTINGS)) == chats(3)

    def test_a_split_that_is_not_there_is_named_with_those_that_are(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "train.jsonl", chats(1))
        error = refusal(tmp_path, split="test")
        assert error.code == "split-missing" and "train" in error.evidence

    def test_a_folder_without_data_says_what_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        assert refusal(tmp_path).code == "folder-empty"

    def test_rows_of_one_folder_keep_their_places_when_a_page_spans_files(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "a.jsonl", chats(3))
        write_lines(tmp_path / "b.jsonl", chats(6)[3:])
        assert open_path(tmp_path, SETTINGS).page(2, 3) == chats(5)[2:]


class TestSplitsOfVariables:
    def test_a_split_is_trained_on_and_another_held_back(self) -> None:
        class DatasetDict(dict[str, Any]):
            pass

        DatasetDict.__module__, DatasetDict.__qualname__ = "datasets.dataset_dict", "DatasetDict"
        rows = open_variable("ds", DatasetDict(test=chats(9)[7:], train=chats(7)), SETTINGS, None, "test")
        assert list(rows) == chats(9) and rows.source.split == "train" and rows.source.splits == ("test", "train")


class TestWhatCanBeChosen:
    def test_folders_packed_files_and_splits_are_offered(self, tmp_path: Path) -> None:
        (tmp_path / "talks").mkdir()
        write_lines(tmp_path / "talks" / "train.jsonl", chats(1))
        write_lines(tmp_path / "talks" / "test.jsonl", chats(1))
        (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(b"{}"))

        class DatasetDict(dict[str, Any]):
            pass

        DatasetDict.__module__, DatasetDict.__qualname__ = "datasets.dataset_dict", "DatasetDict"
        found = list_sources({"ds": DatasetDict(train=chats(7), test=chats(2))}, tmp_path, SETTINGS)
        assert [(choice.kind, choice.name) for choice in found] == [
            ("variable", "ds"),
            ("folder", "talks"),
            ("file", "rows.jsonl.gz"),
            ("file", "talks/test.jsonl"),
            ("file", "talks/train.jsonl"),
        ]
        assert found[0].detail == "datasets.DatasetDict · 9 rows · train, test" and "2 files" in found[1].detail


class TestMixtures:
    @pytest.fixture
    def session(self) -> Session:
        self.sums = chats(40)
        self.tales = [{"instruction": f"Tell tale {n}", "output": f"Once, {n} mice …"} for n in range(20)]
        return Session(autosave=False, namespace=lambda: {"sums": self.sums, "tales": self.tales})

    def test_weights_say_how_often_each_row_is_there(self, session: Session) -> None:
        session.use_dataset(mix=[{"variable": "sums", "weight": 0.5}, {"variable": "tales", "weight": 2}])
        step = dataset_of(session)
        assert step.rows == 20 + 40 and [part.used_rows for part in step.parts] == [20, 40]
        assert step.format.value == "messages" and not step.problems

    def test_the_same_seed_picks_the_same_rows_and_another_one_others(self, session: Session) -> None:
        def picked(seed: int) -> list[dict[str, Any]]:
            session.use_dataset(mix=[{"variable": "sums", "weight": 0.25}], seed=seed)
            rows = session.choices.rows
            assert rows is not None
            return list(rows)

        assert picked(1) == picked(1) != picked(2) and len(picked(1)) == 10

    def test_pages_are_as_the_rows_one_after_the_other(self, session: Session) -> None:
        session.use_dataset(mix=[{"variable": "sums", "weight": 1.5}, {"variable": "tales"}])
        rows = session.choices.rows
        assert rows is not None
        whole = list(rows)
        assert len(whole) == rows.count == 80
        assert [rows.page(start, 7) for start in range(0, 80, 7)] == [whole[n : n + 7] for n in range(0, 80, 7)]

    def test_columns_of_the_same_format_become_one(self, session: Session) -> None:
        other = [{"question": f"q {n}", "answer": f"a {n}"} for n in range(5)]
        session.use_dataset(mix=[{"variable": "tales"}, {"rows": other}])
        step = dataset_of(session)
        assert step.format.value == "instruction" and step.rows == 25
        assert step.columns == {"instruction": "instruction", "output": "output"}

    @pytest.mark.parametrize(
        ("mix", "code"),
        [
            ([{"variable": "sums", "weight": 0}], "mixture-weight"),
            ([{"variable": "sums", "weight": "much"}], "mixture-weight"),
            ([{"variable": "sums"}, {"rows": [{"text": "a"}]}], "mixture-misfit"),
            ([{"variable": "sums", "colour": "red"}], "mixture-entry"),
            ([{"variable": "nothing"}], "variable-missing"),
        ],
    )
    def test_what_can_not_be_mixed_says_why(self, session: Session, mix: list[dict[str, Any]], code: str) -> None:
        assert [finding.code for finding in session.use_dataset(mix=mix)] == [code]


class TestReadingAgain:
    def test_another_split_of_the_dataset_in_use(self, tmp_path: Path) -> None:
        write_lines(tmp_path / "train.jsonl", chats(60))
        write_lines(tmp_path / "test.jsonl", chats(70)[60:])
        session = Session(autosave=False)
        session.use_dataset(tmp_path, limit=50)
        unused = next(finding for finding in session.findings if finding.code == "split-unused")
        assert unused.fix is not None
        session.use_dataset(**unused.fix.arguments)
        step = dataset_of(session)
        assert (step.eval_split, step.eval_rows, step.limit, step.rows) == ("test", 10, 50, 70)

    def test_a_keyword_that_there_is_not_is_named_with_those_that_there_are(self) -> None:
        with pytest.raises(TypeError, match="eval_share"):
            Session(autosave=False).use_dataset([], evalshare=0.1)  # type: ignore[call-arg]  # misuse


class TestHarm:
    def test_an_archive_that_swells_is_stopped(self, tmp_path: Path) -> None:
        (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(b" " * 30_000_000))
        assert (tmp_path / "bomb.jsonl.gz").stat().st_size < 50_000
        assert refusal(tmp_path / "bomb.jsonl.gz", limited(unpacked_mb=10)).code == "unpacked-too-large"

    def test_a_line_without_end_is_stopped(self, tmp_path: Path) -> None:
        (tmp_path / "long.jsonl").write_bytes(b'{"text": "' + b"a" * 20_000_000 + b'"}\n')
        assert refusal(tmp_path / "long.jsonl", limited(line_mb=5)).code == "line-too-long"

    @pytest.mark.parametrize("name", ["deep.jsonl", "deep.json"])
    def test_nesting_ten_thousand_deep_is_refused(self, tmp_path: Path, name: str) -> None:
        deep = '{"a":' * 10_000 + "1" + "}" * 10_000
        (tmp_path / name).write_text(f"[{deep}]" if name.endswith(".json") else deep + "\n")
        assert refusal(tmp_path / name).code == "nested-too-deeply"

    def test_a_link_that_leads_out_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        outside = write_lines(tmp_path / "outside.jsonl", chats(1))
        (tmp_path / "data").mkdir()
        write_lines(tmp_path / "data" / "inside.jsonl", chats(1))
        (tmp_path / "data" / "link.jsonl").symlink_to(outside)
        error = refusal(tmp_path / "data")
        assert error.code == "link-outside" and "link.jsonl" in error.message

    def test_a_link_within_the_folder_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        write_lines(tmp_path / "data" / "a.jsonl", chats(2))
        (tmp_path / "data" / "b.jsonl").symlink_to(tmp_path / "data" / "a.jsonl")
        assert open_path(tmp_path / "data", SETTINGS).count == 4

    def test_formulas_of_a_spreadsheet_stay_text(self, tmp_path: Path) -> None:
        formula = '=HYPERLINK("http://a.example","x")'
        quoted = formula.replace('"', '""')
        (tmp_path / "rows.csv").write_text(f'prompt,completion\n"{quoted}",+1\n@SUM(A1),-2\n')
        rows = list(open_path(tmp_path / "rows.csv", SETTINGS))
        assert rows == [{"prompt": formula, "completion": "+1"}, {"prompt": "@SUM(A1)", "completion": "-2"}]
        session = Session(autosave=False)
        session.use_dataset(tmp_path / "rows.csv")
        found = {problem.code: problem.rows for problem in dataset_of(session).problems}
        assert found["formula"] == (0, 1)

    def test_bytes_that_are_no_text_name_their_line(self, tmp_path: Path) -> None:
        (tmp_path / "rows.jsonl").write_bytes(b'{"text": "ok"}\n{"text": "\xff\xfe"}\n')
        error = refusal(tmp_path / "rows.jsonl")
        assert (error.code, error.line) == ("encoding", 2)

    def test_a_list_in_pythons_notation_is_read_and_nothing_is_run(self, tmp_path: Path) -> None:
        turns = str(chats(1)[0]["messages"]).replace('"', '""')
        evil = "[__import__('os').system('touch harm')]"
        (tmp_path / "rows.csv").write_text(f'messages\n"{turns}"\n' * 1 + f'"{evil}"\n')
        session = Session(autosave=False)
        session.use_dataset(tmp_path / "rows.csv")
        step = dataset_of(session)
        assert step.format.value == "messages"
        assert [found.code for found in step.problems] == ["no-conversation"]
        assert not Path("harm").exists()

    def test_a_conversation_that_fits_no_kind_costs_its_row_alone(self) -> None:
        rows = [*chats(60), chat(user({"a": 1}), assistant("b")), {"messages": [[[]]]}]
        session = Session(autosave=False)
        session.use_dataset(rows)
        codes = {found.code: found.rows for found in dataset_of(session).problems}
        assert codes == {"content-no-text": (60,), "no-conversation": (61,)}

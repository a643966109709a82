"""Which format rows are in: told right on other people's data, and said to be unknown where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, profile, user
from trainpkg_widgets.data.formats import detect_formats
from trainpkg_widgets.data.mapping import NEEDS
from trainpkg_widgets.data.sources import open_file
from trainpkg_widgets.steps import FORMAT_LABELS, FormatCandidate

DATASETS = Path(__file__).parent.parent / "recorded" / "datasets"
INFO: dict[str, dict[str, Any]] = json.loads((DATASETS / "dataset_info.json").read_text(encoding="utf-8"))

# What hiyouga/LLaMA-Factory calls a column → what it is called here, for its formats with and without an answer.
PAIR_NAMES = {"query": "input", "system": "system", "history": "history"}


def best(rows: list[dict[str, Any]]) -> FormatCandidate:
    features = {name: "" for row in rows for name in row}
    return detect_formats(rows, features)[0]


def trained_on_here(entry: dict[str, Any]) -> bool:
    columns = entry.get("columns", {})
    return not entry.get("ranking") and not {"kto_tag", "images", "videos", "audios"} & columns.keys()


def made_up_rows(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with the columns and the keys that an entry of dataset_info.json declares."""
    columns, tags = entry.get("columns", {}), entry.get("tags", {})
    if entry.get("formatting") == "sharegpt":
        role, content = tags.get("role_tag", "from"), tags.get("content_tag", "value")
        said = [
            {role: tags.get("user_tag", "human"), content: "Hello?"},
            {role: tags.get("assistant_tag", "gpt"), content: "Hello."},
        ]
        others = {name: "[]" for key, name in columns.items() if key != "messages"}
        return [{columns.get("messages", "conversations"): said, **others}] * 3
    names = columns or {"prompt": "instruction", "query": "input", "response": "output"}
    return [{name: f"some {key}" for key, name in names.items()}] * 3


def judged_there(entry: dict[str, Any]) -> bool:
    return bool({"chosen", "kto_tag", "images", "videos", "audios"} & entry.get("columns", {}).keys())


def judged_row(entry: dict[str, Any]) -> dict[str, Any]:
    """A row with the columns and the keys that an entry for preferences, judged answers or pictures declares."""
    columns, tags = entry["columns"], entry.get("tags", {})
    role, content = tags.get("role_tag", "from"), tags.get("content_tag", "value")
    asked = {role: tags.get("user_tag", "human"), content: "Hello?"}
    answered = {role: tags.get("assistant_tag", "gpt"), content: "Hello."}
    turns = entry.get("formatting") == "sharegpt"
    cells: dict[str, Any] = {
        "messages": [asked] if "chosen" in columns else [asked, answered],
        "chosen": answered if turns else "Hello.",
        "rejected": {**answered, content: "No."} if turns else "No.",
        "kto_tag": True,
        **{name: ["a file"] for name in ("images", "videos", "audios")},
    }
    return {name: cells.get(key, f"some {key}") for key, name in columns.items()}


class TestOtherPeoplesData:
    @pytest.mark.parametrize("name", [name for name, entry in INFO.items() if trained_on_here(entry)])
    def test_every_text_dataset_of_a_public_list_is_read_as_the_list_says(self, name: str) -> None:
        entry = INFO[name]
        found, columns = best(made_up_rows(entry)), entry.get("columns", {})
        if entry.get("formatting") == "sharegpt":
            standard = entry.get("tags", {}).get("role_tag") == "role"
            assert found.format == ("messages" if standard else "sharegpt")
            assert found.columns["messages"] == columns.get("messages", "conversations")
            assert found.columns.get("tools") == columns.get("tools")
        elif columns and "response" not in columns:
            assert (found.format, found.columns) == ("text", {"text": columns["prompt"]})
        else:
            prompt, response = columns.get("prompt", "instruction"), columns.get("response", "output")
            assert found.format in ("instruction", "prompt_completion")
            assert [found.columns[need] for need in NEEDS[found.format]] == [prompt, response]
            assert found.columns.get("system") == columns.get("system")

    @pytest.mark.parametrize("name", [name for name, entry in INFO.items() if judged_there(entry)])
    def test_every_judged_dataset_of_a_public_list_is_read_as_the_list_says(self, name: str) -> None:
        columns = INFO[name]["columns"]
        found = best([judged_row(INFO[name])] * 3)
        if {"images", "videos", "audios"} & columns.keys():
            assert found.recognised == "media"
        elif "kto_tag" in columns:
            assert (found.format, found.columns["label"]) == ("kto", columns["kto_tag"])
            assert found.columns["completion"] == columns.get("messages", columns.get("response"))
        else:
            assert found.format == "preference"
            assert (found.columns["chosen"], found.columns["rejected"]) == (columns["chosen"], columns["rejected"])
            assert found.columns["prompt"] == columns.get("prompt", columns.get("messages"))
            assert found.columns.get("system") == columns.get("system")

    @pytest.mark.parametrize(
        ("file", "format_", "recognised"),
        [
            ("alpaca_en_demo_40.json", "instruction", None),
            ("identity.json", "instruction", None),
            ("c4_demo_40.jsonl", "text", None),
            ("glaive_toolcall_en_demo_40.json", "sharegpt", None),
            ("dpo_en_demo_40.json", "preference", None),
            ("kto_en_demo_40.json", "kto", None),
            ("mllm_demo_40.json", None, "media"),
        ],
    )
    def test_rows_of_other_peoples_files(self, file: str, format_: str | None, recognised: str | None) -> None:
        rows = open_file(DATASETS / file, SETTINGS)
        found = detect_formats(rows.page(0, 40), rows.features)[0]
        assert (found.format, found.recognised) == (format_, recognised)
        assert "100%" in found.evidence


DOCUMENTED = json.loads((DATASETS.parent / "dataset_formats.json").read_text(encoding="utf-8"))["formats"]


class TestDocumentedFormats:
    @pytest.mark.parametrize("entry", DOCUMENTED, ids=lambda entry: entry["name"])
    def test_each_is_read_as_its_documentation_says(self, entry: dict[str, Any]) -> None:
        step = profile([entry["row"]] * 3)
        assert (step.format.value, step.columns) == (entry["format"], entry["columns"])
        assert {problem.code for problem in step.problems if problem.severity == "error"} <= {"one-label"}

    def test_they_are_from_at_least_thirty_formats_of_several_hands(self) -> None:
        assert len(DOCUMENTED) >= 30 and len({entry["source"] for entry in DOCUMENTED}) >= 5


class TestNamesAndValues:
    @pytest.mark.parametrize(
        ("row", "format_", "columns"),
        [
            ({"conversations": chats(1)[0]["messages"]}, "messages", {"messages": "conversations"}),
            ({"my talks": chats(1)[0]["messages"], "id": 1}, "messages", {"messages": "my talks"}),
            ({"Messages": json.dumps(chats(1)[0]["messages"])}, "messages", {"messages": "Messages"}),
            ({"prompt": "a", "prompt_id": "x", **chats(1)[0]}, "messages", {"messages": "messages"}),
            ({"text": "a", **chats(1)[0]}, "messages", {"messages": "messages"}),
            (
                {"instruction": "a", "context": "b", "response": "c", "category": "d"},
                "instruction",
                {"instruction": "instruction", "output": "response", "input": "context"},
            ),
            ({"question": "a", "answer": "b"}, "instruction", {"instruction": "question", "output": "answer"}),
            ({"input": "a", "output": "b"}, "instruction", {"instruction": "input", "output": "output"}),
            ({"prompt": "a", "response": "b"}, "prompt_completion", {"prompt": "prompt", "completion": "response"}),
            (
                {"prompt": [user("a")], "completion": [assistant("b")]},
                "prompt_completion",
                {"prompt": "prompt", "completion": "completion"},
            ),
            ({"text": "a", "url": "b", "timestamp": "c"}, "text", {"text": "text"}),
            ({"poem": "a", "id": 3}, "text", {"text": "poem"}),
        ],
    )
    def test_columns_are_found_by_name_and_value(
        self, row: dict[str, Any], format_: str, columns: dict[str, str]
    ) -> None:
        step = profile([row] * 3)
        assert (step.format.value, step.columns) == (format_, columns)
        assert step.format.source.endswith("in 100% of the rows looked at.")

    def test_rows_with_pictures_are_recognised_and_not_trained_on(self) -> None:
        step = profile([{**chats(1)[0], "images": ["a.png"]}] * 3)
        assert (step.format.value, step.recognised) == (None, "media")

    @pytest.mark.parametrize(
        "row",
        [
            {"prompt": "a", "completion": "b", "label": "billing"},
            {**chats(1)[0], "images": []},
            {**chats(1)[0], "label": "greeting"},
        ],
    )
    def test_a_column_that_only_shares_a_name_changes_nothing(self, row: dict[str, Any]) -> None:
        assert profile([row] * 3).format.value is not None

    @pytest.mark.parametrize("row", [{"a": 1}, {"a": "x", "b": "y"}, {"text": 7}, {"prompt": [assistant("a")]}])
    def test_nothing_is_made_up_where_nothing_fits(self, row: dict[str, Any]) -> None:
        step = profile([row] * 3)
        assert (step.format.value, step.recognised, step.problems) == (None, None, ())

    def test_the_best_comes_first_and_all_are_sure_to_some_degree(self) -> None:
        rows = [{"prompt": "a", "completion": "b", "text": "c", **chat(user("a"), assistant("b"))}] * 4
        found = detect_formats(rows, dict.fromkeys(rows[0], ""))
        assert [candidate.format for candidate in found] == [
            "messages",
            "prompt_completion",
            "prompt_completion",
            "text",
            "prompts",
        ]
        assert all(0 < candidate.confidence < 1 for candidate in found)
        assert sorted(found, key=lambda candidate: -candidate.confidence) == found

    def test_rows_that_do_not_fit_make_it_less_sure(self) -> None:
        mixed = [*chats(6), *({"other": 1} for _ in range(4))]
        assert best(mixed).confidence < best(chats(10)).confidence
        assert "60%" in best(mixed).evidence

    def test_no_rows_have_no_format(self) -> None:
        assert detect_formats([], {}) == []

    def test_every_format_has_a_name_for_people(self) -> None:
        assert FORMAT_LABELS.keys() == NEEDS.keys()

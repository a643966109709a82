"""The names a package may have, and those it is offered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.names import (
    LONGEST,
    clean_name,
    name_problem,
    next_free_name,
    suggest_name,
    versions_in,
)
from trainpkg_widgets.session import Session

TODAY = date(2026, 11, 24)
PATTERN = "{base}-v1-draft-{date}"


@pytest.mark.parametrize("name", ["support-bot", "Qwen2.5-0.5B-v1-draft-20261124", "überbot", "my bot", "a", "com10"])
def test_a_name_that_is_a_folder_everywhere_has_no_problem(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name-empty"),
        ("   ", "name-empty"),
        ("a/b", "name-characters"),
        ("..", "name-ends"),
        ("../up", "name-characters"),
        ("C:\\x", "name-characters"),
        ("what?", "name-characters"),
        ("tab\there", "name-characters"),
        ("zero\u200bwidth", "name-characters"),
        (".hidden", "name-start"),
        ("-rf", "name-start"),
        ("~", "name-start"),
        ("dot.", "name-ends"),
        (" space", "name-ends"),
        ("con", "name-reserved"),
        ("NUL.txt", "name-reserved"),
        ("LPT9", "name-reserved"),
        ("bot.zip", "name-zip"),
        ("x" * (LONGEST + 1), "name-too-long"),
        ("语" * 40, "name-too-long"),
    ],
)
def test_a_name_that_is_no_folder_somewhere_is_refused_with_a_name_that_is(name: str, code: str) -> None:
    problem = name_problem(name)
    assert problem is not None
    assert (problem.severity, problem.field, problem.code) == ("error", "deploy.name", code)
    assert problem.fix is not None
    assert problem.fix.verb == "deploy_to"
    assert name_problem(problem.fix.arguments["name"]) is None


def test_the_suggested_name_says_what_it_was_made_from_and_when() -> None:
    assert suggest_name("Qwen/Qwen2.5-0.5B", [], TODAY, PATTERN) == "Qwen2.5-0.5B-v1-draft-20261124"
    assert suggest_name("/models/my model/", [], TODAY, "{base}-v1") == "my-model-v1"


def test_a_suggested_name_is_never_one_that_is_taken() -> None:
    first = suggest_name("Qwen/Qwen2.5-0.5B", [], TODAY, PATTERN)
    second = suggest_name("Qwen/Qwen2.5-0.5B", [first.upper()], TODAY, PATTERN)
    assert second == "Qwen2.5-0.5B-v2-draft-20261124"
    assert suggest_name("a/b", ["b", "b-2"], TODAY, "{base}") == "b-3"


@pytest.mark.parametrize("base", ["", "///", "..", "con", "a" * 500, "语" * 500, "{date}", "x/.zip", "a\0b\nc", "-v2-"])
@pytest.mark.parametrize("pattern", [PATTERN, "{base}", "{base}-v1"])
def test_whatever_a_model_is_called_the_suggested_name_is_a_folder(base: str, pattern: str) -> None:
    name = suggest_name(base, [], TODAY, pattern)
    assert name_problem(name) is None
    assert name_problem(suggest_name(base, [name], TODAY, pattern)) is None


def test_the_next_free_name_counts_the_last_version_up() -> None:
    assert next_free_name("phi-v2-chat-v1", ["phi-v2-chat-v1", "phi-v2-chat-v2"]) == "phi-v2-chat-v3"
    assert next_free_name("bot", ["bot"]) == "bot-2"


def test_a_cleaned_name_keeps_what_can_be_kept() -> None:
    assert clean_name("Qwen/Qwen2.5: chat?") == "Qwen-Qwen2.5-chat"


class TestSecretsAreRefusedWhereTheyAreTyped:
    TOKEN = "hf_" + "A1b2" * 9

    def test_in_the_repository(self) -> None:
        session = Session(autosave=False)
        [finding] = errors_in(session.deploy_to(name="mine", hub_repo=f"ada/{self.TOKEN}"))
        assert (finding.code, finding.field) == ("secret-typed", "deploy.launch.hub_repo")
        assert self.TOKEN not in finding.model_dump_json()
        assert session.state.deploy is None

    def test_in_the_path_of_the_model(self, tmp_path: Path) -> None:
        session = Session(autosave=False)
        assert "secret-typed" in {f.code for f in session.select_model(str(tmp_path / self.TOKEN / "model"))}
        assert session.state.model is None

    def test_in_the_path_of_the_rows(self, tmp_path: Path) -> None:
        (tmp_path / self.TOKEN).mkdir()
        rows = tmp_path / self.TOKEN / "rows.jsonl"
        rows.write_text('{"prompt": "a", "completion": "b"}\n' * 20, encoding="utf-8")
        session = Session(autosave=False)
        found = errors_in(session.use_dataset(rows))
        assert [f.code for f in found] == ["secret-typed"]
        assert session.state.dataset is None


def test_a_version_as_folder_and_as_zip_is_one(tmp_path: Path) -> None:
    (tmp_path / "bot-v2").mkdir()
    (tmp_path / "bot-v2.zip").touch()
    assert [version.name for version in versions_in(tmp_path)] == ["bot-v2"]

"""Building and writing packages: what is in them, that they are whole or not there, and what is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.package_samples import CHATS, SETTINGS, SHAPE, sample_package, sample_state, warning
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.rows import Rows
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.package.build import (
    PackageRefusedError,
    assemble,
    build_package,
)
from trainpkg_widgets.package.data_files import measure
from trainpkg_widgets.package.verify import load_package, verify_package
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import SessionState

TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567"


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_package_holds_what_a_run_needs_and_nothing_else(tmp_path: Path) -> None:
    place = sample_package().write(tmp_path)
    assert place == tmp_path / "support-bot"
    assert sorted(content(place)) == sorted(
        [
            "MODEL_CARD.md",
            "README.md",
            "data/train.jsonl",
            "package.yaml",
            "requirements.txt",
            "sft.yaml",
            "train.ipynb",
        ]
    )


def test_rows_held_back_get_a_file_of_their_own(tmp_path: Path) -> None:
    place = sample_package(held_back=4).write(tmp_path)
    train = (place / "data/train.jsonl").read_text(encoding="utf-8").splitlines()
    test = (place / "data/test.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in train + test] == CHATS
    assert len(test) == 4


def test_the_same_choices_give_the_same_bytes(tmp_path: Path) -> None:
    first = sample_package(held_back=4).write(tmp_path / "a")
    second = sample_package(held_back=4).write(tmp_path / "b")
    assert content(first) == content(second)
    archives = [sample_package(held_back=4).write(tmp_path / name / "p.zip") for name in "cd"]
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_an_archive_unpacks_to_the_folder(tmp_path: Path) -> None:
    archive = sample_package().write(tmp_path / "sent.zip")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "unpacked")
    assert content(tmp_path / "unpacked" / "support-bot") == content(sample_package().write(tmp_path))


def test_reading_a_package_back_gives_the_session_it_was_made_from(tmp_path: Path) -> None:
    state = sample_state(tuning="full", max_steps=3)
    package = sample_package(state, findings=[warning()])
    for place in (tmp_path, tmp_path / "p.zip"):
        manifest = load_package(package.write(place))
        assert manifest.choices == state
        assert manifest.accepted == (warning(),)


def test_each_file_is_as_large_as_was_said(tmp_path: Path) -> None:
    package = sample_package(held_back=4)
    place = package.write(tmp_path)
    assert {f.path: f.bytes for f in package.files} == {path: len(data) for path, data in content(place).items()}


def test_a_preview_shows_the_file_and_says_when_there_is_more() -> None:
    package = sample_package()
    text, more = package.preview("sft.yaml")
    assert "learning_rate: 0.0002" in text
    assert not more
    text, more = package.preview("data/train.jsonl", limit=100)
    assert len(text.encode()) <= 100
    assert more
    with pytest.raises(KeyError, match="nope"):
        package.preview("nope")


def test_the_tree_lists_every_file() -> None:
    package = sample_package(held_back=4)
    lines = package.tree().splitlines()
    assert lines[0] == "support-bot/"
    assert [line.split()[0] for line in lines[1:]] == [f.path for f in package.files]


def test_bitsandbytes_is_installed_where_it_is_needed_and_only_there() -> None:
    def needed(**config: Any) -> bool:
        return "bitsandbytes==" in sample_package(**config).preview("requirements.txt")[0]

    assert needed(tuning="qlora")
    assert needed(optimizer="paged_adamw_8bit")
    assert not needed(tuning="lora")
    assert not needed(tuning="full")


def test_every_requirement_is_pinned() -> None:
    lines = sample_package(tuning="qlora").preview("requirements.txt")[0].splitlines()
    assert lines
    assert all("==" in line for line in lines)


def test_the_readme_says_how_to_run_it_what_is_trained_the_licence_and_the_warnings() -> None:
    text, _ = sample_package(held_back=4, findings=[warning("Only 40 rows.")]).preview("README.md")
    assert ".venv/bin/trl sft --config sft.yaml" in text
    assert "pip install -r requirements.txt" in text
    assert "from 36 rows" in text
    assert "4 more rows are held back" in text
    assert "apache-2.0 (the model card)" in text
    assert "- Only 40 rows." in text


def test_a_gated_model_says_how_to_log_in_and_an_unknown_licence_stays_unknown() -> None:
    from tests.unit.package_samples import model_step
    from trainpkg_widgets.facts import Fact, unknown

    info = model_step().info.model_copy(
        update={"gate": Fact(value="manual", source="the Hub"), "licence": unknown("no model card")}
    )
    state = sample_state().model_copy(update={"model": model_step(info=info)})
    text, _ = sample_package(state).preview("README.md")
    assert "hf auth login" in text
    assert "Unknown (no model card)." in text


# ------------------------------------------------------------------ what is refused


def test_a_choice_that_would_stop_the_run_is_no_package() -> None:
    error = Finding(severity="error", step="model", field="model.access", code="gated", message="It is gated.")
    with pytest.raises(PackageRefusedError, match="It is gated") as caught:
        sample_package(findings=[error, warning()])
    assert caught.value.findings == (error,)


@pytest.mark.parametrize("step", ["model", "config", "dataset", "deploy"])
def test_a_step_that_is_not_done_is_named(step: str) -> None:
    with pytest.raises(PackageRefusedError, match=f"“{step}” is not done"):
        sample_package(sample_state().model_copy(update={step: None}))


@pytest.mark.parametrize("name", ["../up", "/tmp/x", "a\\b", "", "con"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(PackageRefusedError, match="folder"):
        sample_package(sample_state(name=name))


def test_a_secret_in_the_rows_is_refused_and_not_repeated() -> None:
    rows = [*CHATS[:3], {"messages": [{"role": "user", "content": f"my token is {TOKEN}"}]}, *CHATS[3:]]
    with pytest.raises(PackageRefusedError, match=r"Hugging Face token.*\n?.*row 4") as caught:
        sample_package(rows=rows)
    assert TOKEN not in str(caught.value)


def test_a_secret_in_a_path_is_refused_and_not_repeated() -> None:
    from tests.unit.package_samples import dataset_step
    from trainpkg_widgets.steps import DatasetSource

    source = DatasetSource(kind="file", name="rows", path=f"/data/{TOKEN}/rows.jsonl")
    state = sample_state().model_copy(update={"dataset": dataset_step(source=source)})
    with pytest.raises(PackageRefusedError, match=r"package\.yaml would hold") as caught:
        sample_package(state)
    assert TOKEN not in str(caught.value)


def test_a_key_that_only_the_settings_know_is_refused() -> None:
    settings = load_settings(deploy={"targets": {"trl": {"extra_keys": {"report_too": "none"}}}})
    with pytest.raises(PackageRefusedError, match="report_too"):
        assemble(sample_state(), settings, measure(lambda: CHATS), SHAPE)


def test_many_rows_are_never_held_at_once(tmp_path: Path) -> None:
    alive = 0
    most = 0

    class Row(dict[str, Any]):
        def __init__(self, number: int) -> None:
            nonlocal alive, most
            super().__init__(text=f"row {number} " + "x" * 1000)
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    package = assemble(sample_state(), SETTINGS, measure(lambda: (Row(n) for n in range(5000))), SHAPE)
    assert verify_package(package.write(tmp_path)) == []
    assert most < 10


# ------------------------------------------------------------------ from rows as they are


def rows_of(values: list[dict[str, Any]], **reading: Any) -> tuple[Rows, SessionState]:
    rows = open_variable("chats", values, SETTINGS.dataset)
    step = profile_dataset(rows, SETTINGS.dataset, **reading)
    return rows, sample_state().model_copy(update={"dataset": step})


def test_each_answer_becomes_a_row_with_what_came_before_it_as_its_prompt() -> None:
    rows, state = rows_of(CHATS)
    package = build_package(state, SETTINGS, rows)
    first = json.loads(package.preview("data/train.jsonl")[0].splitlines()[0])
    assert first == {"prompt": CHATS[0]["messages"][:1], "completion": CHATS[0]["messages"][1:]}
    assert "completion_only_loss: true" in package.preview("sft.yaml")[0]
    assert "The answers are learnt" in package.preview("README.md")[0]


def test_rows_that_are_left_out_are_not_written() -> None:
    rows, state = rows_of([*CHATS[:5], {"messages": "broken"}, *CHATS[5:]], exclude_problems=["no-conversation"])
    assert state.dataset is not None
    assert state.dataset.excluded_rows == (5,)
    package = build_package(state, SETTINGS, rows)
    assert len(package.preview("data/train.jsonl", limit=10**6)[0].splitlines()) == len(CHATS)


def test_a_share_held_back_is_in_no_row_that_is_trained_on(tmp_path: Path) -> None:
    rows, state = rows_of(CHATS, eval_share=0.25)
    place = build_package(state, SETTINGS, rows).write(tmp_path)
    train, test = (
        (place / f"data/{name}.jsonl").read_text(encoding="utf-8").splitlines() for name in ("train", "test")
    )
    assert len(train) + len(test) == len(CHATS)
    assert len(test) == 10
    assert not set(train) & set(test)
    assert verify_package(place) == []


def test_a_new_name_costs_no_pass_over_the_rows_and_another_choice_does() -> None:
    rows, state = rows_of(CHATS)
    first = build_package(state, SETTINGS, rows)
    assert state.deploy is not None
    assert state.config is not None
    renamed = state.model_copy(update={"deploy": state.deploy.model_copy(update={"name": "other"})})
    second = build_package(renamed, SETTINGS, rows, before=first)
    assert second.name == "other"
    assert second.data is first.data
    everything = state.config.model_copy(update={"train_on": "everything"})
    third = build_package(state.model_copy(update={"config": everything}), SETTINGS, rows, before=second)
    assert '"messages"' in third.preview("data/train.jsonl")[0]
    again, _ = rows_of(CHATS)
    assert build_package(state, SETTINGS, again, before=first).data is not first.data


def test_a_row_that_can_not_be_prepared_is_a_finding() -> None:
    rows, state = rows_of([*CHATS, {"messages": "broken"}])
    with pytest.raises(PackageRefusedError, match="Row 41") as caught:
        build_package(state, SETTINGS, rows)
    assert caught.value.findings[0].step == "dataset"


def test_a_number_that_json_has_no_word_for_is_told() -> None:
    with pytest.raises(DataError, match="Row 2 of those"):
        measure(lambda: [{"text": "a"}, {"text": "b", "score": float("nan")}])


def test_data_with_nothing_to_learn_is_refused() -> None:
    rows, state = rows_of([{"messages": [{"role": "user", "content": f"question {n}"}]} for n in range(9)])
    with pytest.raises(PackageRefusedError, match=r"data/train\.jsonl would be empty"):
        build_package(state, SETTINGS, rows)

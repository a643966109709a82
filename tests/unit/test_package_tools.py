"""Packages read back, compared, counted up and checked further; their card and their notebook."""

from __future__ import annotations

import ast
import json
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
import yaml

from tests.hub_server import HubServer
from tests.unit.package_samples import model_step, sample_package, sample_state
from trainpkg_widgets.advice.obligations import obligations_of
from trainpkg_widgets.command_line import main
from trainpkg_widgets.facts import Fact
from trainpkg_widgets.hub.client import HubClient
from trainpkg_widgets.package.ask_trainer import dropped, fits
from trainpkg_widgets.package.diff import diff_choices, diff_packages
from trainpkg_widgets.package.launch.environment import environment_folder
from trainpkg_widgets.package.manifest import FORMAT, read_manifest
from trainpkg_widgets.package.migrations import migrated
from trainpkg_widgets.package.names import suggest_name, version_of, versions_in
from trainpkg_widgets.package.reading import load_package
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import DatasetSource
from trainpkg_widgets.wizard import TrainingPackageWizard

RECORDED = Path(__file__).parents[1] / "recorded" / "packages" / "package-0.1.yaml"
METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo")


class TestReadingBack:
    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("tuning", ["full", "lora", "qlora"])
    def test_a_package_gives_back_the_session_it_was_made_from(self, tmp_path: Path, method: str, tuning: str) -> None:
        state = sample_state(method=method, tuning=tuning, trainer_keys={"save_only_model": True})
        place = sample_package(state).write(tmp_path)
        assert load_package(place).choices.choices == state.choices

    def test_the_wizard_opens_a_folder_and_a_zip_alike(self, tmp_path: Path) -> None:
        package = sample_package()
        folder, archive = package.write(tmp_path), package.write(tmp_path / "a.zip")
        wizards = [TrainingPackageWizard.open(place, token=False, autosave=False) for place in (folder, archive)]
        states = [wizard.session.state.choices for wizard in wizards]
        assert states[0] == states[1] == sample_state().choices
        for wizard in wizards:
            wizard.close()

    @pytest.mark.parametrize("method", METHODS)
    def test_written_twice_it_is_the_same_to_the_byte(self, tmp_path: Path, method: str) -> None:
        places = [sample_package(method=method).write(tmp_path / f"{n}.zip") for n in range(2)]
        assert places[0].read_bytes() == places[1].read_bytes()


class TestEarlierFormats:
    def test_a_manifest_of_version_0_1_is_read(self) -> None:
        manifest = read_manifest(RECORDED.read_text(encoding="utf-8"))
        assert manifest.format == FORMAT
        assert manifest.prepare == ""
        assert manifest.choices.config is not None and manifest.choices.config.learning_rate == 0.0002
        assert manifest.choices.model is not None
        assert manifest.choices.model.repo_id == "Qwen/Qwen2.5-0.5B-Instruct"

    def test_it_becomes_a_session_that_can_go_on(self) -> None:
        choices = read_manifest(RECORDED.read_text(encoding="utf-8")).choices
        wizard = TrainingPackageWizard(state=choices, token=False, autosave=False)
        wizard.configure(learning_rate=1e-4)
        assert wizard.config["learning_rate"] == 1e-4
        wizard.close()

    @pytest.mark.parametrize("later", [0, FORMAT + 1, None, True, "2"])
    def test_a_format_that_is_not_known_is_refused(self, later: object) -> None:
        with pytest.raises(ValueError, match="reads formats 1 to"):
            migrated({"format": later})


class TestDiff:
    def test_equal_choices_differ_in_nothing(self, tmp_path: Path) -> None:
        places = [sample_package().write(tmp_path / name) for name in ("a", "b")]
        assert diff_packages(*places) == []

    def test_what_changed_is_said_in_the_words_of_the_screen(self, tmp_path: Path) -> None:
        before = sample_package().write(tmp_path / "a")
        state = sample_state(learning_rate=1e-4, tuning="lora", lora_rank=64)
        after = sample_package(state, held_back=4).write(tmp_path / "b")
        said = {change.says for change in diff_packages(before, after)}
        assert {"Learning rate: 0.0002 → 0.0001.", "LoRA rank: 16 → 64.", "data/test.jsonl is new."} <= said
        assert "data/train.jsonl holds other rows: 40 before, 36 now." in said

    def test_a_knob_that_means_nothing_is_passed_over(self) -> None:
        before, after = sample_state(tuning="full"), sample_state(tuning="full", lora_rank=64)
        assert diff_choices(before, after) == []

    def test_a_model_and_rows_are_told_apart_by_what_they_are(self) -> None:
        before, after = sample_state(), sample_state()
        other = model_step(repo_id="Qwen/Qwen2.5-1.5B")
        assert after.dataset is not None
        rows = after.dataset.model_copy(update={"sha256": "1" * 64})
        said = [c.says for c in diff_choices(before, after.model_copy(update={"model": other, "dataset": rows}))]
        assert said == [
            "The model: Qwen/Qwen2.5-0.5B-Instruct → Qwen/Qwen2.5-1.5B.",
            "The rows of chats are others than before.",
        ]

    def test_a_step_that_is_gone_is_one_change(self) -> None:
        [change] = diff_choices(sample_state(), sample_state().model_copy(update={"dataset": None}))
        assert change.says == "The step “dataset” is gone; it was chats."

    def test_the_command_says_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = sample_package().write(tmp_path / "a")
        after = sample_package(epochs=3).write(tmp_path / "b")
        assert main(["diff", str(before), str(after)]) == 1
        assert "config: Epochs: 2 → 3." in capsys.readouterr().out
        assert main(["diff", str(before), str(before)]) == 0
        assert main(["diff", str(before), str(tmp_path / "nothing")]) == 2

    def test_a_package_that_no_longer_matches_its_manifest_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before, after = (sample_package().write(tmp_path / name) for name in "ab")
        (after / "sft.yaml").write_text("learning_rate: 9\n")
        assert main(["diff", str(before), str(after)]) == 1
        said = capsys.readouterr().out
        assert f"{after} no longer matches its manifest: run `trainpkg verify {after}`." in said
        assert str(before) not in said.replace(str(after), "") and "Nothing differs" not in said


class TestVersions:
    def test_a_name_is_taken_apart(self) -> None:
        draft = version_of("Qwen2.5-0.5B-v3-draft-20261124")
        assert draft is not None
        assert (draft.base, draft.number, draft.draft) == ("Qwen2.5-0.5B", 3, "20261124")
        assert version_of("a-v2") is not None and version_of("a-v2-final") is None

    def test_a_draft_comes_before_its_version_and_the_next_is_one_up(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("a-v2", "a-v2-draft-20261102", "a-v10-draft-20261103", "a-v1.zip", "other"):
            (tmp_path / name).touch() if name.endswith(".zip") else (tmp_path / name).mkdir()
        names = [version.name for version in versions_in(tmp_path)]
        assert names == ["a-v1", "a-v2-draft-20261102", "a-v2", "a-v10-draft-20261103"]
        assert main(["versions", str(tmp_path)]) == 0
        assert "a  v10  draft of 20261103" in capsys.readouterr().out
        taken = ["a-v1-draft-20261124"]
        assert suggest_name("x/a", taken, date(2026, 11, 24), "{base}-v1-draft-{date}") == "a-v2-draft-20261124"


class TestChecking:
    def test_a_secret_in_a_file_that_nobody_listed_is_found(self, tmp_path: Path) -> None:
        place = sample_package().write(tmp_path)
        (place / "notes.txt").write_bytes(b"\xff token hf_" + b"a" * 34)
        assert {f.code for f in verify_package(place)} == {"file-extra", "secret"}

    def test_the_hub_is_asked_for_what_is_pinned(self, tmp_path: Path) -> None:
        settings = load_settings(model={"hub": {"retries": 0}}).model.hub
        with HubServer() as hub:
            client = HubClient(settings.model_copy(update={"endpoint": hub.url}), None, token=False)
            state = sample_state()
            place = sample_package(state.model_copy(update={"model": model_step(revision=None)})).write(tmp_path / "a")
            assert verify_package(place, client=client) == []
            gone = model_step(repo_id="nobody/nothing-here", revision=None)
            place = sample_package(state.model_copy(update={"model": gone})).write(tmp_path / "b")
            assert [f.code for f in verify_package(place, client=client)] == ["pin-unreachable"]

    def test_a_python_without_the_trainer_is_said_and_not_taken_for_a_refusal(self, tmp_path: Path) -> None:
        place = sample_package().write(tmp_path)
        [finding] = verify_package(place, trainer=tmp_path / "no-python")
        assert finding.code == "trainer-not-asked"


class TestTheTrainerIsAsked:
    def test_that_it_is_not_installed_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        place = sample_package().write(tmp_path)
        assert main(["verify", str(place)]) == 0
        said = capsys.readouterr().out
        assert "TRL 1.16.0 was not asked: it is not installed here." in said
        assert "its trainer takes" not in said

    @pytest.mark.parametrize(
        ("answer", "code", "words"),
        [
            ("taken", 0, "its trainer takes the config"),
            ("refused", 1, "trl 1.16.0 refuses sft.yaml. ValueError: no"),
            ("absent", 1, "has no trl 1.16.0 to ask"),
        ],
    )
    def test_the_environment_that_a_run_made_is_asked(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        answer: str,
        code: int,
        words: str,
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        place = sample_package().write(tmp_path)
        made = environment_folder(None, "trl", (place / "requirements.txt").read_text(encoding="utf-8"))
        python = made / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(
            f"""#!/bin/sh\necho a line of its own\necho '{{"answer": "{answer}", "said": "ValueError: no"}}'\n"""
        )
        python.chmod(0o755)
        (made / "installed").touch()
        assert main(["verify", str(place)]) == code
        assert words in capsys.readouterr().out

    def test_keys_that_a_trainer_drops_are_named_with_the_way_to_them(self) -> None:
        given = {"rank": 8, "rows": [{"path": "a", "kind": "b"}], "more": {"deep": 1, "kept": 2}, "gone": 3}
        kept = {"rank": 8, "rows": [{"path": "a"}], "more": {"kept": 2}, "added": 4}
        assert list(dropped(given, kept)) == ["rows[0].kind", "more.deep", "gone"]

    @pytest.mark.parametrize(
        ("value", "hint", "expected"),
        [
            (8, int, True),
            ("eight", int, False),
            (True, int, False),
            (1, float, True),
            ("x", Literal["x", "y"], True),
            ("z", Literal["x", "y"], False),
            (None, int | None, True),
            ("no", bool, False),
            (["a"], list[str], True),
        ],
    )
    def test_a_value_is_held_against_the_type_that_is_declared(
        self, value: object, hint: object, expected: bool
    ) -> None:
        assert fits(value, hint) == expected


class TestCard:
    def test_it_carries_licence_model_and_obligations(self, tmp_path: Path) -> None:
        place = sample_package().write(tmp_path)
        text = (place / "MODEL_CARD.md").read_text(encoding="utf-8")
        head = yaml.safe_load(text.split("---")[1])
        assert (head["license"], head["base_model"]) == ("apache-2.0", "Qwen/Qwen2.5-0.5B-Instruct")
        assert head["base_model_relation"] == "adapter"
        assert "NOTICE" in text and "draft" in text

    def test_a_licence_that_nobody_knows_is_said_to_be_unknown(self, tmp_path: Path) -> None:
        info = model_step().info.model_copy(update={"licence": Fact(value=None, source="no card")})
        state = sample_state().model_copy(update={"model": model_step(info=info)})
        text = (sample_package(state).write(tmp_path) / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert "license" not in yaml.safe_load(text.split("---")[1])
        assert "find out before you share" in text

    def test_a_dataset_of_the_hub_is_named(self, tmp_path: Path) -> None:
        source = DatasetSource(kind="hub", name="someone/rows", revision="abc", licence="cc-by-4.0")
        state = sample_state()
        assert state.dataset is not None
        state = state.model_copy(update={"dataset": state.dataset.model_copy(update={"source": source})})
        text = (sample_package(state).write(tmp_path) / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert yaml.safe_load(text.split("---")[1])["datasets"] == ["someone/rows"]
        assert "link its licence" in text

    @pytest.mark.parametrize(
        ("licence", "part"),
        [
            ("apache-2.0", "NOTICE"), ("MIT", "copyright"), ("llama3.1", "Built with Llama"), ("gemma", "Gemma"),
            ("cc-by-4.0", "Name the source"), ("cc-by-sa-4.0", "same licence"), ("cc-by-nc-4.0", "No commercial use"),
            ("openrail++", "forbidden uses"), ("gpl-3.0", "same licence"), ("qwen-research", "Research only"),
            ("made-up", "Read “made-up”"), (None, "not known"),
        ],
    )  # fmt: skip
    def test_what_a_licence_asks_is_said(self, licence: str | None, part: str) -> None:
        assert part in " ".join(obligations_of(licence))


class TestNotebook:
    def test_every_cell_is_python_and_none_holds_a_path_of_this_machine(self, tmp_path: Path) -> None:
        place = sample_package().write(tmp_path)
        notebook = json.loads((place / "train.ipynb").read_text(encoding="utf-8"))
        cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        for cell in cells:
            ast.parse(cell)
        assert any("trl sft --config sft.yaml" in cell for cell in cells)
        assert str(tmp_path) not in str(notebook)
        assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])

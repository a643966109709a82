"""A config of TRL, Axolotl or LLaMA-Factory becomes a session, with what was not understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.written_run import CHATS, SETTINGS, imported, keys, model, rows, said
from trainpkg_widgets.command_line import main
from trainpkg_widgets.session import Session
from trainpkg_widgets.wizard import TrainingPackageWizard


def written(folder: Path, given: dict[str, Any], name: str = "sft.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return path


class TestTrl:
    def test_its_keys_become_choices(self, tmp_path: Path) -> None:
        given = keys(tmp_path, use_peft=True, lora_r=4, lora_alpha=8, max_length=256, warmup_steps=1, seed=7)
        state = imported(written(tmp_path, given)).state
        assert state.model is not None and state.model.repo_id == str(tmp_path / "model")
        assert state.dataset is not None and state.dataset.rows == len(CHATS)
        config = state.config
        assert config is not None
        assert (config.method, config.tuning, config.lora_rank, config.lora_alpha) == ("sft", "lora", 4, 8)
        assert (config.max_length, config.max_steps, config.warmup_share, config.seed) == (256, 2, 0.5, 7)
        assert (config.precision, config.learning_rate) == ("fp32", 0.001)

    def test_what_is_left_out_is_what_trl_takes_and_not_what_the_wizard_suggests(self, tmp_path: Path) -> None:
        config = imported(keys(tmp_path, learning_rate=None, per_device_train_batch_size=None)).state.config
        assert config is not None
        assert (config.batch_size, config.accumulation, config.max_length) == (8, 1, 1024)
        assert (config.learning_rate, config.scheduler, config.train_on) == (2e-5, "linear", "everything")

    def test_keys_without_a_knob_are_kept_and_said(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path, save_only_model=True, lora_alpha=None, adam_beta1=0.8))
        assert session.state.config is not None
        assert session.state.config.trainer_keys == {"save_only_model": True, "adam_beta1": 0.8}
        assert any(f.code == "keys-kept" and "adam_beta1" in f.message for f in session.findings)

    def test_a_secret_is_in_nothing_that_is_kept(self, tmp_path: Path) -> None:
        secret = "hf_" + "a" * 34
        session = imported(keys(tmp_path, hub_token=secret, run_name=secret))
        assert secret not in session.state.model_dump_json() + str(session.findings)
        assert sum(f.code == "secret-left-out" for f in session.findings) == 2

    @pytest.mark.parametrize(
        ("name", "more", "method"),
        [("my-dpo.yaml", {}, "dpo"), ("run.yaml", {"num_generations": 4}, "grpo"), ("run.yaml", {}, "sft")],
    )
    def test_the_method_is_told_by_the_name_or_the_keys(
        self, tmp_path: Path, name: str, more: dict[str, Any], method: str
    ) -> None:
        session = Session(SETTINGS, token=False, autosave=False)
        session.import_config(written(tmp_path, keys(tmp_path, **more), name))
        assert session.state.imported is not None and session.state.imported.method == method

    @pytest.mark.parametrize(
        ("text", "part"), [("- a", "no mapping"), ("a: [", "no YAML"), ("a: &x [1]\nb: *x", "aliases")]
    )
    def test_what_is_no_config_is_refused_and_changes_nothing(self, tmp_path: Path, text: str, part: str) -> None:
        path = tmp_path / "sft.yaml"
        path.write_text(text, encoding="utf-8")
        session = Session(SETTINGS, token=False, autosave=False)
        [finding] = session.import_config(path)
        assert finding.code == "config-unreadable" and part in finding.message
        assert session.state.model is None

    def test_a_package_is_made_from_the_choices(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path, save_only_model=True))
        place = session.write_package(tmp_path / "out")
        assert yaml.safe_load((place / "sft.yaml").read_text(encoding="utf-8"))["save_only_model"] is True
        assert "imported: null" in (place / "package.yaml").read_text(encoding="utf-8")


class TestGoingOn:
    def test_a_knob_that_is_set_changes_the_verdict(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path, use_peft=True, lora_target_modules=["q_proj"]))
        [found] = [f for f in session.findings if f.code == "lora-target-alone"]
        assert found.fix is not None and found.fix.verb == "configure"
        session.configure(lora_targets=["all-linear"])
        assert said(session) == {}

    def test_another_model_is_judged_in_its_place(self, tmp_path: Path) -> None:
        model(tmp_path / "model", template=None)
        session = imported(keys(tmp_path))
        assert "no-chat-template" in said(session)
        session.select_model(str(model(tmp_path / "other")))
        assert said(session) == {}

    def test_reading_the_rows_again_lets_the_wizard_prepare_them(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path, [{"instruction": "Say a", "output": "a"}] * 60))
        [found] = [f for f in session.findings if f.code == "column-missing"]
        assert found.fix is not None
        session.use_dataset(**found.fix.arguments)
        assert session.state.imported is None
        assert "column-missing" not in said(session)

    def test_it_is_one_change_to_undo(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path))
        session.undo()
        assert session.state.model is None and session.state.imported is None

    def test_a_saved_session_comes_back_with_the_same_verdict(self, tmp_path: Path) -> None:
        session = imported(keys(tmp_path, lora_r=8))
        again = Session(SETTINGS, session.state.model_dump(mode="json"), token=False, autosave=False)
        assert said(again) == said(session) != {}

    def test_the_wizard_opens_a_config_and_says_the_same(self, tmp_path: Path) -> None:
        path = written(tmp_path, keys(tmp_path, lora_r=8))
        wizard = TrainingPackageWizard.open(path, settings=SETTINGS, token=False, autosave=False)
        assert {f["code"] for f in wizard.findings} == {f.code for f in imported(path).findings}
        wizard.close()


class TestAxolotl:
    def given(self, folder: Path, **changes: Any) -> dict[str, Any]:
        chats = [{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}] * 60
        entry = {
            "path": str(rows(folder / "chats.jsonl", chats)),
            "type": "chat_template",
            "field_messages": "conversations",
            "message_property_mappings": {"role": "from", "content": "value"},
        }
        return {
            "base_model": str(model(folder / "model")),
            "adapter": "lora",
            "lora_r": 8,
            "lora_alpha": 16,
            "lora_target_linear": True,
            "datasets": [entry],
            "val_set_size": 0.1,
            "sequence_len": 512,
            "micro_batch_size": 2,
            "gradient_accumulation_steps": 4,
            "learning_rate": 0.0002,
            "warmup_ratio": 0.1,
            "bf16": "auto",
            "train_on_inputs": False,
            **changes,
        }

    def test_its_keys_become_choices(self, tmp_path: Path) -> None:
        state = imported(self.given(tmp_path)).state
        assert state.config is not None and state.dataset is not None and state.model is not None
        config, dataset = state.config, state.dataset
        assert (config.tuning, config.lora_rank, config.lora_targets) == ("lora", 8, ("all-linear",))
        assert (config.max_length, config.batch_size, config.accumulation) == (512, 2, 4)
        assert (config.warmup_share, config.precision, config.gradient_checkpointing) == (0.1, "bf16", False)
        assert (dataset.format.value, dataset.columns["messages"]) == ("sharegpt", "conversations")
        assert dataset.eval_share == 0.1
        assert state.imported is None, "its rows are prepared here, so it is judged as the package it becomes"

    def test_what_is_not_understood_is_named_with_what_is_near(self, tmp_path: Path) -> None:
        session = imported(self.given(tmp_path, sequnce_len=4, rl="simpo", optimizer="came_pytorch"))
        found = {f.message: f.evidence for f in session.findings if f.code == "key-not-understood"}
        assert "sequence_len" in found["Axolotl's key “sequnce_len” was left out."]
        assert {"Axolotl's key “rl” was left out.", "Axolotl's key “optimizer” was left out."} <= set(found)

    @pytest.mark.parametrize(
        ("change", "field", "value"),
        [
            ({"adapter": "qlora", "load_in_4bit": True}, "tuning", "qlora"),
            ({"adapter": None}, "tuning", "full"),
            ({"rl": "dpo", "rl_beta": 0.2}, "beta", 0.2),
            ({"reward_model": True}, "method", "reward"),
            ({"train_on_inputs": True}, "train_on", "everything"),
            ({"flash_attention": True}, "attention", "flash_attention_2"),
            ({"deepspeed": "deepspeed_configs/zero3_bf16.json"}, "sharding", "zero3"),
            ({"peft_use_dora": True}, "lora_variant", "dora"),
            ({"wandb_project": "mine"}, "report_to", "wandb"),
        ],
    )
    def test_what_is_said_otherwise_there_is_the_same_here(
        self, tmp_path: Path, change: dict[str, Any], field: str, value: Any
    ) -> None:
        assert getattr(imported(self.given(tmp_path, **change)).state.config, field) == value


class TestLlamaFactory:
    def given(self, folder: Path, **changes: Any) -> dict[str, Any]:
        info = {
            "mine": {"file_name": "mine.json"},
            "chats": {
                "file_name": "chats.json",
                "formatting": "sharegpt",
                "columns": {"messages": "talk", "system": "rule"},
            },
        }
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data" / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
        plain = [{"instruction": f"Say {n}", "input": "", "output": str(n)} for n in range(60)]
        (folder / "data" / "mine.json").write_text(json.dumps(plain), encoding="utf-8")
        talk = [{"talk": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "rule": "Be kind."}] * 60
        (folder / "data" / "chats.json").write_text(json.dumps(talk), encoding="utf-8")
        return {
            "model_name_or_path": str(model(folder / "model")),
            "stage": "sft",
            "finetuning_type": "lora",
            "lora_target": "all",
            "dataset": "mine",
            "cutoff_len": 512,
            "bf16": True,
            "val_size": 0.1,
            **changes,
        }

    def test_its_keys_and_its_list_of_datasets_become_choices(self, tmp_path: Path) -> None:
        state = imported(self.given(tmp_path), folder=tmp_path).state
        assert state.config is not None and state.dataset is not None
        assert (state.config.lora_rank, state.config.lora_alpha) == (8, 16), "alpha is twice the rank there"
        assert (state.config.lora_targets, state.config.learning_rate) == (("all-linear",), 5e-5)
        assert (state.dataset.rows, state.dataset.format.value, state.dataset.eval_share) == (60, "instruction", 0.1)

    def test_columns_of_the_list_are_read(self, tmp_path: Path) -> None:
        state = imported(self.given(tmp_path, dataset="chats"), folder=tmp_path).state
        assert state.dataset is not None
        assert state.dataset.columns == {"messages": "talk", "system": "rule"}

    def test_several_are_mixed(self, tmp_path: Path) -> None:
        state = imported(self.given(tmp_path, dataset="mine, chats"), folder=tmp_path).state
        assert state.dataset is not None and state.dataset.source.kind == "mixture"

    @pytest.mark.parametrize(
        ("change", "field", "value"),
        [
            ({"quantization_bit": 4}, "tuning", "qlora"),
            ({"finetuning_type": "full"}, "tuning", "full"),
            ({"stage": "dpo", "pref_beta": 0.3}, "beta", 0.3),
            ({"stage": "dpo", "pref_loss": "orpo"}, "method", "orpo"),
            ({"disable_gradient_checkpointing": True}, "gradient_checkpointing", False),
            ({"flash_attn": "fa2"}, "attention", "flash_attention_2"),
            ({"lora_target": "q_proj,v_proj"}, "lora_targets", ("q_proj", "v_proj")),
        ],
    )
    def test_what_is_said_otherwise_there_is_the_same_here(
        self, tmp_path: Path, change: dict[str, Any], field: str, value: Any
    ) -> None:
        session = imported(self.given(tmp_path, **change), folder=tmp_path)
        assert getattr(session.state.config, field) == value


def test_the_command_says_what_would_happen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(written(tmp_path, keys(tmp_path)))]) == 0
    assert "ready" in capsys.readouterr().out
    assert main(["check", str(written(tmp_path, keys(tmp_path, learning_rte=1)))]) == 1
    assert "it would stop" in capsys.readouterr().out

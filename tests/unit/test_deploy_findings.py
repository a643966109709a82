"""What is said about a package before it is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.package_samples import config_step, model_step, sample_state
from trainpkg_widgets.advice.deploy_findings import (
    Machine,
    deploy_findings,
    deploy_summary,
    launch_findings,
    machine_findings,
)
from trainpkg_widgets.advice.trl_limits import trl_findings
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import ModelStep, SessionState

SETTINGS = load_settings()


def codes(state: SessionState) -> dict[str, str]:
    return {f.code: f.severity for f in deploy_findings(state, SETTINGS)}


def with_model(model: ModelStep) -> SessionState:
    return sample_state(precision="fp32").model_copy(update={"model": model})


def in_folder(path: str) -> ModelStep:
    return model_step(repo_id=path, revision=None, info=model_step().info.model_copy(update={"origin": "folder"}))


def limits(**config: Any) -> dict[str, Finding]:
    return {f.code: f for f in trl_findings(config_step(**config), ["torch==2.13.0", "bitsandbytes==0.50.2"])}


def test_a_pinned_model_in_fp32_has_nothing_to_say() -> None:
    assert codes(sample_state(precision="fp32")) == {}


def test_nothing_is_said_before_the_step_has_data() -> None:
    assert deploy_findings(sample_state().model_copy(update={"deploy": None}), SETTINGS) == []


def test_a_model_in_a_folder_is_not_portable() -> None:
    assert codes(with_model(in_folder("/models/tiny"))) == {"model-not-portable": "warning"}
    assert codes(with_model(in_folder("D:\\models\\tiny"))) == {"model-not-portable": "warning"}


def test_a_model_at_a_relative_path_would_not_be_found() -> None:
    assert codes(with_model(in_folder("models/tiny"))) == {"model-path-relative": "error"}


def test_a_model_without_a_revision_may_change() -> None:
    assert codes(with_model(model_step(revision=None))) == {"revision-not-pinned": "warning"}


def test_qlora_says_what_it_runs_on_and_half_precision_that_it_needs_a_gpu() -> None:
    assert codes(sample_state(tuning="qlora")) == {"qlora-needs-nvidia": "info"}
    assert codes(sample_state(precision="bf16")) == {"needs-gpu": "info"}


def test_another_version_of_the_trainer_is_warned_of() -> None:
    older = load_settings(deploy={"targets": {"trl": {"version": "1.15.0"}}})
    assert [f.code for f in deploy_findings(sample_state(precision="fp32"), older)] == ["target-version"]
    unpinned = load_settings(deploy={"targets": {"trl": {"requirements": ["trl"]}}})
    assert [f.code for f in deploy_findings(sample_state(precision="fp32"), unpinned)] == ["target-version"]


TARGET = SETTINGS.deploy.targets["trl"]
# Choices that ask for others.
CAN_BE_SAID: dict[str | int, dict[str, Any]] = {"exo_pair": {"label_smoothing": 0.001}}


def test_every_choice_of_every_knob_that_ships_can_be_said() -> None:
    for name, knob in SETTINGS.config.knobs.items():
        for choice in knob.choices:
            config = config_step(**{**CAN_BE_SAID.get(choice.value, {}), name: choice.value})
            offered = [*TARGET.requirements, *TARGET.qlora_requirements, *TARGET.optional_requirements]
            errors = [f for f in trl_findings(config, offered) if f.severity == "error"]
            assert not errors, (name, choice.value, errors)


@pytest.mark.parametrize(
    ("config", "code", "fixed"),
    [
        ({"optimizer": "adamw_torch_fuse"}, "optimizer-unknown", {"optimizer": "adamw_torch"}),
        ({"optimizer": "galore_adamw"}, "optimizer-unknown", {"optimizer": "adamw_torch"}),
        ({"optimizer": "adamw_torch_8bit"}, "package-missing", {"optimizer": "adamw_torch"}),
        ({"attention": "flash_attention_2"}, "package-missing", {"attention": "auto"}),
        ({"report_to": "tensorboard"}, "package-missing", {"report_to": "none"}),
        ({"method": "kto", "batch_size": 1}, "kto-batch-one", {"batch_size": 2, "accumulation": 4}),
        ({"method": "dpo", "dpo_loss": "exo_pair"}, "exo-needs-smoothing", {"label_smoothing": 0.001}),
        ({"padding_free": True}, "padding-free-uncut", {"packing": True, "padding_free": False}),
        (
            {"method": "grpo", "reward_functions": ()},
            "rewards-none",
            {"reward_functions": ["rewards.matches_solution"]},
        ),
        ({"sharding": "zero2"}, "sharding-alone", {"sharding": "none"}),
        ({"trainer_keys": {"warmup_ratio": 0.1}}, "key-renamed", {"warmup_share": 0.1, "trainer_keys": {}}),
        ({"trainer_keys": {"max_seq_length": 512}}, "key-renamed", {"max_length": 512, "trainer_keys": {}}),
        ({"trainer_keys": {"gradient_checkpointing": False}}, "key-decided", {"trainer_keys": {}}),
        ({"trainer_keys": {"adam_beta3": 0.9}}, "key-unknown", {"trainer_keys": {"adam_beta2": 0.9}}),
        ({"trainer_keys": {"torch_dtype": "bfloat16"}}, "key-renamed", {"trainer_keys": {}}),
        ({"trainer_keys": {"learning_rate": 1.0}}, "key-decided", {"trainer_keys": {}}),
        ({"trainer_keys": {"adam_beta1": "high"}}, "key-unreadable", None),
        ({"scheduler": "cosin"}, "scheduler-unknown", {"scheduler": "cosine"}),
        ({"scheduler": "warmup_stable_decay"}, "scheduler-unknown", None),
        ({"scheduler": "constant"}, "scheduler-no-warmup", {"scheduler": "constant_with_warmup"}),
        ({"lora_targets": ()}, "lora-no-target", {"lora_targets": ["all-linear"]}),
        ({"lora_targets": ("all-linear", "q_proj")}, "lora-all-linear-mixed", {"lora_targets": ["all-linear"]}),
        ({"lora_targets": ("q_proj", ".*mlp.*")}, "lora-pattern-in-list", {"lora_targets": ["q_proj"]}),
        ({"lora_targets": (".*q_proj", ".*k_proj")}, "lora-pattern-in-list", {"lora_targets": [".*q_proj|.*k_proj"]}),
        ({"lora_targets": ("q_proj", "lm_head")}, "lora-lm-head", {"lora_targets": ["q_proj"]}),
        ({"tuning": "qlora", "precision": "fp16"}, "qlora-fp16", {"precision": "bf16"}),
        (
            {"method": "reward", "tuning": "qlora", "precision": "fp32"},
            "reward-qlora-fp32",
            {"precision": "bf16"},
        ),
        ({"warmup_share": 1.5}, "warmup-no-share", None),
    ],
)
def test_what_trl_can_not_be_told_is_said_with_what_it_can(
    config: dict[str, Any], code: str, fixed: dict[str, Any] | None
) -> None:
    found = limits(**config)
    assert list(found) == [code]
    if fixed is None:
        return
    fix = found[code].fix
    assert fix is not None
    assert fix.arguments == fixed
    assert not limits(**{**config, **fixed})


def test_lora_targets_of_a_full_run_are_nobodys_business() -> None:
    assert limits(tuning="full", lora_targets=("lm_head",)) == {}


def test_an_optimizer_whose_package_is_installed_is_fine() -> None:
    assert trl_findings(config_step(optimizer="adamw_torch_8bit"), ["torchao==0.20.0"]) == []


def test_the_summary_says_name_trainer_and_place() -> None:
    deploy = sample_state().deploy
    assert deploy is not None
    assert deploy_summary(deploy) == "support-bot for TRL, on this machine"


def test_what_would_stop_a_launch_here_warns_before_it() -> None:
    trl, deploy = SETTINGS.deploy.targets["trl"], sample_state().deploy
    assert deploy is not None and deploy.launcher == "local"
    here, bare, bf16 = Machine(True, "NVIDIA L4", 0), Machine(True, "", 0), config_step(precision="bf16")
    assert [(f.code, f.severity) for f in launch_findings(deploy, bf16, bare, trl, False)] == [
        ("no-gpu-here", "warning")
    ]
    assert launch_findings(deploy, bf16, here, trl, False) == []
    there = deploy.model_copy(update={"launcher": "hf_jobs"})
    assert [f.code for f in launch_findings(there, bf16, bare, trl, False)] == ["launch-no-token"]
    assert launch_findings(there, bf16, bare, trl, True) == []


def test_a_trainer_that_needs_a_gpu_is_not_launched_without_one() -> None:
    unsloth, trl = (SETTINGS.deploy.targets[name] for name in ("unsloth", "trl"))
    here, bare = Machine(True, "NVIDIA L4", 0), Machine(True, "", 0)
    config = config_step(precision="fp32")
    assert [f.code for f in machine_findings(config, bare, unsloth)] == ["target-needs-gpu"]
    assert machine_findings(config, bare, trl) == []
    assert machine_findings(config_step(precision="bf16"), here, unsloth) == []

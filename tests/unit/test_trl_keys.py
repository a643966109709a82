"""What is said of keys before TRL sees them, held against what TRL's own parsers said of each."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from trainpkg_widgets.advice.trl_key_conflicts import key_problems, packages_of, trl_key_findings
from trainpkg_widgets.advice.trl_keys import known_keys

RECORDED = Path(__file__).parents[1] / "recorded" / "trainers"
ANSWERS: dict[str, dict[str, list[str]]] = json.loads(
    gzip.decompress((RECORDED / "trl_1.16.0_parsers.json.gz").read_bytes())
)
RUNS: list[dict[str, Any]] = json.loads((RECORDED / "trl_1.16.0_runs.json").read_text(encoding="utf-8"))

# What depends on the machine it was asked on: a card, a package, a file, a process group.
OF_THE_MACHINE = ("tf32", "ddp_backend", "deepspeed", "accelerator_config")


def problems(method: str, **keys: Any) -> dict[str, Any]:
    usual = {"use_cpu": True, "bf16": False, **({"num_generations": 2} if method == "grpo" else {})}
    found = key_problems(method, {**usual, **keys})
    return {problem.code: problem.instead for problem in found if problem.severity == "error"}


@pytest.mark.parametrize("method", ANSWERS)
def test_a_value_is_refused_where_the_parser_refuses_it(method: str) -> None:
    """Each key of the method with each of eighteen values; a parser may let through what stops the run later."""
    asked = {key: values for key, values in ANSWERS[method].items() if key not in OF_THE_MACHINE}
    let_through = [
        (key, text)
        for key, values in asked.items()
        for text in values["refused"]
        if not problems(method, **{key: json.loads(text)})
    ]
    held_up = [
        (key, text, found)
        for key, values in asked.items()
        for text in values["taken"]
        if not (found := problems(method, **{key: json.loads(text)}).keys()) <= {"key-misfit", "key-unreadable"}
    ]
    assert (let_through, held_up) == ([], [])


@pytest.mark.parametrize("run", RUNS, ids=[run["id"] for run in RUNS])
def test_a_run_that_trained_is_let_through_and_one_that_the_parser_stopped_is_not(run: dict[str, Any]) -> None:
    errors = [f for f in trl_key_findings(run["method"], run["settings"]) if f.severity == "error"]
    if run["outcome"] == "trains":
        assert errors == []
    if run["outcome"] == "fails_at_parse":
        assert errors, run["message"]


@pytest.mark.parametrize(
    ("method", "keys", "code", "instead"),
    [
        ("sft", {"torch_dtype": "bfloat16"}, "key-renamed", ("dtype", "bfloat16")),
        ("sft", {"evaluation_strategy": "no"}, "key-renamed", ("eval_strategy", "no")),
        ("sft", {"max_seq_length": 512}, "key-renamed", ("max_length", 512)),
        ("sft", {"warmup_ratio": 0.1}, "key-renamed", ("warmup_steps", 0.1)),
        ("sft", {"group_by_length": True}, "key-renamed", ("train_sampling_strategy", "group_by_length")),
        ("sft", {"overwrite_output_dir": True}, "key-gone", ("", None)),
        ("dpo", {"max_prompt_length": 128}, "key-gone", ("", None)),
        ("dpo", {"packing": True}, "key-of-another-method", ("", None)),
        ("sft", {"learing_rate": 1e-4}, "key-unknown", ("learning_rate", 1e-4)),
        ("sft", {"eval_strategy": False}, "key-bare-no", ("eval_strategy", "no")),
        ("sft", {"fp16": True, "bf16": True}, "keys-exclude", ("fp16", False)),
        ("sft", {"logging_steps": 0}, "logging-never", ("logging_steps", 1)),
        ("sft", {"dataloader_prefetch_factor": 2}, "prefetch-no-worker", ("", None)),
        ("sft", {"mixed_precision": "bf17"}, "key-unreadable", None),
        ("sft", {"env": "A=1"}, "env-no-mapping", ("", None)),
        ("dpo", {"loss_weights": [1.0, 2.0]}, "loss-weights-length", ("", None)),
        ("grpo", {"num_generations": 3, "gradient_accumulation_steps": 2}, "grpo-group-batch", ("num_generations", 8)),
        ("grpo", {"num_generations": 1}, "grpo-group-small", ("num_generations", 2)),
        ("grpo", {"auto_find_batch_size": True}, "grpo-auto-batch", ("", None)),
        ("sft", {"dtype": "bf16"}, "key-misfit", None),
    ],
)
def test_what_would_stop_is_said_with_what_would_do(
    method: str, keys: dict[str, Any], code: str, instead: tuple[str, Any] | None
) -> None:
    assert problems(method, **keys) == {code: instead}
    if instead is None:
        return
    mended = {
        key: value
        for key, value in keys.items()
        if code in ("keys-exclude",) or key == instead[0] or key == "gradient_accumulation_steps"
    }
    if instead[0]:
        mended[instead[0]] = instead[1]
    assert problems(method, **mended) == {}


def test_the_best_checkpoint_is_one_that_was_measured() -> None:
    best = {"load_best_model_at_end": True, "eval_strategy": "steps", "save_strategy": "steps"}
    assert problems("sft", **best, eval_steps=2, save_steps=3) == {"best-steps": ("save_steps", 4)}
    assert problems("sft", **best, eval_steps=2, save_steps=4) == {}
    assert problems("sft", **{**best, "save_strategy": "best"}, eval_steps=2) == {}
    assert problems("sft", **{**best, "eval_strategy": "no"}) == {"best-strategies": ("load_best_model_at_end", False)}


def test_keys_of_accelerate_launch_are_no_typing_errors() -> None:
    for keys in ({"num_processes": 2}, {"mixed_precision": "bf16"}, {"accelerate_config": "zero2"}):
        assert problems("sft", **keys) == {}
    assert problems("sft", num_processes="two").keys() == {"key-unreadable"}
    assert problems("sft", num_mach=1).keys() == {"key-unknown"}


def test_lora_keys_without_lora_do_nothing_and_it_is_said() -> None:
    [finding] = trl_key_findings("sft", {"lora_r": 8})
    assert (finding.severity, finding.code) == ("warning", "lora-without-peft")
    assert trl_key_findings("sft", {"lora_r": 8, "use_peft": True}) == []


@pytest.mark.parametrize(
    ("keys", "package"),
    [
        ({"use_liger_kernel": True}, "liger-kernel"),
        ({"load_in_8bit": True, "use_peft": True}, "bitsandbytes"),
        ({"optim": "schedule_free_adamw"}, "schedulefree"),
        ({"attn_implementation": "flash_attention_2"}, "flash-attn"),
        ({"attn_implementation": "kernels-community/flash-attn2"}, "kernels"),
        ({"report_to": ["wandb"]}, "wandb"),
        ({"deepspeed": "zero2.json"}, "deepspeed"),
    ],
)
def test_a_package_that_a_key_asks_for_has_to_be_in_the_environment(keys: dict[str, Any], package: str) -> None:
    assert list(packages_of(keys)) == [package]
    [finding] = trl_key_findings("sft", keys, ["torch==2.13.0"])
    assert finding.code == "package-missing" and package in finding.message
    assert trl_key_findings("sft", keys, [f"{package.replace('-', '_')}>=1"]) == []


def test_every_method_has_keys_and_orpo_those_of_its_script() -> None:
    assert "packing" in known_keys("cpt") and "packing" not in known_keys("dpo")
    assert known_keys("orpo").keys() >= {"beta", "max_completion_length", "lora_r", "dataset_name"}

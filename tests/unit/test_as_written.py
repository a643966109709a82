"""What is said of a TRL config as it stands is what TRL 1.16.0 does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.written_run import CHATS, PAIRS, TEMPLATE, imported, keys, model, said

MARKED = TEMPLATE.replace(
    "{{ m['content'] }}<|stop|>",
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] }}<|stop|>{% endgeneration %}"
    "{% else %}{{ m['content'] }}<|stop|>{% endif %}",
)


def turns(*said_by: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in said_by]}


def test_a_config_that_trains_is_ready(tmp_path: Path) -> None:
    assert said(imported(keys(tmp_path))) == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"learning_rte": 0.1}, "key-unknown"),
        ({"torch_dtype": "bfloat16"}, "key-renamed"),
        ({"dtype": "bf16"}, "dtype-unknown"),
        ({"per_device_train_batch_size": 0}, "value-refused"),
        ({"gradient_accumulation_steps": 0}, "value-refused"),
        ({"seed": -1}, "value-refused"),
        ({"eos_token": "</s>"}, "token-unknown"),
        ({"chat_template_path": "/nowhere/chat.jinja"}, "chat-template-path"),
        ({"attn_implementation": "flesh"}, "attention-unknown"),
        ({"assistant_only_loss": True}, "template-without-marks"),
        ({"use_peft": True, "lora_target_modules": ["q_proj"]}, "lora-target-alone"),
        ({"use_peft": True, "lora_target_modules": ["q", "v"]}, "lora-targets-missing"),
        ({"use_peft": True, "lora_target_modules": ["norm", "q_proj"]}, "lora-targets-refused"),
        ({"use_peft": True, "lora_dropout": 1.5}, "lora-dropout-all"),
        ({"use_peft": True, "lora_r": 0}, "lora-rank"),
        ({"load_in_4bit": True}, "weights-quantised"),
        ({"padding_free": True}, "padding-free-length"),
        ({"packing": True, "max_length": 0}, "value-refused"),
        ({"lr_scheduler_type": "cosine_with_min_lr"}, "scheduler-needs"),
        ({"save_strategy": "best"}, "metric-missing"),
        ({"resume_from_checkpoint": "/nowhere"}, "checkpoint-missing"),
        ({"report_to": "notebook"}, "tracker-unknown"),
        ({"eval_strategy": "steps", "eval_steps": 1}, "split-missing"),
        ({"streaming": True, "max_steps": None}, "streaming-without-steps"),
        ({"test_split_size": 1.0}, "eval-share-empty"),
        ({"model_init_kwargs": {"flavour": 1}}, "init-key-unknown"),
        ({"model_name_or_path": None}, "model-missing"),
        ({"model_name_or_path": "/nowhere/at/all"}, "model-folder-missing"),
        ({"datasets": None}, "dataset-missing"),
    ],
)
def test_a_config_that_stops_is_blocked_and_says_why(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    given = keys(tmp_path)
    given = {key: value for key, value in {**given, **change}.items() if value is not None}
    assert said(imported(given)).get(code) == "error"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"use_peft": True, "lora_alpha": 0}, "lora-alpha-zero"),
        ({"use_peft": True, "lora_target_modules": ["q_proj", "query"]}, "lora-targets-partly-missing"),
        ({"use_peft": True, "lora_modules_to_save": ["head"]}, "modules-to-save-missing"),
        ({"lora_r": 8}, "lora-without-peft"),
        ({"max_steps": 0}, "value-refused"),
        ({"warmup_steps": 100}, "warmup-beyond-run"),
        ({"max_length": 8}, "rows-cut"),
        ({"packing": True, "packing_strategy": "wrapped", "max_length": 64}, "packing-wrapped"),
        ({"completion_only_loss": True}, "completion-only-ignored"),
        ({"dtype": "float16"}, "weights-in-float16"),
    ],
)
def test_a_config_that_does_harm_is_warned_of(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    assert said(imported(keys(tmp_path, **change))) == {code: "warning"}


@pytest.mark.parametrize(
    ("rows", "code", "severity"),
    [
        ([{"instruction": "a", "output": "b"}], "column-missing", "error"),
        ([{"conversations": CHATS[0]["messages"]}], "column-missing", "error"),
        ([{"text": 7}], "content-no-text", "error"),
        ([{"prompt": "a", "chosen": "b", "rejected": "c"}], "column-missing", "error"),
        ([{"prompt": CHATS[0]["messages"][:1], "completion": "b"}], "columns-of-two-kinds", "error"),
        ([{"messages": []}], "empty-conversation", "error"),
        ([{**CHATS[0], "images": ["a.png"]}], "images-for-text-model", "error"),
        ([{"input_ids": [1, 2], "labels": [-100, -100]}], "nothing-to-learn", "error"),
        ([{"input_ids": [9000]}], "tokens-beyond-vocabulary", "error"),
        ([{"input_ids": [1, 2, 3]}], "stop-not-learnt", "warning"),
        ([turns(("human", "a"), ("gpt", "b"))], "unknown-role", "warning"),
        ([turns(("user", "a"), ("assistant", ""))], "empty-answer", "warning"),
        ([turns(("user", "a"), ("assistant", None))], "empty-answer", "warning"),
        ([turns(("user", "a"))], "no-answer", "warning"),
        ([turns(("user", [{"type": "text", "text": "a"}]), ("assistant", "b"))], "content-printed-as-list", "warning"),
        ([{"prompt": "a", "completion": ""}], "nothing-but-stop", "warning"),
        ([{"prompt": "a", "completion": "b", "label": False}], "labels-ignored", "warning"),
    ],
)
def test_rows_are_judged_as_they_stand(tmp_path: Path, rows: list[Any], code: str, severity: str) -> None:
    assert said(imported(keys(tmp_path, rows * 20))).get(code) == severity


@pytest.mark.parametrize(
    "rows",
    [
        [{"conversations": [{"from": "user", "value": "a"}, {"from": "assistant", "value": "b"}]}],
        [{"text": "a"}],
        [{"prompt": "a", "completion": " b"}],
        [{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}],
        [{**CHATS[0], "source": "somewhere"}],
        [turns(("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))],
    ],
)
def test_rows_that_trl_takes_are_ready(tmp_path: Path, rows: list[Any]) -> None:
    assert said(imported(keys(tmp_path, rows * 20))) == {}


class TestTheModel:
    @pytest.mark.parametrize(
        ("made", "code"),
        [
            ({"model_type": "llama99"}, "model-type-unknown"),
            ({"architectures": None}, "architecture-missing"),
            ({"architectures": ["LlamaForSequenceClassification"]}, "no-causal-model"),
            ({"auto_map": {"AutoConfig": "x.Y"}}, "remote-code"),
            ({"quantization_config": {"quant_method": "gptq"}}, "weights-quantised"),
            ({"num_hidden_layers": 3}, "weights-missing"),
            ({"vocab_size": 257}, "tokens-beyond-vocabulary"),
            ({"template": None}, "no-chat-template"),
            ({"template": "{% for m in messages %}"}, "chat-template-broken"),
            ({"template": "{{ raise_exception('no') }}"}, "chat-template-refuses"),
            ({"eos": "<|end|>"}, "stop-not-learnt"),
        ],
    )
    def test_what_is_wrong_with_its_files_is_said(self, tmp_path: Path, made: dict[str, Any], code: str) -> None:
        model(tmp_path / "model", **made)
        assert code in said(imported(keys(tmp_path)))

    @pytest.mark.parametrize(
        ("file", "code"),
        [
            ("model.safetensors", "weights-damaged"),
            ("tokenizer.json", "tokenizer-missing"),
            ("config.json", "model-type-missing"),
        ],
    )
    def test_a_file_that_is_missing_is_named(self, tmp_path: Path, file: str, code: str) -> None:
        (model(tmp_path / "model") / file).unlink()
        assert said(imported(keys(tmp_path))).get(code) == "error"

    def test_marks_in_the_template_are_what_answers_are_told_by(self, tmp_path: Path) -> None:
        model(tmp_path / "model", template=MARKED)
        assert said(imported(keys(tmp_path, assistant_only_loss=True))) == {}
        outside = MARKED.replace("<|stop|>{% endgeneration %}", "{% endgeneration %}<|stop|>")
        model(tmp_path / "model", template=outside)
        assert said(imported(keys(tmp_path, assistant_only_loss=True))) == {"stop-not-learnt": "warning"}


class TestOtherMethods:
    @pytest.mark.parametrize(
        ("rows", "code"),
        [
            (PAIRS, None),
            ([{"chosen": "q a", "rejected": "q b"}], None),
            (CHATS, "column-missing"),
            ([{"prompt": "q", "chosen": "a"}], "column-missing"),
            ([{"prompt": "q", "chosen": "a", "rejected": None}], "content-no-text"),
            ([{"prompt": "q", "chosen": CHATS[0]["messages"], "rejected": CHATS[1]["messages"]}], "content-no-text"),
            ([{"prompt": "q", "chosen": " a", "rejected": " a"}], "answers-all-the-same"),
        ],
    )
    def test_dpo_reads_preferences(self, tmp_path: Path, rows: list[Any], code: str | None) -> None:
        found = said(imported(keys(tmp_path, rows * 20), "dpo"))
        assert found == {} if code is None else code in found

    @pytest.mark.parametrize(
        ("rows", "code"),
        [
            ([{"prompt": "q", "completion": "a", "label": True}, {"prompt": "q", "completion": "b", "label": 0}], None),
            (PAIRS, None),
            ([{"prompt": "q", "completion": "a", "label": True}], "labels-all-the-same"),
            ([{"prompt": "q", "completion": "a", "label": "true"}], "label-no-boolean"),
            ([{"prompt": "q", "completion": "a"}], "column-missing"),
        ],
    )
    def test_kto_reads_judged_answers(self, tmp_path: Path, rows: list[Any], code: str | None) -> None:
        found = said(imported(keys(tmp_path, rows * 20), "kto"))
        assert found == {} if code is None else code in found

    def test_a_reward_model_with_lora_needs_its_task(self, tmp_path: Path) -> None:
        assert "lora-task-reward" in said(imported(keys(tmp_path, PAIRS, use_peft=True), "reward"))
        task = {"use_peft": True, "lora_task_type": "SEQ_CLS"}
        assert said(imported(keys(tmp_path, PAIRS, **task), "reward")) == {}

    def test_orpo_has_no_command(self, tmp_path: Path) -> None:
        assert said(imported(keys(tmp_path, PAIRS), "orpo")) == {"no-command": "error"}

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("def score(completions, **kw): return [float(len(c)) for c in completions]", None),
            ("def score(completions, **kw): return [1.0 for c in completions]", "reward-constant"),
            ("def score(completions, **kw): return [1.0] * len(completions)", "reward-constant"),
            ("def score(completions, **kw): return [1.0]", "reward-length"),
            ("def score(completions): return [float(len(c)) for c in completions]", "reward-arguments"),
            ("def points(completions, **kw): return []", "reward-unknown"),
        ],
    )
    def test_reward_functions_are_read_and_never_run(self, tmp_path: Path, body: str, code: str | None) -> None:
        (tmp_path / "mine.py").write_text(f"raise SystemExit('run!')\n{body}\n", encoding="utf-8")
        given = keys(tmp_path, [{"prompt": "q"}] * 20, reward_funcs=["mine.score"], num_generations=2)
        found = said(imported(given, "grpo", tmp_path))
        assert found == {} if code is None else code in found

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"num_generations": 1}, "grpo-group-small"),
            ({"per_device_train_batch_size": 3}, "grpo-group-batch"),
            ({"temperature": 0.0}, "temperature-zero"),
            ({"temperature": 2}, "temperature-whole"),
            ({"max_completion_length": 0}, "completion-length"),
            ({"reward_funcs": ["nope"]}, "reward-unknown"),
            ({"reward_weights": [1.0, 2.0]}, "reward-weights"),
        ],
    )
    def test_grpo_has_rules_of_its_own(self, tmp_path: Path, change: dict[str, Any], code: str) -> None:
        given = keys(tmp_path, [{"prompt": "q"}] * 20, reward_funcs=["think_format_reward"], num_generations=2)
        assert said(imported({**given, **change}, "grpo", tmp_path)).get(code) == "error"


def test_every_prompt_that_fills_the_length_stops_the_run(tmp_path: Path) -> None:
    long = [{"prompt": "word " * 40, "completion": " a"}] * 20
    assert said(imported(keys(tmp_path, long, max_length=32))).get("all-rows-cut-away") == "error"


def test_a_mixture_of_kinds_stops_and_one_of_columns_is_looked_through(tmp_path: Path) -> None:
    given = keys(tmp_path)
    (tmp_path / "more.jsonl").write_text('{"messages": "text"}\n', encoding="utf-8")
    given["datasets"] += [{"path": "json", "data_files": str(tmp_path / "more.jsonl")}]
    assert said(imported(given)).get("mixture-of-types") == "error"


@pytest.mark.parametrize(
    "change",
    [
        {"lora_target_modules": 5, "use_peft": True},
        {"lora_modules_to_save": True, "use_peft": True},
        {"num_train_epochs": 1e308, "max_steps": None},
        {"report_to": [["a"]]},
        {"datasets": "x"},
        {"chat_template_path": [1]},
        {"model_name_or_path": {"a": 1}},
    ],
)
def test_a_value_of_any_kind_is_judged_and_nothing_is_raised(tmp_path: Path, change: dict[str, Any]) -> None:
    given = {key: value for key, value in {**keys(tmp_path), **change}.items() if value is not None}
    assert imported(given).state.imported is not None

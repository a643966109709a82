"""Packages for Axolotl, LLaMA-Factory and Unsloth: every key is one the trainer knows, what it can't be told is said.

Held here against the trainers' own names and types, recorded; `make prove` holds them against the trainers.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.proof import record
from tests.unit.package_samples import SETTINGS, config_step, dataset_step, model_step
from trainpkg_widgets.advice.target_offers import METHOD_NAMES, OFFERS, TRAINER_NAMES, offer_findings
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.targets.proven import proven
from trainpkg_widgets.package.verify import load_package, verify_package
from trainpkg_widgets.session import Session
from trainpkg_widgets.steps import ConfigStep, DatasetSource, TurnCounts

RECORDED = Path(__file__).parents[1] / "recorded" / "trainers"


def turn(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


CHATS = [{"messages": [turn("user", f"What is {n}?"), turn("assistant", f"It is {n + 1}.")]} for n in range(20)]
ANSWERS = [{"prompt": f"What is {n}?", "completion": f" It is {n + 1}."} for n in range(20)]
TEXTS = [{"text": f"{n} is followed by {n + 1}."} for n in range(20)]
PAIRS = [{"prompt": f"What is {n}?", "chosen": f" {n + 1}", "rejected": " No."} for n in range(20)]
CHAT_PAIRS = [
    {
        "prompt": [turn("user", f"What is {n}?")],
        "chosen": [turn("assistant", "1")],
        "rejected": [turn("assistant", "2")],
    }
    for n in range(20)
]
JUDGED = [{"prompt": f"What is {n}?", "completion": f" {n + 1}", "label": n % 2 == 0} for n in range(20)]

WRITTEN = [
    ("axolotl", "sft", CHATS),
    ("axolotl", "sft", ANSWERS),
    ("axolotl", "cpt", TEXTS),
    ("axolotl", "dpo", CHAT_PAIRS),
    ("axolotl", "dpo", PAIRS),
    ("llamafactory", "sft", CHATS),
    ("llamafactory", "sft", ANSWERS),
    ("llamafactory", "cpt", TEXTS),
    ("llamafactory", "dpo", PAIRS),
    ("llamafactory", "orpo", PAIRS),
    ("llamafactory", "reward", PAIRS),
    ("llamafactory", "kto", JUDGED),
    ("unsloth", "sft", CHATS),
    ("unsloth", "sft", ANSWERS),
    ("unsloth", "cpt", TEXTS),
]
# Each says something that the plain run does not.
RUNS: list[dict[str, Any]] = [
    {"tuning": "lora"},
    {"tuning": "full", "precision": "fp16", "max_steps": 5, "eval_strategy": "steps", "eval_steps": 2},
    {"tuning": "qlora", "quantisation_bits": 8, "lora_variant": "rslora", "save_strategy": "steps", "save_steps": 4},
    {"tuning": "lora", "lora_targets": ("q_proj", "v_proj"), "attention": "sdpa", "report_to": "tensorboard"},
]


def write(folder: Path, model: Path, target: str, method: str, rows: list[dict[str, Any]], **run: Any) -> Path:
    session = Session(autosave=False)
    assert not errors_in(session.select_model(str(model)))
    assert not errors_in(session.configure(method=method))
    # Rows as few as these fill a block of so many tokens, which LLaMA-Factory's packing needs.
    short = {"max_length": 64} if method == "cpt" else {}
    assert not errors_in(session.configure(**short, **run))
    assert not errors_in(session.use_dataset(rows, name="rows", eval_share=0.2))
    assert not errors_in(session.deploy_to(name="tried", target=target))
    place = session.write_package(folder)
    assert verify_package(place) == []
    return place


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """A folder that is a model with a template, and one without, as far as their small files tell."""
    made = {}
    for chat in (True, False):
        folder = made[chat] = tmp_path_factory.mktemp("chat" if chat else "bare")
        shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 64, **shape}
        config |= {"num_key_value_heads": 2, "max_position_embeddings": 2048, "torch_dtype": "float32"}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        template = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<e>{% endfor %}"
        tokens = {"eos_token": "<e>", **({"chat_template": template} if chat else {})}
        (folder / "tokenizer_config.json").write_text(json.dumps(tokens), encoding="utf-8")
        header = json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
        (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 16)
        (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    return made


@pytest.mark.parametrize("run", RUNS, ids=lambda run: "-".join(str(value) for value in run.values()))
@pytest.mark.parametrize(
    ("target", "method", "rows"), WRITTEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_key_is_one_that_the_trainer_knows(
    tmp_path: Path, models: dict[bool, Path], target: str, method: str, rows: list[dict[str, Any]], run: dict[str, Any]
) -> None:
    chat = rows in (CHATS, CHAT_PAIRS)
    place = write(tmp_path, models[chat], target, method, rows, **run)
    keys = yaml.safe_load((place / f"{target}.yaml").read_text(encoding="utf-8"))
    if target == "axolotl":
        known = json.loads((RECORDED / "axolotl_0.19.0.json").read_text(encoding="utf-8"))
        assert set(keys) <= set(known["keys"])
        for entry in keys["datasets"] + keys.get("test_datasets", []):
            assert set(entry) <= set(known["dataset_keys"]["dpo" if method == "dpo" else "sft"])
    elif target == "llamafactory":
        types = json.loads((RECORDED / "llamafactory_0.9.5.json").read_text(encoding="utf-8"))["arguments"]
        assert set(keys) <= set(types)
        for key, value in keys.items():
            kinds = ("int", "float") if type(value) is int else (type(value).__name__, repr(value))
            assert any(kind in types[key] for kind in kinds), f"{key}: {value!r} is no {types[key]}"
        info = json.loads((place / "data" / "dataset_info.json").read_text(encoding="utf-8"))
        row = json.loads((place / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()[0])
        assert set(info["train"]["columns"].values()) <= set(row)
    else:
        functions = json.loads((RECORDED / "unsloth_2026.10.9.json").read_text(encoding="utf-8"))["functions"]
        assert set(keys["model"]) <= set(functions["from_pretrained"])
        assert set(keys["adapter"]) <= set(functions["get_peft_model"])
        ast.parse((place / "train.py").read_text(encoding="utf-8"))


def test_only_the_answers_are_learnt_where_that_was_chosen(tmp_path: Path, models: dict[bool, Path]) -> None:
    for train_on, roles in (("answers", ["assistant"]), ("everything", ["system", "user", "assistant", "tool"])):
        place = write(tmp_path / train_on, models[True], "axolotl", "sft", CHATS, train_on=train_on)
        keys = yaml.safe_load((place / "axolotl.yaml").read_text(encoding="utf-8"))
        assert keys["datasets"][0]["roles_to_train"] == roles
        place = write(tmp_path / f"lf-{train_on}", models[True], "llamafactory", "sft", CHATS, train_on=train_on)
        keys = yaml.safe_load((place / "llamafactory.yaml").read_text(encoding="utf-8"))
        assert keys["train_on_prompt"] == (train_on == "everything")


def test_a_conversation_is_one_row_for_a_trainer_that_finds_the_answers_itself(
    tmp_path: Path, models: dict[bool, Path]
) -> None:
    long = [{"messages": chat["messages"] * 3} for chat in CHATS]
    counts = {
        target: len(
            (write(tmp_path / target, models[True], target, "sft", long) / "data/train.jsonl").open().readlines()
        )
        for target in ("trl", "axolotl")
    }
    assert counts["trl"] == 3 * counts["axolotl"]


class TestWhatATrainerCantBeTold:
    @pytest.mark.parametrize("target", OFFERS)
    def test_a_method_it_is_not_written_for_stops_with_trl_as_the_way_out(self, target: str) -> None:
        found = offer_findings(target, TRAINER_NAMES[target], config_step(method="grpo"), None, None)
        (stop,) = [f for f in found if f.code == "target-method"]
        assert stop.severity == "error" and stop.fix is not None and stop.fix.arguments == {"target": "trl"}

    @pytest.mark.parametrize("target", OFFERS)
    def test_every_knob_it_has_no_word_for_is_said_when_it_is_set(self, target: str) -> None:
        set_otherwise = {
            "packing_strategy": "wrapped",
            "padding_free": True,
            "liger": True,
            "kto_loss": "apo_zero_unpaired",
        }
        set_otherwise |= {"precompute_reference": True}
        config = config_step(packing=True, **set_otherwise)
        said = {
            next(iter(f.fix.arguments))
            for f in offer_findings(target, "X", config, None, None)
            if f.fix and f.severity == "warning"
        }
        assert said >= set(OFFERS[target].left_out)
        assert not [f for f in offer_findings(target, "X", config_step(), None, None) if f.severity == "warning"]

    def test_rows_it_is_not_written_for_stop(self) -> None:
        found = offer_findings("llamafactory", "X", config_step(method="dpo"), None, "preference_chat")
        assert "target-rows" in {f.code for f in found}
        assert not errors_in(offer_findings("llamafactory", "X", config_step(method="dpo"), None, "preference_plain"))

    def test_a_loss_tools_several_gpus_and_keys_of_trl_stop(self) -> None:
        tools = dataset_step(turns=TurnCounts(answers=1, conversations=1, with_system=0, with_tools=3))
        config = config_step(method="dpo", dpo_loss="robust", gpus=2, trainer_keys={"model_init_kwargs": {}})
        codes = {f.code for f in offer_findings("llamafactory", "X", config, tools, None) if f.severity == "error"}
        assert codes == {"target-loss", "target-tools", "target-gpus", "target-keys"}

    @pytest.mark.parametrize(("tied", "stops"), [(True, True), (None, True), (False, False)])
    def test_a_reward_model_that_could_not_be_saved_stops(self, tied: bool | None, stops: bool) -> None:
        config = config_step(method="reward", tuning="full")
        found = offer_findings("llamafactory", "X", config, None, "preference_plain", tied)
        assert ("target-tied" in {f.code for f in errors_in(found)}) == stops
        lora = offer_findings("llamafactory", "X", config_step(method="reward"), None, "preference_plain", tied)
        assert not errors_in(lora)

    @pytest.mark.parametrize(("max_length", "stops"), [(1024, True), (256, False)])
    def test_rows_of_fewer_bytes_than_a_block_has_tokens_stop(self, max_length: int, stops: bool) -> None:
        config = config_step(method="cpt", packing=True, max_length=max_length)
        rows = dataset_step(rows=10, eval_share=0.1, bytes=900)
        found = offer_findings("llamafactory", "X", config, rows, "plain_text")
        assert ("packing-fills-nothing" in {f.code for f in errors_in(found)}) == stops
        packed = rows.model_copy(update={"source": DatasetSource(kind="file", name="a", path="a.jsonl.gz")})
        assert not errors_in(offer_findings("llamafactory", "X", config, packed, "plain_text"))

    def test_trl_has_a_word_for_everything(self) -> None:
        assert offer_findings("trl", "TRL", config_step(method="grpo", gpus=8), None, None) == []


def test_every_target_of_the_settings_is_written_and_named() -> None:
    assert set(SETTINGS.deploy.targets) == {"trl", *OFFERS} == set(TRAINER_NAMES)
    assert model_step().repo_id


def test_the_page_of_the_targets_is_fresh() -> None:
    root = Path(__file__).parents[2]
    page = subprocess.run(
        [sys.executable, "-m", "tools.targets_page"], cwd=root, capture_output=True, text=True, check=True
    )
    assert page.stdout == (root / "docs" / "targets.md").read_text(encoding="utf-8"), "python -m tools.targets_page"


def not_in_a_config(target: str, method: str, run: dict[str, Any]) -> set[str]:
    """What a trainer's config can't say by itself."""
    # A preset is a name; a share of warm-up is written as a number of steps.
    unsaid = {"preset", "warmup_share"}
    if run.get("tuning") == "full":
        unsaid |= {name for name in ConfigStep.model_fields if name.startswith("lora_")}
    if "max_steps" in run:
        unsaid.add("epochs")
    if (target, method) == ("axolotl", "cpt"):
        # Axolotl has no word for continued pre-training: it is fine-tuning on text.
        unsaid |= {"method", "packing_strategy"}
    return unsaid


@pytest.mark.parametrize("run", RUNS, ids=lambda run: "-".join(str(value) for value in run.values()))
@pytest.mark.parametrize(
    ("target", "method", "rows"),
    [kind for kind in WRITTEN if kind[0] != "unsloth"],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_written_is_read_back_as_the_same_run(
    tmp_path: Path, models: dict[bool, Path], target: str, method: str, rows: list[dict[str, Any]], run: dict[str, Any]
) -> None:
    chat = rows in (CHATS, CHAT_PAIRS)
    place = write(tmp_path, models[chat], target, method, rows, **run)
    session = Session(autosave=False)
    session.import_config(place / f"{target}.yaml")
    read, written = session.state.config, load_package(place).choices.config
    assert read is not None and written is not None
    differs = {
        name: (value, getattr(read, name))
        for name, value in dict(written).items()
        if name not in not_in_a_config(target, method, run) and getattr(read, name) != value
    }
    assert differs == {}


def test_every_cell_that_is_offered_was_tried_in_the_version_that_is_written_for() -> None:
    for name, target in SETTINGS.deploy.targets.items():
        seen = proven(name, target.version)
        offered = OFFERS[name].methods if name in OFFERS else METHOD_NAMES
        assert {method: set(row) for method, row in seen.items()} == {
            method: {"full", "lora", "qlora"} for method in offered
        }, "make prove"


def test_what_fails_or_is_of_another_version_is_no_longer_proven(tmp_path: Path) -> None:
    place = tmp_path / "proven.json"
    place.write_text(json.dumps({"trl": {"0.1": {"sft": {"full": "ran"}}}}), encoding="utf-8")
    record([("trl", "sft", "lora", "ran"), ("trl", "sft", "lora", "parsed"), ("trl", "dpo", "full", "ran")], [], place)
    record([("trl", "dpo", "full", "parsed")], [("trl", "dpo", "full", "ran")], place)
    [(version, rows)] = json.loads(place.read_text(encoding="utf-8"))["trl"].items()
    assert version == SETTINGS.deploy.targets["trl"].version
    assert rows == {"sft": {"lora": "ran"}, "dpo": {}}

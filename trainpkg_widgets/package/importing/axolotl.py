"""Reading an Axolotl (0.19) config: model, knobs and rows, and what is not understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..targets import axolotl_keys as table
from .translated import Translated, sharding_of, unknown_keys

NAME = "Axolotl"


def from_axolotl(keys: Mapping[str, Any], folder: Path) -> Translated:
    """The choices of an Axolotl config; relative paths start from `folder`."""
    given, keys = keys, {**table.DEFAULTS, **keys}
    made = Translated(NAME, _method(keys), _tuning(keys), keys.get("base_model"), keys.get("revision_of_model"))
    made.take(keys, table.KNOBS)
    if isinstance(keys.get("trl"), Mapping):
        made.take(keys["trl"], table.GRPO_KNOBS)
    if keys.get("rl") and keys["rl"] not in table.METHODS:
        made.note("rl", f"The method {keys['rl']} is not one of the wizard's; SFT is taken in its place")
    _knobs(made, keys)
    _rows(made, keys, folder)
    known = {*table.KNOBS, *table.READ, *table.WITHOUT_MEANING}
    gone = {key: now for key, now in table.GONE.items() if key not in table.READ}
    made.said += unknown_keys(NAME, given, known, gone)
    return made


def _method(keys: Mapping[str, Any]) -> str:
    if keys.get("reward_model"):
        return "reward"
    if keys.get("pretraining_dataset"):
        return "cpt"
    return table.METHODS.get(str(keys.get("rl") or ""), "sft")


def _tuning(keys: Mapping[str, Any]) -> str:
    adapter = keys.get("adapter")
    if adapter == "qlora" or (adapter == "lora" and (keys.get("load_in_4bit") or keys.get("load_in_8bit"))):
        return "qlora"
    return "lora" if adapter == "lora" else "full"


def _knobs(made: Translated, keys: Mapping[str, Any]) -> None:
    knobs = made.knobs
    if keys.get("load_in_8bit"):
        knobs["quantisation_bits"] = 8
    # `auto` is bf16 on the cards that have it.
    bf16 = keys.get("bf16", keys.get("bfloat16"))
    fp16 = keys.get("fp16", keys.get("float16"))
    knobs["precision"] = "bf16" if bf16 in (True, "auto", "full") else "fp16" if fp16 else "fp32"
    knobs["gradient_checkpointing"] = bool(keys.get("gradient_checkpointing"))
    if keys.get("lora_target_linear"):
        knobs["lora_targets"] = ["all-linear"]
    variant = "dora" if keys.get("peft_use_dora") else "rslora" if keys.get("peft_use_rslora") else ""
    if variant:
        knobs["lora_variant"] = variant
    if made.method == "sft":
        knobs["train_on"] = "everything" if keys.get("train_on_inputs") else "answers"
    steps, most = keys.get("warmup_steps"), keys.get("max_steps")
    if isinstance(steps, (int, float)) and steps:
        if isinstance(most, int) and most >= steps:
            knobs["warmup_share"] = steps / most
        else:
            made.note("warmup_steps", "How long the run is depends on the rows; the warm-up is a share of it here")
    losses = keys.get("dpo_loss_type")
    if losses:
        knobs["dpo_loss"] = losses[0] if isinstance(losses, list) else losses
    for key, attention in (
        ("flash_attention", "flash_attention_2"), ("sdp_attention", "sdpa"), ("eager_attention", "eager"),
    ):  # fmt: skip
        if keys.get(key):
            knobs["attention"] = attention
    sharding = sharding_of(keys.get("deepspeed"), keys.get("fsdp") or keys.get("fsdp_config"))
    if sharding:
        knobs["sharding"] = sharding
    trackers = (("use_wandb", "wandb"), ("wandb_project", "wandb"), ("use_mlflow", "mlflow"))
    for key, tracker in (*trackers, ("use_tensorboard", "tensorboard"), ("use_trackio", "trackio")):
        if keys.get(key):
            knobs["report_to"] = tracker
            break


def _rows(made: Translated, keys: Mapping[str, Any], folder: Path) -> None:
    entries = keys.get("datasets") or keys.get("pretraining_dataset") or []
    entries = [entries] if isinstance(entries, Mapping) else entries
    sources = [_source(made, entry, folder) for entry in entries if isinstance(entry, Mapping)]
    if len(sources) == 1:
        made.dataset = sources[0]
    elif sources:
        made.dataset = {"mix": sources}
    size = keys.get("val_set_size")
    if isinstance(size, (int, float)) and 0 < size < 1:
        made.dataset["eval_share"] = size
    elif size:
        made.note("val_set_size", "A number of rows to hold back is a share of them here")
    if keys.get("test_datasets"):
        made.note("test_datasets", "Rows to measure on are held back from those that are given here")


def _source(made: Translated, entry: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    path = str(entry.get("path") or "")
    files = entry.get("data_files")
    file = files[0] if isinstance(files, list) and files else files
    named = str(file) if isinstance(file, str) else path
    place = Path(named).expanduser() if Path(named).expanduser().is_absolute() else folder / named
    local = place.exists() or Path(named).suffix.lower() in (".json", ".jsonl", ".csv", ".parquet")
    source: dict[str, Any] = {"path": str(place)} if local else {"hub": path}
    if not local:
        source |= {ours: entry[key] for key, ours in (("name", "config"), ("split", "split")) if entry.get(key)}
        source |= {"revision": entry["revision"]} if entry.get("revision") else {}
    kind = entry.get("type")
    if isinstance(kind, Mapping):
        columns = {"instruction": kind.get("field_instruction"), "output": kind.get("field_output")}
        columns |= {"input": kind.get("field_input"), "system": kind.get("field_system")}
        source |= {"format": "instruction", "columns": {ours: name for ours, name in columns.items() if name}}
        return source
    form = table.FORMATS.get(str(kind or "").split(".")[0])
    if form == "messages" and entry.get("field_messages"):
        mapping = entry.get("message_property_mappings") or {}
        other = isinstance(mapping, Mapping) and mapping.get("role") == "from"
        source |= {"format": "sharegpt" if other else "messages", "columns": {"messages": entry["field_messages"]}}
    elif form == "text" and entry.get("field"):
        source |= {"format": "text", "columns": {"text": entry["field"]}}
    elif form is None and kind:
        made.note("datasets.type", f"The type {kind} is not one that is read here; the rows are looked at anew")
    return source

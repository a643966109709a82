"""Reading a LLaMA-Factory (0.9.5) config: model, knobs and rows, and what is not understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..targets import llamafactory_keys as table
from .model_evidence import read_json
from .translated import Translated, sharding_of, unknown_keys

NAME = "LLaMA-Factory"


def from_llamafactory(keys: Mapping[str, Any], folder: Path) -> Translated:
    """The choices of a LLaMA-Factory config; relative paths start from `folder`."""
    given, keys = keys, {**table.DEFAULTS, **keys}
    stage = str(keys.get("stage", "sft"))
    method = table.METHODS.get(stage, "sft")
    if method == "dpo" and keys.get("pref_loss") == "orpo":
        method = "orpo"
    made = Translated(NAME, method, _tuning(keys), keys.get("model_name_or_path"), keys.get("model_revision"))
    made.take(keys, table.KNOBS)
    if stage not in table.METHODS:
        made.note("stage", f"The stage {stage} is not one of the wizard's methods; SFT is taken in its place")
    _knobs(made, keys)
    _rows(made, keys, folder)
    made.said += unknown_keys(NAME, given, {*table.KNOBS, *table.READ, *table.WITHOUT_MEANING}, {})
    return made


def _tuning(keys: Mapping[str, Any]) -> str:
    kind = keys.get("finetuning_type", "lora")
    if kind == "lora":
        return "qlora" if keys.get("quantization_bit") else "lora"
    return "full"


def _knobs(made: Translated, keys: Mapping[str, Any]) -> None:
    knobs = made.knobs
    kind = keys.get("finetuning_type", "lora")
    if kind not in ("lora", "full"):
        made.note("finetuning_type", f"The way {kind} is not offered here; every weight is trained in its place")
    if keys.get("quantization_bit"):
        knobs["quantisation_bits"] = keys["quantization_bit"]
    if "lora_alpha" not in knobs and isinstance(keys.get("lora_rank"), int):
        # LLaMA-Factory 0.9.5: alpha is twice the rank where it is left out.
        knobs["lora_alpha"] = 2 * keys["lora_rank"]
    targets = keys.get("lora_target")
    named = [part.strip() for part in targets.split(",")] if isinstance(targets, str) else targets
    knobs["lora_targets"] = ["all-linear"] if named == ["all"] else named
    variant = "dora" if keys.get("use_dora") else "rslora" if keys.get("use_rslora") else ""
    if variant:
        knobs["lora_variant"] = variant
    whole = keys.get("pure_bf16") or keys.get("bf16")
    knobs["precision"] = "bf16" if whole else "fp16" if keys.get("fp16") else "fp32"
    knobs["gradient_checkpointing"] = not keys.get("disable_gradient_checkpointing", False)
    if keys.get("flash_attn") is not None:
        knobs["attention"] = table.ATTENTION.get(str(keys["flash_attn"]), keys["flash_attn"])
    if made.method == "sft":
        knobs["train_on"] = "everything" if keys.get("train_on_prompt") else "answers"
    if made.method == "dpo" and keys.get("pref_loss"):
        knobs["dpo_loss"] = keys["pref_loss"]
    steps, most = keys.get("warmup_steps"), keys.get("max_steps")
    if isinstance(steps, (int, float)) and steps:
        if isinstance(most, int) and most >= steps:
            knobs["warmup_share"] = steps / most
        else:
            made.note("warmup_steps", "How long the run is depends on the rows; the warm-up is a share of it here")
    sharding = sharding_of(keys.get("deepspeed"), keys.get("fsdp"))
    if sharding:
        knobs["sharding"] = sharding


def _rows(made: Translated, keys: Mapping[str, Any], folder: Path) -> None:
    named = keys.get("dataset")
    names = [part.strip() for part in named.split(",") if part.strip()] if isinstance(named, str) else named or []
    if not names:
        return
    place = folder / str(keys.get("dataset_dir") or "data")
    listed = read_json(place / "dataset_info.json")
    if not isinstance(listed, Mapping):
        made.note(
            "dataset", f"There is no dataset_info.json in {place}, which says what {', '.join(map(str, names))} is"
        )
        return
    sources = []
    for name in names:
        entry = listed.get(name)
        if isinstance(entry, Mapping):
            sources.append(_source(entry, place))
        else:
            made.note("dataset", f"dataset_info.json has no entry {name}")
    if len(sources) == 1:
        made.dataset = sources[0]
    elif sources:
        made.dataset = {"mix": sources}
    size = keys.get("val_size")
    if sources and isinstance(size, (int, float)) and 0 < size < 1:
        made.dataset["eval_share"] = size
    if sources and isinstance(keys.get("max_samples"), int):
        made.dataset["limit"] = keys["max_samples"]


def _source(entry: Mapping[str, Any], place: Path) -> dict[str, Any]:
    """One entry of dataset_info.json as keywords of `Session.use_dataset`."""
    if entry.get("file_name"):
        source: dict[str, Any] = {"path": str(place / str(entry["file_name"]))}
    else:
        source = {"hub": str(entry.get("hf_hub_url") or "")}
        source |= {ours: entry[key] for key, ours in (("subset", "config"), ("split", "split")) if entry.get(key)}
    columns = entry.get("columns")
    if not isinstance(columns, Mapping):
        return source
    ranked, judged = bool(entry.get("ranking")), "kto_tag" in columns
    shared = entry.get("formatting", "alpaca") != "alpaca"
    form = "preference" if ranked else "kto" if judged else "sharegpt" if shared else "instruction"
    if ranked and shared:
        # The chat that both answers belong to is the prompt.
        columns = {**columns, "prompt": columns.get("messages", "conversations")}
    ours = {table.COLUMNS[form][key]: name for key, name in columns.items() if key in table.COLUMNS[form]}
    return {**source, "format": form, "columns": ours} if ours else source

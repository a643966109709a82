"""What the parser of `trl <method> --config` says to a YAML: keys it does not know, and values it can't read.

TRL 1.16 hands a key that it does not know to `accelerate launch`, which stops at it; started as a script it drops the
key without a word. What keys demand of one another is in `trl_key_conflicts.py`. Read from TRL 1.16.0, transformers
5.23.0 and accelerate 1.15.0, and held against them key by key in tests/training/.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

VERSION = "1.16.0"
_TABLE = f"trl-{VERSION}-keys.json"

# The sub-command, and so the parser, of each method. ORPO has none: its keys are those of a script.
PARSERS = {
    "sft": "sft",
    "cpt": "sft",
    "dpo": "dpo",
    "kto": "kto",
    "orpo": "orpo",
    "reward": "reward",
    "grpo": "grpo",
}

# What keys of earlier versions of TRL and transformers, and of other trainers, are called now.
_NOW_CALLED = {
    "torch_dtype": "dtype",
    "evaluation_strategy": "eval_strategy",
    "max_seq_length": "max_length",
    "sequence_len": "max_length",
    "cutoff_len": "max_length",
    "warmup_ratio": "warmup_steps",
    "group_by_length": "train_sampling_strategy",
    "no_cuda": "use_cpu",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "micro_batch_size": "per_device_train_batch_size",
    "batch_size": "per_device_train_batch_size",
    "num_epochs": "num_train_epochs",
    "epochs": "num_train_epochs",
    "lr": "learning_rate",
    "optimizer": "optim",
    "lr_scheduler": "lr_scheduler_type",
    "lora_rank": "lora_r",
    "lora_target": "lora_target_modules",
    "base_model": "model_name_or_path",
    "model_name": "model_name_or_path",
    "flash_attn": "attn_implementation",
    "rl_beta": "beta",
    "pref_beta": "beta",
    "sample_packing": "packing",
    "push_to_hub_model_id": "hub_model_id",
    "push_to_hub_token": "hub_token",
    "dataset_path": "dataset_name",
}

# Keys that are gone without another in their place, and what became of them.
_GONE = {
    "overwrite_output_dir": "transformers 5 writes into the folder whatever is there.",
    "save_safetensors": "transformers 5 writes safetensors always.",
    "logging_dir": "transformers 5.23 takes the folder of TensorBoard from the variable TENSORBOARD_LOGGING_DIR.",
    "max_prompt_length": "TRL 1.16 does not cut prompts by themselves; rows are cut at max_length.",
    "tokenizer": "TRL reads the tokenizer from the model's folder.",
    "dataset_batch_size": "TRL 1.16 chooses it.",
    "num_of_sequences": "TRL 1.16 packs by tokens.",
    "chars_per_token": "TRL 1.16 packs by tokens.",
    "generate_during_eval": "TRL 1.16 has it for ORPO only.",
    "model_adapter_name": "TRL 1.16 keeps the reference inside the adapter's model.",
    "ref_adapter_name": "TRL 1.16 keeps the reference inside the adapter's model.",
    "ref_model_name_or_path": "The scripts of TRL 1.16 take the model itself as the reference.",
    "include_tokens_per_second": "transformers 5 has include_num_input_tokens_seen.",
    "jit_mode_eval": "transformers 5 dropped it.",
    "use_ipex": "transformers 5 dropped it.",
    "half_precision_backend": "transformers 5 computes with torch alone.",
    "fp16_opt_level": "transformers 5 computes with torch alone.",
    "tokenizer_name_or_path": "TRL reads the tokenizer from the model's folder.",
}

_TRUE, _FALSE = ("yes", "true", "t", "y", "1"), ("no", "false", "f", "n", "0")
_DATASET_FIELDS = {"path", "name", "data_dir", "data_files", "split", "columns", "fraction"}
# Read from text that starts with a brace, else from a file of that name (transformers 5.23, TrainingArguments).
_JSON_FIELDS = ("accelerator_config", "fsdp_config", "deepspeed", "lr_scheduler_kwargs", "model_init_kwargs")
_ACCELERATOR_FIELDS = {
    *("split_batches", "dispatch_batches", "even_batches", "use_seedable_sampler", "non_blocking"),
    *("gradient_accumulation_kwargs", "use_configured_state"),
}
_FSDP_WORDS = ("full_shard", "shard_grad_op", "no_shard", "hybrid_shard", "hybrid_shard_zero2", "offload", "auto_wrap")
# Taken as paths or names: anything but a text stops the run.
_WORDS_ONLY = ("output_dir", "metric_for_best_model", "model_name_or_path", "dataset_name")
_DEBUG_OPTIONS = ("underflow_overflow", "tpu_metrics_debug")


class KeyProblem(NamedTuple):
    """What is wrong with a key: `severity` is error or warning, `instead` the key and value that would do.

    An `instead` with an empty key means that the key is best left out.
    """

    key: str
    code: str
    message: str
    evidence: str
    instead: tuple[str, Any] | None = None
    severity: str = "error"


class UnreadableError(ValueError):
    """A value that the parser stops at; the message says what it wanted."""


@cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def known_keys(method: str) -> Mapping[str, Mapping[str, Any]]:
    """The keys that the trainer of a method takes, each with its kind; `trl-1.16.0-keys.json` says how to read them."""
    table = _table()
    return {**table["shared"], **table[PARSERS[method]]}


@cache
def launch_options() -> Mapping[str, Mapping[str, Any]]:
    """The options of `accelerate launch`, by their spelling."""
    return {option: spec for spec in _table()["launch"].values() for option in spec["options"]}


def unknown_and_unreadable(method: str, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[KeyProblem]]:
    """The values as the parser reads them, and what it stops at."""
    known = known_keys(method)
    read: dict[str, Any] = {}
    problems: list[KeyProblem] = []
    for key, value in keys.items():
        if key in known:
            try:
                read[key] = _read(key, known[key], value)
            except UnreadableError as error:
                problems.append(_unreadable(key, known[key], value, str(error)))
        elif key == "env":
            if not isinstance(value, Mapping):
                evidence = "TRL reads it as names and values of environment variables."
                problems.append(KeyProblem(key, "env-no-mapping", "“env” is no mapping.", evidence, ("", None)))
        else:
            problems += _not_known(method, key, value)
    return read, problems


def _read(key: str, spec: Mapping[str, Any], value: Any) -> Any:
    """A value as argparse makes it of a default: a text is turned into the kind, anything else stays as it is."""
    kind = spec["kind"]
    if key == "datasets":
        return _datasets(value)
    if kind == "enum":
        if value not in spec["choices"] or isinstance(value, bool):
            raise UnreadableError("one of " + ", ".join(spec["choices"]))
        return value
    if kind == "object":
        if value is None or str(value).lower() in ("none", "null"):
            return None
        raise UnreadableError("nothing: it can't be written in YAML")
    if not isinstance(value, str):
        _check_shape(key, value)
        return value
    return _from_text(key, kind, value, empty=bool(spec.get("empty")))


def _from_text(key: str, kind: str, text: str, *, empty: bool) -> Any:
    if kind == "bool":
        if text.lower() in _TRUE + _FALSE:
            return text.lower() in _TRUE
        raise UnreadableError("true or false")
    if kind in ("int", "float", "list float", "dict"):
        if empty and text.lower() in ("none", "null") and not kind.startswith("list"):
            return None
        if kind == "dict":
            raise UnreadableError("a mapping")
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            raise UnreadableError("a whole number" if kind == "int" else "a number") from None
    if key == "debug" and any(word not in _DEBUG_OPTIONS for word in [text]):
        raise UnreadableError("one of " + ", ".join(_DEBUG_OPTIONS))
    if key in _JSON_FIELDS and text.startswith("{"):
        try:
            value = json.loads(text)
        except ValueError:
            raise UnreadableError("JSON that can be read") from None
        _check_shape(key, value)
        return value
    if key == "pad_to_multiple_of" and text.lower() not in ("auto", "none", "null") and not text.isdigit():
        raise UnreadableError("auto, or a whole number")
    if key == "fsdp":
        _check_shape(key, text.split())
    return text


def _check_shape(key: str, value: Any) -> None:
    """What `__post_init__` makes of a value that is no text.

    Raises:
        UnreadableError: it stops there.
    """
    if value is None:
        return
    if key in _WORDS_ONLY:
        raise UnreadableError("text")
    if key == "accelerator_config" and not (isinstance(value, Mapping) and set(value) <= _ACCELERATOR_FIELDS):
        raise UnreadableError("a mapping of " + ", ".join(sorted(_ACCELERATOR_FIELDS)))
    if key == "fsdp" and isinstance(value, (list, tuple)) and not all(word in _FSDP_WORDS for word in value):
        raise UnreadableError("words of " + ", ".join(_FSDP_WORDS))
    if key == "lora_target_modules" and isinstance(value, Mapping):
        raise UnreadableError("a list of names")
    if key == "scale_rewards" and isinstance(value, (list, dict)):
        raise UnreadableError("group, batch or none")


def _datasets(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise UnreadableError("a list of data sets, each with its path")
    for entry in value:
        if isinstance(entry, Mapping):
            unknown = [str(name) for name in entry if name not in _DATASET_FIELDS]
            if unknown:
                raise UnreadableError(f"data sets of {', '.join(sorted(_DATASET_FIELDS))}, and not {unknown[0]}")
            if "path" not in entry:
                raise UnreadableError("data sets that say their path")
    return value


def _unreadable(key: str, spec: Mapping[str, Any], value: Any, wanted: str) -> KeyProblem:
    shown = f"{value!r:.60}"
    if value is False and "no" in spec.get("choices", ()):
        evidence = "YAML reads the bare word no as false; in quotes it is the word."
        return KeyProblem(key, "key-bare-no", f"“{key}” is {shown}, and TRL wants a word.", evidence, (key, "no"))
    instead: tuple[str, Any] | None = None
    if isinstance(value, str) and spec.get("choices"):
        near = difflib.get_close_matches(value.lower(), spec["choices"], 1)
        instead = (key, near[0]) if near else None
    message = f"“{key}” can't be {shown}."
    return KeyProblem(key, "key-unreadable", message, f"TRL {VERSION} takes {wanted}, and stops at this.", instead)


def _not_known(method: str, key: str, value: Any) -> Iterator[KeyProblem]:
    spec = launch_options().get(f"--{key}")
    if spec is not None or key == "accelerate_config":
        wanted = _launch_refuses(spec, value) if spec is not None else ""
        if wanted:
            evidence = f"TRL hands it to accelerate launch, which takes {wanted}."
            yield KeyProblem(key, "key-unreadable", f"“{key}” can't be {value!r:.60}.", evidence)
        return
    yield _unknown(method, key, value)


def _launch_refuses(spec: Mapping[str, Any], value: Any) -> str:
    text = str(value)
    if text.startswith("-") and not text[1:].replace(".", "", 1).isdigit():
        return "a value that does not start with a dash"
    if spec.get("choices") and text not in spec["choices"]:
        return "one of " + ", ".join(spec["choices"])
    if spec["kind"] in ("int", "float"):
        try:
            int(text) if spec["kind"] == "int" else float(text)
        except ValueError:
            return "a whole number" if spec["kind"] == "int" else "a number"
    return ""


def _unknown(method: str, key: str, value: Any) -> KeyProblem:
    known = known_keys(method)
    message = f"TRL {VERSION} does not know the key “{key}”."
    stops = "`trl` stops at it; started as a script, TRL would drop it without a word."
    renamed = _NOW_CALLED.get(key, "")
    if renamed in known:
        told, said = _told_anew(key, renamed, value)
        return KeyProblem(key, "key-renamed", message, f"{said} {stops}", told)
    elsewhere = [name for name, parser in PARSERS.items() if name == parser and key in known_keys(name)]
    if elsewhere:
        evidence = f"It is a key of {', '.join(name.upper() for name in elsewhere)}, not of {method.upper()}. {stops}"
        return KeyProblem(key, "key-of-another-method", message, evidence, ("", None))
    if key in _GONE:
        return KeyProblem(key, "key-gone", message, f"{_GONE[key]} {stops}", ("", None))
    near = difflib.get_close_matches(key, known, 1, 0.75)
    if near:
        return KeyProblem(key, "key-unknown", message, f"The nearest is “{near[0]}”. {stops}", (near[0], value))
    return KeyProblem(key, "key-unknown", message, stops, ("", None))


def _told_anew(key: str, renamed: str, value: Any) -> tuple[tuple[str, Any], str]:
    if key == "warmup_ratio":
        return (renamed, value), "transformers 5.23 has warmup_steps alone, which below 1 is a share."
    if key == "group_by_length":
        said = "transformers 5.6 made it train_sampling_strategy: group_by_length."
        return (renamed, "group_by_length") if value else ("", None), said
    return (renamed, value), f"It is called {renamed} now."

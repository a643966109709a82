"""Reads a row of published runs: the architecture, the run, and which of the estimate's numbers was measured.

What a row leaves blank is what its framework did at the time: the loss path, the adapters' type and autocast come from
a trainer's code, which whoever writes its config knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainpkg_widgets.advice.inference_memory import estimate_inference
from trainpkg_widgets.advice.memory import MemoryEstimate, OutOfScopeError, Run, estimate_memory
from trainpkg_widgets.advice.run import Attention, LossPath, Optimizer, Quantisation, Sharding
from trainpkg_widgets.architecture import Architecture

Row = Mapping[str, str]
GIB = 1024.0**3

_METHODS = ("full", "lora", "qlora4", "qlora8")
_QUANTISATIONS: dict[str, Quantisation] = {
    "none": "none",
    "": "none",
    "nf4": "nf4",
    "nf4-dq": "nf4_double",
    "int8": "int8",
    "gptq4": "gptq4",
    "gptq8": "gptq8",
    "BF16": "none",
    "GPTQ-Int4": "gptq4",
    "GPTQ-Int8": "gptq8",
    # AWQ stores groups of 128 like GPTQ, FP8 one byte for each weight.
    "AWQ": "gptq4",
    "AWQ-INT4": "gptq4",
    "FP8": "int8",
}
_TARGETS = {
    "q": "q_proj",
    "k": "k_proj",
    "v": "v_proj",
    "o": "o_proj",
    "head": "lm_head",
    "gate": "gate_proj",
    "up": "up_proj",
    "down": "down_proj",
}
# MiB as nvidia-smi reports them: no process reserves more.
CARDS_MIB = {
    "Tesla T4": 15360,
    "RTX 3090": 24576,
    "RTX 4090": 24564,
    "RTX 4080": 16376,
    "A10G": 23028,
    "A100-40GB": 40960,
    "A100-80GB": 81920,
    "A6000": 49140,
}


def predicted_bytes(row: Row, name: str, entry: Mapping[str, Any]) -> float:
    """What the estimate says of the number that the row measured, in bytes.

    Raises:
        OutOfScopeError: the row does not say enough, or is of a method that the estimate does not know.
    """
    architecture = architecture_of(name, entry, untied=row["framework"] == "litgpt")
    estimate = estimate_memory(architecture, run_of_row(row, architecture))
    kind = row["measure_kind"]
    if kind in ("allocated", "active"):
        return estimate.allocated
    if kind == "capacity_limit":
        # The longest run that a card took: there torch has given back what it did not need.
        return estimate.needed
    taken = estimate.total if kind == "process" else estimate.reserved
    card = CARDS_MIB.get(row["gpu"])
    if card is None:
        return taken
    return min(taken, max(estimate.needed, card * 1024.0**2 - estimate.context))


def measured_bytes(row: Row) -> float:
    """What the row measured, in bytes. The limits of cards are meant in GiB, whatever their unit says."""
    binary = row["unit"].startswith("GiB") or row["measure_kind"] == "capacity_limit"
    return float(row["measured_gb"]) * (GIB if binary else 1e9)


def architecture_of(name: str, entry: Mapping[str, Any], *, untied: bool = False) -> Architecture:
    """An entry of `models.json`. LitGPT keeps the output head apart from the embedding: `untied`."""
    if "experts" in entry or "n_experts" in entry:
        raise OutOfScopeError("a mixture of experts")
    model_type = "llama"
    if entry.get("softcap"):
        model_type = "gemma2"
    elif entry.get("fused_qkv"):
        model_type = "chatglm" if "GLM" in name else "baichuan" if "Baichuan" in name else "qwen"
    elif entry.get("parallel"):
        model_type = "phi" if name.startswith("phi") else "falcon" if name.startswith("falcon") else "gpt_neox"
    elif name.startswith("Qwen3"):
        model_type = "qwen3"
    return Architecture(
        model_type=model_type,
        hidden_size=entry["d"],
        layers=entry["L"],
        heads=entry["h"],
        kv_heads=entry["kv"],
        head_dim=entry["hd"],
        vocab_size=entry["V"],
        intermediate_size=entry["f"],
        tied_embeddings=bool(entry.get("tied")) and not untied,
        gated_mlp=entry["gated"],
    )


def run_of_row(row: Row, architecture: Architecture) -> Run:
    """The run of a row.

    Raises:
        OutOfScopeError: the row does not say enough, or is of a method that the estimate does not know.
    """
    framework, method = row["framework"], row["method"]
    _check(row)
    full = method == "full"
    quantisation = _QUANTISATIONS[row["quant"]]
    # PEFT's prepare_model_for_kbit_training leaves GPTQ's models as they are.
    may_upcast = framework in ("hf", "hf-old") and quantisation in ("nf4", "nf4_double", "int8")
    upcast = row["kbit_upcast_fp32"] == "True" or (row["kbit_upcast_fp32"] == "" and may_upcast)
    pure = framework in ("litgpt", "torchtune")
    adapters = row["adapter_dtype"] or ("bf16" if pure else "fp32")
    compiled = "torch.compile" in row["notes"]
    litgpt_4bit = framework == "litgpt" and quantisation != "none"
    checkpointing = row["grad_checkpointing"]
    return Run(
        tuning="full" if full else "lora" if quantisation == "none" else "qlora",
        batch=int(float(row["micro_batch"])),
        length=int(float(row["seq_len"])),
        accumulation=int(float(row["grad_accum"] or 1)),
        varying=row["seq_known"] == "cap",
        weights=row["weights_dtype"] or "bf16",
        quantisation=quantisation,
        quantised_head=litgpt_4bit,
        # LitGPT's loop holds the last batch's graph until it has the next loss. A batch that is longer than all others
        # ("exact": the longest sample) has no equal before it.
        quantised_inputs=0 if not litgpt_4bit else 1 if row["seq_known"] == "exact" else 2,
        kbit_upcast=upcast,
        # A Trainer with bf16: true; loops of one's own mostly have the weights in half precision, and nothing else.
        autocast=(framework == "hf-old" and adapters == "fp32") or row["weights_dtype"] == "fp32",
        lora_rank=0 if full else int(row["lora_r"] or 0),
        lora_targets=() if full else _targets(row["lora_targets"], architecture),
        lora_dropout=framework == "litgpt",
        adapters=adapters,
        optimizer=_optimizer(row),
        optimizer_in_backward="in_bwd" in row["optimizer"],
        checkpointing="none" if checkpointing == "False" else "offloaded" if "offload" in checkpointing else "layers",
        attention=_attention(row, architecture, upcast=upcast),
        loss=_loss(row, compiled=compiled),
        layers="litgpt" if framework == "litgpt" else "torchtune" if framework == "torchtune" else "transformers",
        compiled=compiled,
        gpus=int(row["n_gpus"]),
        sharding=_sharding(row["sharding"]),
        cpu_offload="offload" in row["sharding"],
        compute_capability=7.5 if "T4" in row["gpu"] else None,
    )


def inference_estimate_of(row: Row, architecture: Architecture) -> MemoryEstimate:
    """The estimate for a row of `inference_points.csv`."""
    return estimate_inference(
        architecture,
        prompt_tokens=int(row["input_tokens"] or 0),
        # LitGPT's table: the script's default of 50 new tokens behind a prompt of a few.
        new_tokens=int(row["output_tokens"] or 64),
        batch=int(row["batch"] or 1),
        quantisation=_QUANTISATIONS[row["quant"]],
        # Qwen's table for Qwen3 gives what is allocated behind the last token, the one for Qwen2.5 the peak.
        prompt_at_once="(Qwen3)" not in row["source"],
    )


def _check(row: Row) -> None:
    if row["method"] not in _METHODS:
        raise OutOfScopeError("a method that is not full, LoRA or QLoRA")
    if row["framework"] == "unsloth":
        raise OutOfScopeError("Unsloth's own kernels, which keep other tensors than anyone else's")
    if row["seq_known"] == "unknown" or not row["seq_len"] or not row["micro_batch"]:
        raise OutOfScopeError("the length or the batch is not stated")
    if not row["n_gpus"] or not row["grad_checkpointing"]:
        raise OutOfScopeError("the number of GPUs or checkpointing is not stated")
    if row["method"] != "full" and not row["lora_r"]:
        raise OutOfScopeError("the rank is not stated")
    if any(word in row["optimizer"].lower() for word in ("galore", "muon", "?", "4-bit")):
        raise OutOfScopeError("an optimizer that is not known, or not stated")
    if row["method"] == "full" and not row["optimizer"]:
        raise OutOfScopeError("an optimizer that is not known, or not stated")


def _targets(text: str, architecture: Architecture) -> tuple[str, ...]:
    words = text.replace(" ", "").lower()
    if words.startswith("default"):
        fused = architecture.model_type in ("qwen", "baichuan", "chatglm")
        return ("qkv_proj",) if fused else ("q_proj", "k_proj", "v_proj")
    if words in ("all", "alllinear", "all-linear"):
        return ("all-linear",)
    found: list[str] = []
    for word in words.split(","):
        if word == "mlp":
            found += [*(["gate_proj"] if architecture.gated_mlp else []), "up_proj", "down_proj"]
        elif word:
            found.append(_TARGETS.get(word, word))
    return tuple(found)


def _optimizer(row: Row) -> Optimizer:
    name = row["optimizer"].lower()
    eight = "8bit" in name or "8-bit" in name
    if "paged" in name:
        return "paged_adamw_8bit" if eight else "paged_adamw"
    if eight:
        return "adamw_8bit"
    for known in ("adafactor", "lion", "sgd"):
        if known in name:
            return known  # type: ignore[return-value]  # one of the literals
    # torchtune's recipes ask for the fused step.
    return "adamw_fused" if "fused" in name or row["framework"] == "torchtune" else "adamw"


def _attention(row: Row, architecture: Architecture, *, upcast: bool) -> Attention:
    name, framework = row["attention"], row["framework"]
    if name.startswith("eager"):
        return "eager"
    if "flash" in name or framework == "litgpt":
        return "flash"
    grouped = architecture.kv_heads < architecture.heads
    if framework == "hf" and name == "sdpa" and upcast and grouped:
        # transformers 5 hands grouped keys to SDPA; in float32 no kernel but the one that makes scores takes them.
        return "math"
    return "fused"


def _loss(row: Row, *, compiled: bool) -> LossPath:
    framework, fused = row["framework"], row["fused_ce"].lower()
    if framework == "litgpt":
        return "split_float"
    if fused.startswith("chunked"):
        return "split_compiled" if compiled else "split"
    if fused in ("cce", "liger", "true", "fused"):
        return "fused"
    return {"torchtune": "float", "hf-old": "float_copy_held", "trl": "tiled"}.get(framework, "float_held")  # type: ignore[return-value]  # of the literals


def _sharding(text: str) -> Sharding:
    for known in ("zero3", "zero2", "zero1", "ddp", "fsdp"):
        if known in text.replace("-", "").replace("_", ""):
            return known  # type: ignore[return-value]  # one of the literals
    return "none"

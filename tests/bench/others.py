"""Other people's estimators, each asked in an environment of its own: `python others.py NAME < runs.json`.

The interpreter that runs this has that one package and none of ours. It reads a list of runs and prints, for each, the
bytes that the package predicts, or why it takes no such run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

Told = Mapping[str, Any]
MIB, GIB = 1024.0**2, 1024.0**3


class NotTakenError(ValueError):
    """Raised where a package has no way to be told of a run."""


def fitcheck(run: Told) -> float:
    """fitcheck-llm: what its process total says."""
    from fitcheck.config_parser import ModelConfig
    from fitcheck.estimator import TrainingConfig, estimate
    from fitcheck.gpu_db import GPU_DB

    _one_gpu(run)
    model = run["architecture"]
    if not model["gated"]:
        raise NotTakenError("it refuses an MLP without a gate")
    # It has no name for a matrix that is three in one.
    fused = {"qkv_proj": ("q_proj", "k_proj", "v_proj")}
    cards = {"Tesla T4": "t4", "RTX 4090": "4090", "RTX 3090": "3090", "RTX 4080": "5080", "A6000": "a6000"}
    card = GPU_DB.get(cards.get(run["gpu"], ""), GPU_DB["h100"])
    config = ModelConfig(
        name="model",
        num_params=model["parameters"],
        hidden_size=model["d"],
        num_layers=model["layers"],
        num_attention_heads=model["heads"],
        num_kv_heads=model["kv_heads"],
        intermediate_size=model["f"],
        vocab_size=model["vocabulary"],
        head_dim=model["head_dim"],
        tie_word_embeddings=model["tied"],
    )
    training = TrainingConfig(
        precision=run["weights"],
        quantization={"nf4_double": "nf4"}.get(run["quantisation"], run["quantisation"]),
        double_quant=run["quantisation"] == "nf4_double",
        optimizer={"adamw_8bit": "adamw-8bit", "paged_adamw_8bit": "paged-adamw-8bit"}.get(run["optimizer"], "adamw"),
        batch_size=run["batch"],
        seq_len=run["length"],
        lora_rank=run["lora_rank"] or None,
        lora_targets=[part for name in run["targets"] for part in fused.get(name, (name,))],
        grad_checkpoint=run["checkpointing"] != "none",
        flash_attn=run["attention"] in ("flash", "fused"),
        grad_accum_steps=run["accumulation"],
    )
    return float(estimate(config, training, card).total_mib) * MIB


def canifinetune(run: Told) -> float:
    """canifinetune: what it says is reserved, without the margin that it adds."""
    from canifinetune.estimator.memory import EstimateRequest, estimate
    from canifinetune.estimator.model_metadata import register_known_model

    _one_gpu(run)
    model = run["architecture"]
    if not model["gated"]:
        raise NotTakenError("its formulas are for a gated MLP")
    spec = {
        "family": "llama",
        "hidden_size": model["d"],
        "num_hidden_layers": model["layers"],
        "num_attention_heads": model["heads"],
        "num_key_value_heads": model["kv_heads"],
        "intermediate_size": model["f"],
        "vocab_size": model["vocabulary"],
        "tie_word_embeddings": model["tied"],
        "total_params": model["parameters"],
    }
    register_known_model("the/model", spec)
    optimizers = {"adamw_fused": "adamw_torch_fused", "adamw": "adamw_torch"}
    quantised = {"nf4_double": "nf4_double_quant", "nf4": "nf4", "int8": "int8"}
    if run["quantisation"] != "none" and run["quantisation"] not in quantised:
        raise NotTakenError(f"it knows no {run['quantisation']}")
    request = EstimateRequest(
        model_id="the/model",
        method="full" if run["tuning"] == "full" else "qlora" if run["quantisation"] != "none" else "lora",
        seq_len=run["length"],
        micro_batch_size=run["batch"],
        gradient_accumulation_steps=run["accumulation"],
        base_dtype=run["weights"],
        quantization=quantised.get(run["quantisation"], "nf4"),
        lora_rank=run["lora_rank"] or 16,
        lora_target_scope="all_linear" if len(run["targets"]) > 4 else "attention",
        optimizer=optimizers.get(run["optimizer"], run["optimizer"]),
        gradient_checkpointing=run["checkpointing"] != "none",
        attention_implementation="eager" if run["attention"] == "eager" else "sdpa",
        gpu_vram_gb=run["card_gib"],
        use_network=False,
    )
    memory = estimate(request).memory
    return float(memory.total_estimated_gb - memory.safety_margin_gb) * GIB


def accelerate(run: Told) -> float:
    """What `accelerate estimate-memory` says: training with Adam, which is all that it has to say about training."""
    import torch
    from accelerate import init_empty_weights
    from accelerate.commands.estimate import estimate_training_usage
    from accelerate.utils import calculate_maximum_sizes
    from transformers import LlamaConfig, LlamaForCausalLM

    _one_gpu(run)
    model = run["architecture"]
    if run["tuning"] != "full":
        raise NotTakenError("it says nothing of adapters")
    if not model["gated"]:
        raise NotTakenError("the model is made as a Llama here")
    config = LlamaConfig(
        hidden_size=model["d"],
        num_hidden_layers=model["layers"],
        num_attention_heads=model["heads"],
        num_key_value_heads=model["kv_heads"],
        head_dim=model["head_dim"],
        intermediate_size=model["f"],
        vocab_size=model["vocabulary"],
        tie_word_embeddings=model["tied"],
    )
    with init_empty_weights():
        empty = LlamaForCausalLM._from_config(config, dtype=torch.float32)
    total, _ = calculate_maximum_sizes(empty)
    precision = {"bf16": "float16", "fp16": "float16"}.get(run["weights"], "float32")
    usage = estimate_training_usage(total, precision)
    return float(max(size for size in usage.values()))


def _one_gpu(run: Told) -> None:
    if run["gpus"] > 1:
        raise NotTakenError("it is for one GPU")


PACKAGES: dict[str, Callable[[Told], float]] = {
    "fitcheck-llm": fitcheck,
    "canifinetune": canifinetune,
    "accelerate": accelerate,
}


def main(name: str) -> None:
    json.dump([_answer(PACKAGES[name], run) for run in json.load(sys.stdin)], sys.stdout)


def _answer(ask: Callable[[Told], float], run: Told) -> dict[str, Any]:
    try:
        return {"id": run["id"], "bytes": ask(run)}
    except (NotTakenError, ValueError, KeyError, TypeError) as error:
        return {"id": run["id"], "refused": (str(error) or "refused").splitlines()[0][:80]}


if __name__ == "__main__":
    main(sys.argv[1])

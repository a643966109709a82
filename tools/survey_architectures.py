"""Measure what the advice on knobs claims of each model type, and write it as a Python module.

    python tools/survey_architectures.py trainpkg_widgets/advice/architecture_facts.py [model_type ...]

Runs in the environment of a target (torch, transformers, peft), on a CPU, in about twenty minutes; nothing is fetched.
Each type is built small and at random in a process of its own. A type that can't be built so is left out: nothing is
claimed of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="", TRANSFORMERS_VERBOSITY="error")

import peft
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)
from transformers.pytorch_utils import Conv1D

SECONDS = 30
POSITIONS = 128
SIZES = {
    **dict.fromkeys(["hidden_size", "n_embd", "d_model", "word_embed_proj_dim"], 64),
    **dict.fromkeys(["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers"], 4),
    **dict.fromkeys(["num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"], 4),
    **dict.fromkeys(["intermediate_size", "ffn_dim", "n_inner", "decoder_ffn_dim", "encoder_ffn_dim"], 128),
    **dict.fromkeys(["max_position_embeddings", "n_positions", "max_seq_len"], POSITIONS),
    **dict.fromkeys(["num_experts", "num_local_experts", "n_routed_experts", "encoder_attention_heads"], 4),
    **dict.fromkeys(["moe_intermediate_size", "shared_expert_intermediate_size"], 64),
    **dict.fromkeys(["head_dim", "rotary_dim", "state_size", "kv_lora_rank", "q_lora_rank", "v_head_dim"], 16),
    **dict.fromkeys(["qk_rope_head_dim", "qk_nope_head_dim"], 8),
    **dict.fromkeys(["num_experts_per_tok", "encoder_layers"], 2),
    **dict.fromkeys(["n_group", "topk_group"], 1),
    "num_key_value_heads": 2,
    "vocab_size": 300,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def small_config(model_type: str) -> Any:
    kind = CONFIG_MAPPING[model_type]
    known = kind().to_dict()
    latent = "qk_rope_head_dim" in known  # multi-head latent attention: its own head sizes, one key head a query head
    sizes = {k: v for k, v in SIZES.items() if k in known and not (latent and k in ("head_dim", "num_key_value_heads"))}
    if latent and "num_key_value_heads" in known:
        sizes["num_key_value_heads"] = 4
    if "expand" in known and "num_heads" in sizes:  # Mamba 2: its heads have to fill the expanded width
        sizes["num_heads"] = known["expand"] * sizes["hidden_size"] // sizes["head_dim"]
    try:
        return kind(**sizes)
    except Exception:  # noqa: BLE001 - every family refuses in its own way
        # A pattern of layers that does not allow for four of them.
        return kind(**{k: v for k, v in sizes.items() if "layer" not in k})


def layer_names(model: Any) -> tuple[list[str], bool]:
    """The last names of the modules LoRA can be put on, and whether there are experts."""
    kinds = (torch.nn.Linear, torch.nn.Embedding, Conv1D)
    names = {path.rsplit(".", 1)[-1] for path, module in model.named_modules() if isinstance(module, kinds)}
    experts = any("expert" in path.lower() for path, _ in model.named_modules())
    return sorted(n for n in names if not n.isdigit()), experts


def default_layers(model_type: str) -> dict[str, Any]:
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(CONFIG_MAPPING[model_type]())
    names, experts = layer_names(model)
    return {"layers": names, "experts": experts}


def small_model(model_type: str) -> Any:
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(small_config(model_type)).float().eval()
    for weight in model.parameters():
        if weight.dim() > 1:  # large enough for one token to change the logits of another
            torch.nn.init.normal_(weight, 0, 0.15)
        elif not torch.isfinite(weight).all() or weight.abs().max() > 10:  # allocated, never initialised
            torch.nn.init.zeros_(weight)
    return model


def small_layers(model_type: str) -> dict[str, Any]:
    names, experts = layer_names(small_model(model_type))
    return {"layers": names, "experts": experts}


def packing(model_type: str) -> dict[str, Any]:
    """Whether the second of two packed rows changes when the first does. The batch is what TRL's collator makes."""
    model, half = small_model(model_type), 20
    borders = torch.tensor([0, half, 2 * half], dtype=torch.int32)
    batch = {
        "position_ids": torch.cat([torch.arange(half)] * 2)[None],
        "seq_idx": torch.repeat_interleave(torch.arange(2, dtype=torch.int32), half)[None],
        "cu_seq_lens_q": borders,
        "cu_seq_lens_k": borders,
        "max_length_q": half,
        "max_length_k": half,
    }
    first, other, second = (torch.randint(5, 290, (1, half)) for _ in range(3))
    with torch.no_grad():
        try:
            runs = [
                model(input_ids=torch.cat([row, second], 1), use_cache=False, **batch).logits[0, half:]
                for row in (first, first, other)
            ]
        except ValueError as error:
            return {"packing": "needs causal_conv1d" if "causal_conv1d" in str(error) else f"? {error}"}
    noise, change = float((runs[0] - runs[1]).abs().max()), float((runs[0] - runs[2]).abs().max())
    return {"packing": "leaks" if change > 1e-3 and change > 100 * noise else "apart"}


def positions(model_type: str) -> dict[str, Any]:
    """Whether a row that is longer than the context can be run at all."""
    model = small_model(model_type)
    sizes = [getattr(model.config, name, None) for name in ("max_position_embeddings", "n_positions", "max_seq_len")]
    if POSITIONS not in sizes:
        return {}
    with torch.no_grad():
        model(input_ids=torch.randint(5, 290, (1, POSITIONS - 8)), use_cache=False)
        try:
            model(input_ids=torch.randint(5, 290, (1, POSITIONS + 8)), use_cache=False)
        except (IndexError, RuntimeError):
            return {"positions": "end"}
    return {"positions": "go on"}


def all_linear(model_type: str) -> dict[str, Any]:
    config = peft.LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", r=4)
    try:
        peft.get_peft_model(small_model(model_type), config)
    except ValueError as error:
        return {"all_linear": str(error)}
    return {"all_linear": "fits"}


def in_a_process(measure: Callable[[str], dict[str, Any]], model_type: str) -> dict[str, Any]:
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            found = measure(model_type)
        except BaseException as error:  # noqa: BLE001 - a type that can't be measured is left out
            found = {f"failed_{measure.__name__}": f"{type(error).__name__}: {error}"[:200]}
        os.write(send, json.dumps(found).encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else {}


def survey(model_type: str) -> dict[str, Any]:
    found: dict[str, Any] = in_a_process(packing, model_type)
    if not found or "failed_packing" in found:
        return {"layers": [], "experts": False}
    for measure in (positions, all_linear):
        found |= in_a_process(measure, model_type)
    layers = [in_a_process(measure, model_type) for measure in (default_layers, small_layers)]
    found["layers"] = sorted({name for some in layers for name in some.get("layers", [])})
    found["experts"] = any(some.get("experts") for some in layers)
    return found


def module_text(found: dict[str, dict[str, Any]]) -> str:
    def types(key: str, start: str) -> str:
        return quoted(t for t, facts in found.items() if str(facts.get(key, "")).startswith(start))

    groups: dict[tuple[str, ...], list[str]] = {}
    for model_type, facts in sorted(found.items()):
        if facts["layers"] and not facts["experts"]:
            groups.setdefault(tuple(facts["layers"]), []).append(model_type)
    layers = "".join(f"    {quoted(group)}: {quoted(names)},\n" for names, group in sorted(groups.items()))
    return f'''"""What small random models of each type did, by `tools/survey_architectures.py`; not edited by hand."""

# fmt: off
# ruff: noqa: SIM905 - a list would take a line for each name

from __future__ import annotations

MEASURED_WITH = "transformers {transformers.__version__} and PEFT {peft.__version__}"

# Packed rows see one another: the logits of the second change with the first.
PACKING_LEAKS = frozenset({types("packing", "leaks")}.split())

# Packed rows are refused where the package causal_conv1d is not installed.
PACKING_REFUSED = frozenset({types("packing", "needs")}.split())

# A row that is longer than the context stops the run, for there is no position for its end.
POSITIONS_END = frozenset({types("positions", "end")}.split())

# PEFT refuses LoRA on every linear layer, for it refuses these two.
ALL_LINEAR_REFUSED = frozenset({types("all_linear", "[PEFT")}.split())
REFUSED_LAYERS = ("out_proj", "conv1d")

# Model types, and the names of the layers that LoRA can be put on. Types with experts are left out: PEFT takes names
# for them that their modules do not have.
_LAYERS = {{
{layers}}}

LAYERS: dict[str, frozenset[str]] = {{
    name: frozenset(layers.split()) for types, layers in _LAYERS.items() for name in types.split()
}}
'''


def quoted(names: Iterable[str]) -> str:
    """Names as one string, in lines of a readable length where they are many."""
    text = " ".join(sorted(names))
    if len(text) < 80:
        return f'"{text}"'
    return '"""\n' + textwrap.fill(text, 110, break_on_hyphens=False) + '\n"""'


def main() -> None:
    out = Path(sys.argv[1])
    # Types that fill in a mask or translate have a class that continues text as well, which nobody fine-tunes.
    others = {*MODEL_FOR_MASKED_LM_MAPPING_NAMES, *MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES}
    known = [t for t in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES if t in CONFIG_MAPPING and t not in others]
    # A config that holds one for text (beside that of a vision tower, say) is not made small by the sizes above.
    types = sys.argv[2:] or [t for t in known if "text_config" not in CONFIG_MAPPING[t].sub_configs]
    found = {}
    for model_type in types:
        found[model_type] = survey(model_type)
        print(model_type, json.dumps({k: v for k, v in found[model_type].items() if k != "layers"}), flush=True)
    out.write_text(module_text(found), encoding="utf-8")


if __name__ == "__main__":
    main()

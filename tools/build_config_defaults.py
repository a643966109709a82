"""Writes `trainpkg_widgets/hub/model_types.json`: what transformers knows of each model type, without importing it.

    python tools/build_config_defaults.py config_defaults.json auto_mappings.json <site-packages>/transformers

The first two files are transformers 5.23.0's configuration classes and auto mappings as JSON; the folder is the same
version as installed. Kept is only what reading a `config.json` needs: the class that generates text, defaults of the
dimensions, the names a family gives them, and whether its MLP is gated.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

VERSION = "5.23.0"
OUTPUT = Path(__file__).parents[1] / "trainpkg_widgets" / "hub" / "model_types.json"

DIMENSIONS = (
    "hidden_size", "n_embd", "d_model", "num_hidden_layers", "n_layer", "n_layers", "num_layers",
    "num_attention_heads", "n_head", "n_heads", "num_key_value_heads", "head_dim", "d_kv", "vocab_size",
    "intermediate_size", "n_inner", "ffn_dim", "d_ff", "num_experts", "num_local_experts", "n_routed_experts",
    "moe_num_experts", "num_experts_per_tok", "moe_topk", "moe_intermediate_size", "max_position_embeddings",
    "n_positions", "n_ctx", "max_seq_len", "tie_word_embeddings", "qk_nope_head_dim", "qk_rope_head_dim",
)  # fmt: skip
RENAMED = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
    "intermediate_size", "max_position_embeddings", "num_experts", "num_experts_per_tok",
)  # fmt: skip

# A gated MLP multiplies by a second projection; these are the names transformers gives that projection.
GATE = re.compile(r"self\.(gate_proj|gate_up_proj|w1|w3|wi_0|gate_linear)\b")
PLAIN = re.compile(r"self\.(fc1|fc_in|c_fc|dense_h_to_4h|up_proj|input_projection|intermediate)\b")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("defaults", type=Path)
    parser.add_argument("mappings", type=Path)
    parser.add_argument("transformers", type=Path)
    given = parser.parse_args()
    defaults, mappings = json.loads(given.defaults.read_text()), json.loads(given.mappings.read_text())
    types = describe(defaults, mappings, given.transformers / "models")
    source = f"transformers {VERSION}, Apache-2.0, (c) The HuggingFace Team"
    lines = [f"{json.dumps(name)}:{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(types)]
    OUTPUT.write_text(f'{{"source":{json.dumps(source)},"types":{{\n' + ",\n".join(lines) + "\n}}\n")
    print(f"{OUTPUT.name}: {len(types)} types, {OUTPUT.stat().st_size:,} bytes")


def describe(defaults: dict[str, Any], mappings: dict[str, Any], models: Path) -> dict[str, dict[str, Any]]:
    causal = mappings["MODEL_FOR_CAUSAL_LM_MAPPING_NAMES"]
    vision = mappings["MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES"]
    encoder_decoder = mappings["MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES"]
    gates = gated_folders(models)
    two_stacks = encoder_decoder_configs(models)
    types: dict[str, dict[str, Any]] = {}
    for name in {*defaults, *mappings["CONFIG_MAPPING_NAMES"]}:
        entry: dict[str, Any] = {}
        known = defaults.get(name, {})
        text_part = name.endswith(("_text", "_text_model")) or known.get("base_config_key") == "text_config"
        if name in causal:
            entry["causal_lm"] = causal[name]
        if name in vision:
            entry["image_text"] = vision[name]
        # The mapping also holds audio models that are plain decoders behind an encoder of sound.
        if name in encoder_decoder and known.get("class") in two_stacks:
            entry["encoder_decoder"] = encoder_decoder[name]
        if name in causal or name in vision or text_part:
            kept = {k: v for k, v in known.get("attrs", {}).items() if k in DIMENSIONS and isinstance(v, int)}
            names = {k: v for k, v in (known.get("attribute_map") or {}).items() if k in RENAMED}
            gated = gates.get(known.get("class", ""))
            entry |= {k: v for k, v in (("defaults", kept), ("names", names)) if v}
            if gated is not None:
                entry["gated_mlp"] = gated
        types[name] = entry
    return types


def gated_folders(models: Path) -> dict[str, bool]:
    """For each configuration class: whether the modeling file beside it builds a gated MLP. Left out where unclear."""
    found: dict[str, bool] = {}
    for folder in sorted(p for p in models.iterdir() if p.is_dir()):
        code = "\n".join(p.read_text() for p in sorted(folder.glob("modeling_*.py")) if "_flax" not in p.name)
        gated, plain = bool(GATE.search(code)), bool(PLAIN.search(code))
        if gated or plain:
            for configuration in folder.glob("configuration_*.py"):
                for name in re.findall(r"^class (\w+Config)\(", configuration.read_text(), re.MULTILINE):
                    found[name] = gated
    return found


def encoder_decoder_configs(models: Path) -> set[str]:
    """The configuration classes whose file speaks of `is_encoder_decoder`."""
    found: set[str] = set()
    for configuration in models.glob("*/configuration_*.py"):
        code = configuration.read_text()
        if "is_encoder_decoder" in code:
            found.update(re.findall(r"^class (\w+Config)\(", code, re.MULTILINE))
    return found


if __name__ == "__main__":
    main()

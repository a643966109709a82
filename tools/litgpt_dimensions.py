"""Writes `tools/catalogue/litgpt.json`: dimensions of models whose own config.json is gated, as LitGPT states them.

    python tools/litgpt_dimensions.py <site-packages>/litgpt/config.py

LitGPT 0.5.13, Apache-2.0, (c) Lightning AI. Only dense models with Llama's or Gemma's MLP are kept: what they count is
checked against the published number of parameters by `build_catalogue.py`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parent / "catalogue" / "litgpt.json"


def main() -> None:
    spec = importlib.util.spec_from_file_location("litgpt_config", sys.argv[1])
    if spec is None or spec.loader is None:
        raise SystemExit(f"{sys.argv[1]} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: dict[str, dict[str, Any]] = {}
    for given in module.configs:
        config = module.Config(**given)
        if config.mlp_class_name not in ("LLaMAMLP", "GemmaMLP") or config.n_expert:
            continue
        dimensions = {
            "hidden_size": config.n_embd,
            "num_hidden_layers": config.n_layer,
            "num_attention_heads": config.n_head,
            "num_key_value_heads": config.n_query_groups,
            "head_dim": config.head_size,
            "vocab_size": config.padded_vocab_size,
            "intermediate_size": config.intermediate_size,
            "context_length": config.block_size,
        }
        org = config.hf_config["org"]
        # LitGPT keeps the name a repository had when it was added; meta-llama has since dropped its own prefix.
        for name in {config.hf_config["name"], config.name}:
            found[f"{org}/{name}"] = dimensions
    lines = [f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found)]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{OUTPUT.name}: {len(found)} models")


if __name__ == "__main__":
    main()

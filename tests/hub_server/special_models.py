"""Models made up for what no real row shows: an adapter, a disabled and a private one, and malformed bodies."""

from __future__ import annotations

from typing import Any

from .repository import Body

ADAPTER = "made-up/qwen2.5-0.5b-support-lora"
DISABLED = "made-up/disabled-model"
PRIVATE = "made-up/private-model"
MALFORMED = "malformed"


def special_models() -> list[tuple[Body, Body | None]]:
    """Each body with its config.json, or None."""
    return [(_adapter(), None), *((_plain(name, **{key: True}), _RAW) for name, key in _FLAGGED), *_malformed()]


_FLAGGED = ((DISABLED, "disabled"), (PRIVATE, "private"))
_RAW: Body = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 512,
    "max_position_embeddings": 2048, "tie_word_embeddings": True,
}  # fmt: skip


def _adapter() -> Body:
    base = "Qwen/Qwen2.5-0.5B"
    return {
        "id": ADAPTER,
        "downloads": 321,
        "likes": 4,
        "trendingScore": 0,
        "pipeline_tag": "text-generation",
        "library_name": "peft",
        "gated": False,
        "tags": ["peft", "safetensors", "lora", "text-generation", f"base_model:{base}", f"base_model:adapter:{base}",
                 "license:apache-2.0", "region:us"],
        "config": {"peft": {"base_model_name_or_path": base, "task_type": "CAUSAL_LM"}, "tokenizer_config": {}},
        "cardData": {"base_model": base, "library_name": "peft", "license": "apache-2.0"},
        "safetensors": {"parameters": {"F32": 8798208}, "total": 8798208},
        "siblings": [{"rfilename": name} for name in
                     (".gitattributes", "README.md", "adapter_config.json", "adapter_model.safetensors")],
    }  # fmt: skip


def _plain(repository_id: str, **fields: Any) -> Body:
    """A tiny text-generation model, with `fields` over its own."""
    return {
        "id": repository_id,
        "downloads": 7,
        "likes": 1,
        "trendingScore": 0,
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "gated": False,
        "tags": ["transformers", "safetensors", "llama", "text-generation", "license:mit", "region:us"],
        "config": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "tokenizer_config": {}},
        "cardData": {"license": "mit"},
        "safetensors": {"parameters": {"BF16": 131072}, "total": 131072},
        "siblings": [
            {"rfilename": name} for name in ("README.md", "config.json", "model.safetensors", "tokenizer.json")
        ],
        **fields,
    }


def _malformed() -> list[tuple[Body, Body | None]]:
    """Seen in the wild or one careless deploy away; each must cost its own row at most."""
    fields: dict[str, dict[str, Any]] = {
        "safetensors-null": {"safetensors": None},
        "safetensors-without-total": {"safetensors": {"parameters": {"BF16": 131072}}},
        "safetensors-with-text": {"safetensors": {"parameters": {"BF16": "many"}, "total": "more"}},
        "config-null": {"config": None},
        "tags-null": {"tags": None},
        "gated-true": {"gated": True},
        "siblings-null": {"siblings": None},
        "card-data-as-text": {"cardData": "license: mit"},
        "downloads-null": {"downloads": None, "likes": None},
        "unknown-keys": {"aFieldOfNextYear": {"nested": [1, 2]}, "config": {"aFieldOfNextYear": 1}},
        "transformers-info-grew": {
            "transformersInfo": {"auto_model": "AutoModelForCausalLM", "aFieldOfNextYear": "x"},
        },
        "two-counts": {"safetensors": {"parameters": {"BF16": 7615616512}, "total": 333312}},
    }
    return [(_plain(f"{MALFORMED}/{name}", **of), _RAW) for name, of in fields.items()]

"""The number of parameters of a dense decoder from its dimensions, exact for the families in `FAMILIES`."""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """What differs between families of one shape: norms a layer, norms of query and key, biases on q, k and v."""

    norms: int = 2
    query_key_norms: int = 0
    biases: bool = False


# Read from the modeling files of transformers 5.23.0, and borne out by 3,270 published counts in llmfit.json.gz.
FAMILIES = {
    "llama": Family(),
    "mistral": Family(),
    "ministral": Family(),
    "phi3": Family(),
    "smollm3": Family(),
    "granite": Family(),
    "gemma": Family(),
    "gemma2": Family(norms=4),
    "gemma3_text": Family(norms=4, query_key_norms=2),
    "qwen2": Family(biases=True),
    "qwen3": Family(query_key_norms=2),
}


def count_parameters(
    model_type: str | None,
    hidden_size: int,
    layers: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    vocab_size: int,
    intermediate_size: int,
) -> dict[bool, int]:
    """The count with tied embeddings (True) and without (False); empty for a family that is not known."""
    family = FAMILIES.get(model_type or "")
    if family is None:
        return {}
    queries, keys = heads * head_dim, kv_heads * head_dim
    attention = hidden_size * (2 * queries + 2 * keys) + family.biases * (queries + 2 * keys)
    norms = family.norms * hidden_size + family.query_key_norms * head_dim
    layer = attention + 3 * hidden_size * intermediate_size + norms
    embeddings = vocab_size * hidden_size
    stack = layers * layer + hidden_size
    return {True: embeddings + stack, False: 2 * embeddings + stack}

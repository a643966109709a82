"""The dimensions of a transformer, as its `config.json` states them. What they cost is in `advice/memory.py`."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from pydantic import Field

from .facts import Frozen


class Experts(Frozen):
    """A mixture of experts: how many experts a layer holds, and how many of them each token uses."""

    total: int = Field(gt=0)
    active: int | None = None
    intermediate_size: int | None = None


class Architecture(Frozen):
    """Dimensions of a decoder, all counts; None where neither the config nor its library default says.

    Names follow Llama's `config.json`; other families are mapped onto them (`n_embd` → `hidden_size`).
    """

    model_type: str
    hidden_size: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    vocab_size: int = Field(gt=0)
    intermediate_size: int | None = None
    tied_embeddings: bool | None = None
    gated_mlp: bool | None = None
    experts: Experts | None = None

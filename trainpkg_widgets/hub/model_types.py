"""What transformers 5.23.0 knows of each model type, from a file of ours: the library itself is not imported."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ..facts import Frozen

LIBRARY = "transformers 5.23.0"


class ModelType(Frozen):
    """One `model_type`: the classes that generate with it, the defaults of its dimensions, its names for them.

    `names` maps Llama's name of a dimension onto the family's own. `gated_mlp` is None where it is not known.
    """

    causal_lm: str = ""
    image_text: str = ""
    encoder_decoder: str = ""
    defaults: dict[str, int] = {}
    names: dict[str, str] = {}
    gated_mlp: bool | None = None

    @property
    def generates_text(self) -> bool:
        """Whether some class of this type continues text, alone or after an image."""
        return bool(self.causal_lm or self.image_text)


def known_type(model_type: str | None) -> ModelType | None:
    """What is known of a model type; None where transformers has no such type."""
    return _made(model_type) if model_type in _types() else None


@cache
def generating_classes() -> frozenset[str]:
    """The names of all classes that continue text."""
    known = _types().values()
    return frozenset(t.get(kind, "") for t in known for kind in ("causal_lm", "image_text")) - {""}


@cache
def encoder_decoder_classes() -> frozenset[str]:
    """The names of the classes that answer a text with another text, and do not continue one."""
    return frozenset(t.get("encoder_decoder", "") for t in _types().values()) - {""} - generating_classes()


@cache
def _made(model_type: str) -> ModelType:
    return ModelType.model_construct(**_types()[model_type])


@cache
def _types() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("model_types.json").read_text(encoding="utf-8")
    types: dict[str, dict[str, Any]] = json.loads(text)["types"]
    return types

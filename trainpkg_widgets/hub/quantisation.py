"""Whether a model's weights are stored in fewer bits than they were trained in, and by which method."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..facts import Fact, unknown

# Tags the Hub itself derives from config.json's quantization_config.
_TAGS = ("gptq", "awq", "bitsandbytes", "fp8", "mxfp4", "nvfp4", "compressed-tensors", "aqlm", "hqq", "auto-round")
# Parts of a name that makers of quantised copies use. A name may lie: what is read from it is a guess.
_IN_NAME = re.compile(
    r"(?:^|[-_.])(awq|gptq|autoround|hqq|aqlm|exl[23]|bnb|nvfp4|mxfp4|fp4|fp8|int[248]|w[48]a\d+|[2-8][-_.]?bit)(?=$|[-_.])"
)


def read_quantisation(config: Mapping[str, Any]) -> Fact[str]:
    """The method and width in a `quantization_config`, such as `gptq 4-bit`; unknown where there is none."""
    given = config.get("quantization_config")
    if not isinstance(given, Mapping) or not given:
        return unknown("no quantization_config")
    method = str(given.get("quant_method") or given.get("quant_algo") or "of an unnamed method").lower()
    words = [method]
    if isinstance(bits := given.get("bits", given.get("w_bit")), int):
        words.append(f"{bits}-bit")
    elif given.get("load_in_4bit") is True:
        words.append("4-bit")
    elif given.get("load_in_8bit") is True:
        words.append("8-bit")
    for key in ("bnb_4bit_quant_type", "format", "quant_algo"):
        detail = given.get(key)
        if isinstance(detail, str) and detail.lower() != method and (key != "bnb_4bit_quant_type" or "4-bit" in words):
            words.append(detail.lower())
    return Fact(value=" ".join(words), source="quantization_config")


def quantisation_in_tags(tags: Iterable[str]) -> Fact[str]:
    """The method the Hub's own tags name."""
    tags = set(tags)
    method = next((t for t in _TAGS if t in tags), None)
    width = next((t for t in ("4-bit", "8-bit") if t in tags), None)
    found = " ".join(word for word in (method, width) if word)
    return Fact(value=found, source="tags") if found else unknown("no tag names a quantisation")


def quantisation_in_name(name: str) -> Fact[str]:
    """The method or width a name claims."""
    match = _IN_NAME.search(name.lower())
    return Fact(value=match[1], source="guess from name") if match else unknown("nothing in the name says it")

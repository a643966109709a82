"""How many parameters a model has, from the Hub's `safetensors` and `gguf` fields. Never from its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..facts import Fact, unknown

# Bytes of one element, by safetensors' dtype names.
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2}
_ONE_BYTE = ("F8_", "I8", "U8", "BOOL")
# One stored number stands for several weights or for a scale of them: what is counted is not parameters.
_PACKED = ("U32", "I32", "U8", "I8", "F4", "U4", "I4", "F6", "F8_E8M0")


def parameters_by_dtype(safetensors: Any) -> dict[str, int]:
    """The Hub's count for each dtype, without what is no count."""
    given = safetensors.get("parameters") if isinstance(safetensors, Mapping) else None
    if not isinstance(given, Mapping):
        return {}
    return {k: v for k, v in given.items() if isinstance(k, str) and is_count(v)}


def is_packed(dtype: str) -> bool:
    """Whether a dtype stores several weights in one number, or scales."""
    return dtype.startswith(_PACKED)


def safetensors_count(safetensors: Any) -> Fact[int]:
    """The parameters as `safetensors` counts them, checked against its own `total`.

    A map of plain floats is believed over a contradictory total. With a packed dtype the map counts stored numbers,
    and a larger total is the count of weights: ZonglinY/MOOSE-Star-R1D-7B and avlp12's Motif-3 are the cases seen.
    """
    counts = parameters_by_dtype(safetensors)
    total = safetensors.get("total") if isinstance(safetensors, Mapping) else None
    total = total if is_count(total) else None
    stored = sum(counts.values())
    if not counts:
        if total:
            return Fact(value=total, source="the Hub's total; it gives no count by dtype")
        return unknown("the Hub gives no safetensors count")
    packed = ", ".join(d for d in counts if is_packed(d))
    if total is None or total == stored:
        if packed:
            return Fact(value=stored, source=f"as counted by the Hub, where {packed} may pack weights or hold scales")
        return Fact(value=stored, source="from safetensors")
    if packed and total > stored:
        return Fact(value=total, source=f"the Hub's total; packed as {stored:,} numbers ({packed})")
    return Fact(value=stored, source=f"sum over dtypes; contradicts the Hub's total of {total:,}")


def gguf_count(gguf: Any) -> Fact[int]:
    """The parameters a GGUF header states. `gguf.total` is parameters; `totalFileSize` is bytes of one file."""
    total = gguf.get("total") if isinstance(gguf, Mapping) else None
    if is_count(total) and total:
        return Fact(value=total, source="from the GGUF header")
    return unknown("the Hub gives no GGUF count")


def stored_bytes(counts: Mapping[str, int]) -> Fact[int]:
    """Bytes of weights by dtype widths; unknown with a packed dtype, whose count says neither weights nor bytes."""
    if not counts:
        return unknown("neither file sizes nor a count by dtype")
    total = 0
    for dtype, count in counts.items():
        width = 1 if dtype.startswith(_ONE_BYTE) else _WIDTHS.get(dtype)
        if width is None or is_packed(dtype):
            return unknown(f"the file sizes were not asked for, and {dtype} does not tell bytes")
        total += count * width
    return Fact(value=total, source=f"estimate: parameters times the width of {', '.join(counts)}")


def is_count(value: Any) -> bool:
    """Whether a value of fetched JSON can be a count."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

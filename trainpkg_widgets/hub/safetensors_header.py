"""The header of a safetensors file: tensor names, dtypes and shapes from its first bytes, without reading a weight."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ..facts import Frozen

# The limit of the safetensors library itself (MAX_HEADER_SIZE in its Rust source).
_LONGEST_HEADER = 100_000_000


class BadHeaderError(ValueError):
    """The file does not begin with a header that its own length bears out."""


class SafetensorsHeader(Frozen):
    """What one file holds: elements by dtype, and the names of its tensors."""

    elements: dict[str, int]
    tensors: tuple[str, ...]


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """Read a file's header.

    Raises:
        BadHeaderError: it is not a safetensors file, or it ends before its last tensor does.
        OSError: the file can't be read.
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        header_length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or not 2 <= header_length <= min(_LONGEST_HEADER, length - 8):
            raise BadHeaderError(f"{path.name} is cut off or no safetensors file ({length:,} bytes).")
        text = file.read(header_length)
    try:
        header = json.loads(text)
        tensors = {n: _tensor(t) for n, t in header.items() if n != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadHeaderError(f"The header of {path.name} can't be read: {error}") from error
    end = 8 + header_length + max((last for _, _, last in tensors.values()), default=0)
    if end != length:
        raise BadHeaderError(
            f"{path.name} is {length:,} bytes long where its header names {end:,}: it is cut off or damaged."
        )
    elements: dict[str, int] = {}
    for dtype, count, _ in tensors.values():
        elements[dtype] = elements.get(dtype, 0) + count
    return SafetensorsHeader(elements=elements, tensors=tuple(tensors))


def _tensor(entry: Any) -> tuple[str, int, int]:
    dtype, shape, (_, last) = entry["dtype"], entry["shape"], entry["data_offsets"]
    sizes = [*shape, last]
    if not isinstance(dtype, str) or any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in sizes):
        raise ValueError("a tensor's dtype, shape or place is none")
    return dtype, math.prod(shape), last

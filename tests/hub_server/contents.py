"""The contents of one file of a repository: what is stored of it, its size and its hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# The suffixes that the Hub's default .gitattributes hands to LFS.
_LFS_SUFFIXES = (
    ".safetensors", ".bin", ".gguf", ".h5", ".msgpack", ".onnx", ".ot", ".pt", ".pth", ".model", ".parquet", ".mlmodel",
)  # fmt: skip
_CHUNK = 1 << 16


@dataclass(frozen=True)
class File:
    """A file of `size` bytes of which `head` is stored; the rest is `fill`, made while it is sent.

    A declared size costs no memory: a 14 GB checkpoint is its header and zeros.
    """

    path: str
    size: int
    head: bytes = b""
    fill: bytes = b"\0"

    @property
    def lfs(self) -> bool:
        """Whether the Hub would keep it in LFS, so that it is served by the CDN."""
        return self.path.endswith(_LFS_SUFFIXES)

    @cached_property
    def sha256(self) -> str:
        """True for stored contents; made from path and size (synthetic) where the size is only declared."""
        stored = self.size == len(self.head)
        return hashlib.sha256(self.head if stored else f"{self.path}:{self.size}".encode()).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """What git holds in place of an LFS file."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()

    @cached_property
    def blob_id(self) -> str:
        """Git's id of the blob: of the pointer for LFS, synthetic where a plain file's size is only declared."""
        if self.lfs:
            data = self.pointer
        elif self.size == len(self.head):
            data = self.head
        else:
            data = f"{self.path}:{self.size}".encode()
        return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()

    @property
    def etag(self) -> str:
        """As the Hub has it: the sha256 of an LFS file, the blob id of a plain one."""
        return self.sha256 if self.lfs else self.blob_id

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces."""
        while start < stop:
            end = min(stop, start + _CHUNK)
            piece = self.head[start:end]
            yield piece + self.fill * (end - start - len(piece))
            start = end


def json_file(path: str, value: Any) -> File:
    """A JSON file with its true contents."""
    data = json.dumps(value, indent=2).encode() + b"\n"
    return File(path, len(data), data)


def text_file(path: str, text: str) -> File:
    """A text file with its true contents."""
    data = text.encode()
    return File(path, len(data), data)


def declared_file(path: str, size: int) -> File:
    """A file of which only the size is known. A JSON one still parses, a text is empty lines, others are zeros."""
    if path.endswith(".json"):
        head = b'{"synthetic": true}'
        return File(path, max(size, len(head)), head, fill=b" ")
    return File(path, size, fill=b"\0" if path.endswith(_LFS_SUFFIXES) else b"\n")


def weights_file(path: str, tensors: Mapping[str, tuple[str, int]]) -> File:
    """A safetensors file of one-dimensional tensors, {name: (dtype, elements)}: a true header, then zeros."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, elements) in tensors.items():
        begin, end = end, end + elements * DTYPE_BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": [elements], "data_offsets": [begin, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    head = len(encoded).to_bytes(8, "little") + encoded
    return File(path, len(head) + end, head)


DTYPE_BITS = {
    "F64": 64, "I64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16,
    "F8_E4M3": 8, "F8_E5M2": 8, "I8": 8, "U8": 8, "BOOL": 8,
}  # fmt: skip


def file_of(path: str, content: bytes | int) -> File:
    """A file from its bytes, or from its size alone."""
    return File(path, len(content), content) if isinstance(content, bytes) else declared_file(path, content)

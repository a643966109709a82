"""The tokens of a text by a model's tokenizer.json and no library: byte-level BPE, the kind most models have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

# GPT-2's way of cutting a text before pairs are merged, with Python's \w for its letters and numbers.
_WORDS = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

Encode = Callable[[str], "list[int] | None"]


def encoder(tokenizer: Mapping[str, Any]) -> Encode:
    """What gives the tokens of a text by a parsed `tokenizer.json`; it gives None for a kind that is not read here.

    It is exact where words are cut as GPT-2 cuts them, and a few in a hundred off where a family cuts otherwise
    (digits one by one, for example).
    """
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, Mapping) else None
    pairs = model.get("merges") if isinstance(model, Mapping) else None
    if not isinstance(vocabulary, Mapping) or not isinstance(pairs, list) or not _is_byte_level(tokenizer):
        return lambda text: None
    ranks = {_pair(pair): rank for rank, pair in enumerate(pairs)}
    letters = _letters()
    added = {
        str(token["content"]): int(token["id"])
        for token in tokenizer.get("added_tokens") or ()
        if isinstance(token, Mapping) and token.get("content") and isinstance(token.get("id"), int)
    }
    longest_first = "|".join(map(re.escape, sorted(added, key=len, reverse=True)))
    marks = re.compile(f"({longest_first})") if added else None

    @lru_cache(maxsize=20_000)
    def in_word(word: str) -> tuple[int, ...]:
        parts = [letters[byte] for byte in word.encode("utf-8")]
        while len(parts) > 1:
            best = min(range(len(parts) - 1), key=lambda at: ranks.get((parts[at], parts[at + 1]), len(ranks)))
            if (parts[best], parts[best + 1]) not in ranks:
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        return tuple(vocabulary.get(part, 0) for part in parts)

    def encode(text: str) -> list[int]:
        ids: list[int] = []
        for part in marks.split(text) if marks else [text]:
            if part in added:
                ids.append(added[part])
            else:
                ids.extend(number for word in _WORDS.findall(part) for number in in_word(word))
        return ids

    return encode


def _is_byte_level(tokenizer: Mapping[str, Any]) -> bool:
    return "ByteLevel" in str(tokenizer.get("pre_tokenizer")) or "ByteLevel" in str(tokenizer.get("decoder"))


def _pair(pair: Any) -> tuple[str, str]:
    one, other = pair.split(" ", 1) if isinstance(pair, str) else pair
    return one, other


def _letters() -> dict[int, str]:
    """The letter that stands for each byte (GPT-2's `bytes_to_unicode`): itself where it prints, one past 255 else."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return {byte: chr(byte) for byte in printed} | {byte: chr(256 + n) for n, byte in enumerate(others)}

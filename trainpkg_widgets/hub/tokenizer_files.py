"""The files a tokenizer is read from, and how many tokens it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# What transformers' tokenizers read: the fast format, and the vocabularies of the slow ones.
_FILES = re.compile(
    r"tokenizer\.json|tokenizer\.model(\.v\d+)?|tekken\.json|vocab\.(json|txt)|spiece\.model|merges\.txt"
    r"|sentencepiece(\.bpe)?\.model|source\.spm|[\w.-]+\.tiktoken|tiktoken\.model|tokenization_\w+\.py|bpe\.codes"
)


def has_tokenizer(names: Iterable[str]) -> bool:
    """Whether one of the files is a tokenizer's."""
    return any(_FILES.fullmatch(name) for name in names)


def highest_token(tokenizer: Any) -> int | None:
    """The highest token id a parsed `tokenizer.json` can give; None where it does not list its tokens."""
    if not isinstance(tokenizer, Mapping):
        return None
    ids: list[int] = []
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, Mapping) else None
    if isinstance(vocabulary, Mapping):
        ids += [i for i in vocabulary.values() if isinstance(i, int)]
    elif isinstance(vocabulary, list):
        ids.append(len(vocabulary) - 1)
    added = tokenizer.get("added_tokens")
    if isinstance(added, list):
        ids += [t["id"] for t in added if isinstance(t, Mapping) and isinstance(t.get("id"), int)]
    return max(ids, default=None)

"""Several sources of rows as one: the files of a folder, a split to train on and one to hold back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..steps import DatasetSource
from .errors import DataError
from .kept_look import KeepsLook
from .rows import Row, Rows

# Splits that are trained on where nobody says which: the first that is there.
TRAIN_SPLITS = ("train", "training", "train_sft", "train_prefs", "default", "full")


class JoinedRows(KeepsLook):
    """Rows of all of `joined`, one after the other. The last `eval_rows` of them are held back."""

    def __init__(self, rows: Sequence[Rows], source: DatasetSource, eval_rows: int = 0) -> None:
        self.joined = tuple(rows)
        self.source = source
        self.eval_rows = eval_rows
        self.count = sum(part.count for part in rows)
        self.bytes = sum(part.bytes for part in rows)
        self.features = joined_features([part.features for part in rows])
        self.sha256 = rows[0].sha256 if len(rows) == 1 else _of_all(rows)

    def __iter__(self) -> Iterator[Row]:
        for part in self.joined:
            yield from part

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on."""
        found: list[Row] = []
        for part in self.joined:
            if offset < part.count and len(found) < limit:
                found += part.page(offset, limit - len(found))
            offset = max(offset - part.count, 0)
        return found


def joined_features(all_of_them: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The columns of all, each with the words for its types; one that some lack is `empty` there."""
    words: dict[str, dict[str, None]] = {}
    for features in all_of_them:
        for name, types in features.items():
            words.setdefault(name, {}).update(dict.fromkeys(types.split(" or ")))
    for name, seen in words.items():
        if any(name not in features for features in all_of_them):
            seen["empty"] = None
    return {name: " or ".join(sorted(seen, key=lambda word: word == "empty")) for name, seen in words.items()}


def choose_splits(
    splits: Mapping[str, Callable[[], Rows]], source: DatasetSource, split: str | None, eval_split: str | None
) -> JoinedRows:
    """The rows of one split, and behind them those of the split that is held back.

    Raises:
        DataError: there is no such split, or both are the same.
    """
    names = tuple(splits)
    split = split or next((name for name in TRAIN_SPLITS if name in splits), names[0])
    for wanted in (split, eval_split):
        if wanted is not None and wanted not in splits:
            raise DataError(
                "split-missing",
                f"{source.name} has no split “{wanted}”.",
                "Choose one of those that there are.",
                f"Its splits are {', '.join(names)}.",
            )
    if split == eval_split:
        raise DataError(
            "split-twice",
            f"The split “{split}” can't be trained on and held back at once.",
            "Hold back another split, or a share of this one.",
        )
    rows = [splits[split](), *([splits[eval_split]()] if eval_split else [])]
    named = source.model_copy(update={"split": split, "splits": names})
    return JoinedRows(rows, named, rows[1].count if eval_split else 0)


def _of_all(rows: Sequence[Rows]) -> str:
    return hashlib.sha256("".join(part.sha256 for part in rows).encode()).hexdigest()

"""The files of a model's tokenizer, fetched once for each commit and kept beside the Hub's answers. Nothing is run."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from .errors import HubError
from .weight_files import file_sizes

if TYPE_CHECKING:
    from .client import HubClient

# What AutoTokenizer reads beside the vocabulary; config.json says which class, the last what generation stops at.
_SETTINGS = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
)
# The whole vocabulary in one file, else what the older formats hold it in.
_WHOLE = "tokenizer.json"
_OLDER = ("tokenizer.model", "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "sentencepiece.bpe.model")


def tokenizer_folder(
    client: HubClient,
    repo_id: str,
    revision: str,
    place: Path,
    *,
    seconds: float,
    cancelled: threading.Event | None = None,
) -> Path:
    """The folder with the tokenizer's files of a model at a commit, below `place`. What is there is not asked for.

    `seconds` bounds each file.

    Raises:
        HubError: the Hub gave no list of files, or not the files; or a name is none that the Hub could have.
    """
    folder = place / _folder_name(repo_id) / _folder_name(revision)
    if (folder / "complete").exists():
        return folder
    answer = client.get_json(
        f"/api/models/{quote(repo_id)}/revision/{quote(revision, safe='')}",
        [("expand", "siblings")],
        cancelled=cancelled,
    )
    there = file_sizes(answer.body.get("siblings", ()) if isinstance(answer.body, dict) else ())
    wanted = [name for name in (_WHOLE, *_SETTINGS) if name in there]
    if _WHOLE not in there:
        wanted += [name for name in _OLDER if name in there]
    if not {_WHOLE, *_OLDER} & set(wanted):
        raise HubError(
            "This model has no tokenizer among its files.",
            evidence=f"{len(there)} files, none of them {_WHOLE} or an older vocabulary",
            hint="Choose the model that it was made from, or one with a tokenizer.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        if not (folder / name).exists():
            body = client.get_bytes(
                f"/{quote(repo_id)}/resolve/{quote(revision, safe='')}/{name}", seconds=seconds, cancelled=cancelled
            )
            _write(folder / name, body)
    _write(folder / "complete", b"")
    return folder


def _folder_name(name: str) -> str:
    """A model's id or revision as the name of one folder: either may come from a state that a stranger wrote."""
    if not all(part.strip(".") for part in name.split("/")):
        raise HubError(
            "This is no name of a model or a revision.",
            evidence=f"“{name}”",
            hint="Choose the model again, by its id on the Hub.",
        )
    return quote(name, safe="")


def _write(path: Path, body: bytes) -> None:
    """Write a file whole or not at all: another kernel may read it at the same time."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    Path(name).replace(path)

"""The repositories that a new server holds: recorded bodies, rows of real models, and a few made up."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .contents import file_of, json_file
from .repository import Body, Repository, first_commit
from .sizes import files_by_rule
from .special_models import special_models
from .synthesis import body_of_row, object_id

_RECORDED = Path(__file__).parent.parent / "recorded"
# The one recorded name that its note shortened into something that is no id.
_NAMES = {"avlp12/Motif-3 MLX 8-bit (name shortened in note)": "avlp12/Motif-3-MLX-8bit"}


# 4-bit weights and their scales as bytes; the Hub's map counts the weights unpacked (the card: 116.8e9 in 65 GB).
_STORED = {"openai/gpt-oss-120b": {"BF16": 2_167_371_072, "U8": 60_914_073_600}}


def model(
    body: Body, files: Mapping[str, bytes | int] | None = None, raw_config: Mapping[str, Any] | None = None
) -> Repository:
    """A model from a body, which stays as it is but for the fields that every body has."""
    held: Body = {
        "_id": object_id(body["id"], None),
        "private": False,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "trendingScore": 0,
        "tags": [],
        "createdAt": "2025-01-01T00:00:00.000Z",
        "lastModified": "2025-01-01T00:00:00.000Z",
        **body,
    }
    siblings = held.get("siblings", [])
    names = ["README.md", "config.json", "model.safetensors"]
    if isinstance(siblings, list):
        held.pop("siblings", None)
        names = [sibling["rfilename"] for sibling in siblings] or names
    contents = (
        files_by_rule(held, names, raw_config, _STORED.get(held["id"]))
        if files is None
        else {path: file_of(path, content) for path, content in files.items()}
    )
    if raw_config is not None:
        contents["config.json"] = json_file("config.json", raw_config)
    return Repository("models", held, (first_commit(held, contents),))


def dataset(body: Body, files: Mapping[str, bytes | int] | None = None) -> Repository:
    """A dataset from a recorded body; without `files` those that its siblings name, with sizes by rule."""
    held = {"_id": object_id(body["id"], None), "private": False, "disabled": False, "likes": 0, "downloads": 0, **body}
    names = [sibling["rfilename"] for sibling in held.pop("siblings", [{"rfilename": "README.md"}])]
    contents = (
        files_by_rule(held, names, None)
        if files is None
        else {path: file_of(path, content) for path, content in files.items()}
    )
    return Repository("datasets", held, (first_commit(held, contents),))


@cache
def seeded() -> tuple[Repository, ...]:
    """All of them, made once a process: a repository never changes, a commit replaces it."""
    recorded = json.loads((_RECORDED / "recorded_records.json").read_text(encoding="utf-8"))
    rows = json.loads(gzip.decompress((_RECORDED / "hub_rows.json.gz").read_bytes()))
    ids = {row["id"] for row in rows["models"]}
    bodies: dict[str, Body] = {}
    raw_configs: dict[str, Body | None] = {}
    for row in rows["models"]:
        body, names, raw_config = body_of_row(row, rows["chat_templates"], ids)
        bodies[row["id"]] = {**body, "siblings": [{"rfilename": name} for name in names]}
        raw_configs[row["id"]] = raw_config
    # The longest recorded body last: what two records disagree on is as the fuller one says.
    for record in sorted(recorded["models"], key=lambda one: len(one["body"])):
        name = _NAMES.get(record["body"]["id"], record["body"]["id"])
        bodies[name] = {**bodies.get(name, {}), **_with_total(record["body"]), "id": name}
        raw = record.get("raw_config") or record.get("raw_config_subset")
        raw_configs[name] = raw or raw_configs.get(name)
    made_up = [model(body, raw_config=raw) for body, raw in special_models()]
    datasets = [dataset(record["body"]) for record in recorded["datasets"]]
    return (*(model(body, raw_config=raw_configs[name]) for name, body in bodies.items()), *made_up, *datasets)


def _with_total(body: Body) -> Body:
    """gpt-oss-120b was noted without its total, which its lesson says is the sum of the map."""
    stated = body.get("safetensors")
    if isinstance(stated, dict) and "total" not in stated:
        return {**body, "safetensors": {**stated, "total": sum(stated["parameters"].values())}}
    return body

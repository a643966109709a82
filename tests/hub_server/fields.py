"""Which fields an answer holds: of a row by default, with `full`, and with `expand`, in lists and in details."""

from __future__ import annotations

from typing import Any

from .answers import Refusal
from .repository import Body, Kind

# huggingface_hub 2.4: hf_api.ExpandModelProperty_T; the Hub also knows `gitalyUid` (huggingface.js asks it) and
# `xetEnabled`.
MODEL_DETAIL = (
    "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads",
    "downloadsAllTime", "evalResults", "gated", "gguf", "gitalyUid", "inference", "inferenceProviderMapping",
    "lastModified", "library_name", "likes", "mask_token", "model-index", "pipeline_tag", "private", "resourceGroup",
    "safetensors", "sha", "siblings", "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage",
    "widgetData", "xetEnabled",
)  # fmt: skip
# huggingface_hub PR #3182: a list refuses these three.
MODEL_LIST = tuple(name for name in MODEL_DETAIL if name not in ("baseModels", "childrenModelCount", "usedStorage"))
DATASET_DETAIL = (
    "author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated",
    "gitalyUid", "lastModified", "likes", "mainSize", "paperswithcode_id", "private", "resourceGroup", "sha",
    "siblings", "tags", "trendingScore", "usedStorage", "xetEnabled",
)  # fmt: skip
DATASET_LIST = tuple(name for name in DATASET_DETAIL if name != "usedStorage")

EXPANDABLE: dict[tuple[Kind, bool], tuple[str, ...]] = {
    ("models", True): MODEL_LIST,
    ("models", False): MODEL_DETAIL,
    ("datasets", True): DATASET_LIST,
    ("datasets", False): DATASET_DETAIL,
}

# A default model row has no `gated`: who does not ask takes a gated model for an open one.
_MODEL_ROW = (
    "_id", "id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt",
    "modelId",
)  # fmt: skip
_DATASET_ROW = (
    "_id", "id", "author", "disabled", "gated", "lastModified", "likes", "trendingScore", "private", "sha",
    "description", "downloads", "tags", "createdAt", "key",
)  # fmt: skip
_FULL = {"models": ("author", "gated", "lastModified", "sha", "siblings"), "datasets": ("siblings", "cardData")}
# What a detail answers only when it is asked for by name (no recorded body holds them).
_ONLY_EXPANDED = (
    "baseModels", "childrenModelCount", "downloadsAllTime", "evalResults", "inferenceProviderMapping", "mainSize",
    "resourceGroup", "trendingScore", "xetEnabled",
)  # fmt: skip


def expanded(body: Body, asked: list[str]) -> Body:
    """Only `_id`, `id` and what was asked for, in the order of asking."""
    return {key: body[key] for key in ("_id", "id", *dict.fromkeys(asked)) if key in body}


def check_expand(asked: list[str], *, kind: Kind, listing: bool) -> None:
    """Refuse a field that may not be expanded here, naming those that may."""
    accepted = EXPANDABLE[kind, listing]
    for place, name in enumerate(asked):
        if name not in accepted:
            names = "|".join(f'"{known}"' for known in accepted)
            raise Refusal(400, f"✖ Invalid option: expected one of {names}\n  → at expand[{place}]")


def row(body: Body, *, kind: Kind, full: bool, card_data: bool, config: bool) -> Body:
    """One row of a listing without `expand`."""
    names = [*(_MODEL_ROW if kind == "models" else _DATASET_ROW)]
    names += _FULL[kind] if full else ()
    names += ["cardData"] if card_data else []
    names += ["config"] if config else []
    unknown = [name for name in body if name not in _KNOWN]
    return {name: body[name] for name in dict.fromkeys([*names, *unknown]) if name in body}


def detail(body: Body) -> Body:
    """A whole body without `expand`."""
    return {name: value for name, value in body.items() if name not in _ONLY_EXPANDED}


_KNOWN = {*MODEL_DETAIL, *DATASET_DETAIL, *_MODEL_ROW, *_DATASET_ROW}


def number_of_parameters(body: Body) -> int | None:
    """The Hub's own count: `safetensors.total`, else `gguf.total`."""
    for name in ("safetensors", "gguf"):
        stated: Any = body.get(name)
        total = stated.get("total") if isinstance(stated, dict) else None
        if isinstance(total, int):
            return total
    return None

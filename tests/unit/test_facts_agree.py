"""Parameters, dimensions and context agree with their source, or are unknown: recorded bodies, and 415 real rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server.synthesis import body_of_row
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.config_facts import with_config
from trainpkg_widgets.hub.model_body import read_model_body
from trainpkg_widgets.model_info import ModelInfo

RECORDED = Path(__file__).parent.parent / "recorded"
HELD = json.loads(gzip.decompress((RECORDED / "hub_rows.json.gz").read_bytes()))
ROWS: list[dict[str, Any]] = HELD["models"]
BODIES = json.loads((RECORDED / "recorded_records.json").read_text(encoding="utf-8"))["models"]
DIMENSIONS = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "layers",
    "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "head_dim": "head_dim",
    "vocab_size": "vocab_size",
}


def compared(info: ModelInfo, row: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What is compared, as the source has it and as we have it; only where both know it."""
    ours: dict[str, Any] = {"parameters": info.parameters.value, "context": info.context_length.value}
    theirs = {"parameters": row.get("parameters_total"), "context": row.get("context_length")}
    if row.get("context_is_guess"):
        theirs["context"] = None  # the source's own fallback for a config.json it could not read
    for name, field in DIMENSIONS.items():
        theirs[name] = (row.get("config") or {}).get(name)
        ours[name] = getattr(info.architecture.value, field, None)
    for name, value in theirs.items():
        if value is not None and ours[name] is not None:
            yield name, value, ours[name]


def disagreements(info: ModelInfo, row: Mapping[str, Any]) -> list[str]:
    return [f"{info.id} {name}: {a} there, {b} here" for name, a, b in compared(info, row) if a != b]


@pytest.fixture(scope="module")
def opened() -> list[tuple[ModelInfo, dict[str, Any]]]:
    """Each row as the Hub would serve it, body and config.json, read as every model is read."""
    return [(_opened(row), row) for row in ROWS]


def _opened(row: Mapping[str, Any]) -> ModelInfo:
    body, names, config = body_of_row(row, HELD["chat_templates"], set())
    info = read_model_body({**body, "siblings": [{"rfilename": name} for name in names]})
    return with_config(info, config) if config is not None else info


def test_the_catalogue_agrees_with_rows_of_two_sources() -> None:
    catalogue = Catalogue()
    found = [(info, row) for row in ROWS if (info := catalogue.get(row["id"])) is not None]
    assert len(found) >= 300
    assert [line for info, row in found for line in disagreements(info, row)] == []
    assert sum(1 for info, row in found for _ in compared(info, row)) > 2000


def test_a_body_and_its_config_are_read_as_they_are(opened: list[tuple[ModelInfo, dict[str, Any]]]) -> None:
    assert [line for info, row in opened for line in disagreements(info, row)] == []


def test_what_is_not_known_says_why(opened: list[tuple[ModelInfo, dict[str, Any]]]) -> None:
    for info, row in opened:
        for fact in (info.parameters, info.architecture, info.context_length, info.weight_bytes, info.licence):
            assert fact.source, row["id"]


@pytest.mark.parametrize("record", BODIES, ids=lambda record: record["body"]["id"].split("/")[-1][:20])
def test_a_recorded_body_is_counted_as_it_counts_itself(record: dict[str, Any]) -> None:
    body = record["body"]
    info = read_model_body({**body, "id": body["id"].split(" ")[0]})
    safetensors = body.get("safetensors") or {}
    counts = safetensors.get("parameters") or {}
    total = (body.get("gguf") or {}).get("total") or safetensors.get("total")
    if info.parameters.value is None:
        assert not counts and not total
        return
    assert info.parameters.value in (sum(counts.values()), total)
    if counts and total not in (None, sum(counts.values())):
        assert "contradicts" in info.parameters.source or "packed" in info.parameters.source
    assert info.parameters_by_dtype == counts
    raw = record.get("raw_config") or record.get("raw_config_subset")
    if raw:
        whole = with_config(info, raw)
        text = raw.get("text_config", raw)
        architecture = whole.architecture.value
        if architecture is not None:
            assert architecture.hidden_size == text["hidden_size"]
            assert architecture.layers == text["num_hidden_layers"]
        if whole.context_length.value is not None:
            assert whole.context_length.value == text["max_position_embeddings"]

"""Builds `trainpkg_widgets/hub/catalogue.sqlite` from the files in `tools/catalogue/`. The same rows every time.

    python -m tools.build_catalogue [output]

Sources, with their notices in NOTICE: `llmfit.json.gz` (PyPI llmfit 1.1.17, MIT), `merged.json.gz` (876 of its models
with dimensions checked against PyPI xinference 4.1.0, Apache-2.0), `litgpt.json` (PyPI litgpt 0.5.13, Apache-2.0),
`supplement.json` (models in none of them, each with its reason).
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tools.catalogue_file import write_catalogue
from tools.transformer_count import count_parameters
from trainpkg_widgets.hub.catalogue_rows import COLUMNS, model_of
from trainpkg_widgets.hub.chat_evidence import instruct_in_name
from trainpkg_widgets.hub.model_filters import gate_of

SOURCES = Path(__file__).parent / "catalogue"
OUTPUT = Path(__file__).parents[1] / "trainpkg_widgets" / "hub" / "catalogue.sqlite"

DIMENSIONS = ("hidden_size", "layers", "heads", "kv_heads", "head_dim", "vocab_size", "intermediate_size")
IN_LLMFIT = {
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "vocab_size": "vocab_size",
}


class Sources(NamedTuple):
    """The files as they are, by id where they are lists."""

    llmfit: list[dict[str, Any]]
    merged: dict[str, dict[str, Any]]
    litgpt: dict[str, dict[str, Any]]
    supplement: list[dict[str, Any]]


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    build(output)
    with sqlite3.connect(output) as connection:
        (count,) = connection.execute("SELECT count(*) FROM models").fetchone()
    print(f"{output.name}: {count:,} models, {output.stat().st_size:,} bytes")


def build(output: Path) -> None:
    sources = read_sources()
    date = max(row["_revalidated"] for row in sources.llmfit if "_revalidated" in row)
    rows = sorted(rows_of(sources), key=lambda row: (-(row["downloads"] or 0), row["id"]))
    whole = (row | derived(row, date) for row in rows)
    write_catalogue(output, whole, date, "llmfit 1.1.17, xinference 4.1.0, LitGPT 0.5.13")


def read_sources() -> Sources:
    def packed(name: str) -> Any:
        return json.loads(gzip.decompress((SOURCES / name).read_bytes()))

    return Sources(
        llmfit=packed("llmfit.json.gz"),
        merged={row["id"]: row for row in packed("merged.json.gz")},
        litgpt=json.loads((SOURCES / "litgpt.json").read_text()),
        supplement=json.loads((SOURCES / "supplement.json").read_text()),
    )


def rows_of(sources: Sources) -> list[dict[str, Any]]:
    rows = [row_of(given, sources) for given in sources.llmfit]
    rows += [supplement_row(given, sources) for given in sources.supplement]
    add_neighbours(rows)
    return rows


def row_of(given: dict[str, Any], sources: Sources) -> dict[str, Any]:
    repo_id, parameters = given["name"], given["parameters_raw"]
    merged = sources.merged.get(repo_id, {})
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "id": repo_id,
        "parameters": parameters,
        "parameters_from": "llmfit" if parameters % 1_000_000 else "rounded",
        "model_type": said(given.get("architecture")),
        "pipeline_tag": said(given.get("pipeline_tag")),
        "licence": given.get("license"),
        "downloads": given["hf_downloads"],
        "likes": given["hf_likes"],
        "created": given.get("release_date"),
        "config_read": int(given.get("num_hidden_layers") is not None),
        "chats": chats(merged.get("abilities")),
    }
    row |= {column: given.get(name) for column, name in IN_LLMFIT.items()}
    row["dimensions_from"] = "both" if merged.get("in_xinference") else "llmfit"
    # llmfit writes the width of the MLP into moe_intermediate_size where there are no experts: of 283 dense models
    # that xinference also has, 282 agree.
    width = given.get("moe_intermediate_size")
    if given.get("is_moe"):
        row |= {
            "experts": given.get("num_experts"),
            "active_experts": given.get("active_experts"),
            "expert_size": width,
        }
        row["intermediate_size"] = merged.get("intermediate_size")
    else:
        row["intermediate_size"] = merged.get("intermediate_size") or width
    context = given.get("context_length")
    if row["config_read"] or context != 4096:  # 4096 is what llmfit writes when it could not read config.json
        row["context_length"] = context
    if not row["layers"] and repo_id in sources.litgpt:
        add_litgpt(row, sources.litgpt[repo_id])
    if row["tied"] is None and not row["experts"]:
        row["tied"] = tied(row)
    return row


def supplement_row(given: dict[str, Any], sources: Sources) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "id": given["name"],
        "model_type": given["architecture"],
        "pipeline_tag": given["pipeline_tag"],
        "licence": given["license"],
        "licence_from": given["license_source"],
        "parameters_from": "computed",
    }
    dimensions = sources.litgpt[given["name"]]
    add_dimensions(row, dimensions)
    untied = count_parameters(row["model_type"], *(row[d] for d in DIMENSIONS))[False]
    row |= {"parameters": untied, "tied": 0}
    return row


def add_litgpt(row: dict[str, Any], dimensions: dict[str, Any]) -> None:
    """LitGPT's dimensions, where they make exactly the parameters that the model has."""
    candidate = dict(row)
    add_dimensions(candidate, dimensions)
    if tied(candidate) is not None:
        row |= candidate | {"dimensions_from": "litgpt, counted"}


def add_dimensions(row: dict[str, Any], dimensions: dict[str, Any]) -> None:
    row |= {column: dimensions[name] for column, name in IN_LLMFIT.items()}
    row |= {
        "intermediate_size": dimensions["intermediate_size"],
        "context_length": dimensions["context_length"],
        "dimensions_from": "litgpt",
    }


def tied(row: dict[str, Any]) -> int | None:
    """Whether input and output embeddings are one, where only one answer gives the published count."""
    dimensions = [row[d] for d in DIMENSIONS]
    if None in dimensions:
        return None
    counts = count_parameters(row["model_type"], *dimensions)
    # Llama-2's published counts include its rotary frequencies, half a head for each layer.
    rotary = row["layers"] * row["head_dim"] // 2
    matching = [answer for answer, count in counts.items() if row["parameters"] in (count, count + rotary)]
    return int(matching[0]) if len(matching) == 1 else None


def add_neighbours(rows: list[dict[str, Any]]) -> None:
    """For a name that says nothing: the model of the same author whose name is that name and one word more."""
    by_name = {row["id"].lower(): row for row in rows}
    found: dict[str, set[str]] = {}
    for row in rows:
        author, _, name = row["id"].rpartition("/")
        words = re.split(r"([-_.])", name)
        for at in range(0, len(words), 2):
            if instruct_in_name(words[at]).known:
                shorter = "".join(words[:at][:-1] + words[at + 1 :]) if at else "".join(words[2:])
                plain = by_name.get(f"{author}/{shorter}".lower())
                if plain is not None and not instruct_in_name(plain["id"]).known:
                    found.setdefault(plain["id"], set()).add(row["id"])
    for row in rows:
        beside = sorted(found.get(row["id"], ()))
        # A name that stands beside both its base and its tuned copy is told by neither.
        if len({instruct_in_name(n).value for n in beside}) == 1:
            row["neighbour"] = beside[0]


def derived(row: dict[str, Any], date: str) -> dict[str, Any]:
    info = model_of(row, date)
    return {
        "chat": int(info.chat.value in ("template", "likely")),
        "gate": gate_of(info),
        "weight_format": info.weight_format.value,
        "licence_class": info.licence_class.value or "unknown",
        "weight_bytes": info.weight_bytes.value,
    }


def said(value: Any) -> str | None:
    return value if value and value != "unknown" else None


def chats(abilities: list[str] | None) -> int | None:
    if not abilities:
        return None
    if "chat" in abilities:
        return 1
    return 0 if abilities == ["generate"] else None


if __name__ == "__main__":
    main()

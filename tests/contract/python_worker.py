"""Runs one huggingface_hub, whichever this interpreter has: a call a line on stdin, its result a line on stdout.

It imports nothing of ours, so that it also runs in an environment that holds the oldest version alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi


def list_models(api: HfApi, asked: dict[str, Any]) -> list[dict[str, Any]]:
    names = {"tags": "filter", "task": "pipeline_tag", "fields": "expand"}
    arguments = {names.get(name, name): value for name, value in asked.items()}
    return [{"id": row.id, "gated": row.gated, "downloads": row.downloads} for row in api.list_models(**arguments)]


def model(api: HfApi, asked: dict[str, Any]) -> dict[str, Any]:
    info = api.model_info(asked["id"], revision=asked.get("revision"), files_metadata=True)
    return {
        "id": info.id,
        "sha": info.sha,
        "gated": info.gated,
        "downloads": info.downloads,
        "parameters": dict(info.safetensors.parameters) if info.safetensors else None,
    }


def config(api: HfApi, asked: dict[str, Any]) -> Any:
    return json.loads(_file(api, asked, "config.json"))


def download(api: HfApi, asked: dict[str, Any]) -> str:
    return hashlib.sha256(_file(api, asked, asked["path"])).hexdigest()


def _file(api: HfApi, asked: dict[str, Any], path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        saved = api.hf_hub_download(asked["id"], path, revision=asked.get("revision"), cache_dir=folder)
        return Path(saved).read_bytes()


def weights(api: HfApi, asked: dict[str, Any]) -> dict[str, int]:
    count = api.get_safetensors_metadata(asked["id"]).parameter_count
    return {str(dtype): elements for dtype, elements in count.items()}


def tree(api: HfApi, asked: dict[str, Any]) -> dict[str, int]:
    entries = api.list_repo_tree(asked["id"], recursive=True)
    return {entry.path: entry.size for entry in entries if hasattr(entry, "size")}


def whoami(api: HfApi, asked: dict[str, Any]) -> str:
    return str(api.whoami()["name"])


CALLS = {
    "list": list_models,
    "model": model,
    "config": config,
    "download": download,
    "weights": weights,
    "tree": tree,
    "whoami": whoami,
}


def answer(line: str) -> dict[str, Any]:
    asked = json.loads(line)
    api = HfApi(endpoint=asked.pop("endpoint"), token=asked.pop("token", None) or False)
    call = CALLS[asked.pop("call")]
    try:
        return {"result": call(api, asked)}
    except Exception as error:
        response = getattr(error, "response", None)
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return {"kinds": kinds, "status": getattr(response, "status_code", None), "message": str(error)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)

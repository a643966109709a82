"""A body made by rule from a row of real facts: what the row lacks is synthetic, in the recorded shape."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .repository import Body
from .sizes import CHATML, bytes_of, weight_names

Row = Mapping[str, Any]
_TODAY = datetime(2026, 10, 15, tzinfo=timezone.utc)
_JINJA_FILES_SINCE = "2025-07"


def body_of_row(row: Row, templates: Mapping[str, str], known_ids: set[str]) -> tuple[Body, list[str], Body | None]:
    """The body without siblings, its file names, and config.json's contents (None where no dimension is known)."""
    form = _form(row)
    body: Body = {
        "_id": object_id(row["id"], row.get("created")),
        "id": row["id"],
        "private": False,
        "author": row["id"].split("/")[0],
        "gated": _gate(row),
        "disabled": False,
        "downloads": row.get("downloads", 0),
        "likes": row.get("likes", 0),
        "trendingScore": _trending(row),
        "createdAt": _date(row.get("created"), 0),
        "lastModified": _date(row.get("created"), 1 + _number(row["id"]) % 40),
        "model-index": None,
        "spaces": [],
    }
    template = _template(row, templates)
    if form != "gguf":
        body["pipeline_tag"] = row.get("pipeline_tag")
        body["library_name"] = "mlx" if form == "mlx" else "transformers"
        body["safetensors"] = _safetensors(row, form)
        body["transformersInfo"] = {
            "auto_model": "AutoModelForCausalLM" if row.get("pipeline_tag") == "text-generation" else "AutoModel",
            "pipeline_tag": row.get("pipeline_tag"),
            "processor": "AutoTokenizer",
        }
    else:
        body["gguf"] = _gguf(row, template)
    body["config"] = {} if form == "gguf" else _config(row, form, template)
    body["tags"] = _tags(row, form, bool(template), known_ids)
    body["cardData"] = _card_data(row, body)
    if row.get("downloads", 0) > 1_000_000:
        body["inference"] = "warm"
    body = {key: value for key, value in body.items() if value is not None or key == "model-index"}
    return body, _names(row, form, body), _raw_config(row, form)


def object_id(repository_id: str, created: str | None) -> str:
    """An id of 24 hex digits that begins with the time of creation, as MongoDB makes them."""
    since = int(datetime.fromisoformat(f"{created or '2025-01-01'}T00:00:00+00:00").timestamp())
    return f"{since:08x}{hashlib.md5(repository_id.encode()).hexdigest()[:16]}"


def _number(text: str) -> int:
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16)


def _date(created: str | None, days: int) -> str:
    day = datetime.fromisoformat(created or "2025-01-01") + timedelta(days=days)
    return f"{day:%Y-%m-%d}T09:00:00.000Z"


def _trending(row: Row) -> int:
    age = _TODAY - datetime.fromisoformat(f"{row.get('created', '2025-01-01')}T00:00:00+00:00")
    return int(row.get("likes", 0) / max(1.0, age.days / 30))


def _form(row: Row) -> str:
    """How the weights are stored: the source's own word is wrong for most, so the name has a say (synthetic)."""
    name = row["id"].lower()
    for form, mark in (("gguf", "gguf"), ("mlx", "mlx"), ("bnb", "bnb-4bit"), ("nvfp4", "nvfp4"), ("fp8", "fp8")):
        if mark in name:
            return form
    if row.get("model_type") == "gpt_oss" and "bf16" not in name:
        return "mxfp4"
    return str(row["format"]) if row["format"] in ("awq", "gptq", "mlx") else "plain"


def _gate(row: Row) -> bool | str:
    author, licence = row["id"].split("/")[0], row.get("license", "")
    if author == "meta-llama" or (author == "google" and licence == "gemma"):
        return "manual"
    return "auto" if author == "mistralai" and licence == "mrl" else False


def _bits(row: Row) -> int:
    """Of a quantised weight: from the name, else 4."""
    match = re.search(r"(\d)[-_]?bit|int(\d)", row["id"].lower())
    return int(match[1] or match[2]) if match else 4


# What each packed form keeps its weights in, and the bits of one container.
_CONTAINERS = {
    "awq": ("I32", 32),
    "gptq": ("I32", 32),
    "mlx": ("U32", 32),
    "bnb": ("U8", 8),
    "nvfp4": ("U8", 8),
    "mxfp4": ("U8", 8),
}


def _safetensors(row: Row, form: str) -> Body:
    """Elements by dtype. A packed form counts containers, and its `total` parameters: as recorded of an MLX model."""
    total = row["parameters_total"]
    packed = int(total * 0.9)
    if form in _CONTAINERS:
        container, width = _CONTAINERS[form]
        floats = "F16" if form in ("awq", "gptq") else "BF16"
        return {"parameters": {floats: total - packed, container: packed * _bits(row) // width}, "total": total}
    if form == "fp8":
        return {"parameters": {"BF16": total - packed, "F8_E4M3": packed}, "total": total}
    old = row.get("model_type") in ("bert", "gpt2", "xlm-roberta", "roberta")
    return {"parameters": {"F32" if old else "BF16": total}, "total": total}


def _gguf(row: Row, template: str | None) -> Body:
    gguf = {
        "total": row["parameters_total"],
        "architecture": str(row.get("model_type", "llama")).replace("_", ""),
        "context_length": row.get("context_length", 4096),
        "bos_token": "<s>",
        "eos_token": "</s>",
        "totalFileSize": row["parameters_total"] * 2,
    }
    return {**gguf, "chat_template": template} if template else gguf


def _is_chat(row: Row) -> bool:
    return "chat" in row.get("abilities", ()) or bool(re.search(r"-(instruct|chat|it)\b", row["id"].lower()))


def _template(row: Row, templates: Mapping[str, str]) -> str | None:
    if row.get("chat_template_key"):
        return templates[row["chat_template_key"]]
    return CHATML if _is_chat(row) else None


def _config(row: Row, form: str, template: str | None) -> Body:
    """`expand=config` is a whitelist: it has no dimensions."""
    config: Body = {"architectures": row.get("architectures", []), "model_type": row.get("model_type")}
    tokens: Body = {"bos_token": None, "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": None}
    if template and row.get("created", "") >= _JINJA_FILES_SINCE:
        config["chat_template_jinja"] = template
    elif template:
        tokens["chat_template"] = template
    quantisation = _quantisation(row, form)
    return {**config, "tokenizer_config": tokens, **({"quantization_config": quantisation} if quantisation else {})}


def _quantisation(row: Row, form: str) -> Body | None:
    methods: dict[str, Body] = {
        "awq": {"bits": _bits(row), "quant_method": "awq"},
        "gptq": {"bits": _bits(row), "quant_method": "gptq"},
        "bnb": {"load_in_4bit": True, "load_in_8bit": False, "quant_method": "bitsandbytes"},
        "fp8": {"quant_method": "fp8"},
        "nvfp4": {"quant_method": "modelopt"},
        "mxfp4": {"quant_method": "mxfp4"},
    }
    return methods.get(form)


def _tags(row: Row, form: str, has_template: bool, known_ids: set[str]) -> list[str]:
    tags = ["gguf"] if form == "gguf" else ["mlx" if form == "mlx" else "transformers", "safetensors"]
    if form != "gguf":
        tags += [tag for tag in (row.get("model_type"), row.get("pipeline_tag")) if tag]
    tags += ["conversational"] if _is_chat(row) and has_template else []
    tags += row.get("languages", [])
    tags += {"awq": ["awq", "4-bit"], "gptq": ["gptq", "4-bit"], "bnb": ["bitsandbytes", "4-bit"], "fp8": ["fp8"]}.get(
        form, []
    )
    tags += _relation(row["id"], form, known_ids)
    tags += [f"license:{row['license']}"] if row.get("license") else []
    return [*tags, "endpoints_compatible", "region:us"]


def _relation(repository_id: str, form: str, known_ids: set[str]) -> list[str]:
    """The base model that a name points at, where that one is among the rows."""
    name = repository_id.split("/")[1]
    for mark, relation in (
        (r"-(GGUF|AWQ|GPTQ.*|FP8|NVFP4|bnb-4bit|MLX.*|\dbit)$", "quantized"),
        (r"-Instruct$", "finetune"),
    ):
        stem = re.sub(mark, "", name)
        if stem != name and (relation == "finetune" or form != "plain"):
            for other in sorted(known_ids):
                if other.split("/")[1] == stem and other != repository_id:
                    return [f"base_model:{other}", f"base_model:{relation}:{other}"]
    return []


def _card_data(row: Row, body: Body) -> Body:
    data: Body = {
        "license": row.get("license"),
        "language": row.get("languages"),
        "pipeline_tag": row.get("pipeline_tag"),
    }
    data["base_model"] = [
        tag.split(":", 1)[1] for tag in body["tags"] if re.fullmatch(r"base_model:[^:]+", tag)
    ] or None
    if body["gated"]:
        data["extra_gated_prompt"] = "Synthetic: you agree to share your contact information to access this model."
    return {key: value for key, value in data.items() if value is not None}


def _names(row: Row, form: str, body: Body) -> list[str]:
    names = [".gitattributes", "README.md"]
    name = row["id"].split("/")[1]
    if form == "gguf":
        stem = re.sub(r"-GGUF$", "", name)
        return [*names, *(f"{stem}-{quant}.gguf" for quant in ("Q4_K_M", "Q8_0", "F16"))]
    names += ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"]
    names += ["chat_template.jinja"] if "chat_template_jinja" in body["config"] else []
    names += ["LICENSE"] if row.get("license") else []
    return [*names, *weight_names(bytes_of(body["safetensors"]["parameters"]))]


def _raw_config(row: Row, form: str) -> Body | None:
    if form == "gguf" or not row.get("config", {}).get("hidden_size"):
        return None
    dimensions = {key: value for key, value in row["config"].items() if value is not None}
    experts = row.get("moe") or {}
    raw: Body = {
        "architectures": row.get("architectures", []),
        "model_type": row.get("model_type"),
        **dimensions,
        "intermediate_size": row.get("intermediate_size"),
        "max_position_embeddings": None if row.get("context_is_guess") else row.get("context_length"),
        "tie_word_embeddings": row.get("tie_word_embeddings"),
        "num_experts": experts.get("num_experts"),
        "num_experts_per_tok": experts.get("active_experts"),
        "moe_intermediate_size": experts.get("moe_intermediate_size"),
        "torch_dtype": "bfloat16",
        "quantization_config": _quantisation(row, form),
    }
    return {key: value for key, value in raw.items() if value is not None}

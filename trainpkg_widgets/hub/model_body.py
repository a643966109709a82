"""Reading one body of the Hub's models API, row or detail, into facts. What is malformed costs its own fact only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..facts import Fact, unknown
from ..model_info import BaseRelation, Gate, ModelInfo, WeightFormat
from .chat_evidence import chat_evidence, instruct_evidence, template_of
from .config_facts import config_facts
from .licences import licence_class, licence_of_card, named_licence
from .lora_targets import default_lora_targets
from .model_types import known_type
from .parameter_count import gguf_count, is_count, parameters_by_dtype, safetensors_count, stored_bytes
from .quantisation import quantisation_in_tags
from .tokenizer_files import has_tokenizer
from .weight_files import (
    canonical_files,
    canonical_weights,
    download_size,
    file_sizes,
    repository_size,
    weight_format_of,
)

# An id becomes part of addresses, and a name that begins like a path would be taken for a local folder.
_USABLE_ID = re.compile(r"[^\s/~.\\][^/\\\x00-\x1f\x7f]*(/[^\s/.\\][^/\\\x00-\x1f\x7f]*)?")
_RELATIONS: tuple[BaseRelation, ...] = ("finetune", "adapter", "quantized", "merge")
# A licence's own text in a repository: LICENSE, LICENSE.md, USE_POLICY.md stands beside it and is another.
_LICENCE_FILE = re.compile(r"licen[cs]e(\.\w+)?", re.IGNORECASE)


def read_model_body(body: dict[str, Any]) -> ModelInfo:
    """The facts of one row of `GET /api/models`, or of one body of `GET /api/models/{id}`.

    Raises:
        ValueError: there is no usable `id`; nothing else that is missing or malformed raises.
    """
    if not isinstance(body, Mapping):
        raise ValueError(f"A model's body is a mapping, not a {type(body).__name__}.")
    return _BodyReader(body).info()


class _Base(NamedTuple):
    """The model that this one was made from, and how."""

    relation: Fact[BaseRelation]
    fact: Fact[str]


class _BodyReader:
    """One body, with the parts that several facts need read once."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._id = _usable_id(body.get("id")) or _usable_id(body.get("modelId"))
        tags = body.get("tags")
        self._tags = tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else ()
        siblings = body.get("siblings")
        self._siblings = [s for s in siblings if isinstance(s, Mapping)] if isinstance(siblings, list) else []
        self._files = tuple(file_sizes(self._siblings))
        config = body.get("config")
        self._config = config if isinstance(config, Mapping) else {}
        self._safetensors = body.get("safetensors")
        self._base = self._base_model()
        self._format = self._weight_format()

    def info(self) -> ModelInfo:
        if not self._id:
            raise ValueError("The body has no usable id: it should be author/name.")
        body = self._body
        template = template_of(body)
        looked = bool(self._config or self._files)
        chat = chat_evidence(self._id, template, files=self._files, tags=self._tags, looked=looked)
        licence = self._licence()
        facts = self._of_config()
        return ModelInfo(
            id=self._id,
            origin="hub",
            as_of=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            author=_text(body.get("author")) or self._id.rpartition("/")[0],
            parameters=self._parameters(),
            parameters_by_dtype=parameters_by_dtype(self._safetensors),
            weight_bytes=self._weight_bytes(),
            download_bytes=download_size(self._siblings),
            repository_bytes=repository_size(self._siblings),
            weight_format=self._format,
            context_length=self._context_length(),
            architecture=unknown("config.json was not read"),
            chat=chat,
            chat_template=template,
            instruct=instruct_evidence(self._id, self._base.relation.value or "", self._base.fact.value or "", chat),
            licence=licence,
            licence_class=licence_class(licence),
            licence_link=self._licence_link(),
            gate=_gate(body),
            base_model=self._base.fact,
            base_relation=self._base.relation,
            pipeline_tag=_stated(body, "pipeline_tag"),
            downloads=_counted(body, "downloads"),
            likes=_counted(body, "likes"),
            created=_stated(body, "createdAt"),
            last_modified=_stated(body, "lastModified"),
            revision=_stated(body, "sha"),
            disabled=body.get("disabled") is True,
            **facts,
        )

    def _of_config(self) -> dict[str, Any]:
        facts = config_facts(self._config, "the Hub's config", whole=False)
        if not facts["model_type"].known:
            facts["model_type"] = self._type_in_tags()
            facts["lora_targets"] = default_lora_targets(facts["model_type"])
        if not facts["quantised"].known:
            facts["quantised"] = self._quantised(facts["quantised"])
        if not facts["remote_code"].known and "custom_code" in self._tags:
            known = known_type(facts["model_type"].value)
            facts["remote_code"] = Fact(value=known is None, source="tag custom_code")
        if self._format.value == "adapter":
            facts["lora_targets"] = unknown("an adapter is no base to put LoRA on")
        if self._format.value in ("safetensors", "pytorch"):
            missing = self._missing_files()
            facts["problems"] = (*facts["problems"], *missing)
        return facts

    def _missing_files(self) -> tuple[str, ...]:
        if not self._files:
            return ()
        found = []
        if not has_tokenizer(self._files):
            found.append("The repository has no tokenizer files.")
        if "shards are there" in (weights := canonical_files(self._files)).source:
            found.append(f"Weights are missing: {weights.source}.")
        return tuple(found)

    def _type_in_tags(self) -> Fact[str]:
        # The Hub makes a tag of config.model_type.
        types = [t for t in self._tags if (known := known_type(t)) is not None and known.generates_text]
        if len(types) == 1:
            return Fact(value=types[0], source=f"tag {types[0]}")
        return unknown("neither the Hub's config nor one tag names a model type")

    def _quantised(self, otherwise: Fact[str]) -> Fact[str]:
        if self._format.value == "gguf":
            return Fact(value="gguf", source=self._format.source)
        if any(d.startswith("F4") for d in parameters_by_dtype(self._safetensors)):
            return Fact(value="fp4", source="safetensors dtype F4")
        tagged = quantisation_in_tags(self._tags)
        return tagged if tagged.known else otherwise

    def _parameters(self) -> Fact[int]:
        body = self._body
        for counted in (safetensors_count(self._safetensors), gguf_count(body.get("gguf"))):
            if counted.value is not None:
                if self._format.value == "adapter":
                    return Fact(value=counted.value, source=f"of the adapter alone, {counted.source}")
                if "model_index.json" in self._files:
                    return Fact(value=counted.value, source=f"one component of a pipeline, {counted.source}")
                return counted
        weights = canonical_weights(self._siblings)
        if weights.value is not None and self._format.value == "pytorch":
            low, high = weights.value / 4, weights.value / 2
            return unknown(
                f"{weights.value / 1e9:.2f} GB of weights: {low / 1e9:.2f} B in fp32, {high / 1e9:.2f} B in fp16"
            )
        return unknown("the Hub gives no count")

    def _weight_bytes(self) -> Fact[int]:
        exact = canonical_weights(self._siblings)
        if exact.known:
            return exact
        if self._format.value not in ("safetensors", None) or "model_index.json" in self._files:
            return exact
        estimated = stored_bytes(parameters_by_dtype(self._safetensors))
        return estimated if estimated.known or not self._siblings else exact

    def _weight_format(self) -> Fact[WeightFormat]:
        library = _text(self._body.get("library_name")).lower()
        by_files = weight_format_of(self._files)
        if "mlx" in (library, *self._tags) and by_files.value in ("safetensors", "mlx", None):
            return Fact[WeightFormat](value="mlx", source="library_name or tag mlx")
        if by_files.known:
            return by_files
        adapter = next((t for t in self._tags if t.startswith("base_model:adapter:")), "")
        if adapter or library == "peft" or self._config.get("peft"):
            return Fact[WeightFormat](value="adapter", source=f"tag {adapter}" if adapter else "library peft")
        formats: tuple[tuple[str, WeightFormat], ...] = (
            ("safetensors", "safetensors"),
            ("gguf", "gguf"),
            ("pytorch", "pytorch"),
            ("onnx", "onnx"),
        )
        for tag, found in formats:
            if tag in self._tags:
                return Fact[WeightFormat](value=found, source=f"tag {tag}")
        if parameters_by_dtype(self._safetensors):
            return Fact[WeightFormat](value="safetensors", source="the Hub counts its safetensors")
        if isinstance(self._body.get("gguf"), Mapping):
            return Fact[WeightFormat](value="gguf", source="the Hub read a GGUF header")
        return by_files

    def _context_length(self) -> Fact[int]:
        gguf = self._body.get("gguf")
        length = gguf.get("context_length") if isinstance(gguf, Mapping) else None
        if is_count(length) and length:
            return Fact(value=length, source="configured maximum, from the GGUF header")
        return unknown("config.json was not read")

    def _licence(self) -> Fact[str]:
        by_card = licence_of_card(self._body.get("cardData"))
        if by_card.known:
            return by_card
        tagged = [t.partition(":")[2] for t in self._tags if t.startswith("license:")]
        if tagged:
            return named_licence(", ".join(tagged), "tag license")
        return by_card if self._body.get("cardData") else unknown("no licence in its tags")

    def _licence_link(self) -> Fact[str]:
        """Where the licence's text is: an address the card gives, or a file of the repository by its name."""
        card = self._body.get("cardData")
        given = _text(card.get("license_link")) if isinstance(card, Mapping) else ""
        if given.startswith("https://"):
            return Fact(value=given, source="license_link in the model card")
        found = next((name for name in sorted(self._files) if _LICENCE_FILE.fullmatch(name)), None)
        if found:
            return Fact(value=found, source=f"file {found}")
        return unknown("neither its card nor its files hold the text of a licence")

    def _base_model(self) -> _Base:
        given = self._body.get("baseModels")
        if isinstance(given, Mapping):
            models = given.get("models")
            ids = (
                [m["id"] for m in models if isinstance(m, Mapping) and _text(m.get("id"))]
                if isinstance(models, list)
                else []
            )
            if ids:
                said = _text(given.get("relation"))
                relation = next((r for r in _RELATIONS if r == said), None)
                how: Fact[BaseRelation] = Fact[BaseRelation](value=relation, source="baseModels")
                return _Base(how, Fact(value=", ".join(ids), source=f"baseModels, {said or 'no relation said'}"))
        named = [t.removeprefix("base_model:") for t in self._tags if t.startswith("base_model:")]
        for relation in _RELATIONS:
            ids = [n.removeprefix(f"{relation}:") for n in named if n.startswith(f"{relation}:")]
            if ids:
                tag = f"tag base_model:{relation}"
                return _Base(Fact[BaseRelation](value=relation, source=tag), Fact(value=", ".join(ids), source=tag))
        if named:
            return _Base(unknown("its tags do not say how"), Fact(value=", ".join(named), source="tag base_model"))
        return _Base(unknown("no base model is named"), unknown("no base model is named"))


def _gate(body: Mapping[str, Any]) -> Fact[Gate]:
    if "gated" not in body or body["gated"] is None:
        # A default list row has no `gated`: its absence says that nobody asked, not that the model is open.
        return unknown("the Hub was not asked for it")
    gated = body["gated"]
    if gated is False:
        return Fact[Gate](value="open", source="gated: false")
    if gated in ("auto", "manual"):
        return Fact[Gate](value=gated, source=f"gated: {gated}")
    if gated is True:
        return Fact[Gate](value="manual", source="gated: true, without saying how; taken for the stricter")
    return unknown("gated is none of the values it can have")


def _usable_id(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 500 and _USABLE_ID.fullmatch(value) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _stated(body: Mapping[str, Any], key: str) -> Fact[str]:
    value = _text(body.get(key))
    return Fact(value=value, source="from the Hub") if value else unknown(f"no {key} in the Hub's answer")


def _counted(body: Mapping[str, Any], key: str) -> Fact[int]:
    value = body.get(key)
    return Fact(value=value, source="from the Hub") if is_count(value) else unknown(f"no {key} in the Hub's answer")

"""An opened model as lines to read: each fact in words, with where it was read, and what is not known with why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..details_screen import DetailsView, FactLine, FileLine
from ..facts import Fact
from .cards import licence_name, short_name
from .model_findings import licence_address

if TYPE_CHECKING:
    from ..model_details import ModelDetails, RepoFile
    from ..model_info import ModelInfo

_CHAT = {"template": "has a template", "likely": "likely, no template seen", "none_found": "no template found"}
_GATE = {"open": "open to everyone", "auto": "access on request, at once", "manual": "access on request, by hand"}
_ACCESS = {
    "open": "open",
    "granted": "granted to your token",
    "no_token": "needs a token",
    "bad_token": "your token was refused",
    "not_accepted": "terms not accepted yet",
    "pending": "asked for, not granted yet",
    "disabled": "disabled by the Hub",
}
_CLASS = {"open": "open", "restricted": "with conditions of the maker's", "non_commercial": "no commercial use"}
_RELATION = {"finetune": "fine-tuned from", "adapter": "adapter of", "quantized": "quantised from", "merge": "merge of"}
_CHILDREN = {"finetune": "fine-tunes", "adapter": "adapters", "quantized": "quantised copies", "merge": "merges"}
# Files that no page of a repository needs all of: the largest ones are shown, the rest counted.
_MOST_FILES = 200


def details_view(details: ModelDetails, endpoint: str) -> DetailsView:
    """The details of a model as the browser draws them. `endpoint` is the address of the Hub, for the links."""
    info = details.info
    lines = [
        *_sizes(details),
        *_shape(info),
        *_chat(info),
        *_lora(details),
        *_terms(details),
        *_origin(details),
    ]
    local = info.origin == "folder"
    return DetailsView(
        id=info.id,
        name=short_name(info),
        facts=tuple(line for line in lines if line.text),
        unknown=tuple(line for line in lines if not line.text),
        files=tuple(_file(f) for f in details.files[:_MOST_FILES]),
        more_files=max(len(details.files) - _MOST_FILES, 0),
        page="" if local else f"{endpoint.rstrip('/')}/{info.id}",
        licence_link=licence_address(info, endpoint),
    )


def _sizes(details: ModelDetails) -> list[FactLine]:
    info = details.info
    counts = info.parameters_by_dtype
    by_dtype = ", ".join(f"{n:,} {dtype}" for dtype, n in counts.items()) if len(counts) > 1 else ""
    return [
        _line("Parameters", info.parameters, f"{info.parameters.value:,}" if info.parameters.known else ""),
        *(
            [FactLine(group="Size", label="By dtype", text=by_dtype, source="the Hub's safetensors count")]
            * bool(by_dtype)
        ),
        _bytes("Weights to load", info.weight_bytes),
        _bytes("To download", info.download_bytes),
        _bytes("Whole repository", info.repository_bytes),
        _bytes("With its history", details.stored_bytes),
        _said("Weights format", info.weight_format, "Size"),
        _said("Quantised", details.quantised, "Size"),
    ]


def _shape(info: ModelInfo) -> list[FactLine]:
    found, group = info.architecture.value, "Architecture"
    classes, context = info.architectures, info.context_length
    lines = [
        _said("Model type", info.model_type, group),
        _line("Class", classes, ", ".join(classes.value or ()), group),
        _line("Configured context", context, f"{context.value:,} tokens" if context.known else "", group),
    ]
    if found is None:
        return [*lines, _line("Dimensions", info.architecture, "", group)]
    heads = f"{found.heads} heads of {found.head_dim}, {found.kv_heads} for keys and values"
    text = f"{found.layers} layers of {found.hidden_size:,}; {heads}; {found.vocab_size:,} tokens"
    lines.append(_line("Dimensions", info.architecture, text, group))
    if experts := found.experts:
        active = f"{experts.active} active for a token" if experts.active else "how many are active is not said"
        lines.append(_line("Experts", info.architecture, f"{experts.total} a layer, {active}", group))
        used = info.active_parameters
        counted = f"about {used.value / 1e9:,.2f} B for each token" if used.value else ""
        lines.append(_line("Active parameters", used, counted, group))
    return lines


def _chat(info: ModelInfo) -> list[FactLine]:
    tuned = "" if info.instruct.value is None else "instruction-tuned" if info.instruct.value else "base model"
    return [
        _line("Chat template", info.chat, _CHAT.get(info.chat.value or "", ""), "Chat"),
        _line("Base or instruct", info.instruct, tuned, "Chat"),
        *([_said("Beside it", info.instruct_version, "Chat")] * info.instruct_version.known),
    ]


def _lora(details: ModelDetails) -> list[FactLine]:
    lora = details.lora
    return [
        _line("This is", lora.is_adapter, _yes(lora.is_adapter, "an adapter", "a full model"), "LoRA"),
        _line("Can take LoRA", lora.trainable, _yes(lora.trainable, "yes", "no"), "LoRA"),
        _line("PEFT's default modules", lora.default_targets, ", ".join(lora.default_targets.value or ()), "LoRA"),
    ]


def _terms(details: ModelDetails) -> list[FactLine]:
    info, group = details.info, "Terms"
    own_code = _yes(info.remote_code, "needed: a package does not run it", "not needed")
    return [
        _line("Licence", info.licence, licence_name(info.licence.value or ""), group),
        _line("Licence allows", info.licence_class, _CLASS.get(info.licence_class.value or "", ""), group),
        _line("Gate", info.gate, _GATE.get(info.gate.value or "", ""), group),
        _line("Your access", details.access, _ACCESS.get(details.access.value or "", ""), group),
        _line("Code of its own", info.remote_code, own_code, group),
    ]


def _origin(details: ModelDetails) -> list[FactLine]:
    info, group = details.info, "Origin"
    base, made = info.base_model, details.made_from_it
    how = _RELATION.get(info.base_relation.value or "", "made from")
    children = [f"{n:,} {_CHILDREN.get(kind, kind)}" for kind, n in (made.value or {}).items() if n]
    return [
        _line("Base model", base, f"{how} {base.value}" if base.value else "", group),
        _line("Made from it", made, (", ".join(children) or "nothing that names it") if made.known else "", group),
        _line("Last change", info.last_modified, (info.last_modified.value or "")[:10], group),
        _line("Commit", info.revision, info.revision.value or "", group),
        _line("Downloads", info.downloads, f"{info.downloads.value:,}" if info.downloads.known else "", group),
    ]


def _file(file: RepoFile) -> FileLine:
    return FileLine(path=file.path, bytes=file.bytes, role=file.role)


def _line(label: str, fact: Fact[Any], text: str, group: str = "Size") -> FactLine:
    return FactLine(group=group, label=label, text=text, source=fact.source)


def _said(label: str, fact: Fact[Any], group: str) -> FactLine:
    return _line(label, fact, fact.value or "", group)


def _bytes(label: str, fact: Fact[int]) -> FactLine:
    if fact.value is None:
        return _line(label, fact, "")
    gigabytes = f"{fact.value / 1e9:,.2f} GB" if fact.value >= 1e7 else f"{fact.value / 1e6:,.2f} MB"
    return _line(label, fact, f"{gigabytes} ({fact.value / 2**30:,.2f} GiB)" if fact.value >= 1e7 else gigabytes)


def _yes(fact: Fact[bool], yes: str, no: str) -> str:
    return "" if fact.value is None else yes if fact.value else no

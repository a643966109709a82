"""What a model card shows: the facts worth a badge, each with where it was read. What is unknown is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Fact, unknown
from ..model_info import ModelInfo
from ..screens import Badge, Card, Tone
from .trainability import foreign_quantisation, untrainable_format

if TYPE_CHECKING:
    from ..settings.model_settings import CardDisplay, SizeRules

# How people write the licences that are seen most; another stands as the Hub has it.
_LICENCES = {
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD 3-Clause",
    "gemma": "Gemma",
    "llama2": "Llama 2",
    "llama3": "Llama 3",
    "llama3.1": "Llama 3.1",
    "llama3.2": "Llama 3.2",
    "llama3.3": "Llama 3.3",
    "llama4": "Llama 4",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0",
    "gpl-3.0": "GPL 3.0",
    "agpl-3.0": "AGPL 3.0",
}


def card_of(info: ModelInfo, size_rules: SizeRules, display: CardDisplay) -> Card:
    """The card of one model. `size_rules` are in GB (10^9 bytes) of weights."""
    no_base = untrainable_format(info)
    badges = [Badge(text="Disabled", tone="bad", why="disabled by the Hub")] if info.disabled else []
    if no_base.known:
        badges.append(Badge(text=f"Not trainable: {no_base.value}", tone="bad", why=no_base.source))
    else:
        badges += [*_stops(info), *_experts(info), *_chat(info), _lora(info), *_context(info)]
    badges += _gate(info)
    if display.licence:
        badges.append(_licence(info))
    badges += _size(info.weight_bytes, size_rules)
    return Card(
        id=info.id,
        author=info.author,
        name=short_name(info),
        parameters=info.parameters,
        weight_bytes=info.weight_bytes,
        downloads=info.downloads if display.downloads else unknown("not shown"),
        badges=tuple(badges),
        origin=info.origin,
        as_of=info.as_of,
        note=info.note if display.notes else "",
    )


def short_name(info: ModelInfo) -> str:
    """A model's name without its author, or a folder's without its path."""
    return info.id.replace("\\", "/").rstrip("/").rpartition("/")[2] or info.id


def licence_name(licence: str) -> str:
    """A licence as people write it; one that is seldom seen stands as the Hub has it."""
    return _LICENCES.get(licence, licence)


def _stops(info: ModelInfo) -> list[Badge]:
    found = []
    if info.problems:
        found.append(Badge(text="Would not start", tone="bad", why=" ".join(info.problems)))
    if info.remote_code.value:
        found.append(Badge(text="Needs its own code", tone="bad", why=info.remote_code.source))
    quantised = foreign_quantisation(info)
    if quantised.known:
        found.append(Badge(text=f"Quantised: {quantised.value}", tone="warn", why=quantised.source))
    return found


def _experts(info: ModelInfo) -> list[Badge]:
    architecture = info.architecture.value
    if architecture is None or architecture.experts is None:
        return []
    total, active = architecture.experts.total, architecture.experts.active
    text = f"{total} experts, {active} active" if active else f"{total} experts"
    used = info.active_parameters
    of_token = f". {used.value / 1e9:.1f} B parameters for each token: {used.source}" if used.value else ""
    return [Badge(text=text, why=info.architecture.source + of_token)]


def _context(info: ModelInfo) -> list[Badge]:
    tokens = info.context_length.value
    if tokens is None:
        return []
    text = f"{tokens / 1024:.0f}k context" if tokens >= 1024 else f"{tokens} tokens of context"
    return [Badge(text=text, why=f"{tokens:,} tokens: {info.context_length.source}")]


def _chat(info: ModelInfo) -> list[Badge]:
    chat, instruct = info.chat, info.instruct
    found = []
    if chat.value == "template":
        found.append(Badge(text="Chat template", tone="good", why=chat.source))
    elif chat.value == "likely":
        found.append(Badge(text="Likely chat", why=chat.source))
    elif chat.value == "none_found":
        found.append(Badge(text="No template found", why=chat.source))
    elif instruct.value is None:
        found.append(Badge(text="Chat unknown", why=f"{chat.source}; {instruct.source}"))
    if instruct.value is not None:
        found.append(Badge(text="Instruct" if instruct.value else "Base", why=instruct.source))
    if chat.value is None and instruct.value is not None:
        found.append(Badge(text="Template unknown", why=chat.source))
    return found


def _lora(info: ModelInfo) -> Badge:
    targets = info.lora_targets
    if targets.value is not None:
        return Badge(text="LoRA", why=f"{', '.join(targets.value)}: {targets.source}")
    if info.model_type.known:
        return Badge(text="LoRA: name the modules", why=targets.source)
    return Badge(text="LoRA unknown", why=targets.source)


def _gate(info: ModelInfo) -> list[Badge]:
    gate = info.gate
    if gate.value == "open":
        return []
    if gate.value is None:
        return [Badge(text="Gate unknown", why=gate.source)]
    return [Badge(text="Gated", tone="warn", why=gate.source)]


def _licence(info: ModelInfo) -> Badge:
    licence, kind = info.licence, info.licence_class
    if licence.value is None:
        return Badge(text="Licence unknown", why=licence.source)
    tone: Tone = "warn" if kind.value == "non_commercial" else "plain"
    return Badge(text=licence_name(licence.value), tone=tone, why=f"{licence.source}; {kind.source}")


def _size(weights: Fact[int], rules: SizeRules) -> list[Badge]:
    if weights.value is None:
        return []
    gigabytes = weights.value / 1e9
    for limit, words, tone in (
        (rules.refuse_over_gb, "Too large", "bad"),
        (rules.confirm_over_gb, "Very large", "warn"),
        (rules.warn_over_gb, "Large", "warn"),
    ):
        if gigabytes > limit:
            why = f"{gigabytes:.0f} GB, more than {limit:g} GB ({weights.source})"
            return [Badge.model_validate({"text": words, "tone": tone, "why": why})]
    return []

"""Whether a model has a chat template, and whether it was tuned to follow instructions: two questions, apart.

A base model may ship a template. What is not found is said to be not found, never to be absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..facts import Fact, unknown
from ..model_info import ChatEvidence

_INSTRUCT = ("instruct", "it", "chat")
_BASE = ("base", "pt")
_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


def template_of(body: Mapping[str, Any]) -> Fact[str]:
    """The text of the chat template in a Hub body, in the Hub's own order of precedence."""
    config = body.get("config")
    config = config if isinstance(config, Mapping) else {}
    for place, holder, key in (
        ("GGUF header", body.get("gguf"), "chat_template"),
        ("chat_template.jinja", config, "chat_template_jinja"),
        ("tokenizer_config.json", config.get("tokenizer_config"), "chat_template"),
        ("processor_config.json", config.get("processor_config"), "chat_template"),
    ):
        text = template_text(holder.get(key)) if isinstance(holder, Mapping) else None
        if text:
            return Fact(value=text, source=f"from {place}")
    return unknown("no template in what was asked of the Hub")


def template_text(value: Any) -> str | None:
    """A template that is given as text, or as a list of {name, template}: then the one called `default`."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, list):
        named = [t for t in value if isinstance(t, Mapping) and isinstance(t.get("template"), str)]
        chosen = next((t for t in named if t.get("name") == "default"), named[0] if named else None)
        return str(chosen["template"]) or None if chosen else None
    return None


def chat_evidence(
    name: str, template: Fact[str], *, files: Collection[str], tags: Iterable[str], looked: bool
) -> Fact[ChatEvidence]:
    """What says that a model can chat. `looked` is whether a template would have been seen."""
    if template.known:
        return Fact[ChatEvidence](value="template", source=template.source)
    in_files = next((f for f in _TEMPLATE_FILES if f in files), None)
    if in_files:
        return Fact[ChatEvidence](value="template", source=f"file {in_files}")
    tag = next((t for t in tags if t in ("conversational", "chat")), None)
    if tag:
        return Fact[ChatEvidence](value="likely", source=f"tag {tag}")
    if instruct_in_name(name).value:
        return Fact[ChatEvidence](value="likely", source="guess from name")
    if looked:
        return Fact[ChatEvidence](value="none_found", source="no template in its files, no tag, nothing in its name")
    return unknown("neither its configuration nor its files were asked for")


def instruct_in_name(name: str) -> Fact[bool]:
    """Whether the words of a name say instruction-tuned (Instruct, it, chat) or base (Base, pt)."""
    words = re.split(r"[-_.]", name.rpartition("/")[2].lower())
    tuned, base = [w for w in words if w in _INSTRUCT], [w for w in words if w in _BASE]
    if bool(tuned) == bool(base):
        return unknown("its name does not say" if not tuned else f"its name says both {tuned[0]} and {base[0]}")
    word = (tuned or base)[0]
    return Fact(value=bool(tuned), source=f"guess from name: “{word}”")


def instruct_evidence(name: str, relation: str, base: str, chat: Fact[ChatEvidence]) -> Fact[bool]:
    """Whether a model follows instructions: by its name, or as a finetune of a base model that carries a chat tag."""
    by_name = instruct_in_name(name)
    if by_name.known:
        return by_name
    if relation == "finetune" and instruct_in_name(base).value is False and chat.value in ("template", "likely"):
        return Fact(value=True, source=f"guess: a finetune of {base} that can chat")
    return by_name

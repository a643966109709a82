"""Which format rows are in, told from the names of their columns and the values in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..facts import Frozen
from ..steps import OtherKind, RowFormat
from .rows import Row
from .turns import turn_keys, turns_in

# Names that columns have in the wild; those of public data sets are in hiyouga/LLaMA-Factory's dataset_info.json.
_CONVERSATION = ("messages", "conversations", "conversation", "chat", "dialogue", "dialog", "turns")
_INSTRUCTION = (
    ("instruction", "output"),
    ("instruction", "response"),
    ("instruction", "answer"),
    ("question", "answer"),
    ("question", "response"),
    ("query", "response"),
    ("query", "answer"),
    ("input", "output"),
    ("input", "target"),
    ("problem", "solution"),
    ("content", "summary"),
    ("document", "summary"),
    ("article", "highlights"),
)
_PROMPT = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "output"),
    ("prompt", "answer"),
    ("prompt", "text"),
)
_TEXT = ("text", "content", "raw_content", "document", "body")
_EXTRAS: dict[str, tuple[str, ...]] = {
    "input": ("input", "context"),
    "system": ("system", "system_prompt", "system_message"),
    "history": ("history",),
    "tools": ("tools", "functions"),
}
_PREFERENCE = (("chosen", "rejected"), ("chosen_response", "rejected_response"), ("response_j", "response_k"))
_LABEL = ("label", "kto_tag")
_TOKENS = ("input_ids",)
_MEDIA = ("image", "images", "video", "videos", "audio", "audios")

# How sure the names alone make us, where every row looked at fits.
_RECOGNISED, _TURNS, _PAIR, _NAMED_TEXT, _ONLY_TEXT = 0.99, 0.95, 0.9, 0.6, 0.4
_FEWEST = 0.5


class FormatCandidate(Frozen):
    """A format that rows may be in, or a kind that this version does not train on (`format` is then None).

    `confidence` is from 0 to 1, `columns` maps what the format needs to the column that has it.
    """

    format: RowFormat | None = None
    recognised: OtherKind | None = None
    confidence: float
    evidence: str
    columns: dict[str, str] = {}


def detect_formats(sample: Sequence[Row], features: Mapping[str, str]) -> list[FormatCandidate]:
    """What the rows may be, best first; empty where nothing fits half of them. `features` names all columns."""
    if not sample:
        return []
    names = {name.strip().lower(): name for name in reversed(list(features))}
    found = [*_recognised(sample, names), *_conversations(sample, names, features), *_pairs(sample, names)]
    found += _texts(sample, names, features)
    return sorted(found, key=lambda candidate: -candidate.confidence)


def _recognised(sample: Sequence[Row], names: Mapping[str, str]) -> Iterator[FormatCandidate]:
    for name in _columns(names, _TOKENS):
        share = _share(_is_list_of(row.get(name), int) for row in sample)
        yield from _other("tokens", share, f"The column “{name}” holds token numbers")
    for pair in _PREFERENCE:
        if all(name in names for name in pair):
            better, worse = names[pair[0]], names[pair[1]]
            share = _share(bool(row.get(better) and row.get(worse)) for row in sample)
            words = f"The columns “{better}” and “{worse}” hold a better and a worse answer"
            yield from _other("preference", share, words, _prompt_and(better, sample, names))
    for name in _columns(names, _LABEL):
        judged = any(key in names for key in ("completion", *_CONVERSATION))
        share = _share(judged and _is_verdict(row.get(name)) for row in sample)
        yield from _other("kto", share, f"The column “{name}” says of each answer whether it is good")
    for name in _columns(names, _MEDIA):
        share = _share(bool(row.get(name)) for row in sample)
        yield from _other("media", share, f"The column “{name}” holds images, audio or video")


def _other(kind: OtherKind, share: float, words: str, columns: dict[str, str] | None = None) -> list[FormatCandidate]:
    if share < _FEWEST:
        return []
    evidence = f"{words} in {share:.0%} of the rows looked at."
    return [FormatCandidate(recognised=kind, confidence=_RECOGNISED * share, evidence=evidence, columns=columns or {})]


def _conversations(
    sample: Sequence[Row], names: Mapping[str, str], features: Mapping[str, str]
) -> Iterator[FormatCandidate]:
    known = _columns(names, _CONVERSATION)
    others = [name for name in features if name not in known and name.strip().lower() not in ("prompt", "completion")]
    others = [name for name in others if name.strip().lower() not in {key for pair in _PREFERENCE for key in pair}]
    for prior, name in [*((_TURNS, name) for name in known), *((_PAIR, name) for name in others)]:
        keys = [key for row in sample if (key := _first_turn_keys(row.get(name)))]
        share = len(keys) / len(sample)
        if share >= _FEWEST:
            role, content = keys[0]
            kind: RowFormat = "messages" if (role, content) == ("role", "content") else "sharegpt"
            words = f"The column “{name}” holds turns with {role} and {content}"
            evidence = f"{words} in {share:.0%} of the rows looked at."
            columns = {"messages": name, **_extras(names, ("system", "tools"), (name,))}
            yield FormatCandidate(format=kind, confidence=prior * share, evidence=evidence, columns=columns)


def _pairs(sample: Sequence[Row], names: Mapping[str, str]) -> Iterator[FormatCandidate]:
    kinds: list[tuple[RowFormat, tuple[tuple[str, str], ...], tuple[str, str], tuple[str, ...]]] = [
        ("instruction", _INSTRUCTION, ("instruction", "output"), ("input", "system", "history")),
        ("prompt_completion", _PROMPT, ("prompt", "completion"), ("system", "tools")),
    ]
    for kind, pairs, needs, uses in kinds:
        rank = 0
        for asked, answered in pairs:
            if asked not in names or answered not in names:
                continue
            pair = (names[asked], names[answered])
            share = _share(all(_is_said(row.get(name)) for name in pair) for row in sample)
            if share >= _FEWEST:
                evidence = f"The columns “{pair[0]}” and “{pair[1]}” hold text in {share:.0%} of the rows looked at."
                columns = {needs[0]: pair[0], needs[1]: pair[1], **_extras(names, uses, pair)}
                yield FormatCandidate(
                    format=kind, confidence=(_PAIR - rank / 100) * share, evidence=evidence, columns=columns
                )
                rank += 1


def _texts(sample: Sequence[Row], names: Mapping[str, str], features: Mapping[str, str]) -> Iterator[FormatCandidate]:
    named = _columns(names, _TEXT)
    only = [name for name, words in features.items() if not set(words.split(" or ")) <= {"number", "yes/no", "empty"}]
    choices = [(_NAMED_TEXT, name) for name in named] or [(_ONLY_TEXT, name) for name in only if len(only) == 1]
    for rank, (prior, name) in enumerate(choices):
        share = _share(isinstance(row.get(name), str) for row in sample)
        if share >= _FEWEST:
            evidence = f"The column “{name}” holds text in {share:.0%} of the rows looked at."
            yield FormatCandidate(
                format="text", confidence=(prior - rank / 100) * share, evidence=evidence, columns={"text": name}
            )


def _columns(names: Mapping[str, str], wanted: Sequence[str]) -> list[str]:
    return [names[name] for name in wanted if name in names]


def _extras(names: Mapping[str, str], uses: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """The columns that a format can use beside those it needs."""
    found = {}
    for use in uses:
        there = [name for name in _columns(names, _EXTRAS[use]) if name not in taken]
        if there:
            found[use] = there[0]
    return found


def _prompt_and(answer: str, sample: Sequence[Row], names: Mapping[str, str]) -> dict[str, str]:
    """The columns that make the better answers of a preference dataset into examples; empty where there are none."""
    prompt = next(iter(_columns(names, ("prompt", "instruction", "question", *_CONVERSATION))), None)
    if _share(_first_turn_keys(row.get(answer)) is not None for row in sample) >= _FEWEST:
        return {"messages": answer}
    return {"prompt": prompt, "completion": answer} if prompt else {}


def _share(fits: Iterable[bool]) -> float:
    found = list(fits)
    return sum(found) / len(found)


def _first_turn_keys(value: Any) -> tuple[str, str] | None:
    turns = turns_in(value)
    return turn_keys(turns[0]) if turns else None


def _is_said(value: Any) -> bool:
    return isinstance(value, str) or _first_turn_keys(value) is not None or turn_keys(value) is not None


def _is_verdict(value: Any) -> bool:
    return (isinstance(value, (bool, int)) and value in (0, 1)) or str(value).lower() in ("true", "false")


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], kind)

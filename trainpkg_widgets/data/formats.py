"""Which format rows are in, told from the names of their columns and the values in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..steps import FormatCandidate, RowFormat
from .column_names import (
    ANSWERS,
    CONVERSATION,
    EXTRAS,
    INSTRUCTION,
    JUDGED,
    LABEL,
    MEDIA,
    PREFERENCE,
    PROMPT,
    PROMPTS,
    SOLUTION,
    TEXT,
    TOKENS,
)
from .rows import Row
from .turns import standard_role, turn_keys, turns_in

# How sure the names alone make us, where every row looked at fits.
_RECOGNISED, _TURNS, _PAIR, _PROMPT_ALONE, _NAMED_TEXT, _MAYBE_PROMPT, _ONLY_TEXT = 0.99, 0.95, 0.9, 0.8, 0.6, 0.5, 0.4
_FEWEST = 0.5
_MOST_CANDIDATES = 6


def detect_formats(sample: Sequence[Row], features: Mapping[str, str]) -> list[FormatCandidate]:
    """What the rows may be, best first; empty where nothing fits half of them. `features` names all columns."""
    if not sample:
        return []
    look = _Look(sample, {name.strip().lower(): name for name in reversed(list(features))}, features)
    found = [*_media(look), *_tokens(look), *_preferences(look), *_judged(look), *_conversations(look), *_pairs(look)]
    found += _prompts(look, bool(found))
    found += _texts(look)
    return sorted(found, key=lambda candidate: -candidate.confidence)[:_MOST_CANDIDATES]


class _Look:
    """The rows looked at, and their columns by their names in small letters."""

    def __init__(self, sample: Sequence[Row], names: Mapping[str, str], features: Mapping[str, str]) -> None:
        self.sample = sample
        self.names = names
        self.features = features

    def columns(self, wanted: Sequence[str]) -> list[str]:
        return [self.names[name] for name in wanted if name in self.names]

    def share(self, fits: Callable[[Any], bool], *columns: str) -> float:
        return _share(all(fits(row.get(column)) for column in columns) for row in self.sample)

    def extras(self, uses: Sequence[str], taken: Iterable[str]) -> dict[str, str]:
        """The columns that a format can use beside those it needs."""
        found = {}
        for use in uses:
            there = [name for name in self.columns(EXTRAS[use]) if name not in taken]
            if there:
                found[use] = there[0]
        return found


def _media(look: _Look) -> Iterator[FormatCandidate]:
    for name in look.columns(MEDIA):
        share = look.share(bool, name)
        if share >= _FEWEST:
            words = f"The column “{name}” holds images, audio or video"
            yield FormatCandidate(recognised="media", confidence=_RECOGNISED * share, evidence=_seen(words, share))


def _tokens(look: _Look) -> Iterator[FormatCandidate]:
    for name in look.columns(TOKENS):
        share = look.share(lambda value: _is_list_of(value, int), name)
        extras = {use: look.names[use] for use in ("labels", "completion_mask", "assistant_masks") if use in look.names}
        yield from _made(
            "tokens", _RECOGNISED, share, f"The column “{name}” holds token numbers", input_ids=name, **extras
        )


def _preferences(look: _Look) -> Iterator[FormatCandidate]:
    for rank, names in enumerate(PREFERENCE):
        if not all(name in look.names for name in names):
            continue
        better, worse = look.names[names[0]], look.names[names[1]]
        share = look.share(_is_answer, better, worse)
        taken = (better, worse)
        words = f"The columns “{better}” and “{worse}” hold a better and a worse answer"
        asked = [name for name in look.columns((*PROMPTS, *CONVERSATION)) if look.share(_is_said, name) >= _FEWEST]
        own_prompt = {"prompt": asked[0]} if asked else {}
        extras = {**own_prompt, **look.extras(("input", "system", "tools"), (*taken, *asked[:1]))}
        yield from _made("preference", _RECOGNISED - rank / 100, share, words, chosen=better, rejected=worse, **extras)


def _judged(look: _Look) -> Iterator[FormatCandidate]:
    for name in look.columns(LABEL):
        answers = [
            column for column in look.columns((*JUDGED, *CONVERSATION)) if look.share(_is_said, column) >= _FEWEST
        ]
        if not answers:
            continue
        share = look.share(_is_verdict, name)
        asked = [] if answers[0].strip().lower() in CONVERSATION else look.columns((*PROMPTS, *CONVERSATION))
        prompt = {"prompt": asked[0]} if asked else {}
        turned = look.share(lambda value: _first_turn_keys(value) is not None, answers[0])
        if not prompt and turned < _FEWEST:
            continue
        words = f"The column “{name}” says of each answer whether it is good"
        extras = look.extras(("input", "system", "tools") if prompt else ("tools",), (name, answers[0], *asked[:1]))
        yield from _made("kto", _RECOGNISED, share, words, completion=answers[0], label=name, **prompt, **extras)


def _conversations(look: _Look) -> Iterator[FormatCandidate]:
    known = look.columns(CONVERSATION)
    # A prompt's other half is no conversation; a lone “completion” may be one.
    halves = ANSWERS if "prompt" in look.names or "chosen" in look.names else ANSWERS - {"completion"}
    others = [name for name in look.features if name not in known and name.strip().lower() not in halves]
    for prior, name in [*((_TURNS, name) for name in known), *((_PAIR, name) for name in others)]:
        keys = [key for row in look.sample if (key := _first_turn_keys(row.get(name)))]
        share = len(keys) / len(look.sample)
        if share < _FEWEST:
            continue
        role, content = keys[0]
        kind: RowFormat = "messages" if (role, content) == ("role", "content") else "sharegpt"
        words = f"The column “{name}” holds turns with {role} and {content}"
        yield from _made(kind, prior, share, words, messages=name, **look.extras(("system", "tools"), (name,)))


def _pairs(look: _Look) -> Iterator[FormatCandidate]:
    kinds: list[tuple[RowFormat, tuple[tuple[str, str], ...], tuple[str, str], tuple[str, ...]]] = [
        ("instruction", INSTRUCTION, ("instruction", "output"), ("input", "system", "history")),
        ("prompt_completion", PROMPT, ("prompt", "completion"), ("system", "tools")),
    ]
    for kind, pairs, needs, uses in kinds:
        rank = 0
        for asked, answered in pairs:
            if asked not in look.names or answered not in look.names:
                continue
            pair = (look.names[asked], look.names[answered])
            share = look.share(_is_said, *pair)
            words = f"The columns “{pair[0]}” and “{pair[1]}” hold text"
            columns = {needs[0]: pair[0], needs[1]: pair[1], **look.extras(uses, pair)}
            made = list(_made(kind, _PAIR - rank / 100, share, words, **columns))
            rank += len(made)
            yield from made


def _prompts(look: _Look, others_fit: bool) -> Iterator[FormatCandidate]:
    """Prompts that something is to be said to; where they are turns, the last one is no answer."""
    for name in look.columns(PROMPTS):
        share = _share(_asks(row.get(name)) for row in look.sample)
        named = name.strip().lower() == "prompt" and not others_fit
        others = [column for column in look.columns(SOLUTION) if column != name]
        solution = {"solution": others[0]} if others else {}
        words = f"The column “{name}” holds something to be answered"
        extras = look.extras(("system", "tools"), (name,))
        prior = _PROMPT_ALONE if named else _MAYBE_PROMPT
        yield from _made("prompts", prior, share, words, prompt=name, **solution, **extras)
        return


def _texts(look: _Look) -> Iterator[FormatCandidate]:
    plain = {"number", "yes/no", "empty"}
    only = [name for name, words in look.features.items() if not set(words.split(" or ")) <= plain]
    choices = [(_NAMED_TEXT, name) for name in look.columns(TEXT)] or [(_ONLY_TEXT, name) for name in only[:2]]
    if len(choices) == 2 and choices[0][0] == _ONLY_TEXT:
        return
    for rank, (prior, name) in enumerate(choices):
        share = look.share(lambda value: isinstance(value, str), name)
        yield from _made("text", prior - rank / 100, share, f"The column “{name}” holds text", text=name)


def _made(kind: RowFormat, prior: float, share: float, words: str, **columns: str) -> list[FormatCandidate]:
    if share < _FEWEST:
        return []
    confidence = prior * share
    return [FormatCandidate(format=kind, confidence=confidence, evidence=_seen(words, share), columns=columns)]


def _seen(words: str, share: float) -> str:
    return f"{words} in {share:.0%} of the rows looked at."


def _share(fits: Iterable[bool]) -> float:
    found = list(fits)
    return sum(found) / len(found)


def _first_turn_keys(value: Any) -> tuple[str, str] | None:
    turns = turns_in(value)
    return turn_keys(turns[0]) if turns else None


def _asks(value: Any) -> bool:
    turns = turns_in(value)
    if turns is None or (isinstance(value, str) and _first_turn_keys(value) is None):
        return isinstance(value, str) and bool(value.strip())
    keys = turn_keys(turns[-1]) if turns else None
    return keys is not None and standard_role(str(turns[-1][keys[0]]), {}) != "assistant"


def _is_said(value: Any) -> bool:
    return isinstance(value, str) or _first_turn_keys(value) is not None or turn_keys(value) is not None


def _is_answer(value: Any) -> bool:
    return bool(value) and _is_said(value)


def _is_verdict(value: Any) -> bool:
    return (isinstance(value, (bool, int, float)) and value in (0, 1)) or str(value).lower() in ("true", "false")


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], kind)

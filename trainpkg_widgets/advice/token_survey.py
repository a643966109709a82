"""What the tokenizer's process found in rows, gathered: how many are refused, silent, or end in the wrong token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..facts import Frozen

_FIELDS = {"refused": "refused", "other": "other_stop", "untrained": "untrained_stop", "missing": "no_stop"}


class SeenRows(Frozen):
    """Rows with something in common: how many of those looked at, the first few (zero-based), and what was seen."""

    count: int = 0
    rows: tuple[int, ...] = ()
    said: str = ""


class TokenSurvey(Frozen):
    """What was found in the tokens of the training rows that were looked at.

    `refused` by the template or the tokenizer; `silent` have nothing to learn; `other_stop`, `untrained_stop` and
    `no_stop` end what is learnt in another special token, before the stop token, or with none; `left` have a prompt
    that is no beginning of the whole.
    """

    looked_at: int = 0
    refused: SeenRows = SeenRows()
    silent: SeenRows = SeenRows()
    other_stop: SeenRows = SeenRows()
    untrained_stop: SeenRows = SeenRows()
    no_stop: SeenRows = SeenRows()
    left: SeenRows = SeenRows()
    stops_at: tuple[str, ...] = ()


def survey_of(
    told: Iterable[tuple[int, Sequence[Any]]], stops: Sequence[str], shown: int, *, learns: bool = True
) -> TokenSurvey:
    """The survey of rows: their numbers (zero-based) and what was told of each; `shown` of a kind are named.

    `learns` says whether rows are to have tokens to learn: for a reward and for prompts they have none.

    What is told of a row is (longest, all tokens, where learning begins, tokens learnt, how it stops, the token there
    or what was refused, the end of the prompt that is left out).
    """
    found: dict[str, list[tuple[int, str]]] = {}
    looked_at = 0
    for number, (_longest, _all, _first, learnt, stop, said, left) in told:
        looked_at += 1
        field = _FIELDS.get(stop)
        if field:
            found.setdefault(field, []).append((number, said))
        if learns and stop != "refused" and not learnt:
            found.setdefault("silent", []).append((number, ""))
        if left:
            found.setdefault("left", []).append((number, left))
    seen = {
        field: SeenRows(count=len(rows), rows=tuple(dict.fromkeys(n for n, _ in rows))[:shown], said=rows[0][1])
        for field, rows in found.items()
    }
    return TokenSurvey(looked_at=looked_at, stops_at=tuple(stops), **seen)

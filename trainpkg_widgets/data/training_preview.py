"""A row of the dataset as the model will see it: the exact text, its tokens, and which of them are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..dataset_screen import RowsView
from ..seen_screen import SeenRow, SeenRun, SeenSequence

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..steps import ConfigStep

_MARKS = {"trained": ("⟦", "⟧"), "read": ("", ""), "cut": ("⟨cut: ", "⟩"), "scored": ("⟦score: ", "⟧")}
_STYLES = {
    "trained": "background:rgba(38,166,100,.22);border-bottom:2px solid #18774a",
    "read": "",
    "cut": "opacity:.6;text-decoration:line-through",
    "scored": "background:rgba(224,161,43,.3);border-bottom:2px double #8a5200",
}
_STOPS = {
    "trained": "stop token trained ✓",
    "cut": "the stop token is cut off",
    "other": "ends in {}, which generation does not stop at",
    "untrained": "the stop token {} is read and not learnt",
    "missing": "no stop token is learnt",
}


class RowPreview(RowsView):
    """What `session.preview(row)` gives: rows as text (`columns`, `rows`), and the first of them as the model sees it.

    `text`, `tokens` and `mask` are of the first sequence; `seen` has all of it. Where it can't be shown, `seen.problem`
    says why.
    """

    seen: SeenRow = SeenRow()

    @property
    def text(self) -> str:
        """The exact text, special tokens written out; empty where there is nothing to show."""
        return "".join(run.text for run in self._first.runs)

    @property
    def tokens(self) -> list[tuple[str, int]]:
        """Each token's text and id. Of tokens that share one character, the first has it."""
        texts = [text for run in self._first.runs for text in token_texts(run)]
        return list(zip(texts, self._first.ids, strict=False))

    @property
    def mask(self) -> list[bool]:
        """Whether each token is trained."""
        return [run.state == "trained" for run in self._first.runs for _ in run.ends]

    @property
    def _first(self) -> SeenSequence:
        return self.seen.sequences[0] if self.seen.sequences else SeenSequence()

    def __str__(self) -> str:
        if self.seen.problem is not None:
            return f"{self.seen.problem.message} {self.seen.problem.evidence}".strip()
        return "\n\n".join(_as_text(sequence) for sequence in self.seen.sequences)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if self.seen.problem is not None:
            return f"<p>{escape(str(self))}</p>"
        return "".join(_as_html(sequence) for sequence in self.seen.sequences)


def token_texts(run: SeenRun) -> list[str]:
    """The text of each token of a run."""
    starts = (0, *run.ends)
    return [run.text[start:end] for start, end in zip(starts, run.ends, strict=False)]


def sequences_of(told: Sequence[Mapping[str, Any]]) -> tuple[SeenSequence, ...]:
    """The sequences of one training row, from what the tokenizer's process says of it."""
    return tuple(_sequence(one) for one in told)


def what_trl_does(
    shape: TrainingShape, config: ConfigStep, trainer: str, sequences: Sequence[SeenSequence], other: str = ""
) -> list[str]:
    """What the trainer does with such a row, in sentences; `other` is the target's name where it is another trainer."""
    said = [shape.says] if shape.says else []
    if config.method == "reward":
        said.append("The reward is read at the last token of each answer.")
    if any(sequence.left for sequence in sequences):
        left = next(sequence.left for sequence in sequences if sequence.left)
        said.append(f"In use a prompt ends in {left!r}; in training that is left out, and what follows it is learnt.")
    if any(sequence.cut for sequence in sequences):
        said.append(f"It is longer than {config.max_length:,} tokens: {trainer} cuts off its end.")
    if config.packing and config.method in ("sft", "cpt"):
        said.append(f"Rows are packed into sequences of {config.max_length:,} tokens, this one among others.")
    if other:
        said.append(f"This is drawn as {trainer} does it: {other} masks and cuts by rules of its own.")
    return said


def _sequence(told: Mapping[str, Any]) -> SeenSequence:
    roles = {piece: role for role, piece in reversed(told["turns"])}
    runs: list[dict[str, Any]] = []
    for number, (text, ids, state, special, _start) in enumerate(told["pieces"]):
        last = runs[-1] if runs else None
        if last is None or number in roles or special or last["special"] or (ids and last["state"] != state):
            last = {"text": "", "state": state, "special": special, "ends": [], "role": roles.get(number, "")}
            runs.append(last)
        last["text"] += text
        last["ends"] += [len(last["text"])] * len(ids)
    counts = told["counts"]
    return SeenSequence(
        name=told["name"],
        runs=tuple(SeenRun.model_validate(run) for run in runs),
        ids=tuple(told["ids"]),
        trained=counts["trained"],
        read=counts["read"],
        cut=counts["cut"],
        scored=counts["scored"],
        left=told["left"],
        stop=told["stop"],
        stop_token=told["stop_token"],
        more=told["more"],
    )


def _head(sequence: SeenSequence) -> str:
    counts = [f"{count:,} {word}" for word, count in _counts(sequence) if count]
    stop = _STOPS.get(sequence.stop, "").format(repr(sequence.stop_token))
    return " · ".join(part for part in (sequence.name, *counts, stop) if part)


def _counts(sequence: SeenSequence) -> tuple[tuple[str, int], ...]:
    return (
        ("trained", sequence.trained),
        ("only read", sequence.read),
        ("cut off", sequence.cut),
        ("scored", sequence.scored),
    )


def _as_text(sequence: SeenSequence) -> str:
    return f"{_head(sequence)}\n" + "".join(
        f"{before}{run.text}{after}" for run in sequence.runs for before, after in [_MARKS[run.state]]
    ).replace("⟧⟦", "")


def _as_html(sequence: SeenSequence) -> str:
    spans = "".join(
        f'<span style="{_STYLES[run.state]}{";font-weight:600" if run.special else ""}">{escape(run.text)}</span>'
        for run in sequence.runs
    )
    return f'<p>{escape(_head(sequence))}</p><pre style="white-space:pre-wrap">{spans}</pre>'

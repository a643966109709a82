"""What a trainer's own log says of its progress: steps from its progress bar, losses and rates from what it prints.

All trainers here are transformers' Trainer underneath, which draws one bar with tqdm and prints its metrics as a dict.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass, field

from ...facts import Frozen

# tqdm: `  3%|▎         | 2/60 [00:00<00:04, 11.75it/s]`. Bars of other work ("Loading weights: …") are named.
_BAR = re.compile(r"^\s*\d+%\|[^|]*\|\s*(\d+)/(\d+)\s*\[")
_METRICS = re.compile(r"\{'[a-z_/]+'\s*:.*\}")
# tqdm draws a second bar, of an evaluation, one line lower and goes back up: its total is not the run's.
_BACK_UP = "\x1b[A"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LONGEST_LINE = 64_000


class Point(Frozen):
    """What the trainer reported at one step. `seconds` counts from the start of the attempt; None is not reported."""

    step: int
    attempt: int = 1
    seconds: float = 0.0
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    epoch: float | None = None
    tokens: int | None = None
    not_finite: bool = False


@dataclass
class LogReader:
    """Reads a log as it grows. `feed` it text with the time it was read at; `points` are what was reported so far."""

    step: int | None = None
    total: int | None = None
    attempt: int = 1
    points: list[Point] = field(default_factory=list)
    summary: dict[str, float] = field(default_factory=dict)
    _rest: str = ""
    _held: int = 0
    _waiting: list[tuple[dict[str, float | None], float]] = field(default_factory=list)

    def feed(self, text: str, seconds: float) -> list[Point]:
        """Read more of the log; gives the points that became whole with it."""
        before = len(self.points)
        self._rest += text
        *lines, self._rest = re.split(r"[\r\n]", self._rest)
        self._rest = self._rest[-_LONGEST_LINE:]
        for line in lines:
            self._line(line, seconds)
            self._held = self._held + len(line.encode()) + 1 if self._waiting else 0
        return self.points[before:]

    @property
    def unread(self) -> int:
        """Bytes of what was fed that no point was made of yet: a line without an end, metrics without their step."""
        return self._held + len(self._rest.encode())

    def end(self, seconds: float) -> list[Point]:
        """Read what is left when no more will come."""
        before = len(self.points)
        self._line(self._rest, seconds)
        self._rest = ""
        self._place()
        return self.points[before:]

    def _line(self, line: str, seconds: float) -> None:
        bar = None if _BACK_UP in line else _BAR.match(line)
        if bar:
            step, total = int(bar[1]), int(bar[2])
            if self.total in (None, total):
                self.step, self.total = step, total
                # The trainer draws its bar anew right after it prints: only then does the bar show the step it is of.
                self._place()
        found = _METRICS.search(_ESCAPE.sub("", line[:_LONGEST_LINE]))
        metrics = _numbers(found[0]) if found else {}
        if "train_runtime" in metrics:
            self.summary = {name: value for name, value in metrics.items() if value is not None}
        elif "loss" in metrics or "eval_loss" in metrics:
            self._waiting.append((metrics, seconds))

    def _place(self) -> None:
        for metrics, seconds in self._waiting:
            self.points.append(_point(metrics, self.step or 0, self.attempt, seconds))
        self._waiting.clear()


def readable(log: str) -> str:
    """The log as a terminal would show it: bars as they were last drawn, no colours."""
    lines = []
    for line in _ESCAPE.sub("", log).split("\n"):
        drawn = [part for part in line.split("\r") if part.strip()]
        lines.append(drawn[-1].rstrip() if drawn else "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _point(metrics: dict[str, float | None], step: int, attempt: int, seconds: float) -> Point:
    tokens = metrics.get("num_tokens", metrics.get("num_input_tokens_seen"))
    losses = [name for name in ("loss", "eval_loss") if name in metrics]
    return Point(
        step=step,
        attempt=attempt,
        seconds=round(seconds, 3),
        loss=metrics.get("loss"),
        eval_loss=metrics.get("eval_loss"),
        learning_rate=metrics.get("learning_rate"),
        epoch=metrics.get("epoch"),
        tokens=int(tokens) if tokens is not None else None,
        not_finite=any(metrics[name] is None for name in losses),
    )


def _numbers(text: str) -> dict[str, float | None]:
    """The numbers of a printed dict; None where one is not finite. transformers 5 prints them as strings."""
    try:
        said = ast.literal_eval(re.sub(r"(?<=[:\s])(nan|-?inf)(?=[,}])", r"'\1'", text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    found: dict[str, float | None] = {}
    for name, value in said.items() if isinstance(said, dict) else ():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        found[str(name)] = number if math.isfinite(number) else None
    return found

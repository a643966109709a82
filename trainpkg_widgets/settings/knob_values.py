"""Whether a value fits a knob, and what it is then. Which knobs go together is in `advice/`."""

from __future__ import annotations

import difflib
import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config_settings import KnobSettings


class KnobValueError(ValueError):
    """A value that a knob can't take: what it takes, and the value to use in its place."""

    def __init__(self, given: Any, expected: str, nearest: Any) -> None:
        super().__init__(f"{given!r} is not {expected}")
        self.given = given
        self.expected = expected
        self.nearest = nearest


def read_knob_value(knob: KnobSettings, value: Any, tuning: str = "", method: str = "") -> Any:
    """The value as the knob holds it: `2.0` is a whole number, `"2e-4"` is a number, `"Q, V"` is two words.

    Raises:
        KnobValueError: the value is of the wrong kind or out of range.
    """
    usual = default_of(knob, tuning, method)
    if value is None or (
        isinstance(value, (str, list, tuple)) and not (value.strip() if isinstance(value, str) else value)
    ):
        if can_be_empty(knob):
            return [] if holds_a_list(knob) else None
        raise KnobValueError(value, expected_of(knob), usual)
    if knob.kind in ("number", "integer"):
        return _number(knob, value, usual)
    if knob.kind == "switch":
        return _switch(knob, value, usual)
    if knob.kind == "choice":
        return _choice(knob, value, usual)
    return _text(knob, value, usual)


def default_of(knob: KnobSettings, tuning: str = "", method: str = "") -> Any:
    """The default of a knob for one tuning and method, as the settings state it."""
    usual = knob.default_by_tuning.get(tuning, knob.default)
    of_method = knob.default_by_method.get(method, usual)
    return of_method.get(tuning, usual) if isinstance(of_method, dict) else of_method


def can_be_empty(knob: KnobSettings) -> bool:
    """Whether the knob may be left empty, which is so where its default is."""
    return knob.default is None or knob.default == []


def holds_a_list(knob: KnobSettings) -> bool:
    """Whether a text is a list of words."""
    return isinstance(knob.default, list)


def expected_of(knob: KnobSettings) -> str:
    """What a knob takes, in words: `a whole number from 1 to 1024 rows`."""
    if knob.kind == "switch":
        return "true or false"
    if knob.kind == "choice":
        return "one of " + ", ".join(str(choice.value) for choice in knob.choices)
    if knob.kind == "text":
        return "a list of words" if holds_a_list(knob) else "text"
    words = "a whole number" if knob.kind == "integer" else "a number"
    low, high = knob.minimum, knob.maximum
    if low is not None:
        words += f" above {low:.15g}" if knob.above_minimum else f" from {low:.15g}"
    if high is not None:
        words += (
            f" {'and up ' if knob.above_minimum else ''}to {high:.15g}" if low is not None else f" up to {high:.15g}"
        )
    if knob.unit and knob.unit != "share":
        words += f" {knob.unit}"
    return words + (", or nothing" if can_be_empty(knob) else "")


def _number(knob: KnobSettings, value: Any, usual: Any) -> int | float:
    number = _as_real(value)
    if number is None:
        raise KnobValueError(value, expected_of(knob), usual)
    inside = _clamped(knob, number, usual)
    if knob.kind == "integer":
        whole = round(number)
        if whole != number:
            raise KnobValueError(value, expected_of(knob), inside if inside != number else whole)
        number = whole
    if inside != number:
        # The end of a range of whole numbers is a value to use; that of a learning rate is one that no run learns at.
        instead = inside if knob.kind == "integer" or usual is None else usual
        raise KnobValueError(value, expected_of(knob), instead)
    return number if knob.kind == "integer" else float(number)


def _as_real(value: Any) -> int | float | None:
    """A finite number, or None. True is not a number here, though Python says it is 1."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(value)
    return None


def _clamped(knob: KnobSettings, number: int | float, usual: Any) -> Any:
    """The number itself if it is in range, else the nearest value that is."""
    low, high = knob.minimum, knob.maximum
    if low is not None and (number < low or (knob.above_minimum and number == low)):
        # Below the range of a knob that may be empty, nothing is what is meant: trainers write "no limit" as -1 or 0.
        if can_be_empty(knob) or knob.above_minimum:
            return usual
        number = low
    elif high is not None and number > high:
        number = high
    return int(number) if knob.kind == "integer" and number == int(number) else number


def _switch(knob: KnobSettings, value: Any, usual: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("true", "false"):
        return word == "true"
    raise KnobValueError(value, expected_of(knob), usual)


def _choice(knob: KnobSettings, value: Any, usual: Any) -> str | int:
    values = {str(choice.value).lower(): choice.value for choice in knob.choices}
    word = str(value).strip().lower() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if word in values:
        return values[word]
    near = difflib.get_close_matches(word, values, n=1) if isinstance(value, str) else []
    raise KnobValueError(value, expected_of(knob), values[near[0]] if near else usual)


def _text(knob: KnobSettings, value: Any, usual: Any) -> str | list[str]:
    if not holds_a_list(knob):
        if isinstance(value, str):
            return value.strip()
        raise KnobValueError(value, expected_of(knob), usual)
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if (
        isinstance(words, (list, tuple, set, frozenset))
        and words
        and all(isinstance(w, str) and w.strip() for w in words)
    ):
        # In the order given, each once; a set has no order to keep.
        ordered = sorted(words) if isinstance(words, (set, frozenset)) else words
        return list(dict.fromkeys(word.strip() for word in ordered))
    raise KnobValueError(value, expected_of(knob), usual)

"""Rows as the trainer takes them: TRL 1.16 can't rename a column or a role in its config, so the rows are rewritten.

Which shape rows take is `advice/training_shape.py`'s to say; writing them to a file is `package/data_files.py`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..steps import DatasetStep, RowShape
from .errors import DataError
from .mapping import Example, example_of, fingerprint
from .outcomes import looks_like_a_date
from .rows import Row, Rows
from .shapes import shaped
from .turns import UnfitRowError


@dataclass(frozen=True, slots=True)
class AllBut:
    """Every row number but some."""

    left_out: frozenset[int]

    def __contains__(self, number: object) -> bool:
        return number not in self.left_out


@dataclass(frozen=True, slots=True)
class Split:
    """Which rows (zero-based) are trained on and which are held back, and how many there are of each."""

    train: Container[int]
    held_back: frozenset[int]
    train_rows: int
    held_back_rows: int


def split_rows(rows: Rows, step: DatasetStep, *, seed: int) -> Split:
    """Hold back the step's share of the rows that are not left out, the same ones for the same rows and seed.

    A row goes by the hash of what it says, not by its place: copies of a row all lie on one side, so that the model
    is never measured on a row that it was trained on.

    Raises:
        DataError: a row does not fit the step's format.
    """
    excluded = frozenset(step.excluded_rows)
    ends = rows.count - step.eval_rows
    own = frozenset(number for number in range(ends, rows.count) if number not in excluded)
    excluded |= own
    kept = rows.count - len(excluded)
    if step.limit is not None and step.limit < kept:
        excluded |= _beyond(step.limit, rows, step, AllBut(excluded), seed)
        kept = step.limit
    if step.eval_split is not None:
        return Split(AllBut(excluded), own, kept, len(own))
    wanted = round(kept * step.eval_share)
    if not wanted:
        return Split(AllBut(excluded), frozenset(), kept, 0)
    places: dict[int, bytes] = {}
    last_of_form: dict[int, bytes] = {}
    for number, example in _examples(rows, step, AllBut(excluded)):
        places[number] = place = _place(example, seed)
        form = hash(_form([list(example.turns), list(example.rejected), example.tools, example.text, example.others]))
        last_of_form[form] = max(place, last_of_form.get(form, place))
    # datasets 5.2 gives all files of a folder the types of the first: a form that only the held back rows have, such as
    # the one tool call there is, would end the run. So one row of each form is trained on.
    staying = set(last_of_form.values())
    free = sorted(place for place in places.values() if place not in staying)
    if len(free) < wanted:
        staying, free = set(), sorted(places.values())
    last = free[wanted - 1]
    held_back = frozenset(number for number, place in places.items() if place <= last and place not in staying)
    return Split(AllBut(excluded | held_back), held_back, kept - len(held_back), len(held_back))


class PreparedRows:
    """The rows that are not left out, as TRL takes them in `shape`. Each call gives them anew, one by one.

    - `conversations`: `{"messages": [...]}`;
    - `chat_answers`: `{"prompt": [...], "completion": [...]}`, one row for each answer, with all that came before it
      as its prompt. A row without an answer gives none;
    - `plain_answers`: `{"prompt": "…", "completion": "…"}`, for a model without a chat template;
    - `plain_text`: `{"text": "…"}`;
    - `preference_chat`, `preference_plain`: `{"prompt": …, "chosen": …, "rejected": …}`, the prompt never repeated;
    - `judged_chat`, `judged_plain`: `{"prompt": …, "completion": …, "label": true}`; a row with a better and a worse
      answer gives two;
    - `prompts_chat`, `prompts_plain`: `{"prompt": …}` and the other columns; an answer is in `solution`;
    - `tokens`: `{"input_ids": [...], "labels": [...]}`.

    Where only the answers are learnt, those judged bad are not. Turns have a role, a content and their tool fields;
    where tools are offered they lie in `tools`, as JSON text. `only` keeps some rows by their number (zero-based):
    `split_rows(...).train`. `system_into_question` puts system texts before the first question, for a chat template
    that takes none.

    Raises, while they are given:
        DataError: a row does not fit the step's format, or the format does not fit the shape.
    """

    def __init__(
        self,
        rows: Rows,
        step: DatasetStep,
        *,
        shape: RowShape,
        system_into_question: bool = False,
        only: Container[int] | None = None,
    ) -> None:
        keep = AllBut(frozenset(step.excluded_rows)) if only is None else only
        self._anew = partial(_prepared, rows, step, keep, shape, system_into_question)
        self._ahead: frozenset[int] | None = None

    def __call__(self) -> Iterator[Row]:
        """They are gone through once more the first time, to see of which forms they are."""
        if self._ahead is None:
            self._ahead = _first_of_forms(self._anew())
        ahead = self._ahead
        if ahead:
            yield from (row for number, row in enumerate(self._anew()) if number in ahead)
        yield from (row for number, row in enumerate(self._anew()) if number not in ahead)


def _first_of_forms(prepared: Iterable[Row]) -> frozenset[int]:
    """The first row of each form, by its place; none where all are of one.

    datasets 5.2 fixes the type of each field by the first 10 MB of a file and stops at what does not fit it later, as
    a tool call after 10 MB of plain turns. So these come first, and all types are known from there.
    """
    firsts: dict[int, int] = {}
    for number, row in enumerate(prepared):
        firsts.setdefault(hash(_form(row)), number)
    return frozenset(firsts.values()) if len(firsts) > 1 else frozenset()


def prepared_row(row: Row, step: DatasetStep, *, shape: RowShape, system_into_question: bool = False) -> list[Row]:
    """What one row as it was read becomes, in the order of its answers; see `PreparedRows`.

    Raises:
        UnfitRowError: the row does not fit the step's format.
        DataError: the format is unknown, or does not fit the shape.
    """
    if step.format.value is None:
        raise DataError("format-unknown", "Rows of an unknown format can't be prepared.", "Choose their format first.")
    return list(shaped(example_of(row, step.format.value, step.columns, step.roles), shape, system_into_question))


def _prepared(
    rows: Rows, step: DatasetStep, keep: Container[int], shape: RowShape, system_into_question: bool
) -> Iterator[Row]:
    for _, example in _examples(rows, step, keep):
        yield from shaped(example, shape, system_into_question)


def _examples(rows: Rows, step: DatasetStep, keep: Container[int]) -> Iterator[tuple[int, Example]]:
    if step.format.value is None:
        raise DataError("format-unknown", "Rows of an unknown format can't be prepared.", "Choose their format first.")
    for number, row in enumerate(rows):
        if number not in keep:
            continue
        try:
            yield number, example_of(row, step.format.value, step.columns, step.roles)
        except UnfitRowError as unfit:
            raise DataError(
                unfit.code,
                f"Row {number + 1} can't be prepared.",
                "Leave it out, or mend it.",
                f"There, {unfit.found}.",
            ) from None


def _form(value: Any) -> Any:
    """What pyarrow's reader would make of a value: its keys and types, and whether a text is like a date."""
    if isinstance(value, dict):
        return frozenset((key, _form(item)) for key, item in value.items())
    if isinstance(value, list):
        return frozenset(_form(item) for item in value)
    if isinstance(value, str):
        return "date" if looks_like_a_date(value) else "text"
    return type(value).__name__


def _beyond(limit: int, rows: Rows, step: DatasetStep, keep: Container[int], seed: int) -> frozenset[int]:
    """The rows that are too many: which ones goes by the seed and by what they say."""
    places = sorted((_place(example, seed), number) for number, example in _examples(rows, step, keep))
    return frozenset(number for _, number in places[limit:])


def _place(example: Example, seed: int) -> bytes:
    # Rows that ask the same lie on the same side, whatever is to be found there.
    said = fingerprint(replace(example, others={}))
    return hashlib.blake2b(f"{seed} {said}".encode(), digest_size=8).digest()

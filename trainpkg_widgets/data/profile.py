"""Rows looked through once: their format, what is wrong with them, and what is left out, as the dataset step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from ..facts import Fact, Frozen
from ..steps import CHOSEN, FORMAT_LABELS, DatasetStep, FormatCandidate, RowFormat
from .as_they_stand import first_row_kinds, roles_in
from .broken_lines import BROKEN_LINE
from .checks import ROW_PROBLEMS, RowCheck, Tally
from .counts import Counts
from .errors import DataError, ReadingCancelledError
from .formats import detect_formats
from .large_profile import judge_large
from .mapping import NEEDS, USES
from .quick_look import quick_look
from .readers import NoProcessesError
from .rows import Row, Rows, numbered
from .turns import STANDARD_ROLES

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetSettings

_ASK_EVERY = 1000

Progress = Callable[[int, int], None]


class Wanted(Frozen):
    """What was said about how rows are to be read; None is not said.

    `format` and `columns` overrule what is detected, `roles` what roles of turns are taken for; rows with one of
    `exclude_problems` are left out; `eval_share` of them, or those of the split `eval_split`, are held back; of the
    rest at most `limit` are used. `seed` picks them.
    """

    format: str | None = None
    columns: dict[str, str] | None = None
    roles: dict[str, str] | None = None
    eval_share: float | None = None
    eval_split: str | None = None
    exclude_problems: tuple[str, ...] = ()
    limit: int | None = None
    seed: int | None = None


def profile_dataset(
    rows: Rows,
    settings: DatasetSettings,
    *,
    cancelled: Event | None = None,
    progress: Progress | None = None,
    **wanted: Any,
) -> DatasetStep:
    """The dataset step of some rows, after one pass over all of them. `wanted` are the fields of `Wanted`.

    Once `cancelled` is set it returns early, with a step that is incomplete and to be thrown away. `progress` is told
    how many rows were looked at, of how many.

    Raises:
        DataError: the format, a column, a role, a split or a problem is not there, or a number is out of range.
    """
    said = Wanted(**wanted)
    _check(said)
    share = settings.eval_share if said.eval_share is None else said.eval_share
    most = settings.limits.sample_rows
    # Rows that are a sample themselves are from all over the dataset; the first of others are read at once.
    sample = list(islice(rows, most)) if hasattr(rows, "numbers") else rows.page(0, most)
    candidates = detect_formats(sample, rows.features)
    found = _format(sample, candidates, rows.features, said)
    step = DatasetStep(
        source=rows.source,
        rows=rows.count,
        format=Fact(value=found.format, source=found.evidence),
        columns=found.columns,
        features=rows.features,
        sha256=rows.sha256,
        bytes=rows.bytes,
        roles=said.roles or {},
        eval_share=0.0 if said.eval_split else share,
        eval_split=said.eval_split,
        eval_rows=getattr(rows, "eval_rows", 0),
        limit=said.limit,
        seed=said.seed,
        exclude_problems=said.exclude_problems,
        recognised=found.recognised,
        candidates=tuple(candidates),
        first_row=first_row_kinds(sample[0]) if sample else {},
        role_names=roles_in(sample, found.columns),
        parts=getattr(rows, "parts", ()),
        checked_rows=len(rows.numbers) if hasattr(rows, "numbers") else None,
    )
    return step if found.format is None else _looked_through(step, found.format, rows, settings, cancelled, progress)


def _check(said: Wanted) -> None:
    if said.eval_share is not None and not 0 <= said.eval_share < 1:
        raise DataError(
            "eval-share",
            f"{said.eval_share:g} is no share of the rows to hold back.",
            "Give a number from 0 up to, but not including, 1.",
        )
    if said.limit is not None and said.limit < 1:
        raise DataError("limit", f"No more than {said.limit} rows would be none.", "Give a whole number from 1 on.")
    strange = [code for code in said.exclude_problems if code not in (*ROW_PROBLEMS, BROKEN_LINE)]
    if strange:
        raise DataError(
            "problem-unknown", f"There is no problem “{strange[0]}”.", f"Problems are {', '.join(ROW_PROBLEMS)}."
        )
    unheard = [role for role in (said.roles or {}).values() if role not in STANDARD_ROLES]
    if unheard:
        raise DataError(
            "role-unknown",
            f"“{unheard[0]}” is no role that chat templates know.",
            f"Roles are {', '.join(sorted(STANDARD_ROLES))}, as in roles={{'Alice': 'user', 'Bob': 'assistant'}}.",
        )


def _looked_through(
    step: DatasetStep,
    row_format: RowFormat,
    rows: Rows,
    settings: DatasetSettings,
    cancelled: Event | None,
    progress: Progress | None,
) -> DatasetStep:
    try:
        look = quick_look(rows, row_format, step.columns, step.roles, settings, cancelled, progress)
    except ReadingCancelledError:
        return step
    except NoProcessesError:
        look = None  # they are looked at one by one
    if look is not None:
        return step.model_copy(update=judge_large(step, row_format, rows, look, settings))
    ends = step.rows - step.eval_rows
    held_back_from = ends if step.eval_rows else None
    repeats_from = getattr(rows, "first_copies", None)
    check = RowCheck(row_format, step.columns, settings.checks, step.roles, held_back_from, repeats_from)
    tally, counts = Tally(settings.shown_problem_rows), Counts()
    excluded, leave_out = [], set(step.exclude_problems)
    # Of a dataset that is not here only some rows are looked at, and these say where they stand in it.
    shares: Iterable[float] = getattr(rows, "shares", None) or repeat(1.0)
    for (number, row), share in zip(numbered(rows), shares, strict=False):
        if number % _ASK_EVERY == 0:
            if cancelled is not None and cancelled.is_set():
                break
            if progress is not None:
                progress(number, rows.count)
        example, problems = check.look_at(row, number)
        if leave_out & problems.keys():
            excluded.append(number)
            continue
        check.keep(number)
        tally.add(number, problems)
        if example is not None and number < ends:
            counts.add(example, share)
    tally.add_all(check.of_all())
    return step.model_copy(
        update={
            "excluded_rows": tuple(excluded),
            "problems": tally.problems(),
            "turns": None if row_format in ("text", "tokens") else counts.counts(),
        }
    )


def _format(
    sample: Sequence[Row], candidates: Sequence[FormatCandidate], features: Mapping[str, str], said: Wanted
) -> FormatCandidate:
    wanted, columns = said.format, said.columns
    if wanted is None and columns is None:
        return candidates[0] if candidates else FormatCandidate(confidence=0, evidence=f"{len(sample)} rows looked at")
    if wanted is None:
        given = set(columns or {})
        wanted = next((c.format for c in candidates if c.format and set(NEEDS[c.format]) <= given), None)
        wanted = wanted or next((name for name, needs in NEEDS.items() if set(needs) <= given), None)
    return _overruled(wanted, columns, candidates, features)


def _overruled(
    wanted: str | None,
    columns: Mapping[str, str] | None,
    candidates: Sequence[FormatCandidate],
    features: Mapping[str, str],
) -> FormatCandidate:
    row_format = next((name for name in FORMAT_LABELS if name == wanted), None)
    if row_format is None:
        raise DataError(
            "format-not-read",
            f"There is no format “{wanted}” here." if wanted else "These columns fit no format.",
            f"Formats are {', '.join(FORMAT_LABELS)}.",
        )
    # Conversations are read alike, whatever their turns call role and content.
    like = [c.columns for c in candidates if c.format and NEEDS[c.format] == NEEDS[row_format]]
    chosen = dict(columns or (like[0] if like else {}))
    unread = [need for need in chosen if need not in (*NEEDS[row_format], *USES[row_format])]
    missing = [need for need in NEEDS[row_format] if need not in chosen]
    absent = [name for name in chosen.values() if name not in features]
    if unread or missing or absent:
        reasons = [f"no column is given for {', '.join(missing)}"] if missing else []
        reasons += [f"there is no column {', '.join(absent)}"] if absent else []
        reasons += [f"it has no use for {', '.join(unread)}"] if unread else []
        raise DataError(
            "columns-misfit",
            f"The format “{row_format}” does not fit these columns: {'; '.join(reasons)}.",
            f"Say which column is which, as in columns={{{NEEDS[row_format][0]!r}: '…'}}.",
            f"The columns are {', '.join(features)}.",
        )
    return FormatCandidate(format=row_format, confidence=1, evidence=CHOSEN, columns=chosen)

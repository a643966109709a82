"""Rows looked through once: their format, what is wrong with them, and what is left out, as the dataset step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..facts import Fact
from ..steps import CHOSEN, FORMAT_LABELS, DatasetStep, RowFormat, TurnCounts
from .checks import ROW_PROBLEMS, RowCheck, Tally
from .errors import DataError
from .formats import FormatCandidate, detect_formats
from .mapping import NEEDS, USES
from .rows import Rows

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetSettings

_ASK_EVERY = 1000


def profile_dataset(
    rows: Rows,
    settings: DatasetSettings,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    eval_share: float | None = None,
    exclude_problems: Sequence[str] = (),
    cancelled: Event | None = None,
) -> DatasetStep:
    """The dataset step of some rows, after one pass over all of them.

    `format` and `columns` overrule what is detected; `exclude_problems` are codes of problems whose rows are left out.
    Once `cancelled` is set it returns early, with a step that is incomplete and to be thrown away.

    Raises:
        DataError: the format, a column or a problem is not there, or `eval_share` is no share.
    """
    share = settings.eval_share if eval_share is None else eval_share
    if not 0 <= share < 1:
        raise DataError(
            "eval-share",
            f"{share:g} is no share of the rows to hold back.",
            "Give a number from 0 up to, but not including, 1.",
        )
    strange = [code for code in exclude_problems if code not in ROW_PROBLEMS]
    if strange:
        raise DataError(
            "problem-unknown", f"There is no problem “{strange[0]}”.", f"Problems are {', '.join(ROW_PROBLEMS)}."
        )
    found = _format(rows, settings, format, columns)
    step = DatasetStep(
        source=rows.source,
        rows=rows.count,
        format=Fact(value=found.format, source=found.evidence),
        columns=found.columns,
        features=rows.features,
        sha256=rows.sha256,
        bytes=rows.bytes,
        eval_share=share,
        exclude_problems=tuple(exclude_problems),
        recognised=found.recognised,
    )
    return step if found.format is None else _looked_through(step, found.format, rows, settings, cancelled)


def _looked_through(
    step: DatasetStep, row_format: RowFormat, rows: Rows, settings: DatasetSettings, cancelled: Event | None
) -> DatasetStep:
    check, tally = RowCheck(row_format, step.columns), Tally(settings.shown_problem_rows)
    excluded, leave_out = [], set(step.exclude_problems)
    answers = conversations = with_system = with_tools = 0
    for number, row in enumerate(rows):
        if number % _ASK_EVERY == 0 and cancelled is not None and cancelled.is_set():
            break
        example, problems = check.look_at(row)
        if leave_out & problems.keys():
            excluded.append(number)
            continue
        check.keep()
        tally.add(number, problems)
        if example is not None:
            answers += len(example.answers)
            conversations += bool(example.turns) and example.prompt is None
            with_system += any(turn["role"] == "system" for turn in example.turns)
            with_tools += example.uses_tools
    tally.add_all(check.of_all())
    counts = TurnCounts(answers=answers, conversations=conversations, with_system=with_system, with_tools=with_tools)
    return step.model_copy(
        update={
            "excluded_rows": tuple(excluded),
            "problems": tally.problems(),
            "turns": None if row_format == "text" else counts,
        }
    )


def _format(
    rows: Rows, settings: DatasetSettings, wanted: str | None, columns: Mapping[str, str] | None
) -> FormatCandidate:
    sample = rows.page(0, settings.limits.sample_rows)
    candidates = detect_formats(sample, rows.features)
    if wanted is None and columns is None:
        return candidates[0] if candidates else FormatCandidate(confidence=0, evidence=f"{len(sample)} rows looked at")
    if wanted is None:
        wanted = next((c.format for c in candidates if c.format and set(NEEDS[c.format]) <= set(columns or {})), None)
        wanted = wanted or next((name for name, needs in NEEDS.items() if set(needs) <= set(columns or {})), None)
    return _overruled(wanted, columns, candidates, rows.features)


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

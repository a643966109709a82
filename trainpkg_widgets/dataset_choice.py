"""Turning what a person names (a file, a variable, …) into rows and the dataset step, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dataset_opening import Opener, spoken
from .dataset_wanted import Reading, RowsWanted, place_of
from .facts import Finding, Fix
from .steps import DatasetStep

if TYPE_CHECKING:
    from .data.errors import DataError
    from .data.profile import Progress
    from .data.sources import Rows


def choose_dataset(
    wanted: RowsWanted,
    reading: Reading,
    opener: Opener,
    in_use: tuple[DatasetStep | None, Rows | None],
    progress: Progress | None = None,
) -> tuple[Rows | None, DatasetStep | None, list[Finding]]:
    """The rows and what was found in them, or the findings that say why there are none.

    With no source named the rows `in_use` are read again, and what is not said stays as it was.
    """
    from .data.errors import DataError
    from .data.profile import profile_dataset

    before, there = in_use
    eval_split = wanted.eval_split
    try:
        if before is not None and wanted.names_nothing:
            reading = reading.beside(before)
            anew = wanted.beside(before)
            eval_split = anew.eval_split if anew else before.eval_split
            rows = opener.open(anew or _same_again(before)) if anew or there is None else there
        else:
            rows = opener.open(wanted, reading.seed or 0)
        said = spoken(reading)
        common = rows.source.kind == "mixture" and not {"format", "columns"} & said.keys()
        if rows.source.kind == "mixture":
            said = {"format": getattr(rows, "format", None), "roles": getattr(rows, "roles", None), **said}
        step = profile_dataset(
            rows,
            opener.settings,
            eval_split=eval_split,
            cancelled=opener.cancelled,
            progress=progress,
            **said,
        )
        if common:
            # The parts' own format was asked for, by nobody.
            read_as = step.format.model_copy(update={"source": "the format that all parts can be read in"})
            step = step.model_copy(update={"format": read_as})
        return rows, step, []
    except DataError as error:
        return None, None, [_finding(error)]


def not_taken(finding: Finding, wanted: RowsWanted, in_use: DatasetStep | None) -> Finding:
    """What was found against rows that were asked for, with their name, and with that of those that stay in use."""
    if wanted.names_nothing:
        return finding
    words: dict[str, str] = {"field": "dataset.refused"}
    place = wanted.rows_or_path
    name = wanted.name or wanted.variable or wanted.hub or (Path(place).name if isinstance(place, (str, Path)) else "")
    if name and name not in finding.message:
        words["message"] = f"“{name}” was not taken. {finding.message}"
    if in_use is not None:
        words["evidence"] = f"{finding.evidence} “{in_use.source.name}” is still in use.".strip()
    return finding.model_copy(update=words)


def reopen_rows(step: DatasetStep | None, opener: Opener) -> tuple[Rows | None, Finding | None]:
    """The rows of an earlier session's dataset step, or what keeps them from being used.

    A file is opened again, a variable is looked for; rows that are not what they were are not used.
    """
    from .data.errors import DataError

    if step is None:
        return None, None
    source = step.source
    if source.kind == "mixture" or (source.kind == "variable" and source.name not in opener.namespace()):
        return None, rows_gone(step)
    try:
        rows = opener.open(_same_again(step))
    except DataError as error:
        return None, _finding(error)
    return (rows, None) if rows.sha256 == step.sha256 else (None, rows_changed(step))


def _same_again(step: DatasetStep) -> RowsWanted:
    source = step.source
    place = {"split": source.split, "eval_split": step.eval_split, "config": source.config, "revision": source.revision}
    return RowsWanted(**place_of(step), **{name: value for name, value in place.items() if value})


def rows_gone(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not in this kernel."""
    message = f"The rows of “{step.source.name}” are not in this kernel."
    evidence = "They were chosen in an earlier session, which keeps what was chosen and not the rows."
    return _to_read_again(step, "rows-gone", message, evidence)


def rows_changed(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not what they were when it was chosen."""
    message = f"The rows of “{step.source.name}” have changed since they were chosen."
    return _to_read_again(step, "rows-changed", message, "What is known about them was found in the rows as they were.")


def rows_not_shown(error: DataError) -> Finding:
    """The finding that rows of the Hub can't be shown now; they are pinned to a commit, and stay what they are."""
    seen = " ".join(part for part in (error.evidence, error.hint) if part)
    return Finding(
        severity="warning",
        step="dataset",
        field="dataset.source",
        code="rows-not-shown",
        message=f"These rows can't be shown now. {error.message}",
        evidence=seen,
    )


def _to_read_again(step: DatasetStep, code: str, message: str, evidence: str) -> Finding:
    from .advice.dataset_findings import read_again

    place: dict[str, Any] = {"path" if name == "rows_or_path" else name: it for name, it in place_of(step).items()}
    arguments = {**place, **({"split": step.source.split} if step.source.split else {}), **read_again(step)}
    fix = (
        None if step.source.kind == "mixture" else Fix(label="Read them again", verb="use_dataset", arguments=arguments)
    )
    return _refused(code, message, evidence, fix)


def _finding(error: DataError) -> Finding:
    return _refused(error.code, error.message, " ".join(part for part in (error.evidence, error.hint) if part))


def _refused(code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error", step="dataset", field="dataset.source", code=code, message=message, evidence=evidence, fix=fix
    )

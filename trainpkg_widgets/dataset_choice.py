"""Turning what a person names (a file, a variable, …) into rows and the dataset step, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dataset_opening import Opener, same_again, spoken
from .dataset_wanted import Reading, RowsWanted, place_of
from .facts import Finding, Fix
from .steps import DatasetStep

if TYPE_CHECKING:
    from pydantic import ValidationError

    from .data.errors import DataError
    from .data.sources import Rows


# What the Hub says of a dataset that nobody will fetch; all else may pass.
_NOT_TO_BE_HAD = (
    "dataset-gated",
    "dataset-missing",
    "hub-not-found",
    "hub-disabled",
    "config-missing",
    "split-missing",
)


def choose_dataset(
    wanted: RowsWanted,
    reading: Reading,
    opener: Opener,
    in_use: tuple[DatasetStep | None, Rows | None],
) -> tuple[Rows | None, DatasetStep | None, list[Finding]]:
    """The rows and what was found in them, or the findings that say why there are none.

    With no source named the rows `in_use` are read again, and what is not said stays as it was.
    """
    from .data.broken_lines import BROKEN_LINE
    from .data.errors import DataError, ReadingCancelledError
    from .data.profile import profile_dataset

    before, there = in_use
    eval_split = wanted.eval_split
    try:
        if before is not None and wanted.names_nothing:
            reading = reading.beside(before)
            # Lines that can't be read can't be put back while the file is the same.
            stay = [BROKEN_LINE] if BROKEN_LINE in before.exclude_problems else []
            out = tuple(dict.fromkeys((*(reading.exclude_problems or ()), *stay)))
            reading = reading.model_copy(update={"exclude_problems": out})
            opener = opener.leaving_out(out)
            anew = wanted.beside(before)
            eval_split = anew.eval_split if anew else before.eval_split
            picked_anew = before.source.kind == "mixture" and (reading.seed or 0) != (before.seed or 0)
            old = there is None or picked_anew or getattr(there, "unseen", False)
            rows = opener.open(anew or same_again(before), reading.seed or 0) if anew or old or there is None else there
        else:
            rows = opener.leaving_out(reading.exclude_problems or ()).open(wanted, reading.seed or 0)
        if opener.watch is not None and rows is not there:
            opener.watch.opened(rows)
        said = spoken(reading)
        common = rows.source.kind == "mixture" and not {"format", "columns"} & said.keys()
        if rows.source.kind == "mixture":
            said = {"format": getattr(rows, "format", None), "roles": getattr(rows, "roles", None), **said}
        step = profile_dataset(
            rows,
            opener.settings,
            eval_split=eval_split,
            cancelled=opener.cancelled,
            progress=opener.watch.rows_read if opener.watch is not None else None,
            **said,
        )
        if common:
            # The parts' own format was asked for, by nobody.
            read_as = step.format.model_copy(update={"source": "The format that all parts can be read in."})
            step = step.model_copy(update={"format": read_as})
        return rows, step, []
    except ReadingCancelledError:
        return None, None, []
    except DataError as error:
        return None, None, [_finding(error, _without_broken_lines(error, wanted, reading))]


def misread(error: ValidationError) -> Finding:
    """The finding that a keyword was given a value of another kind."""
    wrong = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, wrong["loc"]))
    return _refused("value-misread", f"“{name}” can't be read.", f"{wrong['msg'].rstrip('.')}.")


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
    """The rows of an earlier session's dataset step, or what keeps them from being used. The Hub is not asked.

    A file is opened again, a variable is looked for; rows that are not what they were are not used. Rows of the Hub
    are what they were, for they are pinned to a commit: `look_again` asks for them.
    """
    from .data.errors import DataError

    if step is None:
        return None, None
    sources = [step.source, *(part.source for part in step.parts)]
    variables = [source.name for source in sources if source.kind == "variable"]
    if any(name not in opener.namespace() for name in variables):
        return None, rows_gone(step)
    try:
        rows = opener.reopen(step)
    except DataError as error:
        return None, _finding(error)
    return (rows, None) if rows.sha256 == step.sha256 else (None, rows_changed(step))


def look_again(step: DatasetStep, opener: Opener) -> tuple[Rows | None, Finding | None]:
    """A sample of the Hub's rows for a step that was reopened, or what was said instead of one.

    An error says that the rows are not to be had; a warning that they can't be shown now.
    """
    from .data.errors import DataError

    try:
        rows = opener.open(same_again(step), step.seed or 0)
    except DataError as error:
        return None, _finding(error) if error.code in _NOT_TO_BE_HAD else rows_not_shown(error)
    return (rows, None) if rows.sha256 == step.sha256 else (None, rows_changed(step))


def rows_gone(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not in this kernel."""
    message = f"The rows of “{step.source.name}” are not in this kernel."
    evidence = "They were chosen in an earlier session, which keeps what was chosen and not the rows."
    return _to_read_again(step, "rows-gone", message, evidence)


def rows_checking(step: DatasetStep) -> Finding:
    """The finding that the Hub is being asked for the rows of an earlier session."""
    names = ", ".join(source.name for source in step.on_hub)
    return Finding(
        severity="info",
        step="dataset",
        field="dataset.source",
        code="rows-checking",
        message=f"Asking the Hub whether {names} can still be read.",
        evidence="It is pinned to its commit, so what was found in it stands.",
    )


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
    fix = Fix(label="Read them again", verb="use_dataset", arguments=arguments)
    return _refused(code, message, evidence, fix)


def _finding(error: DataError, fix: Fix | None = None) -> Finding:
    return _refused(error.code, error.message, " ".join(part for part in (error.evidence, error.hint) if part), fix)


def _without_broken_lines(error: DataError, wanted: RowsWanted, reading: Reading) -> Fix | None:
    """What reads a file without the lines that can't be read, where these are few and the only trouble."""
    from .data.broken_lines import BROKEN_LINE

    place, count = wanted.rows_or_path, len(error.broken)
    if not count or not isinstance(place, (str, Path)) or not Path(place).expanduser().is_file():
        return None
    said = {name: value for name, value in spoken(reading).items() if name != "exclude_problems"}
    out = [*(reading.exclude_problems or ()), BROKEN_LINE]
    label = "Leave that line out" if count == 1 else f"Leave {count:,} lines out"
    return Fix(label=label, verb="use_dataset", arguments={"path": str(place), **said, "exclude_problems": out})


def _refused(code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error", step="dataset", field="dataset.source", code=code, message=message, evidence=evidence, fix=fix
    )

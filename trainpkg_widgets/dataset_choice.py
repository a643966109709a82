"""Turning what a person names (a file, a variable, rows) into rows and the dataset step, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from .facts import Finding, Fix
from .steps import CHOSEN, DatasetStep

if TYPE_CHECKING:
    from .data.errors import DataError
    from .data.sources import Rows
    from .settings.schema import DatasetSettings

Namespace = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class RowsWanted:
    """What was named: a path or rows, a variable's name, a name for the rows; `in_use` are the rows there are now."""

    rows_or_path: Any = None
    variable: str | None = None
    name: str | None = None
    in_use: Rows | None = None


def choose_dataset(
    wanted: RowsWanted,
    namespace: Namespace,
    settings: DatasetSettings,
    cancelled: Event | None,
    **reading: Any,
) -> tuple[Rows | None, DatasetStep | None, list[Finding]]:
    """The rows and what was found in them, or the findings that say why there are none.

    `reading` is passed to `profile_dataset`: format, columns, eval_share, exclude_problems.
    """
    from .data.errors import DataError
    from .data.profile import profile_dataset

    try:
        rows = _open(wanted, namespace, settings)
        return rows, profile_dataset(rows, settings, cancelled=cancelled, **reading), []
    except DataError as error:
        return None, None, [_finding(error)]


def reopen_rows(
    step: DatasetStep | None, namespace: Namespace, settings: DatasetSettings
) -> tuple[Rows | None, Finding | None]:
    """The rows of an earlier session's dataset step, or what keeps them from being used.

    A file is opened again, a variable is looked for; rows that are not what they were are not used.
    """
    from .data.errors import DataError

    if step is None:
        return None, None
    source = step.source
    if source.kind == "variable" and source.name not in namespace():
        return None, rows_gone(step)
    wanted = RowsWanted(source.path) if source.kind == "file" else RowsWanted(variable=source.name)
    try:
        rows = _open(wanted, namespace, settings)
    except DataError as error:
        return None, _finding(error)
    return (rows, None) if rows.sha256 == step.sha256 else (None, rows_changed(step))


def rows_gone(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not in this kernel."""
    return Finding(
        severity="error",
        step="dataset",
        field="dataset.source",
        code="rows-gone",
        message=f"The rows of “{step.source.name}” are not in this kernel.",
        evidence="They were chosen in an earlier session, which keeps what was chosen and not the rows.",
        fix=Fix(label="Read them again", verb="use_dataset", arguments=_again(step)),
    )


def rows_changed(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not what they were when it was chosen."""
    return Finding(
        severity="error",
        step="dataset",
        field="dataset.source",
        code="rows-changed",
        message=f"The rows of “{step.source.name}” have changed since they were chosen.",
        evidence="What is known about them was found in the rows as they were.",
        fix=Fix(label="Read them again", verb="use_dataset", arguments=_again(step)),
    )


def _again(step: DatasetStep) -> dict[str, Any]:
    place = {"path": step.source.path} if step.source.kind == "file" else {"variable": step.source.name}
    read = {"eval_share": step.eval_share, "exclude_problems": list(step.exclude_problems)}
    chosen = {"format": step.format.value, "columns": step.columns} if step.format.source == CHOSEN else {}
    return {**place, **read, **chosen}


def _open(wanted: RowsWanted, namespace: Namespace, settings: DatasetSettings) -> Rows:
    from .data.errors import DataError
    from .data.sources import open_file, open_variable

    if wanted.variable is not None:
        variables = namespace()
        if wanted.variable not in variables:
            raise DataError(
                code="variable-missing",
                message=f"There is no variable “{wanted.variable}” in this notebook.",
                hint="Run the cell that makes it, then choose it again.",
            )
        return open_variable(wanted.variable, variables[wanted.variable], settings)
    given = wanted.rows_or_path
    if given is None:
        if wanted.in_use is None:
            raise DataError(
                code="nothing-chosen",
                message="No dataset is in use yet.",
                hint="Give a file, rows, or the name of a variable.",
            )
        return wanted.in_use
    if isinstance(given, (str, Path)):
        return open_file(Path(given).expanduser(), settings)
    called = wanted.name or next((k for k, v in namespace().items() if v is given and not k.startswith("_")), "rows")
    return open_variable(called, given, settings)


def _finding(error: DataError) -> Finding:
    return Finding(
        severity="error",
        step="dataset",
        field="dataset.source",
        code=error.code,
        message=error.message,
        evidence=" ".join(part for part in (error.evidence, error.hint) if part),
    )

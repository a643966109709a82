"""Turning what a person names (a file, a variable, rows) into rows and the dataset step, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from .facts import Finding, Fix
from .steps import CHOSEN, DatasetStep

if TYPE_CHECKING:
    from .data.errors import DataError
    from .data.sources import Rows
    from .settings.dataset_settings import DatasetSettings

_NAMES_A_HUB_DATASET = re.compile(
    r"https?://|[\w-][\w.-]*/[\w.-]+$(?<!\.jsonl)(?<!\.json)(?<!\.csv)(?<!\.tsv)(?<!\.parquet)"
)

Namespace = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class RowsWanted:
    """What was named: a path or rows, a variable's name, a name for the rows; `in_use` are the rows there are now."""

    rows_or_path: Any = None
    variable: str | None = None
    name: str | None = None
    in_use: Rows | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether the rows in use are meant."""
        return self.rows_or_path is None and self.variable is None


@dataclass(frozen=True)
class Reading:
    """How rows are read; None is not said: the format and its columns, the share held back, problems left out."""

    format: str | None = None
    columns: dict[str, str] | None = None
    eval_share: float | None = None
    exclude_problems: Sequence[str] | None = None

    def beside(self, step: DatasetStep) -> Reading:
        """The same, with what `step` was read with where nothing is said."""
        chosen = step.format.source == CHOSEN and self.format is None
        return Reading(
            format=step.format.value if chosen else self.format,
            columns=step.columns if chosen and self.columns is None else self.columns,
            eval_share=step.eval_share if self.eval_share is None else self.eval_share,
            exclude_problems=step.exclude_problems if self.exclude_problems is None else self.exclude_problems,
        )


def choose_dataset(
    wanted: RowsWanted,
    namespace: Namespace,
    settings: DatasetSettings,
    cancelled: Event | None,
    reading: Reading,
) -> tuple[Rows | None, DatasetStep | None, list[Finding]]:
    """The rows and what was found in them, or the findings that say why there are none."""
    from .data.errors import DataError
    from .data.profile import profile_dataset

    try:
        rows = _open(wanted, namespace, settings)
        step = profile_dataset(
            rows,
            settings,
            format=reading.format,
            columns=reading.columns,
            eval_share=_share(reading.eval_share),
            exclude_problems=tuple(reading.exclude_problems or ()),
            cancelled=cancelled,
        )
        return rows, step, []
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
    message = f"The rows of “{step.source.name}” are not in this kernel."
    evidence = "They were chosen in an earlier session, which keeps what was chosen and not the rows."
    return _to_read_again(step, "rows-gone", message, evidence)


def rows_changed(step: DatasetStep) -> Finding:
    """The finding that the rows of a dataset step are not what they were when it was chosen."""
    message = f"The rows of “{step.source.name}” have changed since they were chosen."
    return _to_read_again(step, "rows-changed", message, "What is known about them was found in the rows as they were.")


def _to_read_again(step: DatasetStep, code: str, message: str, evidence: str) -> Finding:
    from .advice.dataset_findings import read_again

    source = step.source
    place = {"path": source.path} if source.kind == "file" else {"variable": source.name}
    fix = Fix(label="Read them again", verb="use_dataset", arguments={**place, **read_again(step)})
    return _refused(code, message, evidence, fix)


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
    if isinstance(given, str) and _NAMES_A_HUB_DATASET.match(given) and not Path(given).exists():
        raise DataError(
            code="hub-dataset",
            message="Datasets of the Hub can't be opened here in this version.",
            hint=f'Load it in a cell, rows = datasets.load_dataset({given!r}, split="train"), and choose rows.',
        )
    if isinstance(given, (str, Path)):
        return open_file(Path(given).expanduser(), settings)
    called = wanted.name or next((k for k, v in namespace().items() if v is given and not k.startswith("_")), "rows")
    return open_variable(called, given, settings)


def _share(given: Any) -> float | None:
    from .data.errors import DataError

    if given is None or (isinstance(given, (int, float)) and not isinstance(given, bool)):
        return given
    raise DataError(
        code="eval-share-type",
        message=f"The share held back can't be {given!r}.",
        hint="Give a number from 0 up to 1, as 0.1 for a tenth of the rows.",
    )


def _finding(error: DataError) -> Finding:
    return _refused(error.code, error.message, " ".join(part for part in (error.evidence, error.hint) if part))


def _refused(code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity="error", step="dataset", field="dataset.source", code=code, message=message, evidence=evidence, fix=fix
    )

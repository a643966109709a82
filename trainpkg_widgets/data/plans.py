"""How rows are to be looked at by processes, from the settings and how the rows are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .row_scan import Plan
from .turns import turn_keys, turns_in

if TYPE_CHECKING:
    from ..settings.dataset_settings import DatasetSettings
    from ..steps import RowFormat
    from .rows import Row


def plan_for(
    sample: Sequence[Row],
    row_format: RowFormat | None,
    columns: Mapping[str, str],
    roles: Mapping[str, str],
    settings: DatasetSettings,
) -> Plan:
    """The plan for rows of which these are the first."""
    checks = settings.checks
    return Plan(
        row_format=row_format,
        columns=dict(columns),
        roles=dict(roles),
        keys=_keys(sample, columns) if row_format in ("messages", "sharegpt") else (),
        nesting=settings.limits.nesting,
        broken_characters=checks.broken_characters,
        secrets=checks.secrets,
        addresses=checks.addresses,
    )


def _keys(sample: Sequence[Row], columns: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of plain turns; none where the rows hold more than turns."""
    if list(columns) != ["messages"]:
        return ()
    turns = (turn for row in sample for turn in turns_in(row.get(columns["messages"])) or ())
    return next((keys for turn in turns if (keys := turn_keys(turn))), ())

"""The quick look at rows of any source: by processes, where there are rows enough that starting them pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .joined_rows import JoinedRows
from .kept_look import KeepsLook
from .large_json_lines import LargeJsonLines
from .large_look import LargeLook, Progress, look_at_rows
from .plans import plan_for

if TYPE_CHECKING:
    from threading import Event

    from ..settings.dataset_settings import DatasetSettings
    from ..steps import RowFormat
    from .rows import Rows


def quick_look(
    rows: Rows,
    row_format: RowFormat,
    columns: Mapping[str, str],
    roles: Mapping[str, str],
    settings: DatasetSettings,
    cancelled: Event | None,
    progress: Progress | None,
) -> LargeLook | None:
    """What all rows come to; None where they are few, or only some of them are here.

    Raises:
        DataError: they can't be read any more.
        ReadingCancelledError: `cancelled` was set.
        NoProcessesError: processes can't be started here, or a row can't be sent to one.
    """
    if hasattr(rows, "numbers"):
        return None
    if files := _large_files(rows):
        looks, before = list[LargeLook](), 0
        for file in files:
            looks.append(file.look(row_format, columns, roles, cancelled, _from(progress, before, rows.count)))
            before += file.count
        return _joined(looks, settings)
    if rows.count < settings.limits.quick_rows:
        return None
    plan = plan_for(rows.page(0, settings.limits.sample_rows), row_format, columns, roles, settings)
    kept = rows.last_look if isinstance(rows, KeepsLook) else None
    if kept is not None and kept[0] == plan:
        return kept[1]
    look = look_at_rows(plan, rows, rows.count, settings.limits, cancelled, progress)
    if isinstance(rows, KeepsLook):
        rows.last_look = plan, look
    return look


def _large_files(rows: Rows) -> list[LargeJsonLines]:
    """The large files that these are all rows of; none where some are of another source."""
    if isinstance(rows, LargeJsonLines):
        return [rows]
    if not isinstance(rows, JoinedRows):
        return []
    found = [_large_files(part) for part in rows.joined]
    return [file for files in found for file in files] if all(found) else []


def _from(progress: Progress | None, before: int, total: int) -> Progress | None:
    """What is told of rows that `before` others come before, of so many in all."""
    return None if progress is None else lambda done, _: progress(before + done, total)


def _joined(looks: list[LargeLook], settings: DatasetSettings) -> LargeLook:
    if len(looks) == 1:
        return looks[0]
    whole = LargeLook(settings.limits)
    for look in looks:
        whole.add_look(look)
    return whole

"""What is wrong with the rows of a large file, from the quick look at all of them and a close one at the unusual."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from .checks import RowCheck, Tally
from .counts import Counts
from .example import Example
from .near_copies import NearCopies
from .row_problems import row_problems, said
from .scripts import Scripts
from .turns import CALLERS, standard_role

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ..settings.dataset_settings import DatasetSettings
    from ..steps import DatasetStep, RowFormat
    from .large_json_lines import LargeJsonLines

_ASK_EVERY = 1000


def look_at_large(
    step: DatasetStep,
    row_format: RowFormat,
    rows: LargeJsonLines,
    settings: DatasetSettings,
    cancelled: Event | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any] | None:
    """The problems and the counts of a dataset step; None where its rows have to be looked at one by one.

    Once `cancelled` is set it returns early, and what it returns is to be thrown away.
    """
    look, checks = rows.look, settings.checks
    if any(role.strip().lower() in CALLERS for speakers in look.speakers for role in speakers.roles):
        return None
    tally, counts = Tally(settings.shown_problem_rows), Counts()
    for speakers in look.speakers:
        turns = tuple({"role": standard_role(role, step.roles), "content": "said"} for role in speakers.roles)
        example = Example(turns=turns)
        tally.add_many(dict(row_problems(example)), speakers.count, speakers.rows)
        counts.add(example, speakers.count)
    check, scripts = RowCheck(row_format, step.columns, checks, step.roles), Scripts(checks.other_script_share)
    scripts.add_many("Latin", look.count - len(look.unusual))
    for seen, (number, row) in enumerate(rows.numbered(look.unusual)):
        if seen % _ASK_EVERY == 0:
            if cancelled is not None and cancelled.is_set():
                return {}
            if progress is not None:
                progress(look.count - len(look.unusual) + seen, look.count)
        found_example, problems = check.look_at(row, number)
        check.keep(number)
        kept = {code: words for code, words in problems.items() if code != "near-duplicate"}
        tally.add_many(kept, 1, (number,))
        if found_example is not None:
            scripts.add(number, said(found_example))
            counts.add(found_example)
    of_all: dict[str, tuple[int, str, tuple[int, ...]]] = {}
    if other := scripts.others():
        of_all["other-script"] = other
    if look.copies_count:
        tally.add_many({"duplicate": ""}, look.copies_count, look.copies)
    for number, earlier in _near_copies(step, row_format, rows, settings):
        tally.add_many({"near-duplicate": f"row {number + 1} is nearly row {earlier + 1}"}, 1, (number,))
    tally.add_all(of_all)
    return {"problems": tally.problems(), "turns": counts.counts()}


def _near_copies(
    step: DatasetStep, row_format: RowFormat, rows: LargeJsonLines, settings: DatasetSettings
) -> list[tuple[int, int]]:
    near_settings = settings.checks.near_copies
    if not near_settings.enabled:
        return []
    near, found, exact = NearCopies(near_settings), [], set(rows.look.copies)
    for number, row in enumerate(islice(rows, near_settings.rows)):
        text = "\n".join(_texts(row.get(rows.column)))
        earlier = near.earlier(text, number)
        if earlier is not None and number not in exact:
            found.append((number, earlier))
    return found


def _texts(turns: Any) -> list[str]:
    if not isinstance(turns, list):
        return []
    contents = (turn.get("content", turn.get("value")) for turn in turns if isinstance(turn, dict))
    return [content for content in contents if isinstance(content, str)]

"""Opening what a person named: a file, a folder, a variable, rows, a dataset of the Hub, or a mix of these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .dataset_wanted import Reading, RowsWanted

if TYPE_CHECKING:
    from .data.mixed_rows import MixedRows
    from .data.mixing import Part
    from .data.rows import Rows
    from .data.watch import Watch
    from .hub.client import HubClient
    from .settings.dataset_settings import DatasetSettings
    from .steps import DatasetStep, MixturePart

_NAMES_A_HUB_DATASET = re.compile(
    r"https?://|[\w-][\w.-]*/[\w.-]+(?:@[\w./-]+)?$"
    r"(?<!\.jsonl)(?<!\.json)(?<!\.csv)(?<!\.tsv)(?<!\.parquet)(?<!\.arrow)(?<!\.gz)(?<!\.zst)(?<!\.txt)"
)

Namespace = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Opener:
    """Opens rows: `namespace` gives the variables of the notebook, `hub` and `viewer` the clients of the Hub's sites.

    `viewer` gives None where the settings have no dataset viewer.
    """

    namespace: Namespace
    settings: DatasetSettings
    hub: Callable[[], HubClient]
    viewer: Callable[[], HubClient | None]
    cancelled: Event | None = None
    watch: Watch | None = None
    leave_broken: bool = False

    def leaving_out(self, problems: Iterable[str]) -> Opener:
        """The same, where lines that can't be read are left out if that is among these problems."""
        from .data.broken_lines import BROKEN_LINE

        return replace(self, leave_broken=BROKEN_LINE in problems)

    def open(self, wanted: RowsWanted, seed: int = 0) -> Rows:
        """The rows that are meant. `seed` picks those of a mix that are there in part.

        Raises:
            DataError: they can't be read, or there are none.
        """
        from .data.errors import DataError
        from .data.sources import open_path, open_variable

        if wanted.misplaced:
            raise DataError("source-misplaced", wanted.misplaced, "")
        splits = (wanted.split, wanted.eval_split)
        if wanted.mix is not None:
            return self._mixed(wanted, seed)
        if wanted.hub is not None:
            return self._of_hub(wanted.hub, wanted)
        if wanted.variable is not None:
            _refuse_place_on_hub(wanted)
            variables = self.namespace()
            if wanted.variable not in variables:
                raise DataError(
                    code="variable-missing",
                    message=f"There is no variable “{wanted.variable}” in this notebook.",
                    hint="Run the cell that makes it, then choose it again.",
                )
            return open_variable(wanted.variable, variables[wanted.variable], self.settings, *splits)
        given = wanted.rows_or_path
        if given is None:
            raise DataError(
                code="nothing-chosen",
                message="No dataset is in use yet.",
                hint="Give a file, rows, the name of a variable, or a dataset of the Hub.",
            )
        if isinstance(given, (str, Path)):
            try:
                path = Path(given).expanduser()
                if isinstance(given, str) and _NAMES_A_HUB_DATASET.match(given) and not path.exists():
                    return self._of_hub(given, wanted)
                _refuse_place_on_hub(wanted)
                return open_path(path, self.settings, *splits, self.watch, self.leave_broken)
            except OSError as error:
                # A name that is too long for a disk is refused before any file is looked for.
                raise DataError("file-unreadable", "There can't be such a file.", "", f"{error.strerror}.") from None
        _refuse_place_on_hub(wanted)
        variables = self.namespace()
        called = wanted.name or next((k for k, v in variables.items() if v is given and not k.startswith("_")), "rows")
        return open_variable(called, given, self.settings, *splits)

    def _of_hub(self, name: str, wanted: RowsWanted) -> Rows:
        from .hub.datasets import open_hub_dataset

        return open_hub_dataset(name, wanted, self.hub(), self.viewer(), self.settings, self.cancelled)

    def _mixed(self, wanted: RowsWanted, seed: int) -> MixedRows:
        from .data.errors import DataError
        from .data.mixed_rows import MixedRows
        from .dataset_wanted import read_words

        parts = []
        for entry in wanted.mix or ():
            words = dict(entry)
            weight = words.pop("weight", 1.0)
            try:
                part, reading = read_words(words.pop("rows", None), words)
            except (TypeError, ValidationError) as error:
                wrong = str(error).splitlines()[0]
                raise DataError("mixture-entry", "An entry of the mix can't be read.", "", wrong) from None
            if not isinstance(weight, Real) or isinstance(weight, bool):
                raise DataError("mixture-weight", f"{weight!r} is no weight.", "Give a number, as 2 or 0.5.")
            said = spoken(reading)
            whole: list[str] = [name for name in ("eval_share", "limit", "seed") if name in said]
            whole += ["mix"] * (part.mix is not None) + ["eval_split"] * (part.eval_split is not None)
            if whole:
                raise DataError(
                    "mixture-entry",
                    f"“{whole[0]}” can't be said of one dataset of a mix.",
                    "What is held back, and how many rows are used, is said of the mix as a whole; a weight below 1 "
                    "takes fewer rows of one.",
                )
            rows = self.leaving_out(said.get("exclude_problems", ())).open(part)
            parts.append(self._part(rows, float(weight), said))
        mixed = MixedRows(parts, seed)
        if mixed.sampled:
            # Those shown first are fetched now: what draws them waits for nothing.
            mixed.page(0, self.settings.preview_rows)
        return mixed

    def _part(self, rows: Any, weight: float, said: Mapping[str, Any]) -> Part:
        """A dataset of a mix, read as is `said`. Rows of the Hub that are left out are so where the package runs."""
        from .data.mixing import Part
        from .data.profile import profile_dataset

        step = profile_dataset(rows, self.settings, cancelled=self.cancelled, **{"eval_share": 0.0, **said})
        of_hub = rows.source.kind == "hub"
        if of_hub:
            rows.leave_out(step.excluded_rows)
        out = () if of_hub else step.excluded_rows
        return Part(rows, weight, step.format.value, step.columns, step.roles, out, step.exclude_problems)

    def reopen(self, step: DatasetStep) -> Rows:
        """The rows of an earlier session's dataset step as they are now, with no request to the Hub.

        Raises:
            DataError: they can't be read any more.
        """
        if step.source.kind == "mixture":
            from .data.mixed_rows import MixedRows

            return MixedRows([self._part_again(part) for part in step.parts], step.seed or 0)
        if step.source.kind == "hub":
            from .hub.datasets import UnseenRows

            return UnseenRows(step, self.viewer)
        return self.leaving_out(step.exclude_problems).open(same_again(step))

    def _part_again(self, part: MixturePart) -> Part:
        from .data.mixing import Part
        from .dataset_wanted import place_of

        said: dict[str, Any] = {"format": part.format, "columns": part.columns, "roles": part.roles}
        if part.source.kind == "hub":
            from .hub.datasets import UnseenRows

            problems = part.exclude_problems
            return Part(UnseenRows(part, self.viewer), part.weight, **said, exclude_problems=problems)
        place = {**place_of(part), **({"split": part.source.split} if part.source.split else {})}
        rows = self.leaving_out(part.exclude_problems).open(RowsWanted(**place))
        if part.exclude_problems:
            return self._part(rows, part.weight, {**said, "exclude_problems": part.exclude_problems})
        return Part(rows, part.weight, **said)


def _refuse_place_on_hub(wanted: RowsWanted) -> None:
    from .data.errors import DataError

    if wanted.config or wanted.revision:
        raise DataError("source-misplaced", "Only a dataset of the Hub has a configuration or a revision.", "")


def same_again(step: DatasetStep) -> RowsWanted:
    """What names the rows of a dataset step again, at the same commit."""
    from .dataset_wanted import place_of

    source = step.source
    if source.kind == "mixture":
        return RowsWanted(**place_of(step))
    place = {"split": source.split, "eval_split": step.eval_split, "config": source.config, "revision": source.revision}
    return RowsWanted(**place_of(step), **{name: value for name, value in place.items() if value})


def spoken(reading: Reading) -> dict[str, Any]:
    """What was said of how rows are read, as `profile_dataset` takes it.

    Raises:
        DataError: the share to hold back is no number.
    """
    from .data.errors import DataError

    share = reading.eval_share
    if share is not None and (isinstance(share, bool) or not isinstance(share, (int, float))):
        raise DataError(
            code="eval-share-type",
            message=f"The share held back can't be {share!r}.",
            hint="Give a number from 0 up to 1, as 0.1 for a tenth of the rows.",
        )
    return {name: value for name, value in reading.model_dump().items() if value is not None}

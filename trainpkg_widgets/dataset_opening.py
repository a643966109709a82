"""Opening what a person named: a file, a folder, a variable, rows, a dataset of the Hub, or a mix of these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .dataset_wanted import Reading, RowsWanted

if TYPE_CHECKING:
    from .data.mixed_rows import MixedRows
    from .data.rows import Rows
    from .hub.client import HubClient
    from .settings.dataset_settings import DatasetSettings

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

    def open(self, wanted: RowsWanted, seed: int = 0) -> Rows:
        """The rows that are meant. `seed` picks those of a mix that are there in part.

        Raises:
            DataError: they can't be read, or there are none.
        """
        from .data.errors import DataError
        from .data.sources import open_path, open_variable

        splits = (wanted.split, wanted.eval_split)
        if wanted.mix is not None:
            return self._mixed(wanted, seed)
        if wanted.hub is not None:
            return self._of_hub(wanted.hub, wanted)
        if wanted.variable is not None:
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
        if isinstance(given, str) and _NAMES_A_HUB_DATASET.match(given) and not Path(given).expanduser().exists():
            return self._of_hub(given, wanted)
        if isinstance(given, (str, Path)):
            return open_path(Path(given).expanduser(), self.settings, *splits)
        variables = self.namespace()
        called = wanted.name or next((k for k, v in variables.items() if v is given and not k.startswith("_")), "rows")
        return open_variable(called, given, self.settings, *splits)

    def _of_hub(self, name: str, wanted: RowsWanted) -> Rows:
        from .hub.datasets import open_hub_dataset

        return open_hub_dataset(name, wanted, self.hub(), self.viewer(), self.settings, self.cancelled)

    def _mixed(self, wanted: RowsWanted, seed: int) -> MixedRows:
        from .data.errors import DataError
        from .data.mixed_rows import MixedRows, Part
        from .data.profile import profile_dataset
        from .dataset_wanted import read_words

        parts = []
        for entry in wanted.mix or ():
            words = dict(entry)
            weight = words.pop("weight", 1.0)
            try:
                part, reading = read_words(words.pop("rows", None), words)
            except (TypeError, ValidationError) as error:
                said = str(error).splitlines()[0]
                raise DataError("mixture-entry", "An entry of the mix can't be read.", "", f"{said}") from None
            if not isinstance(weight, (int, float)) or isinstance(weight, bool):
                raise DataError("mixture-weight", f"{weight!r} is no weight.", "Give a number, as 2 or 0.5.")
            rows = self.open(part)
            if rows.source.kind in ("hub", "mixture"):
                raise DataError(
                    "mixture-source",
                    f"{rows.source.name} can't be mixed: its rows are not here.",
                    "Load it in a cell with datasets.load_dataset, and mix the variable.",
                )
            step = profile_dataset(rows, self.settings, cancelled=self.cancelled, **spoken(reading))
            parts.append(Part(rows, step, float(weight)))
        return MixedRows(parts, seed)


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

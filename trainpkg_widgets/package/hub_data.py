"""A Hub dataset in a package: not its rows, but what fetches them at their commit and prepares them before the run.

What prepares them is the very code that read the sample here (`trainpkg_widgets/data`), copied into the package: the
same rows come of it, and nothing but the trainer's own environment is needed to run it.
"""

from __future__ import annotations

import json
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..advice.training_shape import kept_rows
from ..data.fetched_data import DONE
from .data_files import TEST, TRAIN, DataFile, DataFiles, PreparedData
from .targets.written import Script

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..data.rows import Rows
    from ..settings.dataset_settings import CheckSettings
    from ..steps import DatasetStep

FOLDER = "prepare_data"
# Without compiled modules (-B), which are no part of a package and which nobody could check.
COMMAND = f"python -B -m {FOLDER}"

_MODULES = (
    "checks", "errors", "example", "judged", "mapping", "near_copies", "prepare", "row_problems", "rows", "scripts",
    "shapes", "sides", "text_problems", "transcripts", "turns",
)  # fmt: skip
# What the modules import from elsewhere: names of types, which are only written down, and one module that comes along.
_ELSEWHERE = (
    ("from ..steps import ", "from .words import "),
    ("from ..package.secret_shapes import ", "from .secret_shapes import "),
)
_WORDS = '''"""Names that the modules beside this one write down as types, and what stands in for them here."""

from typing import Any

CellKind = DatasetSource = DatasetStep = RowFormat = RowProblem = RowShape = Any
'''
_NOT_KNOWN = "0" * 64


def written_by(prepare: str, step: DatasetStep | None) -> frozenset[str]:
    """The files that the command `prepare` of a package writes into it; none where it is not the one for Hub data."""
    if prepare != COMMAND or step is None:
        return frozenset()
    held_back = step.eval_split is not None or step.eval_share > 0
    return frozenset({TRAIN, f"data/{DONE}", *([TEST] if held_back else [])})


def hub_data(rows: Rows, step: DatasetStep, shape: TrainingShape, seed: int, checks: CheckSettings) -> PreparedData:
    """What a package holds for a Hub dataset: scripts, and files that are known by name only until they have run.

    The numbers of rows are what the Hub says; rows that are left out are found when it runs.
    """
    kept = kept_rows(step)
    held_back = step.eval_rows or round(kept * step.eval_share)
    train = kept if step.eval_split else kept - held_back
    rows_made = max(round(shape.training_rows * train / max(kept, 1)), 1)
    files = DataFiles(
        train=DataFile(path=TRAIN, rows=rows_made, bytes=0, sha256=_NOT_KNOWN),
        test=DataFile(path=TEST, rows=held_back, bytes=0, sha256=_NOT_KNOWN) if held_back else None,
    )
    seed = seed if step.seed is None else step.seed
    return PreparedData(
        train=partial(iter, ()),
        test=None,
        files=files,
        made_from=(rows, step, shape, seed),
        scripts=_scripts(step, shape, seed, checks),
        prepare=COMMAND,
    )


def _scripts(step: DatasetStep, shape: TrainingShape, seed: int, checks: CheckSettings) -> tuple[Script, ...]:
    spec = _spec(step, shape, seed, checks)
    name, sha = step.source.name, step.source.revision
    texts = {
        "__init__.py": f'"""Prepares {name} at {sha} for the run; `{COMMAND}`."""\n',
        "__main__.py": _text("data", "fetched_data.py"),
        "spec.json": json.dumps(spec, indent=2, ensure_ascii=False) + "\n",
        "words.py": _WORDS,
        "secret_shapes.py": _text("package", "secret_shapes.py"),
        **{f"{module}.py": _text("data", f"{module}.py") for module in _MODULES},
    }
    about = {
        "__main__.py": "fetches the dataset and writes data/",
        "spec.json": "which dataset, at which commit, and how it is read",
    }
    return tuple(
        Script(f"{FOLDER}/{file}", about.get(file, "as the wizard reads rows"), text) for file, text in texts.items()
    )


def _spec(step: DatasetStep, shape: TrainingShape, seed: int, checks: CheckSettings) -> dict[str, Any]:
    source = step.source
    return {
        "dataset": source.name,
        "revision": source.revision,
        "config": source.config,
        "split": source.split,
        "eval_split": step.eval_split,
        "format": step.format.value,
        "columns": step.columns,
        "roles": step.roles,
        "exclude_problems": list(step.exclude_problems),
        "eval_share": step.eval_share,
        "limit": step.limit,
        "seed": seed,
        "shape": shape.rows,
        "system_into_question": shape.system_into_question,
        "checks": checks.model_dump(),
    }


def _text(folder: str, file: str) -> str:
    text = resources.files("trainpkg_widgets").joinpath(folder).joinpath(file).read_text(encoding="utf-8")
    for there, here in _ELSEWHERE:
        text = text.replace(there, here)
    return text

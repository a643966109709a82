"""A Hub dataset in a package: not its rows, but what fetches them at their commit and prepares them before the run.

What prepares them is the very code that read the sample here (`trainpkg_widgets/data`), copied into the package: the
same rows come of it, and nothing but the trainer's own environment is needed to run it.
"""

from __future__ import annotations

import json
import re
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..advice.training_shape import kept_rows
from ..data.fetched_data import DONE
from .data_files import TEST, TRAIN, DataFile, DataFiles, PreparedData, RowsMaker, measured
from .targets.written import Script

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..data.rows import Rows
    from ..settings.dataset_settings import CheckSettings
    from ..steps import DatasetSource, DatasetStep, MixturePart

FOLDER = "prepare_data"
# Without compiled modules (-B), which are no part of a package and which nobody could check.
COMMAND = f"python -B -m {FOLDER}"

_SCRIPT = "fetched_data"
_SIBLING = re.compile(r"^ *from \.(\w+) import ", re.MULTILINE)
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


def hub_data(
    rows: Rows,
    step: DatasetStep,
    shape: TrainingShape,
    seed: int,
    checks: CheckSettings,
    before: PreparedData | None = None,
) -> PreparedData:
    """What a package holds for a Hub dataset: scripts, and files that are known by name only until they have run.

    The numbers of rows are what the Hub says; rows that are left out are found when it runs. Of a mixture the rows
    that are here lie beside the scripts. `before` is given back where it was made from the very same rows and choices.

    Raises:
        DataError: a row of a mixture can't be read any more.
    """
    seed = seed if step.seed is None else step.seed
    made_from = (rows, step, shape, seed)
    if before is not None and before.made_from[0] is rows and before.made_from[1:] == made_from[1:]:
        return before
    secrets: list[tuple[str, int, str]] = []
    beside = tuple((measured(path, make, secrets), make) for path, make in _rows_here(rows, step).items())
    kept = kept_rows(step)
    held_back = step.eval_rows or round(kept * step.eval_share)
    train = kept if step.eval_split else kept - held_back
    rows_made = max(round(shape.training_rows * train / max(kept, 1)), 1)
    files = DataFiles(
        train=DataFile(path=TRAIN, rows=rows_made, bytes=0, sha256=_NOT_KNOWN),
        test=DataFile(path=TEST, rows=held_back, bytes=0, sha256=_NOT_KNOWN) if held_back else None,
    )
    return PreparedData(
        train=partial(iter, ()),
        test=None,
        files=files,
        secrets=tuple(secrets),
        made_from=made_from,
        beside=beside,
        scripts=_scripts(rows, step, shape, seed, checks),
        prepare=COMMAND,
    )


def _scripts(
    rows: Rows, step: DatasetStep, shape: TrainingShape, seed: int, checks: CheckSettings
) -> tuple[Script, ...]:
    spec = _spec(rows, step, shape, seed, checks)
    main, beside = _modules()
    texts = {
        "__init__.py": f'"""Prepares {spec["about"]} for the run; `{COMMAND}`."""\n',
        "__main__.py": main,
        "spec.json": json.dumps(spec, indent=2, ensure_ascii=False) + "\n",
        "words.py": _WORDS,
        "secret_shapes.py": _text("package", "secret_shapes.py"),
        **beside,
    }
    about = {
        "__main__.py": "fetches what is of the Hub and writes data/",
        "spec.json": "what is fetched, at which commit, and how it is read",
    }
    return tuple(
        Script(f"{FOLDER}/{file}", about.get(file, "as the wizard reads rows"), text) for file, text in texts.items()
    )


def _rows_here(rows: Rows, step: DatasetStep) -> dict[str, RowsMaker]:
    """The files of a mixture's datasets that are here, by their paths."""
    from ..data.mixed_rows import MixedRows

    if not isinstance(rows, MixedRows):
        return {}
    return {
        part_here(number): partial(rows.here, number)
        for number, part in enumerate(step.parts)
        if part.source.kind != "hub"
    }


def part_here(number: int) -> str:
    """Where a package keeps the rows of the dataset at place `number` of a mixture, where they are not of the Hub."""
    return f"{FOLDER}/part-{number + 1}.jsonl"


def _place(source: DatasetSource) -> dict[str, Any]:
    return {"dataset": source.name, "revision": source.revision, "config": source.config, "split": source.split}


def _part(number: int, part: MixturePart, anew: bool) -> dict[str, Any]:
    said = {"name": part.source.name, "weight": part.weight}
    if part.source.kind == "hub":
        read: dict[str, Any] = {"format": part.format, "columns": part.columns, "roles": part.roles}
        return {**_place(part.source), **said, **read, "exclude_problems": list(part.exclude_problems)}
    # The rows of such a file are read as those of the mixture are, and none of them is left out.
    columns = ("messages", "tools") if anew else part.columns
    read = {"format": "messages" if anew else part.format, "columns": {name: name for name in columns}, "roles": {}}
    return {"file": part_here(number).removeprefix(f"{FOLDER}/"), **said, **read, "exclude_problems": []}


def _spec(rows: Rows, step: DatasetStep, shape: TrainingShape, seed: int, checks: CheckSettings) -> dict[str, Any]:
    if step.parts:
        anew = not getattr(rows, "renamed", True)
        parts = [_part(number, part, anew) for number, part in enumerate(step.parts)]
        fetched: dict[str, Any] = {"parts": parts, "mix_seed": step.seed or 0, "anew": anew}
    else:
        fetched = _place(step.source)
    return {
        "about": " and ".join(f"{source.name} at {source.revision}" for source in step.on_hub),
        **fetched,
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


@cache
def _modules() -> tuple[str, dict[str, str]]:
    """The text of the script, and of each module that it imports or that these do, by its file."""
    found = {_SCRIPT: _text("data", f"{_SCRIPT}.py")}
    wanted = [_SCRIPT]
    while wanted:
        for name in _SIBLING.findall(found[wanted.pop()]):
            if name not in (*found, "words", "secret_shapes"):
                found[name] = _text("data", f"{name}.py")
                wanted.append(name)
    main = found.pop(_SCRIPT)
    return main, {f"{name}.py": found[name] for name in sorted(found)}


def _text(folder: str, file: str) -> str:
    text = resources.files("trainpkg_widgets").joinpath(folder).joinpath(file).read_text(encoding="utf-8")
    for there, here in _ELSEWHERE:
        text = text.replace(there, here)
    return text

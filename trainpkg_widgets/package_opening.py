"""Going on from a written package: what differs in it from its manifest, and its own rows where the others are gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .facts import Finding, Fix

if TYPE_CHECKING:
    from .session import Session
    from .steps import DatasetStep, SessionState

# The code of the finding that a package is not as it was written. It is about that package, and not about the next.
DIFFERS = "package-differs"


class _HasSession(Protocol):
    session: Session


_Made = TypeVar("_Made", bound=_HasSession)


def open_written(
    path: str | Path,
    make: Callable[[SessionState | None], _Made],
    method: str | None = None,
    folder: str | Path | None = None,
) -> _Made:
    """What `make` makes of the choices of the package at `path`, with what is known of the package itself.

    A trainer's own YAML is opened too: `method` and `folder` are as `import_config` takes them.

    Raises:
        UnreadablePackageError: there is no package, or none that is safe to read.
        ManifestError: its `package.yaml` can't be understood.
    """
    from .package.reading import load_package

    if Path(path).suffix.lower() in (".yaml", ".yml"):
        made = make(None)
        made.session.import_config(path, method=method, folder=folder)
        return made
    made = make(load_package(path).choices)
    _offer_its_rows(made.session, Path(path).expanduser().resolve())
    differs = package_differs(path)
    if differs is not None:
        made.session.choices.add(made.session.state, [differs])
    return made


def package_differs(path: str | Path) -> Finding | None:
    """The finding that a package is not as it was written, naming what differs; None where it is."""
    from .package.verify import verify_package

    faults = verify_package(path)
    if not faults:
        return None
    return Finding(
        severity="warning",
        step="deploy",
        field="deploy",
        code=DIFFERS,
        message="This package is not as it was written; the wizard goes on from its manifest.",
        evidence=" ".join(fault.message for fault in faults),
    )


def _offer_its_rows(session: Session, package: Path) -> None:
    from .dataset_choice import reopen_rows
    from .package.data_files import TEST, TRAIN

    state = session.state
    if state.dataset is None or session.choices.rows is not None:
        return
    if not state.dataset.on_hub and not (package / TRAIN).is_file():
        return
    _, problem = reopen_rows(state.dataset, session.opener(None))
    if problem is None or problem.code == "rows-changed":
        return
    if state.dataset.on_hub:
        arguments = _its_parts(state.dataset, package)
    else:
        # What was left out, limited or held back is so already in the rows that a package holds.
        arguments = {"path": str(package / TRAIN), "eval_share": 0.0, "exclude_problems": []}
        if (package / TEST).is_file():
            arguments |= {"path": str((package / TRAIN).parent), "split": "train", "eval_split": "test"}
    fix = Fix(label="Use the package's own rows", verb="use_dataset", arguments=arguments)
    session.choices.restore(state, None, problem.model_copy(update={"fix": fix}))


def _its_parts(step: DatasetStep, package: Path) -> dict[str, Any]:
    """The mixture again, with the package's own files for the rows that are not of the Hub."""
    from .advice.dataset_findings import read_again
    from .dataset_wanted import entry_of
    from .package.hub_data import part_here

    mix = [
        entry_of(part)
        if part.source.kind == "hub"
        else {"path": str(package / part_here(number)), "weight": part.weight}
        for number, part in enumerate(step.parts)
    ]
    return {**read_again(step), "mix": mix}

"""From a session's choices to a training package: its files, to be looked at and to be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..advice.target_offers import target_shape
from ..data.errors import DataError
from ..facts import STEP_IDS, Finding, errors_in
from . import writing
from .data_files import PreparedData, json_lines, prepare_data
from .launch.files import ToLaunch, launch_files
from .manifest import FILE, Manifest, ManifestFile, ManifestTarget, Pin, manifest_yaml
from .model_card import FILE as MODEL_CARD
from .model_card import model_card
from .names import name_problem
from .notebook import FILE as NOTEBOOK
from .notebook import notebook
from .readme import Words, readme
from .secret_shapes import secret_in
from .targets.registry import write_for
from .targets.trl import extra_key_findings
from .writing import CannotWriteError, DataChangedError, PackageExists, PackageFile, text_file

if TYPE_CHECKING:
    from ..advice.training_shape import TrainingShape
    from ..data.rows import Rows
    from ..settings.deploy_settings import TargetSettings
    from ..settings.schema import Settings
    from ..steps import ConfigStep, DatasetStep, DeployStep, ModelStep, SessionState

__all__ = [
    "CannotWriteError",
    "DataChangedError",
    "PackageExists",
    "PackageFile",
    "PackageRefusedError",
    "TrainingPackage",
    "assemble",
    "build_package",
]

ENVIRONMENT = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt"


class PackageRefusedError(RuntimeError):
    """Raised when the choices can't become a package. `findings` says why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  {f.step}: {f.message} {f.evidence}".rstrip() for f in self.findings)
        super().__init__(f"The package can't be built:{lines}")


@dataclass(frozen=True)
class TrainingPackage:
    """A package as it would be written. The rows are read again each time its data files are."""

    name: str
    files: tuple[PackageFile, ...]
    command: str
    manifest: Manifest
    data: PreparedData

    def preview(self, path: str, limit: int = 20_000) -> tuple[str, bool]:
        """The text of one file, up to `limit` bytes of it, and whether there is more.

        Raises:
            KeyError: the package has no such file.
        """
        file = next((f for f in self.files if f.path == path), None)
        if file is None:
            raise KeyError(f"The package has no file “{path}”; it has {', '.join(f.path for f in self.files)}.")
        text = b""
        for chunk in file.chunks():
            text += chunk
            if len(text) > limit:
                return text[:limit].decode("utf-8", "ignore"), True
        return text.decode("utf-8"), False

    def write(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write the package and return where it is: `folder`/`name`, or the archive where `folder` ends in `.zip`.

        It is written beside its place and then renamed, so that no half package is ever seen there. `overwrite`
        replaces a package that is there, never anything else.

        Raises:
            PackageExists: something is there already.
            CannotWriteError: the disk refuses (an OSError).
            DataChangedError: the rows are not what they were when the package was built.
        """
        place = Path(folder).expanduser()
        if place.suffix.lower() == ".zip":
            return writing.write_archive(self.files, place, self.name, overwrite)
        return writing.write_folder(self.files, place / self.name, overwrite)

    def tree(self) -> str:
        """The files, one a line, with their size and what they are for."""
        width = max(len(file.path) for file in self.files)
        lines = [f"  {f.path:{width}}  {_size(f.bytes):>9}  {f.about}" for f in self.files]
        return "\n".join([f"{self.name}/", *lines])


def build_package(
    state: SessionState,
    settings: Settings,
    rows: Rows,
    findings: Iterable[Finding] = (),
    before: TrainingPackage | None = None,
) -> TrainingPackage:
    """The package that the choices of `state` and the rows of its dataset make.

    `findings` is what is known about the choices; the warnings among them are recorded as accepted. `before` is a
    package built earlier: its data is used again where nothing of it changed, so that a new name costs no pass over
    the rows.

    Raises:
        PackageRefusedError: a step is missing, something would stop the run, or a secret would be written.
    """
    known = tuple(findings)
    _refuse([*errors_in(known), *_missing(state)])
    model, config, dataset, deploy = _steps(state)
    shape = target_shape(deploy.target, dataset, config, model.info)
    try:
        if dataset.on_hub:
            from .hub_data import hub_data

            data = hub_data(rows, dataset, shape, config.seed, settings.dataset.checks, before.data if before else None)
        else:
            data = prepare_data(rows, dataset, shape, config.seed, before.data if before else None)
    except DataError as error:
        raise PackageRefusedError(
            [_rows_finding(error.code, error.message, f"{error.evidence} {error.hint}")]
        ) from error
    return assemble(state, settings, data, shape, known)


def assemble(
    state: SessionState, settings: Settings, data: PreparedData, shape: TrainingShape, findings: Iterable[Finding] = ()
) -> TrainingPackage:
    """The package made from data that is prepared already. Raises as `build_package` does."""
    known = tuple(findings)
    _refuse([*errors_in(known), *_missing(state)])
    _, config, _, deploy = _steps(state)
    target = settings.deploy.targets[deploy.target]
    accepted = tuple(f for f in known if f.severity == "warning")
    _refuse([*_wrong_rows(data), *(extra_key_findings(target, config.method) if deploy.target == "trl" else ())])
    written = write_for(deploy.target, state, data=data.files, settings=target, shape=shape)
    about = Words(
        target=f"{target.label} {target.version}",
        python=target.python,
        environment=_once(data),
        command=written.command,
        learnt=shape.says,
        accepted=accepted,
    )
    pins = requirements(target, written.packages)
    cells = notebook(deploy.name, written.command, data.prepare)
    files = [
        text_file("README.md", "what this is, and the two commands that run it", readme(state, data.files, about)),
        text_file(written.config_file, "the trainer's config", written.config),
        *(text_file(script.path, script.about, script.text) for script in written.scripts),
        *_data_files(data),
        text_file("requirements.txt", "the environment, pinned", pins),
        text_file(NOTEBOOK, "the same as a notebook, for Jupyter and Colab", cells),
        text_file(MODEL_CARD, "a draft of the model card, with what the licences ask", model_card(state, shape.says)),
        *launch_files(
            deploy,
            ToLaunch(written.command, data.prepare, target.python, tuple(pins.splitlines())),
            target.launch,
            settings.deploy.cluster,
        ),
    ]
    manifest = _manifest(state, target, written.command, files, accepted, data)
    first = text_file(FILE, "every choice, fact and hash", manifest_yaml(manifest))
    package = TrainingPackage(deploy.name, (first, *files), written.command, manifest, data)
    _refuse(_secrets_in_text(package))
    return package


def requirements(target: TargetSettings, packages: Iterable[str] = ()) -> str:
    """The text of requirements.txt: the target's own, and the `packages` that the choices need beside them."""
    lines = list(target.requirements)
    for package in packages:
        pinned = target.optional_requirements.get(package)
        lines += target.qlora_requirements if package == "bitsandbytes" else [pinned] if pinned else []
    return "".join(f"{line}\n" for line in lines)


def _data_files(data: PreparedData) -> list[PackageFile]:
    if data.scripts:
        return [
            *(text_file(script.path, script.about, script.text) for script in data.scripts),
            *(
                PackageFile(f.path, "rows that are mixed in", f.bytes, f.sha256, partial(json_lines, make), f.rows)
                for f, make in data.beside
            ),
        ]
    return [
        PackageFile(file.path, about, file.bytes, file.sha256, partial(json_lines, make), file.rows)
        for file, make, about in (
            (data.files.train, data.train, "the rows it learns from"),
            (data.files.test, data.test, "rows held back to measure it on"),
        )
        if file is not None and make is not None
    ]


def _once(data: PreparedData) -> str:
    """What is run once before the first run: it makes the environment, and fetches data that is not in the package."""
    return f"{ENVIRONMENT} && .venv/bin/{data.prepare}" if data.prepare else ENVIRONMENT


def _manifest(
    state: SessionState,
    target: TargetSettings,
    command: str,
    files: list[PackageFile],
    accepted: tuple[Finding, ...],
    data: PreparedData,
) -> Manifest:
    model, config, dataset, deploy = _steps(state)
    choices = state.model_copy(update={"deploy": deploy.model_copy(update={"written_to": None, "run": None})})
    pins: tuple[Pin, ...] = (
        () if model.info.origin == "folder" else (Pin(kind="model", id=model.repo_id, revision=model.revision),)
    )
    pins += tuple(Pin(kind="dataset", id=source.name, revision=source.revision) for source in dataset.on_hub)
    return Manifest(
        name=deploy.name,
        target=ManifestTarget(name=deploy.target, version=target.version, python=target.python, method=config.method),
        environment=_once(data),
        prepare=data.prepare,
        command=command,
        written_by={"trainpkg_widgets": __version__},
        pins=pins,
        choices=choices,
        accepted=accepted,
        files=tuple(
            ManifestFile(path=f.path, about=f.about, bytes=f.bytes, sha256=f.sha256, rows=f.rows) for f in files
        ),
    )


def _missing(state: SessionState) -> list[Finding]:
    found = [
        Finding(severity="error", step=step, field=step, code="step-missing", message=f"The step “{step}” is not done.")
        for step in STEP_IDS
        if state.of(step) is None
    ]
    problem = name_problem(state.deploy.name) if state.deploy else None
    return found + ([problem] if problem else [])


def _steps(state: SessionState) -> tuple[ModelStep, ConfigStep, DatasetStep, DeployStep]:
    if state.model is None or state.config is None or state.dataset is None or state.deploy is None:
        raise PackageRefusedError(_missing(state))
    return state.model, state.config, state.dataset, state.deploy


def _wrong_rows(data: PreparedData) -> list[Finding]:
    found = []
    if data.secrets:
        places = ", ".join(f"{path} row {number + 1}" for path, number, _ in data.secrets)
        message = f"Some rows hold what looks like {data.secrets[0][2]}, and a package is handed to others."
        found.append(_rows_finding("secret-in-rows", message, f"{places}. Take it out of the rows."))
    for file in (data.files.train, data.files.test):
        if file is not None and not file.rows:
            message = f"{file.path} would be empty, and the trainer stops at an empty file."
            evidence = "None of its rows has an answer to learn. Hold back another share of the rows, or more rows."
            found.append(_rows_finding("no-rows", message, evidence))
    return found


def _rows_finding(code: str, message: str, evidence: str) -> Finding:
    return Finding(
        severity="error", step="dataset", field="dataset.rows", code=code, message=message, evidence=evidence.strip()
    )


def _secrets_in_text(package: TrainingPackage) -> list[Finding]:
    return [
        Finding(
            severity="error",
            step="deploy",
            field="package",
            code="secret-in-package",
            message=f"{file.path} would hold what looks like {kind}, and a package is handed to others.",
            evidence="It stands in a name, a path or a setting; take it out there.",
        )
        for file in package.files
        if file.rows is None and (kind := secret_in(b"".join(file.chunks()).decode("utf-8")))
    ]


def _refuse(findings: Iterable[Finding]) -> None:
    found = tuple(findings)
    if found:
        raise PackageRefusedError(found)


def _size(count: float) -> str:
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} GB"

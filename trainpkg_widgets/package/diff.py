"""What differs between two packages, or between a package and the choices of a session, in words."""

# ruff: noqa: SIM905 - a list of words would take a line for each

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..advice.knobs import applies
from ..facts import Frozen, StepId
from ..steps import FORMAT_LABELS, ConfigStep, DatasetStep, DeployStep, ModelStep, SessionState
from .manifest import Manifest, ManifestFile
from .reading import load_package

if TYPE_CHECKING:
    from ..settings.config_settings import ConfigSettings

# Fields of the dataset step that follow from the rows, which their hash stands for.
_FOLLOWS = frozenset(
    """
features bytes problems turns excluded_rows recognised candidates role_names first_row checked_rows estimated
exact splits
""".split()
)


class Change(Frozen):
    """One difference: the step and field it is in, what it was and is as text (empty: nothing), and a sentence."""

    step: StepId
    field: str
    before: str
    after: str
    says: str


def diff_packages(before: str | Path, after: str | Path) -> list[Change]:
    """What changed from one written package to another, each a folder or a zip; empty where nothing did.

    Raises:
        UnreadablePackageError: there is no package, or none that is safe to read.
        ManifestError: its `package.yaml` can't be understood.
    """
    return diff_manifests(load_package(before), load_package(after))


def diff_manifests(before: Manifest, after: Manifest) -> list[Change]:
    """What changed from one manifest to another."""
    return [
        *diff_choices(before.choices, after.choices),
        *_target(before, after),
        *_files({file.path: file for file in before.files}, {file.path: file for file in after.files}),
    ]


def diff_choices(before: SessionState, after: SessionState, settings: ConfigSettings | None = None) -> list[Change]:
    """What changed from one session's choices to another's; `settings` name the knobs, the shipped ones where None."""
    if settings is None:
        from ..settings import load_settings

        settings = load_settings().config
    found: list[Change] = []
    found += _whole("model", before.model, after.model, lambda step: step.repo_id) or _model(before.model, after.model)
    found += _whole("config", before.config, after.config, lambda step: step.method) or _config(
        before.config, after.config, settings
    )
    found += _whole("dataset", before.dataset, after.dataset, lambda step: step.source.name) or _dataset(
        before.dataset, after.dataset
    )
    found += _whole("deploy", before.deploy, after.deploy, lambda step: step.name) or _deploy(
        before.deploy, after.deploy
    )
    return found


def _whole(step: StepId, before: Any, after: Any, name: Any) -> list[Change]:
    """The change of a step that was taken or dropped as a whole; none where both or neither have it."""
    if (before is None) == (after is None):
        return []
    was, now = ("" if one is None else str(name(one)) for one in (before, after))
    says = f"The step “{step}” is new: {now}." if before is None else f"The step “{step}” is gone; it was {was}."
    return [Change(step=step, field=step, before=was, after=now, says=says)]


def _model(before: ModelStep | None, after: ModelStep | None) -> Iterator[Change]:
    if before is None or after is None:
        return
    if before.repo_id != after.repo_id:
        yield _changed("model", "repo_id", "The model", before.repo_id, after.repo_id)
    if before.revision != after.revision:
        yield _changed("model", "revision", "The model's revision", before.revision, after.revision)
    licences = before.info.licence.value, after.info.licence.value
    if licences[0] != licences[1]:
        yield _changed("model", "licence", "The model's licence", *licences)
    templates = before.info.chat_template.value, after.info.chat_template.value
    if before.repo_id == after.repo_id and templates[0] != templates[1]:
        says = "The model's chat template is another one."
        yield Change(step="model", field="model.chat_template", before="", after="", says=says)


def _config(before: ConfigStep | None, after: ConfigStep | None, settings: ConfigSettings) -> Iterator[Change]:
    if before is None or after is None:
        return
    for name in ConfigStep.model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        if name == "trainer_keys":
            yield from _keys(was, now)
            continue
        knob = settings.knobs.get(name)
        if knob is None or applies(knob, before) or applies(knob, after):
            yield _changed("config", name, knob.label if knob else name.capitalize().replace("_", " "), was, now)


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield _changed("config", f"trainer_keys.{key}", f"The trainer's key {key}", before.get(key), after.get(key))


def _dataset(before: DatasetStep | None, after: DatasetStep | None) -> Iterator[Change]:
    if before is None or after is None:
        return
    labels = {
        "source": "The rows come from",
        "rows": "Rows",
        "format": "The format of the rows",
        "columns": "The columns",
        "eval_share": "The share held back",
        "exclude_problems": "Rows left out for",
        "sha256": "",
    }
    for name in DatasetStep.model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was == now or name in _FOLLOWS:
            continue
        if name == "sha256":
            if before.source == after.source:
                says = f"The rows of {after.source.name} are others than before."
                yield Change(step="dataset", field="dataset.sha256", before=was[:12], after=now[:12], says=says)
        elif name == "source":
            if (was.kind, was.name, was.path) != (now.kind, now.name, now.path):
                yield _changed("dataset", name, labels[name], was.path or was.name, now.path or now.name)
        elif name == "format":
            shown = [FORMAT_LABELS.get(one.value, "nothing known") if one.value else "" for one in (was, now)]
            if shown[0] != shown[1]:
                yield _changed("dataset", name, labels[name], *shown)
        elif name in labels or isinstance(now, (str, int, float, tuple)):
            yield _changed("dataset", name, labels.get(name) or name.capitalize().replace("_", " "), was, now)


def _deploy(before: DeployStep | None, after: DeployStep | None) -> Iterator[Change]:
    if before is None or after is None:
        return
    for name in DeployStep.model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was != now and name not in ("written_to", "run"):
            yield _changed("deploy", name, f"The package's {name}" if name == "name" else f"The {name}", was, now)


def _target(before: Manifest, after: Manifest) -> Iterator[Change]:
    if before.target.version != after.target.version:
        yield _changed("deploy", "version", "The trainer's version", before.target.version, after.target.version)
    if before.command != after.command:
        yield _changed("deploy", "command", "The command", before.command, after.command)


def _files(before: Mapping[str, ManifestFile], after: Mapping[str, ManifestFile]) -> Iterator[Change]:
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was is None or now is None:
            says = f"{path} is new." if was is None else f"{path} is gone."
            yield Change(step="deploy", field=f"files.{path}", before="", after="", says=says)
        elif was.sha256 != now.sha256 and was.rows is not None and now.rows is not None:
            says = f"{path} holds other rows: {was.rows:,} before, {now.rows:,} now."
            yield Change(step="deploy", field=f"files.{path}", before=was.sha256[:12], after=now.sha256[:12], says=says)


def _changed(step: StepId, field: str, label: str, was: Any, now: Any) -> Change:
    before, after = _shown(was), _shown(now)
    if not before or not after:
        says = f"{label}: {after}, where nothing was." if after else f"{label}: nothing, where it was {before}."
    else:
        says = f"{label}: {before} → {after}."
    return Change(step=step, field=f"{step}.{field}", before=before, after=after, says=says)


def _shown(value: Any) -> str:
    if value is None or value == () or value == []:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.10g}".replace("e-0", "e-")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items())
    return str(value)

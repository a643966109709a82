"""Taking a trainer's config into a session that is there: all of its choices at once, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...facts import Finding
from ...steps import DeployStep, ModelStep
from .opening import ConfigUnreadableError, Source, open_config, read_source
from .translated import Translated
from .trl_yaml import keys_of

if TYPE_CHECKING:
    from ...choices import Choices
    from ...session import Session


def take_config(
    session: Session,
    choices: Choices,
    given: str | Path | Mapping[str, Any] | None,
    method: str | None,
    folder: str | Path | None,
    text: str | None = None,
) -> list[Finding]:
    """Put what a config says in the place of the session's choices. Returns what is known about it."""
    try:
        source = read_source(given if given is not None else keys_of(text or "", "What was pasted"), folder)
        if source.trainer != "trl":
            return _take_translated(session, choices, source)
        made = open_config(source, method=method, settings=session.settings, choose_model=_chooser(session))
    except ConfigUnreadableError as error:
        refused = Finding(severity="error", step="config", field="config", code="config-unreadable", message=str(error))
        return choices.refuse("config", [refused])
    data = {
        "model": made.model,
        "config": made.config,
        "dataset": made.dataset,
        "deploy": _deploy(session, made.model),
        "imported": made.run,
    }
    choices.apply("config", f"import of {source.name}", data, made.rows)
    choices.add(session.state, made.said)
    return list(session.findings)


def _take_translated(session: Session, choices: Choices, source: Source) -> list[Finding]:
    """Take a config of another trainer, whose rows are prepared here: it is judged as the package it would become."""
    made = _translated(source)
    config = made.config(session.settings.config)
    model, refused = None, []
    if made.model:
        place = source.folder / Path(made.model).expanduser()
        model, refused = _chooser(session)(str(place) if place.is_dir() else made.model, made.revision)
    data = {
        "model": model,
        "config": config,
        "dataset": None,
        "deploy": _deploy(session, model),
        "imported": None,
    }
    choices.apply("config", f"import of {source.name}", data)
    said = [*source.said, *made.said, *refused]
    if made.dataset:
        said += [f for f in session.use_dataset(**made.dataset) if session.state.dataset is None]
    choices.add(session.state, said)
    return list(session.findings)


def _translated(source: Source) -> Translated:
    if source.trainer == "axolotl":
        from .axolotl import from_axolotl

        return from_axolotl(source.keys, source.folder)
    from .llamafactory import from_llamafactory

    return from_llamafactory(source.keys, source.folder)


def _chooser(session: Session) -> Any:
    def choose(named: str, revision: str | None) -> tuple[ModelStep | None, list[Finding]]:
        return session.models.choose(named, revision, session.searching.find, confirmed=True)

    return choose


def _deploy(session: Session, model: ModelStep | None) -> DeployStep:
    name = session.suggested_name(model.repo_id if model else "model")
    target = next(iter(session.settings.deploy.targets))
    return session.state.deploy or DeployStep.model_validate({"name": name, "target": target, "launcher": "local"})

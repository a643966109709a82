"""Taking a trainer's config into a session that is there: all of its choices at once, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...facts import Finding
from ...steps import DeployStep
from .opening import ConfigUnreadableError, open_config

if TYPE_CHECKING:
    from ...choices import Choices
    from ...session import Session


def take_config(
    session: Session,
    choices: Choices,
    given: str | Path | Mapping[str, Any],
    method: str | None,
    folder: str | Path | None,
) -> list[Finding]:
    """Put what a config says in the place of the session's choices. Returns what is known about it."""
    try:
        made = open_config(
            given,
            method=method,
            folder=folder,
            settings=session.settings,
            choose_model=lambda named, revision: session.models.choose(
                named, revision, session.searching.find, confirmed=True
            ),
        )
    except ConfigUnreadableError as error:
        refused = Finding(severity="error", step="config", field="config", code="config-unreadable", message=str(error))
        return choices.refuse("config", [refused])
    base = made.model.repo_id if made.model else "model"
    deploy = session.state.deploy or DeployStep.model_validate(
        {
            "name": session.suggested_name(base),
            "target": next(iter(session.settings.deploy.targets)),
            "launcher": "local",
        }
    )
    data = {
        "model": made.model,
        "config": made.config,
        "dataset": made.dataset,
        "deploy": deploy,
        "imported": made.run,
    }
    name = Path(made.run.source).name or "a config"
    choices.apply("config", f"import of {name}", data, made.rows)
    choices.add(session.state, made.said)
    return list(session.findings)

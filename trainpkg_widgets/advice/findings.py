"""All that is known about a session's choices, gathered from the advice on each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Finding, Fix
from .access import access_findings
from .costs import costs_view, memory_findings
from .dataset_findings import dataset_findings
from .deploy_findings import deploy_findings
from .knobs import config_findings
from .model_findings import model_findings

if TYPE_CHECKING:
    from ..settings.schema import Gpu, Settings
    from ..steps import SessionState


def findings_of(
    state: SessionState, settings: Settings, gpu: Gpu | None, *, rows_here: bool = True
) -> tuple[Finding, ...]:
    """The findings of every step that has data, in the order of the steps.

    `rows_here` is False where the dataset was chosen in another kernel and its rows can't be read in this one.
    """
    info = state.model.info if state.model else None
    found: list[Finding] = []
    if state.model is not None:
        found += access_findings(state.model, settings.model.hub.endpoint)
        found += model_findings(state.model, settings.model)
    if state.config is not None:
        found += config_findings(state.config, info, gpu, settings.config)
        found += memory_findings(costs_view(info, state.config, state.dataset, gpu), state.config)
    if state.dataset is not None:
        if not rows_here:
            found.append(_rows_gone(state.dataset.source.name))
        found += dataset_findings(state.dataset, info, state.config, settings.dataset)
    if state.deploy is not None:
        found += deploy_findings(state, settings)
    return tuple(found)


def offered(target: str, launcher: str, settings: Settings) -> list[Finding]:
    """What is wrong with a target or a launcher that this version does not offer."""
    found: list[Finding] = []
    targets = settings.deploy.targets
    if target not in targets:
        found.append(
            _not_offered("deploy.target", f"There is no target “{target}” in this version.", "target", next(iter(targets)))
        )
    if launcher != "local":
        message = f"There is no launcher “{launcher}” in this version: the package is written, and run by its one command."
        found.append(_not_offered("deploy.launcher", message, "launcher", "local"))
    return found


def _not_offered(field: str, message: str, argument: str, instead: str) -> Finding:
    fix = Fix(label=f"Use {instead}", verb="deploy_to", arguments={argument: instead})
    return Finding(severity="error", step="deploy", field=field, code=f"{argument}-unknown", message=message, fix=fix)


def _rows_gone(name: str) -> Finding:
    return Finding(
        severity="error",
        step="dataset",
        field="dataset.source",
        code="rows-gone",
        message=f"The rows of “{name}” are not in this kernel.",
        evidence="They were chosen in an earlier session; a saved session keeps what was chosen, not the rows.",
        fix=Fix(label="Read them again", verb="use_dataset", arguments={"variable": name}),
    )

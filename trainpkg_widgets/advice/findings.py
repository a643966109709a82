"""All that is known about a session's choices, gathered from the advice on each step."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..facts import Finding, Fix
from .access import access_findings
from .costs import memory_findings
from .dataset_findings import dataset_findings
from .deploy_findings import deploy_findings
from .knobs import config_findings
from .model_findings import model_findings
from .trl_limits import reward_columns, trl_findings

if TYPE_CHECKING:
    from ..config_screen import CostsView
    from ..settings.config_settings import Gpu
    from ..settings.schema import Settings
    from ..steps import SessionState


def findings_of(
    state: SessionState, settings: Settings, gpu: Gpu | None, costs: CostsView, rows_problem: Finding | None = None
) -> tuple[Finding, ...]:
    """The findings of every step that has data, in the order of the steps.

    `costs` is what the run costs, `rows_problem` what keeps the rows of the dataset step from being used here.
    """
    info = state.model.info if state.model else None
    found: list[Finding] = []
    if state.model is not None:
        found += access_findings(state.model, settings.model.hub.endpoint)
        found += model_findings(state.model, settings.model, state.config.method if state.config else None)
    if state.config is not None:
        found += config_findings(state.config, info, gpu, settings.config)
        targets = settings.deploy.targets
        chosen = state.deploy.target if state.deploy else ""
        target = targets.get(chosen) or next(iter(targets.values()))
        installable = [*target.requirements, *target.qlora_requirements, *target.optional_requirements]
        rows = state.dataset
        measured = None if rows is None else bool(rows.eval_share or rows.eval_split)
        columns = () if rows is None else reward_columns(rows)
        if chosen in ("", "trl"):
            found += trl_findings(state.config, installable, measured=measured, columns=columns)
        found += memory_findings(costs, state.config, info, gpu)
    if state.dataset is not None:
        if rows_problem is not None:
            found.append(rows_problem)
        found += dataset_findings(state.dataset, info, state.config, settings.dataset)
    if state.deploy is not None:
        found += deploy_findings(state, settings)
    return tuple(found)


def offered(target: str, launcher: str, settings: Settings) -> list[Finding]:
    """What is wrong with a target or a launcher that this version does not offer."""
    found: list[Finding] = []
    targets = settings.deploy.targets
    if target not in targets:
        message = f"There is no target “{target}”: there are {', '.join(targets)}."
        labels = {name: each.label for name, each in targets.items()}
        found.append(_not_offered("deploy.target", message, "target", _nearest(target, labels)))
    launchers = settings.deploy.launchers
    if launcher not in launchers:
        message = f"There is no launcher “{launcher}”: there are {', '.join(launchers)}."
        labels = {name: each.label for name, each in launchers.items()}
        found.append(_not_offered("deploy.launcher", message, "launcher", _nearest(launcher, labels)))
    return found


def _nearest(given: str, labels: Mapping[str, str]) -> str:
    """The key of `labels` that is spelt most like `given`, or whose label is; the first where none is like it."""
    spelt = {"".join(filter(str.isalnum, name.lower())): key for key, label in labels.items() for name in (key, label)}
    near = difflib.get_close_matches("".join(filter(str.isalnum, str(given).lower())), spelt, n=1)
    return spelt[near[0]] if near else next(iter(labels))


def _not_offered(field: str, message: str, argument: str, instead: str) -> Finding:
    fix = Fix(label=f"Use {instead}", verb="deploy_to", arguments={argument: instead})
    return Finding(severity="error", step="deploy", field=field, code=f"{argument}-unknown", message=message, fix=fix)

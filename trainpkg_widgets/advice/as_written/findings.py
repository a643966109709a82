"""All that is known about a run as it is written, gathered in the order in which TRL would come upon it."""

from __future__ import annotations

from collections.abc import Collection

from ...facts import Finding, errors_in
from ..trl_key_conflicts import trl_key_findings
from .adapters import adapter_findings
from .evidence import Case
from .loading import loading_findings, underlying
from .preferences import preference_findings
from .rollouts import reward_findings, rollout_findings
from .supervised import supervised_findings
from .training import training_findings
from .values import value_findings
from .words import stops

# TRL 1.16 has no `trl orpo`: ORPO is in trl.experimental, and has no command.
_COMMANDS = {"sft": "sft", "cpt": "sft", "dpo": "dpo", "kto": "kto", "reward": "reward", "grpo": "grpo"}


def as_written_findings(case: Case, requirements: Collection[str]) -> list[Finding]:
    """What `trl <method> --config` would make of this run; `requirements` are the lines of its environment.

    What comes after a stop is said too, as far as it does not follow from it.
    """
    command = _COMMANDS.get(case.method)
    if command is None:
        message = f"TRL 1.16 has no command for {case.method.upper()}."
        commands = ", ".join(sorted(set(_COMMANDS.values())))
        evidence = f"It has {commands}; ORPO is in trl.experimental, to be called from a script."
        return [stops("config", "config.method", "no-command", message, evidence)]
    found = trl_key_findings(command, case.keys, requirements)
    found += value_findings(case)
    found += loading_findings(case, requirements)
    case = underlying(case)
    if not errors_in(found, "model"):
        found += adapter_findings(case)
    found += reward_findings(case, requirements)
    found += [
        stops("dataset", "dataset.rows", trouble.code, trouble.message, trouble.evidence)
        for trouble in case.data.troubles
    ]
    rows = case.data.train
    if rows is not None and not errors_in(found, "model"):
        if command == "sft":
            found += supervised_findings(case, rows)
        elif command == "grpo":
            found += rollout_findings(case, rows)
        else:
            found += preference_findings(case, rows)
    found += training_findings(case)
    return _once(found)


def _once(found: list[Finding]) -> list[Finding]:
    """The findings with one of each code and field: two rules may see the same from two sides."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in found:
        seen.setdefault((finding.code, finding.field), finding)
    return list(seen.values())

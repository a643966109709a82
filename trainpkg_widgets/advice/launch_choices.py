"""What is wrong with how any package is to be launched. What its target can't do is in `deploy_findings.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..facts import Finding

if TYPE_CHECKING:
    from ..steps import LaunchChoices


def launch_choice_findings(launch: LaunchChoices) -> list[Finding]:
    """What is wrong with how a package is to be launched."""
    found = []
    for field, least, most in (("processes", 1, 1024), ("gpus", 0, 1024), ("timeout_hours", 0.05, 24 * 30)):
        value = getattr(launch, field)
        if value is not None and not least <= value <= most:
            found.append(
                launch_choice_wrong(field, f"it has to be from {least:g} to {most:g}, and {value:g} was given")
            )
    # It stands in commands that are shown to be copied.
    if launch.hub_repo and not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)?", launch.hub_repo, re.ASCII):
        words = "a repository is “name” or “owner/name”, of letters, digits, dots, dashes and underscores"
        found.append(launch_choice_wrong("hub_repo", words))
    return found


def launch_choice_wrong(field: str, why: str) -> Finding:
    """The finding that `field` of the launch choices can't be what was given."""
    return Finding(
        severity="error",
        step="deploy",
        field=f"deploy.launch.{field}",
        code="launch-choice",
        message=f"This is no value for {field.replace('_', ' ')}: {why}.",
    )

"""What is known to stop a launch from here, before anybody launches: this machine's card, and the Hub token."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .facts import Finding
    from .session import Session


def with_outlook(
    session: Session, found: tuple[Finding, ...], card: str, token: str | bool | None
) -> tuple[Finding, ...]:
    """`found` with what would stop a launch as things are here; what is said of any machine gives way to it."""
    outlook = launch_outlook(session, card, token)
    said = {f.code for f in found}
    about_here = {f.code for f in outlook} | said
    kept = [f for f in found if f.code != "needs-gpu" or "no-gpu-here" not in about_here]
    return (*kept, *(f for f in outlook if f.code not in said))


def launch_outlook(session: Session, card: str, token: str | bool | None) -> list[Finding]:
    """What would stop a launch as things are here; `card` is the name of this machine's, empty where it has none."""
    from .advice.deploy_findings import Machine, launch_findings
    from .hub.uploads import has_token

    deploy, config = session.state.deploy, session.state.config
    target = session.settings.deploy.targets.get(deploy.target) if deploy else None
    if deploy is None or config is None or target is None:
        return []
    # The disk is looked at when it is launched: what it must hold is known from the package.
    here = Machine(has_processes=os.name == "posix", gpu=card, room_gb=0)
    return launch_findings(deploy, config, here, target, deploy.launcher != "hf_jobs" or has_token(token))

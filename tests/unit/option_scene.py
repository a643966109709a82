"""Where an option of the model step is seen at work: a Hub, a folder, and sessions that have it set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hub_server import HubServer
from trainpkg_widgets.session import Session


@dataclass
class Scene:
    """A Hub, a folder, and sessions with one option set; waits are cut short unless they are asked about."""

    hub: HubServer
    folder: Path
    option: str
    value: Any

    def session(self, gpu: str | None = None, **more: Any) -> Session:
        options: dict[str, Any] = {"hub": {"endpoint": self.hub.url, "timeout_seconds": 3, "retries": 0}}
        options["cache"] = {"folder": str(self.folder / "cache")}
        for name, value in [*more.items(), (self.option, self.value)]:
            section, _, key = name.replace("__", ".").partition(".")
            if key:
                options[section] = {**options.get(section, {}), key: value}
            else:
                options[section] = value
        return Session({"model": options}, gpu=gpu, token=False, autosave=False)

    def badges(self, session: Session, name: str) -> set[str]:
        session.search(name)
        return {badge.text for badge in session.searching.view().cards[0].badges}

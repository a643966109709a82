"""The verbs of the config step, the same on a session and on a wizard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .facts import Finding, errors_in
from .imported_run import run_with
from .on_session import OnSession

if TYPE_CHECKING:
    from .steps import SessionState


class ConfigVerbs(OnSession):
    """Setting the run, by its knobs or by a trainer's own config."""

    def configure(self, /, **changes: Any) -> list[Finding]:
        """Change knobs of the run by their names; `preset` and `tuning` bring their own values with them."""
        session = self.session
        from .advice.knobs import change_config

        def decide(state: SessionState) -> tuple[Mapping[str, Any] | None, list[Finding]]:
            config, said = change_config(state.config, changes, session.settings.config)
            return None if errors_in(said) else {"config": config, **run_with(state, config)}, said

        return session.choices.decide("config", "settings", decide)

    def import_config(
        self,
        given: str | Path | Mapping[str, Any] | None = None,
        *,
        text: str | None = None,
        method: str | None = None,
        folder: str | Path | None = None,
    ) -> list[Finding]:
        """Take a trainer's own config (YAML) for the choices, and say what its trainer would make of it as it stands.

        It is `given` as a path or a mapping, or as its `text`.
        `folder` is what relative paths start from, the file's own where None; `method` is guessed where it is not
        said. What is known is about the run as it is written until other rows are chosen with `use_dataset`.
        """
        session = self.session
        from .package.importing.taking import take_config

        if (given is None) == (text is None):
            raise TypeError("A config is given as a path or a mapping, or as its text: one of them.")
        return take_config(session, session.choices, given, method, folder, text=text)

    def choose_gpu(self, name: str | None = None, count: int | None = None) -> list[Finding]:
        """Choose the card that memory is held against, by name; None means the one in this machine.

        `count` is how many of them train together: the knob `gpus`, with `sharding`, and with as many rows to an update
        as before where those can be shared out.
        """
        session = self.session
        from .advice.default_config import default_config
        from .advice.needs import shared_out
        from .gpu import find_gpu

        try:
            gpu = find_gpu(str(name), session.settings.config.gpus) if name else None
        except ValueError as error:
            unknown = Finding(
                severity="error", step="config", field="config.gpu", code="gpu-unknown", message=str(error)
            )
            return session.choices.refuse("config", [unknown])
        config = session.state.config or default_config(session.settings.config)
        if count is not None and count != config.gpus:
            said = session.configure(**shared_out(config, count))
            if session.state.config is None or session.state.config.gpus != count:
                return said
        session.hold_memory_against(gpu, chosen=name is not None)
        return []

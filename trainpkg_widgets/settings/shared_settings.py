"""The options every step shares: `config/shared.yaml`."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Literal

from .section import Count, Positive, Section


class LogSettings(Section):
    """What our loggers print. `off` is the default in a notebook; the level is one for all of ours."""

    level: Literal["off", "DEBUG", "INFO", "WARN", "ERROR"]


class AutosaveSettings(Section):
    """Saving the session, so that a restarted kernel can resume. `folder` None means the user's state folder."""

    enabled: bool
    seconds: Positive
    folder: str | None


class WorkSettings(Section):
    """The thread pool for slow work, how many earlier states undo keeps, and when a browser asks again."""

    threads: Count
    undo_depth: Count
    poll_after_ms: Count
    answers_kept: Count


class SharedSettings(Section):
    """What every step shares: `config/shared.yaml`."""

    logging: LogSettings
    autosave: AutosaveSettings
    work: WorkSettings

"""What a target writes of a session's choices: its config, the scripts beside it, and the command that runs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """A file beside the config: its path in the package, what it is for, and its text."""

    path: str
    about: str
    text: str


@dataclass(frozen=True)
class TargetFiles:
    """The files that a trainer is started with.

    `config_file` is the path of its config and `config` the text of it; `command` runs in the package's folder, with
    the programs of its environment; `packages` are names of packages that the choices need beside the target's own.
    """

    config_file: str
    config: str
    command: str
    scripts: tuple[Script, ...] = ()
    packages: tuple[str, ...] = ()

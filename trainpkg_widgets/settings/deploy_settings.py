"""The options of the deploy step: `config/step4_deploy.yaml`."""

from __future__ import annotations

from .section import Section


class TargetSettings(Section):
    """A trainer a package can be written for: its version and the pins its environment is made from.

    `extra_keys` go into the trainer's config as they stand; a key that a choice decides is refused there.
    """

    label: str
    version: str
    python: str
    requirements: list[str]
    qlora_requirements: list[str]
    extra_keys: dict[str, str | int | float | bool] = {}


class DeploySettings(Section):
    """The deploy step: `config/step4_deploy.yaml`. `name_pattern` may use {base} and {date}."""

    targets: dict[str, TargetSettings]
    name_pattern: str
    folder: str

"""The trainers a package can be written for, by the name a session knows them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .written import TargetFiles

if TYPE_CHECKING:
    from ...advice.training_shape import TrainingShape
    from ...settings.deploy_settings import TargetSettings
    from ...steps import SessionState
    from ..data_files import DataFiles


def write_for(
    target: str, state: SessionState, *, data: DataFiles, settings: TargetSettings, shape: TrainingShape
) -> TargetFiles:
    """The files that the target's trainer is started with.

    Raises:
        ValueError: a step is missing, or the target is not written for these rows (a finding said so before).
        KeyError: there is no such target.
    """
    if target == "axolotl":
        from .axolotl import axolotl_files

        return axolotl_files(state, data=data, settings=settings, rows=shape.rows)
    if target == "llamafactory":
        from .llamafactory import llamafactory_files

        return llamafactory_files(state, data=data, settings=settings, rows=shape.rows)
    if target == "unsloth":
        from .unsloth import unsloth_files

        return unsloth_files(state, data=data, settings=settings, shape=shape.keys)
    if target == "trl":
        from .trl import trl_files

        return trl_files(state, data=data, settings=settings, shape=shape.keys)
    raise KeyError(f"There is no target {target!r}.")


def config_of(target: str, method: str) -> str:
    """The name of the config that a package for a target has: `sft.yaml` for TRL's SFT, else named after the target."""
    if target == "trl":
        from .trl import config_file

        return config_file(method)
    return f"{target}.yaml"

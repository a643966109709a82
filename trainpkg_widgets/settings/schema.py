"""All settings of a session, one attribute for each file in `config/`. Reading the files is `loader.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from .section import Section

if TYPE_CHECKING:
    from .config_settings import ConfigSettings
    from .dataset_settings import DatasetSettings
    from .deploy_settings import DeploySettings
    from .model_settings import ModelSettings
    from .shared_settings import SharedSettings

Component = Literal["shared", "model", "config", "dataset", "deploy"]

SHIPPED: dict[Component, str] = {
    "shared": "shared.yaml",
    "model": "step1_model.yaml",
    "config": "step2_config.yaml",
    "dataset": "step3_dataset.yaml",
    "deploy": "step4_deploy.yaml",
}


def section_type(component: Component) -> type[Section]:
    """The type of one file's options: `ModelSettings` of `model_settings.py` for "model"."""
    module = import_module(f".{component}_settings", __package__)
    kind: type[Section] = getattr(module, f"{component.title()}Settings")
    return kind


class Settings:
    """All settings of a session. A section is read when it is first asked for, so that no step waits for another's."""

    def __init__(
        self, read: Callable[[Component], Any], where: Callable[[Component, tuple[str, ...]], str] = lambda *_: ""
    ) -> None:
        self._read = read
        self._where = where

    def where(self, component: Component, *option: str) -> str:
        """The place where an option was set, a file and its line; empty where no file did."""
        return self._where(component, option)

    @cached_property
    def shared(self) -> SharedSettings:
        """What every step shares."""
        section: SharedSettings = self._read("shared")
        return section

    @cached_property
    def model(self) -> ModelSettings:
        """The model step."""
        section: ModelSettings = self._read("model")
        return section

    @cached_property
    def config(self) -> ConfigSettings:
        """The config step."""
        section: ConfigSettings = self._read("config")
        return section

    @cached_property
    def dataset(self) -> DatasetSettings:
        """The dataset step."""
        section: DatasetSettings = self._read("dataset")
        return section

    @cached_property
    def deploy(self) -> DeploySettings:
        """The deploy step."""
        section: DeploySettings = self._read("deploy")
        return section

    def model_dump(self) -> dict[str, Any]:
        """Every option as plain values, in the form `load_settings` takes."""
        return {component: getattr(self, component).model_dump() for component in SHIPPED}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment] # equal by what they hold, as any model with lists in it

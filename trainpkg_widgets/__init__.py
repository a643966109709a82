"""From a notebook cell to a training package that starts the first time.

Names are loaded when they are first used, so that `import trainpkg_widgets` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .advice.memory import MemoryEstimate, estimate_memory
    from .facts import Fact, Finding
    from .model_info import ModelInfo
    from .package.build import TrainingPackage
    from .package.diff import diff_packages
    from .package.launch.run import Run
    from .package.launch.start import CannotLaunchError
    from .package.verify import load_package, verify_package
    from .readiness import NotReadyError
    from .session import Session
    from .settings import load_settings
    from .wizard import TrainingPackageWizard

__version__ = "0.1.0"

__all__ = [
    "CannotLaunchError",
    "Fact",
    "Finding",
    "MemoryEstimate",
    "ModelInfo",
    "NotReadyError",
    "Run",
    "Session",
    "TrainingPackage",
    "TrainingPackageWizard",
    "diff_packages",
    "estimate_memory",
    "load_package",
    "load_settings",
    "verify_package",
]

_HOME = {
    "CannotLaunchError": "package.launch.start",
    "Fact": "facts",
    "Finding": "facts",
    "MemoryEstimate": "advice.memory",
    "ModelInfo": "model_info",
    "NotReadyError": "readiness",
    "Run": "package.launch.run",
    "Session": "session",
    "TrainingPackage": "package.build",
    "TrainingPackageWizard": "wizard",
    "diff_packages": "package.diff",
    "estimate_memory": "advice.memory",
    "load_package": "package.verify",
    "load_settings": "settings",
    "verify_package": "package.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

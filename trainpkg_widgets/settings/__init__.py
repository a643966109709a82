"""Every option of the package: what there is, what it may be, and loading it."""

from .errors import SettingsError
from .loader import Loaded, SettingsLoader, load_settings
from .schema import Settings

__all__ = ["Loaded", "Settings", "SettingsError", "SettingsLoader", "load_settings"]

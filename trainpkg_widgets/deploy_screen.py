"""What the deploy step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from .facts import Frozen
from .screens import Option


class FileView(Frozen):
    """One file of the package as it will be written."""

    path: str
    bytes: int
    about: str


class PackageView(Frozen):
    """The package as it stands: files, the folder the settings write to, and where it was last written."""

    files: tuple[FileView, ...] = ()
    folder: str = ""
    command: str = ""
    written_to: str = ""


class DeployMenus(Frozen):
    """The menus of the deploy step. They do not change while a session lives."""

    targets: tuple[Option, ...] = ()

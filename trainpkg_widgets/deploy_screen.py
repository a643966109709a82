"""What the deploy step shows, as it goes down to the browser in traits."""

from __future__ import annotations

from .facts import Finding, Frozen
from .screens import Option


class FileView(Frozen):
    """One file of the package as it will be written."""

    path: str
    bytes: int
    about: str


class PackageView(Frozen):
    """The package as it stands: files, the folder the settings write to, where it was last written.

    `proven` says what is known of this method and tuning with this trainer, from runs of it.
    """

    files: tuple[FileView, ...] = ()
    folder: str = ""
    command: str = ""
    written_to: str = ""
    proven: str = ""


class CurvePoint(Frozen):
    """A point of the loss curve."""

    step: int
    loss: float | None
    eval_loss: float | None


class RunView(Frozen):
    """The run that is followed: seconds, bytes and counts, None where not known. Without an id there is none.

    `words` says how it stands; `can_resume` where it can be taken up; `estimate_bytes` is what had been estimated for
    the card; `progress` and `progress_words` are of an upload that is under way, as a share.
    """

    id: str = ""
    name: str = ""
    launcher: str = ""
    status: str = ""
    words: str = ""
    note: str = ""
    over: bool = True
    can_resume: bool = False
    attempt: int = 1
    step: int | None = None
    total: int | None = None
    seconds_left: float | None = None
    seconds_per_step: float | None = None
    tokens_per_second: float | None = None
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    epoch: float | None = None
    ram_peak_bytes: int | None = None
    gpu_peak_bytes: int | None = None
    estimate_bytes: float | None = None
    checkpoint: str = ""
    output: str = ""
    log_path: str = ""
    url: str = ""
    curve: tuple[CurvePoint, ...] = ()
    findings: tuple[Finding, ...] = ()
    progress: float | None = None
    progress_words: str = ""


class DeployMenus(Frozen):
    """The menus of the deploy step. They do not change while a session lives."""

    targets: tuple[Option, ...] = ()
    launchers: tuple[Option, ...] = ()

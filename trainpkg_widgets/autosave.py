"""Saving a session to a file so that a restarted kernel can resume it; hosts do not keep the state of widgets."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock, Timer
from typing import TYPE_CHECKING

from pydantic import ValidationError

from .facts import Finding, Fix, Frozen
from .logs import get_logger
from .steps import NOTHING_CHOSEN, SessionState

if TYPE_CHECKING:
    from .settings.shared_settings import AutosaveSettings

_log = get_logger("autosave")

# Not the process id: in a container that was started anew it is often the same.
_KERNEL = os.urandom(8).hex()


class SavedSession(Frozen):
    """A session as it stands in its file. `saved_at` is ISO 8601 in UTC; `kernel` is the one that wrote it."""

    saved_at: str
    kernel: str
    state: SessionState


def open_autosave(
    settings: AutosaveSettings,
    wanted: str | Path | bool | None,
    state: Callable[[], SessionState],
    saved: Callable[[], None],
) -> tuple[Autosave | None, SavedSession | None]:
    """What saves a session, and what an earlier kernel saved in its place; both None where saving is off.

    `wanted` False switches it off, a path says where to, None follows the settings.
    """
    if wanted is False or (wanted is None and not settings.enabled):
        return None, None
    path = Path(wanted).expanduser() if isinstance(wanted, (str, Path)) else session_file(settings.folder)
    earlier = read_saved(path)
    if earlier and (earlier.kernel == _KERNEL or earlier.state == NOTHING_CHOSEN):
        earlier = None
    return Autosave(path, settings.seconds, state, saved), earlier


def session_file(folder: str | None) -> Path:
    """Where this notebook's session is kept: one file a notebook, in `folder` or the user's state folder.

    Jupyter servers name the notebook in JPY_SESSION_NAME (jupyter_server ≥ 2.0); elsewhere the working folder names it.
    """
    notebook = os.environ.get("JPY_SESSION_NAME") or str(Path.cwd())
    base = Path(folder).expanduser() if folder else state_folder() / "sessions"
    digest = f"{zlib.crc32(notebook.encode()):08x}"
    return base / f"{Path(notebook).stem[:40]}-{digest}.json"


def state_folder() -> Path:
    """Where what outlives a kernel is kept for this user."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "trainpkg_widgets"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "trainpkg_widgets"


def read_saved(path: Path) -> SavedSession | None:
    """The session saved at `path`, None where there is none or it can't be understood (which is logged)."""
    try:
        return SavedSession.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        _log.warning("saved session not readable", extra={"context": {"path": str(path), "why": type(error).__name__}})
        return None


def resume_offer(saved: SavedSession) -> Finding:
    """The finding that offers to resume `saved`, with the fix that does."""
    chosen = [data.repo_id for data in (saved.state.model,) if data] + [
        data.source.name for data in (saved.state.dataset,) if data
    ]
    when = saved.saved_at.replace("T", " ").removesuffix("+00:00")
    return Finding(
        severity="info",
        step="model",
        field="session",
        code="saved-session",
        message="A session of this notebook was saved and can be resumed.",
        evidence=f"Saved {when} UTC: {', '.join(chosen) or 'settings'}.",
        fix=Fix(label="Resume it", verb="resume"),
    )


def write_atomically(path: Path, text: str) -> None:
    """Write `text` so that `path` holds either the old or the new whole, readable by its owner only.

    Raises:
        OSError: the folder can't be made or written to.
    """
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Autosave:
    """Writes the newest state to `path`, at most `seconds` after it changed, on a thread of its own.

    `state` gives the state to save; `saved` is called after each save.
    """

    def __init__(
        self, path: Path, seconds: float, state: Callable[[], SessionState], saved: Callable[[], None]
    ) -> None:
        self.path = path
        self.saved_at = ""
        self._seconds = seconds
        self._state = state
        self._saved = saved
        self._last = NOTHING_CHOSEN
        self._lock = Lock()
        self._writing = Lock()
        self._timer: Timer | None = None

    def changed(self, *, soon: bool = False) -> None:
        """Note that the state may have changed; with `soon`, save it without waiting out the interval."""
        if self._state() == self._last:
            return
        with self._lock:
            if self._timer is not None:
                if not soon:
                    return
                self._timer.cancel()
            self._timer = Timer(0 if soon else self._seconds, self.save)
            self._timer.daemon = True
            self._timer.start()

    def save(self) -> None:
        """Save now. A disk that can't be written to is logged and costs nothing else."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        # A lock of its own: a slow disk keeps other writers waiting, and nobody who makes a choice.
        with self._writing:
            state = self._state()
            if state == self._last:
                return
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            saved = SavedSession(saved_at=now, kernel=_KERNEL, state=state)
            try:
                write_atomically(self.path, saved.model_dump_json(indent=1))
            except OSError as error:
                _log.warning("session not saved", extra={"context": {"path": str(self.path), "why": str(error)}})
                return
            self.saved_at, self._last = now, state
        self._saved()

    def close(self) -> None:
        """Save what is pending and stop."""
        if self._timer is not None:
            self.save()

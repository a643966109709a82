"""Processes of a run: which are alive, which belong together, what memory they hold, and which one saves when told to.

Read from /proc where there is one (Linux), else from `ps`. A process is known by its id and its start: ids are reused.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from ...facts import Frozen

_PROC = Path("/proc")


class Process(Frozen):
    """A process by its id and when it started, in the system's own count."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and started_at(self.pid) == self.started


def process(pid: int) -> Process:
    """The process that has this id now."""
    return Process(pid=pid, started=started_at(pid))


def started_at(pid: int) -> str:
    """When a process started, in the system's own count; empty where there is none, or only its remains."""
    if _PROC.joinpath("self").exists():
        fields = _stat(pid)
        return "" if fields is None or fields[0] in "ZX" else f"{fields[19]}@{_boot()}"
    state, _, started = _ps(f"-p{pid}", "stat=,lstart=").strip().partition(" ")
    return "" if not state or state.startswith("Z") else started.strip()


def tree(pid: int) -> list[int]:
    """A process and all that came of it, the oldest first."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found, at = [pid], 0
    while at < len(found):
        found += [child for child in sorted(children.get(found[at], ())) if child not in found]
        at += 1
    return found


def resident_bytes(pids: list[int]) -> int:
    """The memory that processes hold in RAM, together; what they share is counted for each."""
    if _PROC.joinpath("self").exists():
        fields = [_stat(pid) for pid in pids]
        return sum(int(f[21]) for f in fields if f) * os.sysconf("SC_PAGE_SIZE")
    return sum(1024 * int(_ps(f"-p{pid}", "rss=").strip() or 0) for pid in pids)


def gpu_bytes(pids: list[int]) -> int | None:
    """The memory that processes hold on NVIDIA cards, together; None where no driver tells."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    held = 0
    for line in said.splitlines():
        pid, _, mebibytes = line.partition(",")
        with suppress(ValueError):
            held += int(mebibytes) * 2**20 if int(pid) in pids else 0
    return held


def workers_of(pid: int) -> list[int]:
    """The processes that train, below those that only launched them: a launcher has children of another program that
    handle SIGTERM themselves, and what it would do with the signal is end them without a checkpoint.
    """
    launched = [
        child
        for child, parent in _parents()
        if parent == pid and _command(child) != _command(pid) and _handles(child, signal.SIGTERM)
    ]
    return [worker for child in launched for worker in workers_of(child)] or [pid]


def send(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to processes; those that are gone are passed over."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _parents() -> list[tuple[int, int]]:
    if _PROC.joinpath("self").exists():
        pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdecimal()]
        return [(pid, int(fields[1])) for pid in pids if (fields := _stat(pid)) is not None]
    pairs = [line.split() for line in _ps("-A", "pid=,ppid=").splitlines()]
    return [(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state (3rd) on: proc(5). The name before them may hold anything."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return ""


def _command(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def _handles(pid: int, number: signal.Signals) -> bool:
    try:
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) & 1 << (number - 1))


def _ps(which: str, columns: str) -> str:
    try:
        return subprocess.run(
            ["ps", which, "-o", columns], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""

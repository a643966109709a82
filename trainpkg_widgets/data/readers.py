"""Processes that look through rows side by side: started, asked and ended. What they do is `scan_process.py`'s."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
from typing import IO

import trainpkg_widgets

from .row_scan import Part, Plan
from .scan_process import received

# glibc gives memory back after each part and is asked for it again at the next, which took a tenth of the time.
_KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}
# The package is found where this one is, and nothing is looked for in the working folder.
_START = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
sys.path[:] = [place for place in sys.path if place]
spec = spec_from_file_location("trainpkg_widgets", sys.argv[1])
sys.modules["trainpkg_widgets"] = package = module_from_spec(spec)
spec.loader.exec_module(package)
from trainpkg_widgets.data.scan_process import main
main()
"""


class NoProcessesError(Exception):
    """Rows can't be looked at by processes: none can be started, one ended, or a row can't be sent to one."""


class Readers:
    """As many processes as are wanted, each asked by one thread at a time."""

    def __init__(self, plan: Plan, processes: int) -> None:
        self._idle: queue.Queue[subprocess.Popen[bytes]] = queue.Queue()
        self._all: list[subprocess.Popen[bytes]] = []
        self._plan = json.dumps(plan._asdict()).encode() + b"\n"
        self._processes = processes
        self.stopped = False

    def __enter__(self) -> Readers:
        if sys.platform == "emscripten" or not sys.executable:
            raise NoProcessesError
        # What is said in rows is known by hash(), which has to be the same in all of them.
        environment = os.environ | {"PYTHONHASHSEED": "0"} | _KEEPS_MEMORY
        command = [sys.executable, "-c", _START, str(trainpkg_widgets.__file__)]
        try:
            for _ in range(self._processes):
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
                self._all.append(child)
                _write(child.stdin, self._plan)
                self._idle.put(child)
        except OSError:
            self.__exit__()
            raise NoProcessesError from None
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for child in self._all:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def part_of_file(self, number: int) -> Part:
        """What the rows of a part of the plan's file come to, from 0 on.

        Raises:
            NoProcessesError: the process ended.
        """
        return self._ask(b"part %d\n" % number)

    def part_of_rows(self, blocks: bytes) -> Part:
        """What rows come to, given as packed blocks of `scan_process.packed`.

        Raises:
            NoProcessesError: the process ended.
        """
        return self._ask(b"rows %d\n" % len(blocks) + blocks)

    def _ask(self, what: bytes) -> Part:
        child = self._idle.get()
        try:
            try:
                _write(child.stdin, what)
                part = received(child.stdout) if child.stdout else None
            except (OSError, ValueError):
                part = None
            if part is None:
                raise NoProcessesError
            return part
        finally:
            self._idle.put(child)

    def stop(self) -> None:
        """End the processes, whatever they are at."""
        self.stopped = True
        for child in self._all:
            child.kill()


def _write(pipe: IO[bytes] | None, what: bytes) -> None:
    if pipe is not None:
        pipe.write(what)
        pipe.flush()


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

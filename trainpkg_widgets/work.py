"""Slow work off the kernel's thread: the latest of a kind wins, and each intent gets exactly one terminal answer."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from .logs import get_logger
from .wire import Answer, Trouble

_log = get_logger("work")

Job = Callable[[Event], Answer]


class _Inline(Executor):
    """Runs what it is given at once: Pyodide has no threads."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass
class _Running:
    id: str
    kind: str
    cancelled: Event = field(default_factory=Event)
    future: Future[Any] | None = None


class Work:
    """Runs jobs and remembers their answers for a browser that asks again.

    Args:
        threads: how many jobs run side by side.
        answers_kept: how many answers are remembered.
        send: called with each terminal answer, on the thread that made it.
        busy: called whenever the list of kinds under way changes.
    """

    def __init__(
        self,
        threads: int,
        answers_kept: int,
        send: Callable[[Answer], None],
        busy: Callable[[list[str]], None],
    ) -> None:
        self._executor: Executor = (
            _Inline() if sys.platform == "emscripten" else ThreadPoolExecutor(threads, thread_name_prefix="trainpkg")
        )
        self._answers_kept = answers_kept
        self._send = send
        self._busy = busy
        self._lock = Lock()
        self._running: OrderedDict[str, _Running] = OrderedDict()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def submit(self, id: str, kind: str, job: Job, *, latest_wins: bool) -> None:
        """Run `job` in the pool. With `latest_wins`, earlier jobs of the same kind are cancelled and answered so."""
        running = _Running(id, kind)
        with self._lock:
            if id in self._running or id in self._answers:
                return
            earlier = [r for r in self._running.values() if r.kind == kind] if latest_wins else []
            self._running[id] = running
        for other in earlier:
            self.cancel(other.id)
        self._tell()
        running.future = self._executor.submit(self._run, running, job)

    def answer(self, answer: Answer) -> None:
        """Give the terminal answer to an intent that needed no job."""
        with self._lock:
            if not self._settle(answer):
                return
        self._send(answer)

    def cancel(self, id: str) -> None:
        """Cancel a job: what it finds is dropped, and its intent is answered at once."""
        with self._lock:
            running = self._running.get(id)
            if running is None:
                return
            running.cancelled.set()
            if running.future is not None:
                running.future.cancel()
        self.answer(_failed(id, "cancelled", "This was cancelled.", ""))
        self._tell()

    def poll(self, id: str) -> None:
        """Answer a browser that asks again: the answer it missed, or that it is still under way."""
        with self._lock:
            answer = self._answers.get(id)
            pending = id in self._running
        if answer is None:
            answer = (
                Answer(id=id, kind="pending")
                if pending
                else _failed(id, "unknown-intent", "The kernel does not know this request.", "Ask again.")
            )
        self._send(answer)

    def close(self) -> None:
        """Cancel what is under way; threads end when their request does."""
        with self._lock:
            ids = list(self._running)
        for id in ids:
            self.cancel(id)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self, running: _Running, job: Job) -> None:
        try:
            answer = job(running.cancelled)
        except Exception as error:  # noqa: BLE001 - whatever it is, the browser must get its one answer
            _log.exception("job failed", extra={"context": {"kind": running.kind}})
            answer = _failed(
                running.id,
                "internal",
                f"Something went wrong in “{running.kind}”: {type(error).__name__}.",
                "Nothing was changed. The log has the details: set the logging level to ERROR.",
            )
        self.answer(answer)
        self._tell()

    def _settle(self, answer: Answer) -> bool:
        if answer.id in self._answers:
            return False
        self._running.pop(answer.id, None)
        self._answers[answer.id] = answer
        while len(self._answers) > self._answers_kept:
            self._answers.popitem(last=False)
        return True

    def _tell(self) -> None:
        with self._lock:
            kinds = list(dict.fromkeys(r.kind for r in self._running.values()))
        self._busy(kinds)


def _failed(id: str, code: str, message: str, hint: str) -> Answer:
    return Answer(id=id, kind="error", trouble=Trouble(code=code, message=message, hint=hint))

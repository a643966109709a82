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


@dataclass(eq=False)
class _Running:
    id: str
    kind: str
    cancelled: Event = field(default_factory=Event)
    future: Future[Any] | None = None


class Work:
    """Runs jobs and remembers their answers for a browser that asks again.

    Args:
        threads: how many jobs run side by side, of those that wait for a network and of the others each.
        answers_kept: how many answers are remembered.
        send: called with each terminal answer, on the thread that made it.
        busy: called with what gives the kinds under way, whenever they change.
    """

    def __init__(
        self,
        threads: int,
        answers_kept: int,
        send: Callable[[Answer], None],
        busy: Callable[[Callable[[], list[str]]], None],
    ) -> None:
        # A thread that waits for a silent server can't be taken back, so nothing else may wait for one.
        self._pools = {network: _pool(threads) for network in (True, False)}
        self._answers_kept = answers_kept
        self._send = send
        self._busy = busy
        self._lock = Lock()
        self._closed = False
        self._running: OrderedDict[str, _Running] = OrderedDict()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def submit(self, id: str, kind: str, job: Job, *, network: bool = False, latest_wins: bool = False) -> None:
        """Run `job` in a pool. With `latest_wins`, earlier jobs of the same kind are cancelled and answered so."""
        running = self._claim(id, kind)
        if running is None:
            return
        if latest_wins:
            with self._lock:
                earlier = [r for r in self._running.values() if r.kind == kind and r is not running]
            for other in earlier:
                self.cancel(other.id)
        self._busy(self.kinds)
        try:
            running.future = self._pools[network].submit(self._run, running, job)
        except RuntimeError:  # the pool was shut down in between
            self._settle(running, _failed(id, "closed", "This wizard was closed.", "Run its cell again."))

    def run_here(self, id: str, kind: str, job: Job) -> None:
        """Run `job` on this thread, for what takes a few milliseconds and must keep its order."""
        running = self._claim(id, kind)
        if running is not None:
            self._settle(running, self._answer_of(running, job))

    def answer(self, answer: Answer) -> None:
        """Give the terminal answer to an intent that needs no job."""
        running = self._claim(answer.id, "")
        if running is not None:
            self._settle(running, answer)

    def cancel(self, id: str) -> None:
        """Cancel a job: what it finds is dropped, and its intent is answered at once."""
        with self._lock:
            running = self._running.get(id)
        if running is None:
            return
        running.cancelled.set()
        if running.future is not None:
            running.future.cancel()
        self._settle(running, _failed(id, "cancelled", "This was cancelled.", ""))
        self._busy(self.kinds)

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

    def kinds(self) -> list[str]:
        """The kinds of jobs under way in the pools, each once, oldest first."""
        with self._lock:
            return list(dict.fromkeys(r.kind for r in self._running.values() if r.kind))

    def close(self) -> None:
        """Cancel what is under way; threads end when their request does."""
        with self._lock:
            self._closed = True
            ids = list(self._running)
        for id in ids:
            self.cancel(id)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _claim(self, id: str, kind: str) -> _Running | None:
        """The right to answer `id`, once. A browser that repeats itself is given the answer that was given."""
        with self._lock:
            answered = self._answers.get(id)
            if answered is None and id not in self._running:
                running = self._running[id] = _Running(id, kind)
                if not self._closed:
                    return running
            elif answered is None:
                return None
            else:
                running = None
        if running is not None:
            self._settle(running, _failed(id, "closed", "This wizard was closed.", "Run its cell again."))
        elif answered is not None:
            self._send(answered)
        return None

    def _run(self, running: _Running, job: Job) -> None:
        self._settle(running, self._answer_of(running, job))
        self._busy(self.kinds)

    def _answer_of(self, running: _Running, job: Job) -> Answer:
        try:
            return job(running.cancelled)
        except Exception as error:  # noqa: BLE001 - whatever it is, the browser must get its one answer
            _log.exception("job failed", extra={"context": {"kind": running.kind}})
            return _failed(
                running.id,
                "internal",
                f"Something went wrong in “{running.kind}”: {type(error).__name__}.",
                "The log has the details: set the logging level to ERROR.",
            )

    def _settle(self, running: _Running, answer: Answer) -> None:
        with self._lock:
            if self._running.get(running.id) is not running:
                return
            del self._running[running.id]
            self._answers[running.id] = answer
            while len(self._answers) > self._answers_kept:
                self._answers.popitem(last=False)
        self._send(answer)


def _pool(threads: int) -> Executor:
    if sys.platform == "emscripten":
        return _Inline()
    return ThreadPoolExecutor(threads, thread_name_prefix="trainpkg")


def _failed(id: str, code: str, message: str, hint: str) -> Answer:
    return Answer(id=id, kind="error", trouble=Trouble(code=code, message=message, hint=hint))

"""The child process that runs a model's tokenizer and chat template, and ends when it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    from ..settings.dataset_settings import TokenizerSettings

# `tokenizer_worker` is found beside this file, behind everything of the interpreter's own: `rows`, `lines` and the
# other modules here are not to stand before modules of those names. `python -c` looks for modules in the working folder
# first, and what lies there is nobody's to run: a model's folder may hold a transformers.py.
_START = (
    "import sys; sys.path[:] = [place for place in sys.path if place] + [sys.argv[1]]; import runpy; "
    "runpy.run_module('tokenizer_worker', run_name='__main__')"
)
_INSTALL = "pip install 'transformers>=5'"

# What says who somebody is, and what sends a library to the network, stays with the kernel.
_KEPT_BACK = ("HF_", "HUGGING", "TRANSFORMERS_", "AWS_", "WANDB_", "OPENAI_")


class TokenizerProcess:
    """One model's tokenizer in a child process. Safe to use from several threads: one request at a time.

    Args:
        folder: where the tokenizer's files are; nothing of them is run but the chat template.
        settings: how long a request may take, how much memory, and which interpreter runs it.
        template: a chat template in place of the model's own.
        stop_token: a token to stop at in place of the model's own.
    """

    def __init__(self, folder: Path, settings: TokenizerSettings, template: str = "", stop_token: str = "") -> None:
        self._folder = folder
        self._settings = settings
        self._template = template
        self._stop_token = stop_token
        self._lock = threading.Lock()
        self._closed = False
        self._child: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._about: dict[str, Any] = {}

    @property
    def about(self) -> Mapping[str, Any]:
        """What is known of the tokenizer. Starts the process where it does not run.

        Raises:
            DataError: transformers is missing, or the tokenizer can't be loaded.
        """
        with self._lock:
            self._running()
            return self._about

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the process answers.

        Raises:
            DataError: it can't be started, it refuses, or it took too long and was ended.
        """
        with self._lock:
            return self._exchange(self._running(), request, self._settings.seconds)

    def ask_ahead(self, requests: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """What the process answers to each request; it works on one while the next is made. Use it up, or close it.

        Raises as `ask` does. Nobody else is answered meanwhile, so a long row of requests is asked in parts.
        """
        with self._lock:
            child, open_requests = self._running(), 0
            try:
                for request in requests:
                    self._send(child, request)
                    open_requests += 1
                    if open_requests > 1:
                        open_requests -= 1
                        yield self._receive(self._settings.seconds)
                if open_requests:
                    open_requests -= 1
                    yield self._receive(self._settings.seconds)
            finally:
                if open_requests:
                    # Its answer would be taken for that of the next request.
                    self._end()

    def close(self) -> None:
        """End the process for good."""
        with self._lock:
            self._closed = True
            self._end()

    def _running(self) -> subprocess.Popen[str]:
        if self._closed:
            # Whoever still counts for a model that was left would start a process that nobody ends.
            raise DataError("tokenizer-closed", "Another model or template was chosen meanwhile.", "Ask again.")
        if self._child is not None and self._child.poll() is None:
            return self._child
        if sys.platform == "emscripten":
            raise DataError("no-processes", "Token counts need a Python that can start processes.", "Use a kernel.")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_KEPT_BACK)}
        # Two cores counted rows at 1.9 times the speed of one; transformers says so much about itself that it drowns.
        environment |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "TRANSFORMERS_VERBOSITY": "error"}
        try:
            child = subprocess.Popen(
                [self._settings.python or sys.executable, "-c", _START, str(Path(__file__).parent)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            raise DataError(
                "tokenizer-python",
                f"{self._settings.python} could not be started.",
                "Set tokenizer.python in step3_dataset.yaml to a Python with transformers, or to nothing.",
                str(error),
            ) from None
        self._child, self._answers = child, queue.Queue()
        threading.Thread(target=_hand_on, args=(child.stdout, self._answers), daemon=True).start()
        load = {
            "do": "load",
            "folder": str(self._folder),
            "template": self._template,
            "stop_token": self._stop_token,
            "most_characters": self._settings.characters,
            "memory_bytes": int(self._settings.memory_gb * 1e9),
        }
        try:
            self._about = self._exchange(child, load, self._settings.load_seconds)
        except DataError:
            self._end()
            raise
        return child

    def _exchange(self, child: subprocess.Popen[str], request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        self._send(child, request)
        return self._receive(seconds)

    def _send(self, child: subprocess.Popen[str], request: Mapping[str, Any]) -> None:
        assert child.stdin is not None  # noqa: S101 - it was asked for above
        # A process that has ended is told of where its answer is waited for.
        with contextlib.suppress(OSError):
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()

    def _receive(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._end()
            raise DataError(
                "template-too-slow",
                f"The chat template or the tokenizer took longer than {seconds:g} s and was stopped.",
                "A template of this model may not end; look at it, or raise the limits under tokenizer in "
                "step3_dataset.yaml.",
            ) from None
        except OSError:
            line = None
        if line is None:
            self._end()
            raise DataError(
                "tokenizer-ended",
                "The process that runs the tokenizer ended.",
                "It may have met its memory limit: tokenizer.memory_gb in step3_dataset.yaml.",
            )
        answer: dict[str, Any] = json.loads(line)
        if "code" in answer:
            raise _refused(answer["code"], answer["message"])
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _hand_on(lines: IO[str] | None, answers: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # closed while it was read
        for line in lines or ():
            answers.put(line)
    answers.put(None)


def _refused(code: str, message: str) -> DataError:
    words = {
        "transformers-missing": (
            "Showing what the model will see needs transformers, and it is not installed here.",
            f"Run {_INSTALL} and try again; torch is not needed.",
        ),
        "tokenizer-refused": (
            "This model's tokenizer can't be loaded.",
            "A tokenizer that is a program of its own is not run here; the trainer would ask to trust it.",
        ),
        "no-marks": (
            "This chat template does not mark the answers, so nothing would be learnt.",
            "Learn the answers without marks: set what is learnt to “answers”.",
        ),
        "template-refused": (
            "The chat template refuses this row.",
            "Change the row or leave it out; what the template says is quoted.",
        ),
    }
    said, hint = words.get(code, ("This row can't be shown as the model will see it.", "Look at another row."))
    return DataError(code, said, hint, message)

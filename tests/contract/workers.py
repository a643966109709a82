"""The clients that run as programs of their own: huggingface_hub, newest and oldest, and @huggingface/hub."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from .client import Client, ClientFacts, FailedError, Row, Said

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
# The lower bound of pyproject.toml. Its environment is made once and kept.
OLDEST = "huggingface_hub==1.0.*"
_OLDEST_FOLDER = _ROOT / ".venvs" / "hub-oldest"
_PATIENCE_SECONDS = 60

_SAID: dict[str, Said] = {
    "GatedRepoError": "gated",
    "RepositoryNotFoundError": "missing",
    "RevisionNotFoundError": "no_revision",
    "EntryNotFoundError": "no_file",
    "NoFile": "no_file",
    "DisabledRepoError": "disabled",
    "BadRequestError": "bad_request",
    "JSONDecodeError": "not_json",
    "SyntaxError": "not_json",
    "KeyError": "crashed",
    "TypeError": "crashed",
    "AttributeError": "crashed",
}


class WorkerClient(Client):
    """A client in a process of its own, started at the first call and asked line by line."""

    def __init__(self, name: str, command: Sequence[str | Path], facts: ClientFacts) -> None:
        self.name = name
        self.facts = facts
        self.environment = {
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        self._command = [str(part) for part in command]
        self._process: subprocess.Popen[str] | None = None

    def list(self, endpoint: str, **asked: Any) -> list[Row]:
        return cast(list[Row], self._call("list", endpoint, **asked))

    def model(self, endpoint: str, id: str, **asked: Any) -> Row:
        return cast(Row, self._call("model", endpoint, id=id, **asked))

    def config(self, endpoint: str, id: str, **asked: Any) -> Row:
        return cast(Row, self._call("config", endpoint, id=id, **asked))

    def download(self, endpoint: str, id: str, path: str, **asked: Any) -> str:
        return str(self._call("download", endpoint, id=id, path=path, **asked))

    def weights(self, endpoint: str, id: str, **asked: Any) -> dict[str, int]:
        return cast(dict[str, int], self._call("weights", endpoint, id=id, **asked))

    def tree(self, endpoint: str, id: str, **asked: Any) -> dict[str, int]:
        return cast(dict[str, int], self._call("tree", endpoint, id=id, **asked))

    def whoami(self, endpoint: str, token: str) -> str:
        return str(self._call("whoami", endpoint, token=token))

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _call(self, call: str, endpoint: str, **asked: Any) -> Any:
        process = self._process or self._start()
        assert process.stdin and process.stdout
        given = {name: value for name, value in asked.items() if value is not None}
        process.stdin.write(json.dumps({"call": call, "endpoint": endpoint, **given}) + "\n")
        process.stdin.flush()
        # A client without a timeout of its own may hang; ended, it answers with an empty line.
        watch = threading.Timer(_PATIENCE_SECONDS, process.kill)
        watch.start()
        line = process.stdout.readline()
        watch.cancel()
        if not line:
            raise AssertionError(f"{self.name} ended in the middle of {call!r}")
        answer = json.loads(line)
        if "result" in answer:
            return answer["result"]
        said = next((_SAID[kind] for kind in answer["kinds"] if kind in _SAID), None)
        if answer["status"] == 429:
            said = "rate_limited"
        raise FailedError(said or "other", answer["kinds"][0], answer["status"], answer["message"])

    def _start(self) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**inherited, **self.environment},
            cwd=_HERE,
        )
        return self._process


_PYTHON_FACTS = ClientFacts(
    names_refusals=True,
    # utils/_http.py takes a bare 401 for a missing repository only where the address begins with https.
    bare_401="other",
    retries=True,
    # SafeTensorsInfo needs `total`, TransformersInfo refuses keys that it does not know.
    survives_malformed_rows=False,
    relative_link="crashes",
)
# 1.0 retries the second page of a listing and those after it, not the first.
_OLDEST_FACTS = replace(_PYTHON_FACTS, retries=False)


def newest() -> WorkerClient:
    """The huggingface_hub of this environment."""
    return WorkerClient("huggingface_hub (installed)", [sys.executable, _HERE / "python_worker.py"], _PYTHON_FACTS)


def oldest() -> WorkerClient:
    """The oldest huggingface_hub that we support, in an environment made for it."""
    python = _OLDEST_FOLDER / "bin" / "python"
    done = _OLDEST_FOLDER / "complete"
    if not done.exists():
        shutil.rmtree(_OLDEST_FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", _OLDEST_FOLDER], check=True)
        installed = subprocess.run([python, "-m", "pip", "install", "--quiet", OLDEST], capture_output=True, text=True)
        if installed.returncode:
            pytest.skip(f"{OLDEST} could not be installed: {installed.stderr.strip()[-300:]}")
        done.touch()
    return WorkerClient("huggingface_hub (oldest)", [python, _HERE / "python_worker.py"], _OLDEST_FACTS)


def javascript() -> WorkerClient:
    """@huggingface/hub, which JavaScript programs use."""
    if not shutil.which("node"):
        pytest.skip("there is no node")
    if not (_ROOT / "js" / "node_modules" / "@huggingface" / "hub").exists():
        pytest.skip("js/ has no packages: run npm ci there")
    facts = ClientFacts(
        names_refusals=False,
        bare_401="other",
        retries=False,
        survives_malformed_rows=True,
        # utils/parseLinkHeader.ts: a link that does not begin with http is no link.
        relative_link="stops_silently",
        # lib/file-download-info.ts: the address of a CDN that answers as CloudFront is fetched as one of the Hub's own.
        keeps_the_token_from_the_cdn=False,
    )
    return WorkerClient("@huggingface/hub", ["node", _HERE / "hub_client.mjs"], facts)

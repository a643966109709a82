"""Claims that hold over https alone: there huggingface_hub takes a bare 401 for a missing repository."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub_server import HubServer

from .client import FailedError
from .workers import WorkerClient, newest, oldest


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback that signs itself, and its key, in one PEM file."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl")
    folder = tmp_path_factory.mktemp("certificate")
    key, signed, both = folder / "key.pem", folder / "signed.pem", folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", signed],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(signed.read_bytes() + key.read_bytes())
    return both


@pytest.mark.parametrize("make", [newest, oldest])
def test_a_bare_401_is_a_missing_repository(make: Callable[[], WorkerClient], certificate: Path) -> None:
    client = make()
    client.environment["SSL_CERT_FILE"] = str(certificate)
    with HubServer(certificate=certificate) as hub:
        try:
            assert hub.url.startswith("https://")
            assert client.config(hub.url, "Qwen/Qwen2.5-0.5B")["model_type"] == "qwen2"
            with pytest.raises(FailedError) as caught:
                client.model(hub.url, "nobody/nothing")
            assert (caught.value.said, caught.value.status) == ("missing", 401)
        finally:
            client.stop()

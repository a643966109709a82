"""A secret planted wherever one could come from is in nothing that is written, sent, logged or saved."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.unit.run_samples import TRAINER
from tests.widget.wire_recorder import receive, recording_comms, wait_until
from trainpkg_widgets import TrainingPackageWizard
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.package.launch.environment import environment_folder
from trainpkg_widgets.readiness import NotReadyError

ROWS = [{"prompt": f"What is {n} plus {n}?", "completion": f" {2 * n}"} for n in range(40)]
PLANTED = "hf_PlantedWhereSecretsGrow0123456"


@pytest.fixture
def entries() -> Iterator[list[str]]:
    """Everything that our loggers say, at their most talkative."""
    said: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.getMessage()} {getattr(record, 'context', '')} {record.exc_text or ''}")

    root, keeper = logging.getLogger("trainpkg_widgets"), Keeper()
    root.addHandler(keeper)
    yield said
    root.removeHandler(keeper)


def made(hub: HubServer, folder: Path, **arguments: Any) -> TrainingPackageWizard:
    settings = {
        "shared": {"logging": {"level": "DEBUG"}, "autosave": {"folder": str(folder / "sessions")}},
        "model": {"cache": {"folder": str(folder / "cache")}},
        "deploy": {
            "folder": str(folder / "packages"),
            "runs": {"folder": str(folder / "runs"), "environments": str(folder / "environments")},
        },
    }
    wizard = TrainingPackageWizard(settings, endpoint=hub.url, **{"token": GOOD_TOKEN, **arguments})
    wizard.select_model("Qwen/Qwen2.5-0.5B-Instruct")
    wizard.configure(precision="fp32")
    wizard.use_dataset(ROWS, name="rows")
    return wizard


def nowhere(secret: str, wizard: Any, folder: Path, entries: list[str], *, but: str = "") -> None:
    """The secret is in no file below `folder`, no trait, no message, no saved notebook, no log entry."""
    from ipywidgets import Widget

    for path in folder.rglob("*"):
        if path.is_file() and not (but and but in str(path)):
            assert secret.encode() not in path.read_bytes(), path
    assert secret not in json.dumps(wizard.get_state(), default=str)
    assert secret not in json.dumps(wizard.comm.sent, default=str)
    assert secret not in json.dumps(Widget.get_manager_state(), default=str)
    assert secret not in str(entries)
    assert secret not in repr(wizard) + repr(wizard.run) + repr(wizard.runs)


@pytest.mark.skipif(sys.platform == "win32", reason="runs are launched on POSIX systems only")
def test_a_token_and_a_key_of_the_environment_go_to_the_run_and_nowhere_else(
    hub: HubServer, tmp_path: Path, entries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "wandb-key-planted-in-the-environment"
    monkeypatch.setenv("WANDB_API_KEY", key)
    monkeypatch.setenv("SAYS", f"a careless script prints {GOOD_TOKEN} and {key}")
    monkeypatch.setenv("STEPS", "3")
    with recording_comms():
        wizard = made(hub, tmp_path)
        wizard.deploy_to(name="bot")
        text = wizard.package.preview("requirements.txt")[0]
        program = environment_folder(str(tmp_path / "environments"), "trl", text) / "bin" / "trl"
        program.parent.mkdir(parents=True)
        shifted = TRAINER.replace("sys.argv[1::2], sys.argv[2::2]", "sys.argv[2::2], sys.argv[3::2]")
        program.write_text(shifted.format(python=sys.executable))
        program.chmod(0o755)
        (program.parents[1] / "installed").touch()
        wizard.step = "deploy"
        run = wizard.launch()
        assert run.wait(60) == "finished"
        assert "a careless script prints" in run.log()
        wait_until(lambda: wizard._run.get("status") == "finished")
        receive(wizard, {"v": 1, "id": "log", "kind": "read_log", "payload": {}})
        wait_until(lambda: wizard.comm.answers("log"))
        for secret in (GOOD_TOKEN, key):
            nowhere(secret, wizard, tmp_path, entries)
        wizard.close()


def test_a_token_in_a_row_stops_the_package(hub: HubServer, tmp_path: Path, entries: list[str]) -> None:
    with recording_comms():
        wizard = made(hub, tmp_path, token=False)
        wizard.use_dataset([*ROWS, {"prompt": "My token?", "completion": PLANTED}], name="rows")
        wizard.deploy_to(name="bot")
        with pytest.raises(NotReadyError, match="looks like a Hugging Face token"):
            wizard.launch()
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or PLANTED.encode() not in path.read_bytes(), path
        assert PLANTED not in str(entries)
        wizard.close()


@pytest.mark.parametrize("planted", ["name", "repository", "path"])
def test_a_token_in_a_name_or_a_path_stops_the_package(
    hub: HubServer, tmp_path: Path, entries: list[str], planted: str
) -> None:
    with recording_comms():
        wizard = made(hub, tmp_path, token=False)
        # Refused where it is given, and so never chosen.
        if planted == "name":
            said = wizard.deploy_to(name=PLANTED)
        elif planted == "repository":
            said = wizard.deploy_to(name="bot", hub_repo=f"ada/{PLANTED}", launcher="hf_jobs")
        else:
            rows = tmp_path / PLANTED / "rows.jsonl"
            rows.parent.mkdir()
            rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
            said = wizard.use_dataset(path=str(rows))
        (refused,) = errors_in(said)
        assert "looks like a Hugging Face token" in refused.message
        assert PLANTED not in str([finding.model_dump() for finding in said])
        assert PLANTED not in json.dumps(wizard.state)
        with pytest.raises(NotReadyError):
            wizard.launch()
        assert not (tmp_path / "packages").exists() or list((tmp_path / "packages").iterdir()) == []
        assert list(tmp_path.rglob("run.json")) == []
        wizard.close()

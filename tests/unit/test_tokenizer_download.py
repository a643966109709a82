"""A tokenizer's files lie below the cache whatever a state says, and closing a session does not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.unit.model_folders import write_model
from trainpkg_widgets.data.tokenizer_process import TokenizerProcess
from trainpkg_widgets.hub.errors import HubError
from trainpkg_widgets.hub.tokenizer_download import tokenizer_folder
from trainpkg_widgets.session import Session
from trainpkg_widgets.tokenizing import Tokenizing


@pytest.fixture
def session(hub: HubServer, tmp_path: Path) -> Iterator[Session]:
    made = Session({"model": {"cache": {"enabled": False}}}, endpoint=hub.url, token=False, autosave=False)
    made.select_model(str(write_model(tmp_path / "model")))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("repo_id", "revision"),
    [("a/b", ".."), ("a/b", "../../x"), ("a/b", "x/../../.."), ("a/b", ""), ("..", "main"), ("a/..", "main")],
)
def test_a_name_that_leads_out_of_the_cache_is_refused_and_nothing_is_asked(
    session: Session, hub: HubServer, tmp_path: Path, repo_id: str, revision: str
) -> None:
    with pytest.raises(HubError):
        tokenizer_folder(session.models.client, repo_id, revision, tmp_path / "place", seconds=5)
    assert hub.requests == [] and not (tmp_path / "place").exists()


@pytest.mark.parametrize("revision", ["refs/pr/1", "/etc/x/1", "C:\\x"])
def test_the_folder_of_any_revision_is_one_below_its_model(session: Session, tmp_path: Path, revision: str) -> None:
    there = tmp_path / "place"
    # What is complete is not asked for, so that no Hub needs to have it.
    for name in ("refs%2Fpr%2F1", "C%3A%5Cx"):
        (there / "a%2Fb" / name).mkdir(parents=True)
        (there / "a%2Fb" / name / "complete").touch()
    if revision.startswith("/"):
        with pytest.raises(HubError):
            tokenizer_folder(session.models.client, "a/b", revision, there, seconds=5)
    else:
        found = tokenizer_folder(session.models.client, "a/b", revision, there, seconds=5)
        assert found.parent == there / "a%2Fb"


class TestClosing:
    def test_it_does_not_wait_for_a_download_and_nothing_is_started_after_it(
        self, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        asked, arrives, made = threading.Event(), threading.Event(), []

        def slow_folder(*_: Any) -> Path:
            asked.set()
            arrives.wait(30)
            return tmp_path

        def about(process: TokenizerProcess) -> dict[str, Any]:
            made.append(process)
            return {"stop": "x"}

        monkeypatch.setattr(Tokenizing, "_folder", slow_folder)
        monkeypatch.setattr(TokenizerProcess, "about", property(about))
        counting = threading.Thread(target=session.tokenizing.about)
        closing = threading.Thread(target=session.close)
        counting.start()
        try:
            assert asked.wait(10)
            closing.start()
            closing.join(10)
            assert not closing.is_alive()
        finally:
            arrives.set()
        counting.join(10)
        assert made == []

    @pytest.mark.parametrize("asked_before", [False, True])
    def test_what_is_asked_after_it_is_refused(self, session: Session, asked_before: bool) -> None:
        session.use_dataset([{"text": "a story"}] * 3)
        if asked_before:
            assert session.tokenizing.lengths is None
        session.close()
        problem = session.see(0).problem
        assert problem is not None and problem.code == "tokenizer-closed"

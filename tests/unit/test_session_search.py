"""A session's search: the catalogue where the Hub fails, the latest wins, and an empty result stays empty."""

from __future__ import annotations

import pytest

from tests.hub_server import HubServer
from trainpkg_widgets.session import Session

QUICK_HUB = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}}}


@pytest.fixture
def session(hub: HubServer) -> Session:
    return Session(QUICK_HUB, endpoint=hub.url, token=False, autosave=False)


class TestWhenTheHubFails:
    def test_a_hub_that_is_down_still_gives_the_catalogue(self, session: Session, hub: HubServer) -> None:
        hub.misbehave("server_error")
        found = session.search("qwen2.5")
        assert found and all(m.origin == "catalogue" for m in found)
        assert session.searching.view().notice is not None

    def test_a_model_is_chosen_from_the_catalogue_and_said_to_be_unpinned(
        self, session: Session, hub: HubServer
    ) -> None:
        hub.misbehave("server_error")
        session.select_model("Qwen/Qwen2.5-0.5B")
        assert session.state.model is not None and session.state.model.revision is None
        assert "built-in catalogue" in session.state.model.info.parameters.source
        session.deploy_to(name="unpinned")
        assert any("pinned" in f.message for f in session.findings if f.step == "deploy")

    @pytest.mark.parametrize("kind", ["html", "truncated", "rate_limited", "reset", "hang"])
    def test_every_way_of_failing_is_said_in_words(self, hub: HubServer, kind: str) -> None:
        settings = {"model": {"hub": {"timeout_seconds": 0.5, "retries": 0}}}
        session = Session(settings, endpoint=hub.url, token=False, autosave=False)
        hub.misbehave(kind)
        session.search("qwen")
        notice = session.searching.view().notice
        assert notice is not None and notice.message.endswith(".")

    def test_a_search_that_breaks_is_not_for_ever_under_way(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(session.models.browser, "search_models", broken)
        with pytest.raises(RuntimeError):
            session.search("qwen")
        assert not session.searching.view().searching

    def test_the_latest_search_wins(self, session: Session) -> None:
        first = session.searching.start("qwen", session.searching.filters, "downloads")
        session.search("llama")
        assert first is not None
        session.searching.finish(first)
        assert session.searching.query == "llama"
        assert all("llama" in m.id.lower() for m in session.searching.models)


def test_an_empty_search_result_is_empty_and_not_the_popular_list(session: Session) -> None:
    assert session.search("no-such-model-anywhere-zzz") == ()


def test_an_empty_search_box_shows_the_popular_models(session: Session) -> None:
    session.search("llama")
    popular = session.search("")
    assert [m.id for m in popular] == [p.id for p in session.settings.model.popular]

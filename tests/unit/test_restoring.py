"""An earlier session is taken up at once: the Hub is asked for its rows while nobody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.hub_server import HubServer
from trainpkg_widgets.session import Session

ROWS = [{"prompt": f"What is {n}?", "completion": f"It is {n}."} for n in range(60)]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(models=[]) as server:
        server.add_dataset({"id": "ada/sums"}, {"default": {"train": ROWS}})
        yield server


def session_of(hub: HubServer, state: Any = None) -> Session:
    viewer = {"endpoint": hub.viewer_url, "timeout_seconds": 20}
    settings = {"dataset": {"viewer": viewer}, "model": {"cache": {"enabled": False}, "hub": {"timeout_seconds": 20}}}
    return Session(settings, state=state, endpoint=hub.url, token=False, autosave=False)


def codes(session: Session) -> list[str]:
    return [finding.code for finding in session.findings]


def until(happens: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.fixture(params=["one", "mixed"])
def earlier(hub: HubServer, request: pytest.FixtureRequest) -> dict[str, Any]:
    session = session_of(hub)
    if request.param == "one":
        session.use_dataset("ada/sums", eval_share=0.1)
    else:
        session.use_dataset(mix=[{"hub": "ada/sums", "weight": 2}, {"hub": "ada/sums", "weight": 0.5}])
    return session.state.model_dump(mode="json")


def test_a_hub_that_hangs_holds_nothing_up(hub: HubServer, earlier: dict[str, Any]) -> None:
    hub.misbehave("hang")
    session = session_of(hub, earlier)
    assert session.state.model_dump(mode="json") == earlier
    assert "rows-checking" in codes(session) and session.statuses["dataset"] == "completed"
    session.close()
    hub.behave()


def test_its_rows_are_there_soon_after(hub: HubServer, earlier: dict[str, Any]) -> None:
    told: list[bool] = []
    session = session_of(hub, earlier)
    session.subscribe(lambda: told.append("rows-checking" in codes(session)))
    until(lambda: "rows-checking" not in codes(session))
    assert "What is 0?" in str(session.page(0, 3).rows)
    session.use_dataset(eval_share=0.2)
    assert session.state.dataset is not None and session.state.dataset.eval_share == 0.2


def test_a_dataset_that_is_gone_is_an_error(hub: HubServer, earlier: dict[str, Any]) -> None:
    hub.misbehave("bare_401", path_contains="/api/datasets")
    session = session_of(hub, earlier)
    until(lambda: "dataset-missing" in codes(session))
    assert session.statuses["dataset"] == "error" and "rows-checking" not in codes(session)


def test_a_hub_that_does_not_answer_is_a_warning_and_the_package_can_be_made(
    hub: HubServer, earlier: dict[str, Any]
) -> None:
    hub.misbehave("server_error")
    session = session_of(hub, earlier)
    until(lambda: "rows-not-shown" in codes(session))
    hub.behave()
    assert session.statuses["dataset"] == "completed" and "rows-checking" not in codes(session)
    session.use_dataset(eval_share=0.2)
    assert "rows-not-shown" not in codes(session) and "What is 0?" in str(session.page(0, 3).rows)


def test_other_rows_chosen_meanwhile_stay(hub: HubServer, earlier: dict[str, Any]) -> None:
    hub.misbehave("slow", times=1, seconds=0.3)
    session = session_of(hub, earlier)
    session.use_dataset(ROWS, name="mine")
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "trainpkg-rows"])
    assert session.state.dataset is not None and session.state.dataset.source.kind == "variable"
    assert not {"rows-checking", "rows-not-shown"} & set(codes(session))

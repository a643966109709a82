"""What the widget promises: the kernel alone writes state, each intent is answered once, no secret leaves."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.widget.wire_recorder import receive, receive_state, recording_comms, wait_until
from trainpkg_widgets import TrainingPackageWizard

CHAT_MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
QUICK_HUB = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}}}


@pytest.fixture
def wizard(hub: HubServer) -> Iterator[TrainingPackageWizard]:
    with recording_comms():
        made = TrainingPackageWizard(QUICK_HUB, endpoint=hub.url, token=False, autosave=False)
        yield made
        made.close()


def ask(wizard: Any, kind: str, id: str = "i1", **payload: Any) -> dict[str, Any]:
    """Send an intent and wait for its one terminal answer."""
    receive(wizard, {"v": 1, "id": id, "kind": kind, "payload": payload})
    wait_until(lambda: wizard.comm.answers(id))
    return wizard.comm.answers(id)[-1]


class TestTheFirstMessage:
    def test_it_holds_the_first_paint(self, wizard: Any) -> None:
        opened = next(m for m in wizard.comm.sent if m["type"] == "comm_open")
        state = opened["state"]
        assert [card["id"] for card in state["results"]["cards"]] == [
            p.id for p in wizard.session.settings.model.popular
        ]
        assert state["_session"]["steps"][0]["status"] == "in_progress"
        assert state["_ui"]["debounce_ms"] == wizard.session.settings.model.search.debounce_ms

    def test_making_a_wizard_asks_no_server_anything(self, wizard: Any, hub: HubServer) -> None:
        assert hub.requests == []


class TestIntents:
    def test_a_search_is_answered_and_its_results_come_down_as_a_trait(self, wizard: Any) -> None:
        answer = ask(wizard, "search", query="qwen")
        assert answer["kind"] == "result"
        assert wizard.results["query"] == "qwen" and wizard.results["from_hub"] > 0

    def test_every_intent_gets_exactly_one_terminal_answer(self, wizard: Any, chats: Path) -> None:
        road = [
            ("search", {"query": "qwen"}),
            ("select_model", {"repo_id": CHAT_MODEL}),
            ("go_to", {"step": "config"}),
            ("configure", {"changes": {"max_steps": 4}}),
            ("list_sources", {}),
            ("use_dataset", {"path": str(chats)}),
            ("preview_rows", {"offset": 2, "limit": 3}),
            ("deploy_to", {"name": "my-model"}),
            ("preview_file", {"path": "sft.yaml"}),
            ("undo", {}),
        ]
        for number, (kind, payload) in enumerate(road):
            assert ask(wizard, kind, f"r{number}", **payload)["kind"] == "result", kind
        for number in range(len(road)):
            assert len(wizard.comm.answers(f"r{number}")) == 1

    @pytest.mark.parametrize(
        "message",
        [
            {"v": 1, "id": "x", "kind": "no-such-thing", "payload": {}},
            {"v": 1, "id": "x", "kind": "search", "payload": {"query": 7}},
            {"v": 1, "id": "x", "kind": "search", "payload": {"query": "a" * 5000}},
            {"v": 2, "id": "x", "kind": "search", "payload": {"query": "a"}},
            {"v": 1, "id": "x", "kind": "go_to", "payload": {"step": "nowhere"}},
            {"v": 1, "id": "x", "kind": "configure", "payload": {"changes": "all"}},
        ],
    )
    def test_what_is_not_understood_is_answered_with_the_place(self, wizard: Any, message: Any) -> None:
        receive(wizard, message)
        (answer,) = wizard.comm.answers("x")
        assert answer["kind"] == "error" and answer["trouble"]["code"] == "not-understood"

    @pytest.mark.parametrize("rubbish", [None, 7, "text", [], {}, {"id": 3}, {"id": ""}, {"v": 1}])
    def test_rubbish_without_an_id_is_let_go(self, wizard: Any, rubbish: Any) -> None:
        before = len(wizard.comm.sent)
        receive(wizard, rubbish)
        assert len(wizard.comm.sent) == before

    def test_a_poll_brings_the_answer_that_was_lost_and_the_state_with_it(self, wizard: Any) -> None:
        ask(wizard, "go_to", "g1", step="model")
        wizard.comm.sent.clear()
        receive(wizard, {"v": 1, "id": "g1", "kind": "poll"})
        assert wizard.comm.answers("g1")[0]["kind"] == "result"
        assert any("results" in state for state in wizard.comm.states())

    def test_a_poll_of_a_restarted_kernel_says_that_it_does_not_know(self, wizard: Any) -> None:
        receive(wizard, {"v": 1, "id": "from-before", "kind": "poll"})
        assert wizard.comm.answers("from-before")[0]["trouble"]["code"] == "unknown-intent"

    def test_a_newer_search_cancels_the_older_one_at_once(self, wizard: Any, hub: HubServer) -> None:
        hub.misbehave("slow", times=1)
        receive(wizard, {"v": 1, "id": "old", "kind": "search", "payload": {"query": "qwen"}})
        assert ask(wizard, "search", "new", query="llama")["kind"] == "result"
        assert wizard.comm.answers("old")[0]["trouble"]["code"] == "cancelled"
        assert wizard.query == "llama"

    def test_what_an_intent_changes_and_its_answer_come_as_one_message(self, wizard: Any) -> None:
        wizard.configure(lora_rank=4)
        wizard.comm.sent.clear()
        assert ask(wizard, "configure", "c1", changes={"lora_rank": 64})["kind"] == "result"
        (message,) = wizard.comm.sent
        assert message["state"]["config"]["lora_rank"] == 64
        assert [answer["id"] for answer in message["state"]["_answers"]] == ["c1"]

    def test_an_intent_sent_twice_is_done_once_and_answered_with_the_same(self, wizard: Any) -> None:
        wizard.configure(lora_rank=4)
        wizard.configure(lora_rank=32)
        for _ in range(2):
            receive(wizard, {"v": 1, "id": "u", "kind": "undo", "payload": {}})
        first, second = wizard.comm.answers("u")
        assert first == second and first["kind"] == "result"
        assert wizard.config["lora_rank"] == 4

    def test_a_hung_hub_keeps_nothing_waiting_that_needs_no_hub(self, wizard: Any, hub: HubServer) -> None:
        hub.misbehave("hang")
        for number in range(12):
            receive(wizard, {"v": 1, "id": f"h{number}", "kind": "search", "payload": {"query": f"qwen {number}"}})
        receive(wizard, {"v": 1, "id": "l", "kind": "list_sources", "payload": {}})
        wait_until(lambda: wizard.comm.answers("l"), seconds=1.5)

    @pytest.mark.parametrize(("kind", "payload"), [("use_dataset", {"hub": "ada/chats"}), ("see_row", {"row": 0})])
    def test_rows_and_tokens_that_wait_for_a_hung_hub_keep_nothing_waiting(
        self, hub: HubServer, chats: Path, kind: str, payload: dict[str, Any]
    ) -> None:
        one_thread = {**QUICK_HUB, "shared": {"work": {"threads": 1}}}
        with recording_comms():
            wizard: Any = TrainingPackageWizard(one_thread, endpoint=hub.url, token=False, autosave=False)
            wizard.select_model(CHAT_MODEL)
            wizard.use_dataset(chats)
            hub.misbehave("hang")
            for id in ("older", "newer"):
                receive(wizard, {"v": 1, "id": id, "kind": kind, "payload": payload})
            receive(wizard, {"v": 1, "id": "l", "kind": "list_sources", "payload": {}})
            wait_until(lambda: wizard.comm.answers("l"), seconds=1.5)
            # Only the newest matters, whichever pool it waits in.
            assert wizard.comm.answers("older")[0]["trouble"]["code"] == "cancelled"
            assert wizard.comm.answers("newer") == []
            wizard.close()

    def test_what_is_asked_of_a_closed_wizard_is_answered_so(self, wizard: Any) -> None:
        ask(wizard, "list_sources", "before")
        wizard._dispatcher.close()
        assert ask(wizard, "list_sources", "after")["trouble"]["code"] == "closed"

    def test_cancelling_is_answered_and_frees_the_screen(self, wizard: Any, hub: HubServer) -> None:
        hub.misbehave("hang", times=1)
        receive(wizard, {"v": 1, "id": "s", "kind": "select_model", "payload": {"repo_id": CHAT_MODEL}})
        wait_until(lambda: wizard.busy)
        ask(wizard, "cancel", "c", target="s")
        assert wizard.comm.answers("s")[0]["trouble"]["code"] == "cancelled"
        assert wizard.busy == [] and wizard.model == {}


class TestTheKernelAloneWritesState:
    def test_what_a_browser_writes_to_step_data_is_undone(self, wizard: Any) -> None:
        wizard.comm.sent.clear()
        receive_state(wizard, {"model": {"repo_id": "evil"}, "findings": [], "statuses": {"deploy": "completed"}})
        assert wizard.model == {}
        healed = {k: v for state in wizard.comm.states() for k, v in state.items()}
        assert healed["model"] == {} and healed["statuses"]["deploy"] == "not_started"

    @pytest.mark.parametrize(
        "written",
        [
            {"step": "deploy"}, {"step": "nowhere"}, {"step": 7}, {"step": None}, {"sort": "by magic"},
            {"filters": {"x": 1}}, {"filters": "chat"}, {"query": ["a"]}, {"_protocol": 9},
            {"_esm": "export default 1"}, {"nonsense": 1},
        ],
    )  # fmt: skip
    def test_a_bad_value_is_coerced_and_the_browser_is_told(self, wizard: Any, written: dict[str, Any]) -> None:
        before = {name: getattr(wizard, name) for name in written if wizard.has_trait(name)}
        wizard.comm.sent.clear()
        receive_state(wizard, written)
        for name, value in before.items():
            assert getattr(wizard, name) == value
        told = {k for state in wizard.comm.states() for k in state}
        assert set(before) <= told

    def test_one_bad_key_does_not_cost_the_good_ones(self, wizard: Any) -> None:
        receive_state(wizard, {"step": "nowhere", "query": "llama"})
        wait_until(lambda: wizard.results["query"] == "llama")

    def test_step_data_is_read_only_in_python_too(self, wizard: Any) -> None:
        with pytest.raises(Exception, match="read-only"):
            wizard.model = {"repo_id": "x"}


class TestTraits:
    def test_setting_query_searches(self, wizard: Any) -> None:
        wizard.query = "llama"
        wait_until(lambda: wizard.results["query"] == "llama" and not wizard.results["searching"])

    def test_setting_step_goes_as_far_as_is_allowed(self, wizard: Any) -> None:
        wizard.step = "deploy"
        assert wizard.step == "model"
        assert any(f["code"] == "step-blocked" for f in wizard.findings)
        wizard.select_model(CHAT_MODEL)
        wizard.step = "config"
        assert wizard.step == "config" and wizard.config["method"] == "sft"

    def test_observe_sees_what_a_verb_changes(self, wizard: Any) -> None:
        seen: list[str] = []
        wizard.observe(lambda change: seen.append(change["new"]["repo_id"]), names=["model"])
        wizard.select_model(CHAT_MODEL)
        assert seen == [CHAT_MODEL]

    def test_an_observer_may_choose_too_and_nothing_older_overwrites_it(self, wizard: Any) -> None:
        wizard.observe(lambda _: wizard.configure(lora_rank=4), names=["model"])
        wizard.observe(lambda _: setattr(wizard, "step", "config"), names=["statuses"])
        wizard.select_model(CHAT_MODEL)
        assert wizard.config["lora_rank"] == 4 == wizard.state["config"]["lora_rank"]
        assert wizard.step == "config" == wizard.state["step"]

    def test_python_and_browser_see_the_same(self, wizard: Any, chats: Path) -> None:
        ask(wizard, "select_model", "a", repo_id=CHAT_MODEL)
        wizard.use_dataset(str(chats))
        assert wizard.model["repo_id"] == CHAT_MODEL == wizard.state["model"]["repo_id"]
        assert wizard._rows["total"] == 40


class TestCallbacks:
    def test_on_complete_brings_the_step_and_its_data(self, wizard: Any, chats: Path) -> None:
        completed: list[tuple[str, Any]] = []
        stop = wizard.on_complete(lambda step, data: completed.append((step, data)))
        wizard.select_model(CHAT_MODEL)
        wizard.use_dataset(chats)
        assert [step for step, _ in completed] == ["model", "dataset"]
        assert completed[0][1]["repo_id"] == CHAT_MODEL
        stop()
        wizard.configure(max_steps=3)
        assert len(completed) == 2

    def test_on_validation_change_tells_becoming_valid_and_ceasing_to_be(self, wizard: Any) -> None:
        told: list[tuple[str, bool]] = []
        wizard.on_validation_change(lambda step, valid: told.append((step, valid)))
        wizard.select_model(CHAT_MODEL)
        wizard.undo()
        assert told == [("model", True), ("model", False)]


class TestCodeOfTheUser:
    def test_a_callback_or_observer_that_fails_costs_neither_answer_nor_state(self, wizard: Any, chats: Path) -> None:
        wizard.on_complete(lambda step, data: 1 / 0)
        wizard.observe(lambda change: 1 / 0, names=["config", "model"])
        assert ask(wizard, "select_model", "m", repo_id=CHAT_MODEL)["kind"] == "result"
        assert ask(wizard, "configure", "c", changes={"lora_rank": 4})["kind"] == "result"
        assert wizard.model["repo_id"] == CHAT_MODEL and wizard.config["lora_rank"] == 4
        assert wizard.statuses["config"] == "completed"

    def test_a_constructor_that_fails_says_why_and_nothing_else(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(ValueError, match="debounce_ms"):
            TrainingPackageWizard({"model": {"search": {"debounce_ms": "soon"}}})
        gc.collect()
        assert "Exception ignored" not in capsys.readouterr().err


class TestThreads:
    def test_intents_from_many_threads_at_once_are_each_answered(self, wizard: Any) -> None:
        def send(number: int) -> None:
            changes = {"learning_rate": 1e-4 + number * 1e-6}
            receive(wizard, {"v": 1, "id": f"t{number}", "kind": "configure", "payload": {"changes": changes}})

        threads = [threading.Thread(target=send, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(len(wizard.comm.answers(f"t{n}")) == 1 for n in range(16))
        assert wizard.config["learning_rate"] == wizard.session.state.config.learning_rate

    def test_a_hung_hub_does_not_hold_up_a_handler(self, wizard: Any, hub: HubServer) -> None:
        hub.misbehave("hang", times=1)
        receive(wizard, {"v": 1, "id": "s", "kind": "search", "payload": {"query": "qwen"}})
        assert wizard.comm.answers("s") == [], "the handler came back while the Hub was silent"
        assert ask(wizard, "configure", "c", changes={"max_steps": 9})["kind"] == "result"

    def test_searching_choosing_and_observing_at_once_lock_nothing_up(self, wizard: Any) -> None:
        wizard.observe(lambda change: wizard.configure(seed=change["new"].get("lora_rank", 1)), names=["config"])

        def choose() -> None:
            for number in range(25):
                wizard.configure(lora_rank=8 + number)

        def look() -> None:
            for number in range(25):
                wizard.search(("qwen", "llama", "")[number % 3])

        def walk() -> None:
            for number in range(25):
                wizard.step = ("config", "model")[number % 2]

        threads = [threading.Thread(target=job, daemon=True) for job in (choose, look, walk, choose)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        assert wizard.config == wizard.state["config"]

    def test_close_cancels_what_is_under_way_and_lets_the_wizard_go(self, hub: HubServer) -> None:
        with recording_comms():
            wizard: Any = TrainingPackageWizard(QUICK_HUB, endpoint=hub.url, token=False, autosave=False)
            hub.misbehave("hang", times=1)
            receive(wizard, {"v": 1, "id": "s", "kind": "search", "payload": {"query": "qwen"}})
            wizard.close()
        assert wizard.comm is None
        gc.collect()

    def test_nothing_is_under_way_any_more_when_the_session_is_closed(
        self, wizard: Any, hub: HubServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub.misbehave("hang", times=1)
        receive(wizard, {"v": 1, "id": "s", "kind": "search", "payload": {"query": "qwen"}})
        wait_until(lambda: wizard.busy)
        busy, close = [], wizard.session.close

        def closing() -> None:
            busy.append(list(wizard.busy))
            close()

        monkeypatch.setattr(wizard.session, "close", closing)
        wizard.close()
        assert busy == [[]]


class TestSecrets:
    def test_a_token_is_in_no_trait_message_or_state(self, hub: HubServer, chats: Path) -> None:
        with recording_comms():
            wizard: Any = TrainingPackageWizard(QUICK_HUB, endpoint=hub.url, token=GOOD_TOKEN, autosave=False)
            wizard.select_model("meta-llama/Llama-3.2-1B")
            wizard.use_dataset(chats)
            sent = json.dumps(wizard.comm.sent, default=str)
            assert GOOD_TOKEN not in sent
            assert GOOD_TOKEN not in json.dumps(wizard.state) + repr(wizard)
            assert GOOD_TOKEN not in json.dumps(wizard.get_state(), default=str)
            wizard.close()


def test_repr_says_what_was_chosen_where_no_front_end_can_draw_it(wizard: Any) -> None:
    wizard.select_model(CHAT_MODEL)
    assert repr(wizard).startswith("TrainingPackageWizard(1 of 4 steps completed: Qwen2.5-0.5B-Instruct")


def test_a_written_package_opens_as_the_same_choices(wizard: Any, hub: HubServer, chats: Path, tmp_path: Path) -> None:
    wizard.select_model(CHAT_MODEL)
    wizard.configure(max_steps=2)
    wizard.use_dataset(chats)
    wizard.deploy_to(name="handed-on")
    written = wizard.package.write(tmp_path)
    again: Any = TrainingPackageWizard.open(written, settings=QUICK_HUB, endpoint=hub.url, token=False, autosave=False)
    assert {k: v for k, v in again.state.items() if k != "step"} == {
        k: v for k, v in wizard.state.items() if k != "step"
    }
    again.close()

"""What a session promises: order, validity that is never stale, nothing lost by a refusal, JSON in and out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.readiness import NotReadyError
from trainpkg_widgets.session import Session

QUICK_HUB = {"model": {"hub": {"timeout_seconds": 2, "retries": 0}}}
CHAT_MODEL = "Qwen/Qwen2.5-0.5B-Instruct"


@pytest.fixture
def session(hub: HubServer) -> Session:
    return Session(QUICK_HUB, endpoint=hub.url, token=False, autosave=False)


def finished(session: Session, chats: Path) -> Session:
    session.select_model(CHAT_MODEL)
    session.configure(max_steps=5)
    session.use_dataset(chats)
    session.deploy_to(name="my-model")
    return session


def codes(findings: list[Finding] | tuple[Finding, ...]) -> list[str]:
    return [f.code for f in findings]


class TestTheRoad:
    def test_four_verbs_make_a_package(self, session: Session, chats: Path, tmp_path: Path) -> None:
        finished(session, chats)
        assert set(session.statuses.values()) == {"completed"}, session.findings
        written = session.write_package(tmp_path / "out")
        assert written == tmp_path / "out" / "my-model"
        assert (written / "package.yaml").is_file()
        assert session.state.deploy is not None and session.state.deploy.written_to == str(written)

    def test_without_a_card_here_that_is_said_before_the_launch_and_once(self, session: Session, chats: Path) -> None:
        session.card_here = ""
        finished(session, chats).configure(precision="bf16")
        assert [f.severity for f in session.findings if f.code in ("no-gpu-here", "needs-gpu")] == ["warning"]
        assert session.statuses["deploy"] == "completed"

    def test_a_step_is_entered_only_when_every_step_before_it_is_completed(self, session: Session) -> None:
        assert codes(session.go_to("dataset")) == ["step-blocked"]
        assert session.state.step == "model"
        session.select_model(CHAT_MODEL)
        assert session.go_to("config") == []
        assert session.state.config is not None, "entering the config step chooses its defaults"

    def test_back_is_always_open(self, session: Session, chats: Path) -> None:
        finished(session, chats)
        session.go_to("deploy")
        assert session.go_to("model") == []
        assert session.state.step == "model"

    def test_a_package_that_would_not_start_is_refused_with_the_reasons(self, session: Session) -> None:
        with pytest.raises(NotReadyError) as refused:
            _ = session.package
        assert {f.step for f in refused.value.findings} == {"model", "config", "dataset", "deploy"}


class TestNothingIsLost:
    def test_an_unknown_model_leaves_the_chosen_one(self, session: Session) -> None:
        session.select_model(CHAT_MODEL)
        refused = session.select_model("nobody/has-this")
        assert [f.severity for f in refused] == ["error"]
        assert session.state.model is not None and session.state.model.repo_id == CHAT_MODEL
        assert session.statuses["model"] == "completed", "a refused attempt does not spoil the choice"

    def test_a_wrong_knob_leaves_the_config(self, session: Session) -> None:
        session.configure(learning_rate=1e-4)
        refused = session.configure(learning_rate="fast")
        assert refused[0].field == "config.learning_rate"
        assert session.state.config is not None and session.state.config.learning_rate == 1e-4

    def test_a_broken_file_leaves_the_dataset(self, session: Session, chats: Path, tmp_path: Path) -> None:
        session.use_dataset(chats)
        broken = tmp_path / "broken.jsonl"
        broken.write_text('{"messages": []}\n{"messages": [\n')
        refused = session.use_dataset(broken)
        assert "Line 2" in refused[0].message + refused[0].evidence
        assert session.state.dataset is not None and session.state.dataset.source.name == chats.name

    def test_a_refused_file_is_named_with_the_one_that_stays_in_use(
        self, session: Session, chats: Path, tmp_path: Path
    ) -> None:
        first = session.use_dataset(tmp_path / "gone.jsonl")[0]
        assert "gone.jsonl" in first.message and "in use" not in first.evidence
        session.use_dataset(chats)
        (refused,) = session.use_dataset(tmp_path / "gone.jsonl")
        assert refused.field == "dataset.refused"
        assert f"“{chats.name}” is still in use." in refused.evidence

    def test_undo_takes_back_the_last_choice_and_its_rows(self, session: Session, chats: Path) -> None:
        session.use_dataset(chats)
        session.use_dataset([{"prompt": "a", "completion": "b"}] * 3)
        assert session.undo_label == "dataset rows"
        session.undo()
        assert session.state.dataset is not None and session.state.dataset.rows == 40
        assert session.preview(0).total == 40

    def test_the_next_success_clears_what_was_refused(self, session: Session) -> None:
        session.select_model("nobody/has-this")
        assert session.statuses["model"] == "error"
        session.select_model(CHAT_MODEL)
        assert not [f for f in session.findings if f.severity == "error" and f.step == "model"]


class TestARefusalChangesNothing:
    def test_a_refused_knob_does_not_stop_the_package_of_the_knobs_before_it(
        self, session: Session, chats: Path
    ) -> None:
        finished(session, chats)
        assert session.configure(learning_rate=-1)[0].severity == "error"
        assert session.package.name == "my-model"

    def test_a_refused_name_chooses_nothing_else_either(self, session: Session) -> None:
        assert session.deploy_to(name="../x")[0].severity == "error"
        assert session.state == Session(autosave=False).state and session.undo_label == ""

    def test_a_right_card_takes_back_what_was_said_of_a_wrong_one(self, session: Session) -> None:
        assert codes(session.choose_gpu("RTX 9999")) == ["gpu-unknown"]
        session.choose_gpu("T4")
        assert "gpu-unknown" not in codes(session.findings)

    @pytest.mark.parametrize("changes", [{"preset": [1]}, {"self": 1}, {"tuning": {}}, {"lora_targets": 7}])
    def test_a_value_of_any_kind_is_refused_in_words(self, session: Session, changes: dict[str, object]) -> None:
        assert [f.severity for f in session.configure(**changes)] == ["error"]

    def test_a_name_that_no_folder_and_no_model_has_is_refused_in_words(self, session: Session) -> None:
        assert [f.severity for f in session.select_model("a" * 300)] == ["error"]

    def test_a_mistyped_model_is_named_with_the_nearest_there_is(self, session: Session) -> None:
        (refused,) = session.select_model("Qwen/Qwen2.5-0.5B-Instrct")
        assert refused.message.startswith("Qwen/Qwen2.5-0.5B-Instrct")
        assert refused.fix is not None and refused.fix.arguments == {"repo_id": CHAT_MODEL}

    def test_the_model_that_failed_is_not_offered_again(self, session: Session, hub: HubServer) -> None:
        # The catalogue knows it, the Hub does not.
        name = "meta-llama/Llama-3.1-405B"
        (refused,) = session.select_model(name)
        assert refused.code == "hub-not-found" and refused.fix is not None
        assert refused.fix.arguments.get("repo_id") != name

    @pytest.mark.parametrize(
        ("given", "meant"),
        [("LLaMA-Factory", "llamafactory"), ("llama_factory", "llamafactory"), ("Axolotl", "axolotl"), ("?", "trl")],
    )
    def test_a_target_that_does_not_exist_is_named_with_all_and_the_nearest(
        self, session: Session, given: str, meant: str
    ) -> None:
        (refused,) = session.deploy_to(target=given)
        assert "trl, axolotl, llamafactory" in refused.message
        assert refused.fix is not None and refused.fix.arguments == {"target": meant}

    def test_a_name_that_looks_like_a_secret_is_refused_and_not_repeated(self, session: Session) -> None:
        secret = "hf_" + "a" * 34
        (refused,) = session.deploy_to(name=secret)
        assert refused.code == "name-secret" and session.state.deploy is None
        assert secret not in refused.model_dump_json()
        assert refused.fix is not None
        session.deploy_to(**refused.fix.arguments)
        assert session.state.deploy is not None

    def test_rows_with_a_secret_are_an_error_whose_fix_leaves_them_out(
        self, session: Session, chats: Path, tmp_path: Path
    ) -> None:
        turns = [{"role": "user", "content": "token?"}, {"role": "assistant", "content": "hf_" + "a" * 34}]
        with chats.open("a") as file:
            file.write(json.dumps({"messages": turns}) + "\n")
        finished(session, chats)
        assert session.statuses["dataset"] == "error"
        [seen] = [f for f in session.findings if f.code == "secret-seen"]
        assert seen.severity == "error" and seen.fix is not None and seen.fix.label == "Leave them out"
        session.use_dataset(**seen.fix.arguments)
        assert session.statuses["dataset"] == "completed"
        assert session.write_package(tmp_path / "out").is_dir()

    def test_a_format_that_nobody_chose_is_not_said_to_be_chosen(self, session: Session) -> None:
        rows = [
            {"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"It is {n}."}]}
            for n in range(20)
        ]
        sources = []
        for changes in ({"mix": [{"rows": rows}, {"rows": rows[:4], "weight": 2}]}, {"eval_share": 0.2}):
            session.use_dataset(**changes)
            assert session.state.dataset is not None
            sources.append(session.state.dataset.format.source)
        session.use_dataset(format="messages")
        assert session.state.dataset is not None
        assert sources == ["The format that all parts can be read in."] * 2
        assert session.state.dataset.format.source == "chosen by you"

    def test_a_learning_rate_out_of_range_is_answered_with_the_one_of_the_method(self, session: Session) -> None:
        session.configure(method="dpo", tuning="lora")
        (refused,) = session.configure(learning_rate=5)
        assert refused.fix is not None and refused.fix.arguments == {"learning_rate": 0.00001}

    def test_what_is_no_state_is_refused_in_words(self, session: Session) -> None:
        with pytest.raises(ValueError, match=r"no state of a session \(a: .*wizard\.state"):
            session.restore({"a": 1})
        with pytest.raises(ValueError, match="no state of a session"):
            Session(state={"model": 3}, token=False, autosave=False)

    def test_a_step_and_a_filter_that_do_not_exist_are_named_with_those_that_do(self, session: Session) -> None:
        with pytest.raises(ValueError, match="model, config, dataset, deploy"):
            session.go_to("deploi")  # type: ignore[arg-type]  # misuse is what is tested
        with pytest.raises(ValueError, match="Filters are task"):
            session.search("qwen", foo=1)


class TestReadingAgain:
    def test_what_is_not_said_stays_as_it_was_read(self, session: Session) -> None:
        rows = [{"q": f"question {n}", "a": f"answer {n}"} for n in range(60)] + [{"q": "no answer", "a": ""}] * 2
        session.use_dataset(rows, format="prompt_completion", columns={"prompt": "q", "completion": "a"})
        left_out = next(f for f in session.findings if f.fix and "exclude_problems" in f.fix.arguments)
        assert left_out.fix is not None
        session.use_dataset(**left_out.fix.arguments)
        session.use_dataset(eval_share=0.1)
        step = session.state.dataset
        assert step is not None and step.eval_share == 0.1
        assert step.columns == {"prompt": "q", "completion": "a"} and len(step.excluded_rows) == 2

    def test_the_fix_of_a_changed_file_can_be_applied_as_it_is(
        self, session: Session, hub: HubServer, chats: Path
    ) -> None:
        session.use_dataset(chats)
        state = session.state
        chats.write_text(chats.read_text() * 2)
        again = Session(QUICK_HUB, state, endpoint=hub.url, token=False, autosave=False)
        changed = next(f for f in again.findings if f.code == "rows-changed")
        assert changed.fix is not None
        again.use_dataset(**changed.fix.arguments)
        assert again.state.dataset is not None and again.state.dataset.rows == 80
        assert again.statuses["dataset"] == "completed"

    def test_a_share_that_is_no_number_is_refused_in_words(self, session: Session, chats: Path) -> None:
        assert codes(session.use_dataset(chats, eval_share="10%")) == ["eval-share-type"]  # type: ignore[arg-type]  # misuse

    def test_a_list_of_prices_is_not_taken_for_text_without_a_word(self, session: Session) -> None:
        session.use_dataset([{"item": f"lamp {n}", "price": n} for n in range(60)])
        assert "text-guessed" in codes(session.findings)


class TestRowsThatChange:
    def test_it_is_said_until_they_are_read_again(self, session: Session, chats: Path, tmp_path: Path) -> None:
        finished(session, chats)
        _ = session.package
        chats.write_text(chats.read_text().replace("What is", "How much is"))
        with pytest.raises(NotReadyError):
            session.write_package(tmp_path / "out")
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
        session.go_to("dataset")
        assert session.statuses["dataset"] == "error" and "rows-changed" in codes(session.findings)
        session.use_dataset(chats)
        assert session.statuses["dataset"] == "completed"
        assert session.write_package(tmp_path / "out").is_dir()

    def test_a_file_that_is_gone_is_a_finding_and_no_exception(self, session: Session, chats: Path) -> None:
        session.use_dataset(chats)
        chats.unlink()
        assert session.preview(0, 5).total == 0
        assert session.statuses["dataset"] == "error"


class TestUndo:
    def test_it_leads_to_a_step_that_can_be_entered(self, session: Session) -> None:
        session.select_model(CHAT_MODEL)
        session.go_to("config")
        session.undo()
        assert session.state.step == "model"

    def test_naming_the_package_again_by_the_same_name_is_no_change(
        self, session: Session, chats: Path, tmp_path: Path
    ) -> None:
        finished(session, chats)
        session.write_package(tmp_path)
        label = session.undo_label
        session.deploy_to(name="my-model")
        assert session.state.deploy is not None and session.state.deploy.written_to
        assert session.undo_label == label


class TestState:
    def test_state_is_json_and_restores_the_same_session(self, session: Session, hub: HubServer, chats: Path) -> None:
        finished(session, chats)
        state = json.loads(session.state.model_dump_json())
        again = Session(QUICK_HUB, state, endpoint=hub.url, token=False, autosave=False)
        assert again.state == session.state
        assert again.statuses == session.statuses

    def test_rows_of_a_variable_are_asked_for_again(self, session: Session, hub: HubServer) -> None:
        rows = [{"prompt": f"q{n}", "completion": f"a{n}"} for n in range(20)]
        session.use_dataset(rows, name="pairs")
        state = session.state.model_dump(mode="json")
        without = Session(QUICK_HUB, state, endpoint=hub.url, token=False, autosave=False)
        assert "rows-gone" in codes(without.findings)
        with_rows = Session(
            QUICK_HUB, state, endpoint=hub.url, token=False, autosave=False, namespace=lambda: {"pairs": rows}
        )
        assert "rows-gone" not in codes(with_rows.findings)


class TestAutosave:
    def test_a_restarted_kernel_is_offered_the_saved_session(self, hub: HubServer, chats: Path, tmp_path: Path) -> None:
        saved = tmp_path / "saved.json"
        first = Session(QUICK_HUB, endpoint=hub.url, token=False, autosave=saved)
        finished(first, chats)
        assert first.autosave is not None
        first.autosave.save()
        text = saved.read_text()
        # As another kernel would have written it: a kernel never offers its own session to itself.
        saved.write_text(text.replace(json.loads(text)["kernel"], "another"))
        second = Session(QUICK_HUB, endpoint=hub.url, token=False, autosave=saved)
        offer = next(f for f in second.findings if f.code == "saved-session")
        assert offer.fix is not None and offer.fix.verb == "resume"
        second.resume()
        assert second.state == first.state

    def test_a_half_written_file_is_no_session(self, hub: HubServer, tmp_path: Path) -> None:
        saved = tmp_path / "saved.json"
        saved.write_text('{"saved_at": "2026')
        session = Session(QUICK_HUB, endpoint=hub.url, token=False, autosave=saved)
        assert session.saved is None

    def test_switched_off_nothing_is_written(self, hub: HubServer, chats: Path, tmp_path: Path) -> None:
        settings = {**QUICK_HUB, "shared": {"autosave": {"enabled": False, "folder": str(tmp_path / "state")}}}
        session = Session(settings, endpoint=hub.url, token=False)
        session.use_dataset(chats)
        assert session.autosave is None
        assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("kind", "said"), [("launch", "launched"), ("push_package", "pushed"), ("write_package", "built")]
)
def test_what_is_not_ready_is_told_by_what_was_asked_for(hub: HubServer, kind: str, said: str) -> None:
    from threading import Event

    from trainpkg_widgets import wire
    from trainpkg_widgets.intents import carry_out

    asked = {
        "launch": wire.LaunchIntent(folder="here"),
        "push_package": wire.PushPackageIntent(folder="here"),
        "write_package": wire.WritePackageIntent(folder="here"),
    }[kind]
    session = Session(QUICK_HUB, endpoint=hub.url, token="hf_given", autosave=False)
    answer = carry_out(session, "1", asked, Event())
    assert answer.trouble is not None and answer.trouble.code == "not-ready"
    assert f"can't be {said} yet" in answer.trouble.message

"""Opening a model: its facts with their sources, its files, its relations, in at most two requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import BAD_TOKEN, GOOD_TOKEN, NO_ACCESS_TOKEN, PENDING_TOKEN, HubServer
from tests.hub_server.special_models import ADAPTER, DISABLED
from tests.unit.hub_browsers import tiny
from tests.unit.model_folders import write_model
from trainpkg_widgets import Session
from trainpkg_widgets.advice.model_facts import details_view
from trainpkg_widgets.details_screen import DetailsView
from trainpkg_widgets.facts import Finding, errors_in
from trainpkg_widgets.model_details import ModelDetails

OPEN = "Qwen/Qwen2.5-0.5B-Instruct"
GATED = "meta-llama/Llama-3.2-1B"
Make = Callable[..., Session]
RAW = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


@pytest.fixture
def session(hub: HubServer, tmp_path: Path) -> Iterator[Make]:
    """Makes sessions on the loopback Hub, anonymous unless told otherwise, with a cache of their own."""

    def made(token: str | bool = False, **model: Any) -> Session:
        cache = {"enabled": True, "folder": str(tmp_path / "cache")}
        hub_settings = {"timeout_seconds": 5, "retries": 0}
        settings = {"model": {"hub": hub_settings, "cache": cache, **model}}
        return Session(settings, endpoint=hub.url, token=token, autosave=False)

    yield made


def opened(session: Session, name: str = OPEN) -> ModelDetails:
    found = session.details(name)
    assert isinstance(found, ModelDetails), found
    return found


def drawn(details: ModelDetails) -> DetailsView:
    return details_view(details, "https://hub.example")


def said(view: DetailsView, label: str) -> str:
    return next(line.text for line in view.facts if line.label == label)


def asked(hub: HubServer) -> list[str]:
    """Paths that were asked for; a redirect within the Hub is no request of ours."""
    return [r.path for r in hub.requests if "resolve-cache" not in r.path]


class TestRequests:
    @pytest.mark.parametrize("name", [OPEN, GATED, "ggml-org/gemma-3-1b-it-GGUF", ADAPTER])
    @pytest.mark.parametrize("token", [False, GOOD_TOKEN, NO_ACCESS_TOKEN])
    def test_a_detail_costs_two_at_most(self, hub: HubServer, session: Make, name: str, token: str | bool) -> None:
        opened(session(token), name)
        assert len(asked(hub)) <= 2

    def test_a_revisit_and_the_choice_after_it_cost_none(self, hub: HubServer, session: Make) -> None:
        looking = session()
        opened(looking)
        before = len(asked(hub))
        opened(looking)
        assert errors_in(looking.select_model(OPEN)) == []
        assert len(asked(hub)) == before

    def test_without_the_access_check_a_gated_model_without_config_costs_one(
        self, hub: HubServer, session: Make
    ) -> None:
        hub.add_model({"id": "lab/gated-gguf", "gated": "auto"}, {"model.gguf": 1000})
        details = opened(session(features={"access_check": False}), "lab/gated-gguf")
        assert len(asked(hub)) == 1
        assert "switched off" in details.access.source


class TestFacts:
    def test_three_sizes_are_three_numbers_and_history_a_fourth(self, session: Make) -> None:
        details = opened(session(), "google-bert/bert-base-uncased")
        info = details.info
        facts = (info.weight_bytes, info.download_bytes, info.repository_bytes, details.stored_bytes)
        sizes = [fact.value or 0 for fact in facts]
        assert sizes == sorted(sizes) and len(set(sizes[:3])) == 3
        assert said(drawn(details), "Weights to load") != said(drawn(details), "Whole repository")

    def test_every_line_says_where_it_is_from_or_why_it_is_not_known(self, session: Make) -> None:
        for name in (OPEN, GATED, ADAPTER, "ggml-org/gemma-3-1b-it-GGUF", "openai/gpt-oss-120b"):
            view = drawn(opened(session(), name))
            assert all(line.source for line in (*view.facts, *view.unknown))
            assert not any(line.text for line in view.unknown)

    def test_what_is_unknown_says_why_in_python_too(self, session: Make) -> None:
        unknowns = opened(session(), GATED).unknowns
        assert "authenticated" in opened(session(), GATED).access.source
        assert all(unknowns.values()) and "chat_template" in unknowns

    def test_lora_is_three_questions(self, session: Make) -> None:
        known = opened(session()).lora
        assert (known.is_adapter.value, known.trainable.value) == (False, True)
        assert known.default_targets.value == ("q_proj", "v_proj")
        adapter = opened(session(), ADAPTER).lora
        assert (adapter.is_adapter.value, adapter.trainable.value) == (True, False)
        assert not adapter.default_targets.known

    def test_no_default_of_pefts_still_takes_lora(self, hub: HubServer, session: Make) -> None:
        hub.add_model(tiny("lab/smol", config={"model_type": "smollm3", "architectures": ["SmolLM3ForCausalLM"]}))
        lora = opened(session(), "lab/smol").lora
        assert not lora.default_targets.known and lora.trainable.value is True
        assert "every linear layer" in lora.trainable.source

    def test_not_quantised_is_known_from_plain_floats(self, session: Make) -> None:
        details = opened(session())
        assert details.quantised.value == "none" and "BF16" in details.quantised.source
        assert "mxfp4" in str(opened(session(), "openai/gpt-oss-120b").quantised.value)

    def test_experts_are_counted_and_the_active_ones_named(self, session: Make) -> None:
        assert said(drawn(opened(session(), "openai/gpt-oss-120b")), "Experts") == "128 a layer, 4 active for a token"

    def test_the_context_is_called_a_configured_maximum(self, session: Make) -> None:
        view = drawn(opened(session()))
        line = next(line for line in view.facts if line.label == "Configured context")
        assert line.text == "32,768 tokens" and line.source.startswith("configured maximum")

    def test_relations_go_both_ways(self, session: Make) -> None:
        assert said(drawn(opened(session(), ADAPTER)), "Base model") == "adapter of Qwen/Qwen2.5-0.5B"
        children = opened(session(), "Qwen/Qwen2.5-0.5B").made_from_it.value
        assert children is not None and children["adapter"] >= 1

    def test_the_text_of_the_licence_is_linked(self, hub: HubServer, session: Make) -> None:
        hub.add_model(tiny("lab/own", cardData={"license": "other", "license_link": "https://lab.example/terms"}))
        assert drawn(opened(session(), "lab/own")).licence_link == "https://lab.example/terms"
        hub.add_model(tiny("lab/file", siblings=[{"rfilename": "LICENSE"}, {"rfilename": "model.safetensors"}]))
        link = drawn(opened(session(), "lab/file")).licence_link
        assert link.startswith("https://hub.example/lab/file/blob/") and link.endswith("/LICENSE")

    def test_files_come_with_their_bytes_those_that_are_loaded_first(self, session: Make) -> None:
        files = drawn(opened(session())).files
        assert files[0].role == "weights" and files[0].bytes
        assert [f.role for f in files] == sorted((f.role for f in files), key=["weights", "read", "other"].index)

    def test_a_folder_has_details_too(self, session: Make, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "mine")
        view = drawn(opened(session(), str(folder)))
        assert view.page == "" and {f.path for f in view.files} >= {"config.json", "model.safetensors"}

    def test_offline_the_details_are_what_is_known_and_say_so(self, hub: HubServer, session: Make) -> None:
        hub.misbehave("server_error")
        view = drawn(opened(session(), "Qwen/Qwen2.5-0.5B"))
        assert view.files == () and any("did not answer" in line.source for line in view.unknown)
        assert said(view, "Parameters") == "494,032,768"


def refused(session: Session, name: str, **how: Any) -> Finding:
    """The one finding of a choice that was refused; nothing is chosen by it."""
    (finding,) = session.select_model(name, **how)
    assert session.state.model is None and finding.severity == "error"
    return finding


class TestSelection:
    """Each finding of the model step, through the loopback Hub."""

    @pytest.mark.parametrize(
        ("token", "name", "code", "link"),
        [
            (False, GATED, "gated-no-token", f"/{GATED}"),
            (BAD_TOKEN, GATED, "gated-bad-token", "/settings/tokens"),
            (NO_ACCESS_TOKEN, GATED, "gated-not-accepted", f"/{GATED}"),
            (PENDING_TOKEN, GATED, "gated-pending", "/settings/gated-repos"),
            (BAD_TOKEN, OPEN, "token-refused", "/settings/tokens"),
        ],
    )
    def test_access_stops_it_with_the_next_action(
        self, hub: HubServer, session: Make, token: str | bool, name: str, code: str, link: str
    ) -> None:
        found = next(f for f in session(token).select_model(name) if f.field == "model.access")
        assert (found.severity, found.code) == ("error", code)
        assert found.fix is not None and found.fix.link == hub.url + link

    def test_not_found_offers_the_nearest_name_or_a_search(self, hub: HubServer, session: Make) -> None:
        near = refused(session(), "Qwen/Qwen2.5-0.5B-Instrct")
        assert near.code == "hub-not-found" and near.fix is not None
        assert near.fix.arguments == {"repo_id": "Qwen/Qwen2.5-0.5B-Instruct"}
        far = refused(session(), "nobody/xyzzy")
        assert far.fix is not None and far.fix.link == f"{hub.url}/models?search=xyzzy"

    def test_disabled_links_its_page(self, hub: HubServer, session: Make) -> None:
        found = refused(session(), DISABLED)
        assert found.code == "hub-disabled" and found.fix is not None and found.fix.link == f"{hub.url}/{DISABLED}"

    def test_a_revision_that_is_not_there_offers_the_newest(self, session: Make) -> None:
        found = refused(session(), OPEN, revision="v9")
        assert found.fix is not None and found.fix.arguments == {"repo_id": OPEN}

    def test_a_hub_that_is_away_offers_to_try_again(self, hub: HubServer, session: Make) -> None:
        hub.misbehave("rate_limited")
        found = refused(session(), "lab/unheard-of")
        assert found.code == "hub-rate-limited" and found.fix is not None and found.fix.verb == "select_model"

    def test_the_revision_is_pinned_to_a_commit(self, session: Make) -> None:
        choosing = session()
        choosing.select_model(OPEN)
        assert choosing.state.model is not None
        assert choosing.state.model.revision == choosing.state.model.info.revision.value
        assert len(choosing.state.model.revision or "") == 40

    def test_a_very_large_model_is_not_chosen_before_a_yes(self, hub: HubServer, session: Make) -> None:
        hub.add_model(tiny("lab/large", safetensors={"parameters": {"BF16": 25 * 10**9}}))
        choosing = session()
        finding = refused(choosing, "lab/large")
        assert finding.code == "size-confirm" and finding.fix is not None
        assert finding.fix.arguments["confirmed"] is True
        assert choosing.withdraw("model") == [] and not choosing.findings
        said = choosing.select_model(**finding.fix.arguments)
        assert choosing.state.model is not None and choosing.state.model.size_confirmed
        assert [f.code for f in said if f.field == "model.size"] == ["size-large"]

    def test_a_refusal_leaves_the_model_before_it(self, hub: HubServer, session: Make) -> None:
        hub.add_model(tiny("lab/huge", safetensors={"parameters": {"BF16": 80 * 10**9}}))
        choosing = session()
        choosing.select_model(OPEN)
        assert [f.code for f in choosing.select_model("lab/huge", confirmed=True)] == ["size-refused"]
        assert choosing.state.model is not None and choosing.state.model.repo_id == OPEN
        assert choosing.statuses["model"] == "completed"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"siblings": [{"rfilename": "m-Q8_0.gguf"}]}, "format-not-trainable"),
            ({"siblings": [{"rfilename": "onnx/model.onnx"}]}, "format-not-trainable"),
            ({"library_name": "mlx"}, "format-not-trainable"),
            ({"siblings": [{"rfilename": "adapter_config.json"}]}, "format-not-trainable"),
            (
                {"config": {"model_type": "llama", "quantization_config": {"quant_method": "mxfp4"}}},
                "format-not-trainable",
            ),
            ({"config": {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "m.M"}}}, "remote-code"),
            ({"tags": ["license:cc-by-nc-4.0"]}, "licence-non-commercial"),
        ],
    )
    def test_what_the_hub_shows_is_said(self, hub: HubServer, session: Make, body: dict[str, Any], code: str) -> None:
        raw = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **body.get("config", {})}
        hub.add_model(tiny("lab/odd", **body), raw_config=raw)
        found = next(f for f in session().select_model("lab/odd") if f.code == code)
        assert found.message and found.evidence


class TestUse:
    def of(self, session: Session, hub: HubServer, licence: str) -> list[tuple[str, str]]:
        hub.add_model(tiny("lab/terms", tags=[f"license:{licence}"]), raw_config=RAW)
        return [(f.severity, f.code) for f in session.select_model("lab/terms") if f.field == "model.licence"]

    def test_the_setting_decides_what_a_licence_means(self, hub: HubServer, session: Make) -> None:
        assert self.of(session(), hub, "cc-by-nc-4.0") == [("warning", "licence-non-commercial")]
        assert self.of(session(use="commercial"), hub, "cc-by-nc-4.0") == [("error", "licence-forbids-use")]
        assert self.of(session(use="research"), hub, "cc-by-nc-4.0") == []

    def test_conditions_are_said_to_who_sells(self, hub: HubServer, session: Make) -> None:
        assert self.of(session(use="commercial"), hub, "llama3.2") == [("warning", "licence-conditions")]
        assert self.of(session(), hub, "llama3.2") == []

    def test_saying_it_is_for_research_puts_it_right(self, hub: HubServer, session: Make) -> None:
        choosing = session(use="commercial")
        self.of(choosing, hub, "cc-by-nc-4.0")
        finding = next(f for f in choosing.findings if f.code == "licence-forbids-use")
        assert finding.fix is not None and finding.fix.verb == "state_use"
        choosing.state_use(**finding.fix.arguments)
        assert choosing.state.model is not None and choosing.state.model.use == "research"
        assert errors_in(list(choosing.findings), "model") == []
        choosing.undo()
        assert errors_in(list(choosing.findings), "model")

    def test_it_holds_for_models_chosen_later(self, hub: HubServer, session: Make) -> None:
        choosing = session()
        choosing.state_use("commercial")
        assert self.of(choosing, hub, "cc-by-nc-4.0") == [("error", "licence-forbids-use")]

    def test_it_goes_on_with_a_restored_session(self, hub: HubServer, session: Make) -> None:
        before = session()
        before.select_model(OPEN)
        before.state_use("commercial")
        after = session()
        after.restore(before.state.model_dump(mode="json"))
        assert self.of(after, hub, "cc-by-nc-4.0") == [("error", "licence-forbids-use")]

    def test_another_word_is_refused(self, session: Make) -> None:
        with pytest.raises(ValueError, match="unstated, commercial, research"):
            session().state_use("private")  # type: ignore[arg-type]  # what a caller without types may say


class TestInstructVersion:
    def test_a_base_model_without_template_offers_its_tuned_sister(self, hub: HubServer, session: Make) -> None:
        hub.add_model(tiny("Qwen/Qwen2.5-1.5B"), raw_config={"model_type": "qwen2"})
        found = next(f for f in session().select_model("Qwen/Qwen2.5-1.5B") if f.code == "template-not-found")
        assert found.fix is not None and found.fix.arguments == {"repo_id": "Qwen/Qwen2.5-1.5B-Instruct"}

    @pytest.mark.parametrize(("method", "severity"), [("sft", "info"), ("dpo", "warning")])
    def test_for_a_chat_method_it_is_a_warning(self, hub: HubServer, session: Make, method: str, severity: str) -> None:
        hub.add_model(tiny("lab/base"), raw_config={"model_type": "llama", "architectures": ["LlamaForCausalLM"]})
        choosing = session()
        choosing.select_model("lab/base")
        choosing.configure(method=method)
        found = next(f for f in choosing.findings if f.code == "template-not-found")
        assert found.severity == severity

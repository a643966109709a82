"""The search of the model step: known models at once, the Hub's merged without a jump, exact filters, pasted names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.unit.hub_browsers import many, tiny
from tests.unit.model_folders import write_model
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.search_filters import SearchFilters
from trainpkg_widgets.session import Session

QUIET: dict[str, Any] = {"hub": {"timeout_seconds": 2, "retries": 0}, "search": {"page_size": 4}}


def session(hub: HubServer, gpu: str | None = None, **model: Any) -> Session:
    options = {**QUIET, **{key: {**QUIET.get(key, {}), **value} for key, value in model.items()}}
    return Session({"model": options}, gpu=gpu, endpoint=hub.url, token=False, autosave=False)


def ids(session: Session) -> list[str]:
    return [card.id for card in session.searching.view().cards]


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def asked(hub: HubServer) -> int:
    """How many requests were made, without where the Hub itself sent them on."""
    return sum("resolve-cache" not in request.path for request in hub.requests)


def lists(hub: HubServer) -> int:
    return sum(request.path == "/api/models" for request in hub.requests)


class TestWithoutANetwork:
    def test_what_is_typed_is_answered_without_a_request(self, hub: HubServer) -> None:
        here = session(hub)
        assert here.searching.start("qwen2.5", SearchFilters(), "downloads", ask_hub=False) is None
        view = here.searching.view()
        assert view.from_catalogue == len(view.cards) == 4 and not view.searching and view.more
        assert not hub.requests

    def test_a_mistyped_word_finds_what_was_meant_and_says_so(self, hub: HubServer) -> None:
        here = session(hub)
        here.searching.start("qwne2.5-0.5b", SearchFilters(), "downloads", ask_hub=False)
        view = here.searching.view()
        assert view.corrected == "qwen2.5-0.5b" and "Qwen/Qwen2.5-0.5B" in ids(here)

    def test_a_word_that_finds_enough_is_not_corrected(self, hub: HubServer) -> None:
        here = session(hub)
        here.searching.start("mistral", SearchFilters(), "downloads", ask_hub=False)
        assert here.searching.view().corrected == ""

    def test_models_that_the_hub_showed_are_found_again_offline(self) -> None:
        with HubServer(models=[tiny("lab/strange-newcomer", private=False)]) as hub:
            session(hub).search("strange-newcomer")
            address = hub.url
        offline = Session({"model": QUIET}, endpoint=address, token=False, autosave=False)
        (found,) = offline.search("strange-newc")
        assert (found.id, found.origin) == ("lab/strange-newcomer", "seen")
        view = offline.searching.view()
        assert view.from_seen == 1 and view.notice is not None and view.cards[0].as_of

    def test_a_private_model_is_not_remembered_for_the_next_token(self) -> None:
        with HubServer(models=[tiny("lab/our-secret", private=True)]) as hub:
            address = hub.url
            first = Session({"model": QUIET}, endpoint=address, token="hf_good", autosave=False)
            first.search("our-secret")
        later = Session({"model": QUIET}, endpoint=address, token=False, autosave=False)
        assert later.search("our-secret") == ()

    def test_without_the_hub_there_is_more_of_the_catalogue(self, hub: HubServer) -> None:
        here = session(hub, features={"hub_search": False})
        here.search("llama")
        first = ids(here)
        here.searching.more()
        assert ids(here)[:4] == first and len(ids(here)) == 8
        assert not hub.requests


class TestMerging:
    def test_cards_that_are_shown_keep_their_place_and_new_ones_follow(self, hub: HubServer) -> None:
        here = session(hub)
        here.searching.start("qwen2.5", SearchFilters(), "downloads", ask_hub=False)
        typed = ids(here)
        number = here.searching.start("qwen2.5", SearchFilters(), "downloads")
        assert ids(here) == typed and number is not None
        here.searching.finish(number)
        assert ids(here)[: len(typed)] == typed
        assert here.searching.view().from_hub > 0

    def test_a_key_that_changes_nothing_does_not_lose_the_answer_that_is_on_its_way(self, hub: HubServer) -> None:
        here = session(hub)
        number = here.searching.start("qwen2.5", SearchFilters(), "downloads")
        here.searching.start("qwen2.5 ", SearchFilters(), "downloads", ask_hub=False)
        assert number is not None and here.searching.view().searching
        here.searching.finish(number)
        assert here.searching.view().from_hub > 0 and not here.searching.view().searching

    def test_more_pages_never_move_or_repeat_a_card(self, hub: HubServer) -> None:
        here = session(hub)
        here.search("qwen")
        shown = ids(here)
        while here.searching.view().more:
            here.searching.more()
            assert ids(here)[: len(shown)] == shown
            shown = ids(here)
        assert len(shown) == len(set(shown)) == 50

    def test_a_page_is_one_request_a_further_page_one_more_and_a_revisit_none(self, hub: HubServer) -> None:
        here = session(hub)
        here.search("qwen")
        assert lists(hub) == 1
        here.searching.more()
        assert lists(hub) == 2
        here.search("llama")
        here.search("qwen")
        here.searching.more()
        assert lists(hub) == 3
        assert len({str(request.params) for request in hub.requests}) == len(hub.requests)

    def test_pages_are_not_asked_for_twice_without_a_cache_either(self) -> None:
        with HubServer(models=many(40, tags=["license:mit"])) as hub:
            here = session(hub, cache={"enabled": False}, features={"catalogue": False})
            here.search("lab", licences="open")
            for _ in range(3):
                here.searching.more()
            assert len(ids(here)) == 16 and lists(hub) == 1

    def test_choosing_a_model_costs_at_most_two_requests(self, hub: HubServer) -> None:
        here = session(hub)
        here.select_model("Qwen/Qwen2.5-0.5B")
        assert asked(hub) <= 2


class TestFilters:
    def test_they_compose_and_the_page_says_how_many_were_looked_at(self, hub: HubServer) -> None:
        here = session(hub, features={"catalogue": False})
        wanted = {"licences": "open", "parameters_to": 8_000_000_000, "chat": True, "formats": "safetensors"}
        found = here.search("qwen", **wanted)
        assert found
        for model in found:
            assert model.licence_class.value == "open" and model.weight_format.value == "safetensors"
            assert (model.parameters.value or 10**12) <= 8_000_000_000
            assert model.chat.value in ("template", "likely")
        assert here.searching.view().looked_at >= len(found)

    def test_what_the_hub_can_filter_goes_to_the_hub(self, hub: HubServer) -> None:
        here = session(hub, features={"catalogue": False})
        here.search(
            "", task="text-generation", gate="gated", author="meta-llama", formats="safetensors", parameters_from=10**9
        )
        request = hub.requests[-1]
        sent = {key: value for key, value in request.params if key not in ("expand", "sort", "limit")}
        assert sent == {
            "author": "meta-llama",
            "pipeline_tag": "text-generation",
            "gated": "true",
            "filter": "safetensors",
            "num_parameters": "min:1000000K",
        }

    def test_the_bound_on_rows_looked_at_is_kept_and_said(self) -> None:
        with HubServer(models=many(60, tags=["license:cc-by-nc-4.0"])) as hub:
            here = session(
                hub,
                features={"catalogue": False},
                search={"page_size": 4, "filtered_page_size": 10, "max_looked_at": 20},
            )
            assert here.search("lab", licences="open") == ()
            view = here.searching.view()
            assert view.bounded and view.looked_at == 20 and not view.more
            assert lists(hub) == 2

    def test_what_fits_a_small_card_is_small(self, hub: HubServer) -> None:
        small = session(hub, gpu="T4").search("qwen2.5", fits_gpu=True)
        assert small
        assert all((m.parameters.value or 0) < 20e9 for m in small)
        # 15 GiB at half a byte a weight: what the Hub can leave out it is asked to leave out.
        assert hub.requests[-1].param("num_parameters") == ["max:32212255K"]
        large = session(hub, gpu="T4", search={"page_size": 40}).search("72b", fits_gpu=True)
        assert not [m for m in large if (m.parameters.value or 0) > 60e9]

    def test_without_a_card_it_is_said_that_none_is_known(self, hub: HubServer) -> None:
        here = session(hub)
        assert here.search("qwen", fits_gpu=True) == ()
        notice = here.searching.view().notice
        assert notice is not None and notice.code == "card-unknown"
        assert here.wants_cards
        here.choose_gpu("T4")
        assert here.search("qwen", fits_gpu=True), "the same search again, with a card, is another"

    def test_a_filter_that_does_not_exist_is_named_with_those_that_do(self, hub: HubServer) -> None:
        with pytest.raises(ValueError, match="Filters are task, parameters_from"):
            session(hub).search("qwen", licence="open")

    def test_they_are_a_trait_of_the_wizard_in_plain_json(self, hub: HubServer) -> None:
        from trainpkg_widgets import TrainingPackageWizard

        wizard = TrainingPackageWizard({"model": QUIET}, endpoint=hub.url, token=False, autosave=False)
        wizard.search("qwen", licences="open", parameters_to=10**9)
        assert wizard.filters == {"licences": ["open"], "parameters_to": 10**9}
        shown = [card["id"] for card in wizard.results["cards"]]
        wizard.load_more()
        assert [card["id"] for card in wizard.results["cards"]][: len(shown)] == shown
        wizard.filters = {"licences": ["nonsense"]}
        assert wizard.filters == {"licences": ["open"], "parameters_to": 10**9}
        wizard.close()


class TestPasting:
    @pytest.mark.parametrize(
        "pasted",
        [
            "{hub}/Qwen/Qwen2.5-0.5B",
            "{hub}/Qwen/Qwen2.5-0.5B?library=transformers",
            "{hub}/Qwen/Qwen2.5-0.5B/tree/main",
            "https://huggingface.co/Qwen/Qwen2.5-0.5B/blob/main/config.json",
            "huggingface.co/Qwen/Qwen2.5-0.5B",
            "Qwen/Qwen2.5-0.5B@main",
        ],
    )
    def test_a_page_or_a_revision_finds_exactly_that_model(self, hub: HubServer, pasted: str) -> None:
        (found,) = session(hub).search(pasted.format(hub=hub.url))
        assert found.id == "Qwen/Qwen2.5-0.5B" and found.origin == "hub"
        assert asked(hub) <= 2

    def test_an_id_comes_first_among_those_that_hold_it(self, hub: HubServer) -> None:
        assert session(hub).search("Qwen/Qwen2.5-0.5B")[0].id == "Qwen/Qwen2.5-0.5B"

    def test_the_revision_that_was_pasted_is_the_one_that_is_chosen(self, hub: HubServer) -> None:
        commit = hub.add_model(tiny("lab/moving"), raw_config={"model_type": "llama"})
        hub.push("lab/moving", {"README.md": b"newer"})
        here = session(hub)
        here.search(f"lab/moving@{commit}")
        here.select_model("lab/moving")
        assert here.state.model is not None and here.state.model.revision == commit

    def test_a_page_that_is_not_there_is_said_not_to_be(self, hub: HubServer) -> None:
        here = session(hub)
        assert here.search(f"{hub.url}/nobody/nothing") == ()
        assert here.searching.view().notice is not None


class TestOnThisDisk:
    @pytest.fixture
    def cached(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The cache of huggingface_hub with one whole model of the Hub in it, and one that is half there."""
        from huggingface_hub import constants

        root = tmp_path / "hub-cache"
        commit = "a" * 40
        for name, drop in (("models--lab--tiny-instruct", ()), ("models--lab--half", ("model.safetensors",))):
            write_model(root / name / "snapshots" / commit, drop=drop)
            (root / name / "refs").mkdir()
            (root / name / "refs" / "main").write_text(commit)
            (root / name / "blobs").mkdir()
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root))
        return root

    def test_whole_downloads_and_model_folders_are_listed_with_their_own_facts(
        self, hub: HubServer, cached: Path, tmp_path: Path
    ) -> None:
        write_model(tmp_path / "mine" / "tuned-by-me")
        here = session(hub, disk={"folders": [str(tmp_path / "mine")]})
        folder, download = here.search("", on_disk=True)
        assert (folder.origin, folder.id) == ("folder", str(tmp_path / "mine" / "tuned-by-me"))
        assert (download.origin, download.id, download.author) == ("cached", "lab/tiny-instruct", "lab")
        assert download.revision.value == "a" * 40 and download.parameters.source == "from the safetensors headers"
        assert here.searching.view().from_disk == 2 and not hub.requests

    def test_other_filters_and_words_hold_there_too(self, hub: HubServer, cached: Path) -> None:
        here = session(hub)
        assert [m.id for m in here.search("tiny", on_disk=True, chat=True)] == ["lab/tiny-instruct"]
        assert here.search("tiny", on_disk=True, formats="gguf") == ()
        assert here.search("no-such", on_disk=True) == ()

    def test_a_machine_without_a_cache_has_none(self, hub: HubServer, cached: Path) -> None:
        shutil.rmtree(cached)
        assert session(hub).search("", on_disk=True) == ()

    def test_a_path_that_is_no_model_says_what_is_missing(self, hub: HubServer, tmp_path: Path) -> None:
        write_model(tmp_path / "half", drop=("model.safetensors",))
        (refused,) = session(hub).select_model(str(tmp_path / "half"))
        assert refused.code == "not-a-model" and "weights" in refused.message


class TestAnOrganisationsRules:
    @pytest.fixture
    def team(self, tmp_path: Path) -> Path:
        path = tmp_path / "team.yaml"
        path.write_text(
            "model:\n"
            "  policy:\n"
            "    allowed_authors: [Qwen]\n"
            "    allowed_licences: [open]\n"
            "    max_weight_gb: 5\n"
            "  popular:\n"
            "    - {id: Qwen/Qwen2.5-0.5B, note: Ours.}\n"
            "    - {id: Qwen/Qwen2.5-7B}\n",
            encoding="utf-8",
        )
        return path

    @pytest.mark.parametrize(
        ("model", "broken", "rule", "line"),
        [
            ("meta-llama/Llama-3.2-1B", ["policy-author", "policy-licence"], "allowed_authors", 3),
            ("Qwen/Qwen2.5-7B", ["policy-size"], "max_weight_gb", 5),
        ],
    )
    def test_a_model_outside_is_refused_with_the_rule_and_its_place(
        self, hub: HubServer, team: Path, model: str, broken: list[str], rule: str, line: int
    ) -> None:
        here = Session(team, endpoint=hub.url, token=False, autosave=False)
        refused = here.select_model(model)
        assert codes(refused)[: len(broken)] == broken and here.state.model is None
        assert f"model.policy.{rule}" in refused[0].evidence
        assert f"{team}, line {line}" in refused[0].evidence

    def test_a_model_inside_is_chosen(self, hub: HubServer, team: Path) -> None:
        here = Session(team, endpoint=hub.url, token=False, autosave=False)
        here.select_model("Qwen/Qwen2.5-0.5B")
        assert here.state.model is not None

    def test_search_marks_what_is_outside(self, hub: HubServer, team: Path) -> None:
        here = Session(team, endpoint=hub.url, token=False, autosave=False)
        here.search("llama-3.2")
        badges = [card.badges[0] for card in here.searching.view().cards]
        assert badges and {badge.text for badge in badges} == {"Not allowed here"}
        assert "allowed_authors" in badges[0].why

    def test_or_hides_it_and_says_how_many(self, hub: HubServer, team: Path) -> None:
        team.write_text(team.read_text(encoding="utf-8").replace("  policy:\n", "  policy:\n    outside: hide\n"))
        here = Session(team, endpoint=hub.url, token=False, autosave=False)
        found = here.search("2.5")
        view = here.searching.view()
        assert found and view.hidden > 0
        assert {m.author for m in found} == {"Qwen"}
        assert all((m.weight_bytes.value or 0) <= 5e9 for m in found)

    def test_their_popular_models_are_shown_with_their_notes(self, hub: HubServer, team: Path) -> None:
        here = Session(team, endpoint=hub.url, token=False, autosave=False)
        first, second = here.searching.view().cards
        assert (first.id, first.note) == ("Qwen/Qwen2.5-0.5B", "Ours.")
        assert second.badges[0].text == "Not allowed here"

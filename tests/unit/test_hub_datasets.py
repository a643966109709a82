"""Datasets of the Hub: found, pinned to a commit, judged by a sample that says so; trouble said as what it is."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.hub_server import GOOD_TOKEN, NO_ACCESS_TOKEN, HubServer
from tests.hub_server.viewer import State
from tests.unit.dataset_samples import chats
from tests.unit.strange_site import strange_site
from trainpkg_widgets import wire
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.hub.dataset_reference import read_dataset_reference
from trainpkg_widgets.hub.dataset_viewer import DatasetViewer, Size
from trainpkg_widgets.hub.datasets import HubRows
from trainpkg_widgets.intents import waits_for_hub
from trainpkg_widgets.session import Session
from trainpkg_widgets.steps import DatasetSource, DatasetStep, TemplateChoice

RECORDED = Path(__file__).parent.parent / "recorded" / "dataset_viewer_openapi.json"
# A list of objects is several kinds of cell at once, so that "oneOf" refuses it, in the document's own examples too.
OPENAPI = json.loads(RECORDED.read_text("utf-8").replace('"oneOf"', '"anyOf"'))
ROWS = {"default": {"train": chats(250), "test": chats(260)[250:]}}

Sessions = Callable[..., Session]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(models=[]) as server:
        server.add_dataset({"id": "ada/chats", "downloads": 900, "description": "Sums\n and their answers"}, ROWS)
        server.add_dataset({"id": "bela/chats-of-cats", "downloads": 20, "likes": 3}, ROWS)
        yield server


@pytest.fixture
def session(hub: HubServer) -> Sessions:
    """Makes sessions that ask the Hub and the viewer on loopback."""

    def made(token: str | bool = False, **viewer: Any) -> Session:
        asked = {"endpoint": hub.viewer_url, "timeout_seconds": 5, **viewer}
        quick = {"retries": 1, "first_wait_seconds": 0.01, "longest_wait_seconds": 0.02}
        settings = {"dataset": {"viewer": asked}, "model": {"hub": quick, "cache": {"enabled": False}}}
        return Session(settings, endpoint=hub.url, token=token, autosave=False)

    return made


def code_of(findings: list[Finding]) -> str:
    (only,) = findings
    assert only.severity == "error" and only.evidence
    return only.code


class TestSearch:
    def test_every_word_has_to_be_in_the_id_and_the_most_downloaded_comes_first(self, session: Sessions) -> None:
        found = session().search_datasets("chats")
        assert [(card.id, card.downloads) for card in found.cards] == [("ada/chats", 900), ("bela/chats-of-cats", 20)]
        assert found.cards[0].about == "Sums and their answers"
        assert [card.id for card in session().search_datasets("cats chats").cards] == ["bela/chats-of-cats"]

    def test_it_is_one_request(self, session: Sessions, hub: HubServer) -> None:
        session().search_datasets("chats")
        assert [request.path for request in hub.requests] == ["/api/datasets"]

    def test_no_more_are_shown_than_the_settings_say(self, session: Sessions) -> None:
        assert [card.id for card in session(search_results=1).search_datasets("chats").cards] == ["ada/chats"]

    def test_no_answer_is_said_and_is_no_empty_list(self, session: Sessions, hub: HubServer) -> None:
        hub.misbehave("server_error")
        found = session().search_datasets("chats")
        assert found.cards == () and found.notice is not None and found.notice.code == "hub-trouble"


class TestOpening:
    def test_it_is_pinned_to_the_commit_of_its_newest_revision(self, session: Sessions, hub: HubServer) -> None:
        one = session()
        one.use_dataset("ada/chats")
        dataset = one.state.dataset
        assert dataset is not None
        source = dataset.source
        assert (source.kind, source.name, source.config, source.split) == ("hub", "ada/chats", "default", "train")
        held = hub.store.held("datasets", "ada/chats")
        assert held is not None and source.revision == held.commits[-1].sha
        assert source.splits == ("train", "test")

    def test_the_verdict_says_that_it_is_of_a_sample(self, session: Sessions) -> None:
        one = session(sample_rows=60, pages=3)
        one.use_dataset("ada/chats")
        dataset = one.state.dataset
        assert dataset is not None
        assert (dataset.rows, dataset.checked_rows, dataset.format.value) == (250, 60, "messages")
        sample = next(finding for finding in one.findings if finding.code == "sample-only")
        assert "60 of 250" in sample.message

    def test_the_sample_is_spread_over_all_of_it_and_rows_are_named_by_their_place(
        self, session: Sessions, hub: HubServer
    ) -> None:
        rows: list[dict[str, Any]] = chats(250)
        rows[249]["messages"][1]["content"] = ""
        hub.add_dataset({"id": "ada/flawed"}, {"default": {"train": rows}})
        one = session(sample_rows=30, pages=3)
        one.use_dataset("ada/flawed")
        assert one.state.dataset is not None
        problem = next(problem for problem in one.state.dataset.problems if problem.code == "empty-answer")
        assert problem.rows == (249,)

    def test_nothing_is_downloaded(self, session: Sessions, hub: HubServer) -> None:
        session().use_dataset("ada/chats")
        assert not any("resolve" in request.path for request in hub.requests)
        assert hub.requests[1].path == "/is-valid"

    def test_rows_further_on_are_shown_when_they_are_asked_for(self, session: Sessions) -> None:
        one = session(sample_rows=10, pages=1)
        one.use_dataset("ada/chats")
        assert "What is 120 plus 120?" in one.preview(120).rows[0][0]

    def test_a_split_is_held_back_whole(self, session: Sessions) -> None:
        one = session()
        one.use_dataset("ada/chats", split="train", eval_split="test")
        dataset = one.state.dataset
        assert dataset is not None and (dataset.eval_split, dataset.eval_rows, dataset.rows) == ("test", 10, 260)

    def test_above_five_gigabytes_the_estimate_of_all_rows_counts(self, session: Sessions, hub: HubServer) -> None:
        hub.add_dataset({"id": "ada/huge"}, {"default": {"train": chats(120)}}, estimated=40_000_000)
        one = session()
        one.use_dataset("ada/huge")
        assert one.state.dataset is not None and one.state.dataset.rows == 40_000_000
        assert "estimate" in one.state.dataset.source.container

    def test_an_earlier_session_is_taken_up_at_the_same_commit(self, session: Sessions, hub: HubServer) -> None:
        one = session()
        one.use_dataset("ada/chats")
        again = session()
        again.restore(one.state)
        assert again.state.dataset == one.state.dataset
        assert {f.code for f in again.findings if f.code.startswith("rows-")} <= {"rows-checking"}

    def test_rows_that_were_cut_for_showing_are_not_judged(self, session: Sessions, hub: HubServer) -> None:
        long = {"text": "a" * 200_000}
        rows = [long, *({"text": f"a story of the number {n}"} for n in range(60))]
        hub.add_dataset({"id": "ada/long"}, {"default": {"train": rows}}, state="preview_only")
        one = session()
        one.use_dataset("ada/long")
        assert one.state.dataset is not None and one.state.dataset.checked_rows == 60

    @pytest.mark.parametrize("cut", [0, 2])
    def test_a_row_that_was_cut_does_not_shift_those_after_it(
        self, session: Sessions, hub: HubServer, cut: int
    ) -> None:
        rows = [{"text": f"a story of the number {n}"} for n in range(60)]
        rows[cut] = {"text": "a" * 200_000}
        hub.add_dataset({"id": "ada/long"}, {"default": {"train": rows}}, state="preview_only")
        one = session()
        one.use_dataset("ada/long")
        shown = [row[0] for row in one.page(0, 5).rows]
        assert [n for n in range(5) if shown[n] == rows[n]["text"]] == [n for n in range(5) if n != cut]

    def test_only_rows_that_follow_each_other_are_shown_as_the_first(self, session: Sessions, hub: HubServer) -> None:
        one = session(sample_rows=9, pages=3)
        one.use_dataset("ada/chats")
        asked = len(hub.requests)
        shown = [row[0] for row in one.page(0, 5).rows]
        assert len(shown) == 3 and all(f"What is {n} plus" in text for n, text in enumerate(shown))
        assert len(hub.requests) == asked

    def test_a_row_that_can_not_be_read_does_not_shift_those_after_it(self) -> None:
        items: list[Any] = [{"row_idx": n, "row": {"text": str(n)}} for n in range(40, 45)]
        items[1] = {"row_idx": 41, "row": "broken"}
        items[3] = {"row_idx": True, "row": {}}
        body = json.dumps({"rows": items}).encode()
        with strange_site(lambda _: (200, {"Content-Type": "application/json"}, body)) as site:
            client = Session({"model": {"cache": {"enabled": False}}}, endpoint=site.url, token=False, autosave=False)
            viewer = DatasetViewer(client.models.client)
            assert viewer.rows("a/b", "default", "train", 40, 5) == {n: {"text": str(n)} for n in (40, 42, 44)}
            source = DatasetSource(kind="hub", name="a/b", config="default", split="train")
            rows = HubRows(source, viewer, {}, Size(rows=100, bytes=0), 100)
            assert [row.get("text") for row in rows.page(40, 5)] == ["40", None, "42", None, "44"]

    def test_a_template_that_is_chosen_while_rows_are_read_stays(
        self, session: Sessions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, chosen = session(), TemplateChoice(model="a/b", stop_token="<|end|>")
        one.use_dataset("ada/chats")

        def choosing(*given: Any, **words: Any) -> DatasetStep:
            step = profile_dataset(*given, **words)
            assert one.state.dataset is not None
            with_template = one.state.dataset.model_copy(update={"template": chosen})
            one.choices.apply("dataset", "chat template", {"dataset": with_template})
            return step

        monkeypatch.setattr("trainpkg_widgets.data.profile.profile_dataset", choosing)
        one.use_dataset(eval_share=0.1)
        dataset = one.state.dataset
        assert dataset is not None and (dataset.eval_share, dataset.template) == (0.1, chosen)

    @pytest.mark.parametrize(("source", "waits"), [("ada/chats", True), (chats(6), False)])
    def test_what_is_asked_of_its_rows_waits_where_other_things_of_the_hub_wait(
        self, session: Sessions, source: Any, waits: bool
    ) -> None:
        one = session()
        one.use_dataset(source)
        rows_again = wire.UseDatasetIntent(eval_share=0.1)
        assert [waits_for_hub(one, it) for it in (rows_again, wire.PreviewRowsIntent())] == [waits, waits]
        assert waits_for_hub(one, wire.UseDatasetIntent(mix=({"hub": "ada/chats"},)))
        assert not waits_for_hub(one, wire.UseDatasetIntent(path="a.jsonl"))
        assert not waits_for_hub(one, wire.ResumeIntent())


class TestTrouble:
    @pytest.mark.parametrize(
        ("state", "code"),
        [
            ("not_ready", "viewer-not-ready"),
            ("blocked", "hub-refused"),
            ("broken", "hub-refused"),
            ("no_rows", "viewer-no-rows"),
        ],
    )
    def test_a_viewer_without_rows_is_no_outage_and_says_what_to_do(
        self, session: Sessions, hub: HubServer, state: State, code: str
    ) -> None:
        hub.add_dataset({"id": "ada/new"}, ROWS if state != "no_rows" else None, state=state)
        found = session().use_dataset("ada/new")
        assert code_of(found) == code
        assert "load_dataset" in found[0].evidence

    def test_not_ready_is_asked_once(self, session: Sessions, hub: HubServer) -> None:
        hub.add_dataset({"id": "ada/new"}, ROWS, state="not_ready")
        session().use_dataset("ada/new")
        assert sum(request.path == "/splits" for request in hub.requests) == 1

    @pytest.mark.parametrize("token", [False, NO_ACCESS_TOKEN])
    def test_a_gated_one_says_that_it_is(self, session: Sessions, hub: HubServer, token: str | bool) -> None:
        hub.add_dataset({"id": "ada/secret", "gated": "auto"}, ROWS)
        assert code_of(session(token).use_dataset("ada/secret")) == "dataset-gated"

    def test_whoever_was_let_in_sees_a_gated_one(self, session: Sessions, hub: HubServer) -> None:
        hub.add_dataset({"id": "ada/secret", "gated": "auto"}, ROWS)
        one = session(GOOD_TOKEN)
        one.use_dataset("ada/secret")
        assert one.state.dataset is not None

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            ({"hub": "ada/nothing"}, "dataset-missing"),
            ({"hub": "ada/chats", "revision": "v9"}, "hub-not-found"),
            ({"hub": "ada/chats", "config": "french"}, "config-missing"),
            ({"hub": "ada/chats", "split": "validation"}, "split-missing"),
            ({"hub": "ada/chats", "eval_split": "train"}, "split-twice"),
            ({"hub": "../chats"}, "dataset-reference"),
        ],
    )
    def test_what_is_not_there_is_named(self, session: Sessions, wanted: dict[str, str], code: str) -> None:
        one = session()
        found = one.use_dataset(**wanted)  # type: ignore[arg-type]  # the keywords vary
        assert [finding.code for finding in found] == [code]
        assert one.state.dataset is None

    def test_a_viewer_that_takes_too_long_is_not_waited_for(self, session: Sessions, hub: HubServer) -> None:
        hub.misbehave("slow", path_contains="/is-valid", seconds=5)
        assert code_of(session(timeout_seconds=0.2).use_dataset("ada/chats")) == "hub-timeout"

    def test_without_a_viewer_the_way_round_is_shown(self, session: Sessions) -> None:
        assert code_of(session(endpoint="").use_dataset("ada/chats")) == "viewer-none"

    def test_a_token_of_another_hub_is_not_shown_to_the_viewer(self, hub: HubServer, session: Sessions) -> None:
        one = session(GOOD_TOKEN)
        other = one.settings.dataset.viewer.model_copy(
            update={"endpoint": hub.viewer_url.replace("127.0.0.1", "localhost")}
        )
        client = one.models.viewer(other)
        assert client is not None
        client.get_json("/is-valid", [("dataset", "ada/chats")])
        assert not hub.requests[-1].token_sent

    def test_a_token_of_the_public_hub_is_not_shown_to_another_site(self, hub: HubServer) -> None:
        one = Session({"model": {"cache": {"enabled": False}}}, token=GOOD_TOKEN, autosave=False)
        viewer = one.settings.dataset.viewer.model_copy(update={"endpoint": hub.viewer_url})
        client = one.models.viewer(viewer)
        assert client is not None
        client.get_json("/is-valid", [("dataset", "ada/chats")])
        assert not hub.requests[-1].token_sent

    def test_rows_that_the_viewer_does_not_show_now_have_not_changed(self, hub: HubServer, session: Sessions) -> None:
        one = session(sample_rows=20, pages=2)
        one.use_dataset(hub="ada/chats")
        hub.misbehave("server_error", path_contains="/rows")
        assert one.page(100, 5).rows == ()
        assert {f.code: f.severity for f in one.findings if f.step == "dataset"}.get("rows-not-shown") == "warning"
        assert "rows-changed" not in {f.code for f in one.findings}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada/chats", ("ada/chats", None)),
        ("ada/chats@v1", ("ada/chats", "v1")),
        ("https://huggingface.co/datasets/ada/chats", ("ada/chats", None)),
        ("https://huggingface.co/datasets/ada/chats/viewer/default/train", ("ada/chats", None)),
        ("https://huggingface.co/datasets/ada/chats/tree/refs%2Fpr%2F1", ("ada/chats", "refs/pr/1")),
        ("hf://datasets/ada/chats@abc/data/train.parquet", ("ada/chats", "abc")),
    ],
)
def test_a_dataset_is_named_by_id_or_page(text: str, found: tuple[str, str | None]) -> None:
    assert read_dataset_reference(text, "https://huggingface.co") == found


@pytest.mark.parametrize(
    "text", ["https://example.com/datasets/ada/chats", "a b", "x/y/z", "https://huggingface.co/ada/m"]
)
def test_what_names_no_dataset_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        read_dataset_reference(text, "https://huggingface.co")


class TestTheViewerOnLoopback:
    @pytest.mark.parametrize(
        ("path", "schema"),
        [
            ("/is-valid?dataset=ada/chats", "IsValidResponse"),
            ("/splits?dataset=ada/chats", "SplitsResponse"),
            ("/size?dataset=ada/chats", "SizeResponse"),
            ("/size?dataset=ada/chats&config=default", "SizeResponse"),
            ("/first-rows?dataset=ada/chats&config=default&split=train", "FirstRowsResponse"),
            ("/rows?dataset=ada/chats&config=default&split=train&offset=10&length=5", "PaginatedResponse"),
            ("/statistics?dataset=ada/chats&config=default&split=train", "StatisticsResponse"),
        ],
    )
    def test_it_answers_as_the_official_description_says(self, hub: HubServer, path: str, schema: str) -> None:
        with urllib.request.urlopen(hub.viewer_url + path) as answer:
            body = json.load(answer)
        described = {"$ref": f"#/components/schemas/{schema}", "components": OPENAPI["components"]}
        jsonschema.Draft202012Validator(described).validate(body)

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/splits", 422, "MissingRequiredParameter"),
            ("/rows?dataset=ada/chats&config=default&split=train&length=101", 422, "InvalidParameter"),
            ("/splits?dataset=nobody/nothing", 401, "ExternalUnauthenticatedError"),
            ("/first-rows?dataset=ada/chats&config=default&split=x", 404, "ResponseNotFound"),
        ],
    )
    def test_it_refuses_as_the_official_description_says(
        self, hub: HubServer, path: str, status: int, code: str
    ) -> None:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(hub.viewer_url + path)
        assert (caught.value.code, caught.value.headers["X-Error-Code"]) == (status, code)

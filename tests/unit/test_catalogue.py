"""The built-in catalogue: true to its sources, silent on what they guessed, and searched like the Hub."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from math import inf
from pathlib import Path
from typing import Any

import pytest

from tools.build_catalogue import build, read_sources
from tools.catalogue_file import TABLE
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.model_filters import keeps
from trainpkg_widgets.search_filters import SearchFilters, SortOrder
from trainpkg_widgets.settings.model_settings import SizeCategories

SIZES = SizeCategories(small_gb=5, medium_gb=15, large_gb=100)
SHIPPED = Path(__file__).parents[2] / "trainpkg_widgets" / "hub" / "catalogue.sqlite"
POPULAR = {
    "Qwen/Qwen2.5-0.5B": (494_032_768, 896, 4864, "apache-2.0"),
    "Qwen/Qwen2.5-1.5B": (1_543_714_304, 1536, 8960, "apache-2.0"),
    "meta-llama/Llama-3.2-1B": (1_235_814_400, 2048, 8192, "llama3.2"),
    "meta-llama/Llama-3.2-3B": (3_212_749_824, 3072, 8192, "llama3.2"),
    "Qwen/Qwen2.5-7B": (7_615_616_512, 3584, 18944, "apache-2.0"),
    "mistralai/Mistral-7B-v0.3": (7_248_023_552, 4096, 14336, "apache-2.0"),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture(scope="module")
def every_id() -> list[str]:
    sources = read_sources()
    return [row["name"] for row in (*sources.llmfit, *sources.supplement)]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Every row that a search can ask for, the most downloaded first."""
    columns = ("id", "licence_class", "weight_bytes", "parameters", "likes", "created")
    with sqlite3.connect(SHIPPED) as connection:
        every = connection.execute(f"SELECT {', '.join(columns)} FROM models ORDER BY rank")
        return [dict(zip(columns, row, strict=True)) for row in every]


def ids(catalogue: Catalogue, query: str, sort: SortOrder = "downloads", limit: int = 20_000) -> list[str]:
    return [info.id for info in catalogue.search(query, sort=sort, limit=limit)]


class TestTheFileThatShips:
    def test_it_is_what_its_sources_build(self, tmp_path: Path) -> None:
        build(tmp_path / "again.sqlite")
        columns = ", ".join(("rank", *TABLE))
        with sqlite3.connect(tmp_path / "again.sqlite") as again, sqlite3.connect(SHIPPED) as shipped:
            for query in (f"SELECT {columns} FROM models ORDER BY rank", "SELECT * FROM about ORDER BY name"):
                assert shipped.execute(query).fetchall() == again.execute(query).fetchall()

    def test_it_holds_every_model_of_its_sources(self, catalogue: Catalogue, every_id: list[str]) -> None:
        assert catalogue.count == len(set(every_id)) == 16_850

    def test_it_is_small_enough_to_ship(self) -> None:
        assert SHIPPED.stat().st_size <= 12_500_000

    def test_it_says_how_old_it_is(self, catalogue: Catalogue) -> None:
        assert catalogue.date == "2026-10-05"


class TestPopularModels:
    @pytest.mark.parametrize("repo_id", POPULAR)
    def test_each_has_its_parameters_dimensions_and_licence(self, catalogue: Catalogue, repo_id: str) -> None:
        info = catalogue.get(repo_id)
        assert info is not None and info.architecture.value is not None
        parameters, hidden_size, intermediate_size, licence = POPULAR[repo_id]
        assert info.parameters.value == parameters
        assert info.architecture.value.hidden_size == hidden_size
        assert info.architecture.value.intermediate_size == intermediate_size
        assert info.licence.value == licence
        assert info.lora_targets.value == ("q_proj", "v_proj")

    @pytest.mark.parametrize("repo_id", POPULAR)
    def test_each_is_a_base_model_and_said_to_be(self, catalogue: Catalogue, repo_id: str) -> None:
        info = catalogue.get(repo_id)
        assert info is not None and info.instruct.value is False and info.chat.value is None

    @pytest.mark.parametrize("repo_id", POPULAR)
    def test_the_dimensions_make_the_parameters(self, catalogue: Catalogue, repo_id: str) -> None:
        info = catalogue.get(repo_id)
        assert info is not None and info.architecture.value is not None
        a = info.architecture.value
        assert a.intermediate_size is not None
        attention = a.hidden_size * a.head_dim * 2 * (a.heads + a.kv_heads)
        weights = a.layers * (attention + 3 * a.hidden_size * a.intermediate_size)
        weights += a.vocab_size * a.hidden_size * (1 if a.tied_embeddings else 2)
        assert weights == pytest.approx(info.parameters.value, rel=0.001)


class TestHonesty:
    def test_every_fact_says_that_it_is_the_catalogues(self, catalogue: Catalogue) -> None:
        info = catalogue.get("Qwen/Qwen2.5-0.5B")
        assert info is not None and info.origin == "catalogue" and info.as_of == catalogue.date
        assert info.parameters.source == "built-in catalogue of 2026-10-05 (llmfit 1.1.17)"
        assert "xinference 4.1.0" in info.architecture.source

    def test_the_fallback_context_of_a_gated_model_is_unknown(self, catalogue: Catalogue) -> None:
        gated = catalogue.get("google/gemma-3-4b-it")
        assert gated is not None
        assert gated.context_length.value is None and gated.architecture.value is None and gated.gate.value is None

    def test_a_context_of_4096_that_was_read_is_kept(self, catalogue: Catalogue) -> None:
        phi = catalogue.get("microsoft/Phi-3-mini-4k-instruct")
        assert phi is not None and phi.context_length.value == 4096

    def test_no_model_is_said_to_be_gguf_but_by_its_name(self, catalogue: Catalogue) -> None:
        # The source writes "gguf" beside 13,612 models, this one among them.
        qwen = catalogue.get("Qwen/Qwen2.5-0.5B")
        named = catalogue.get("unsloth/Qwen3-4B-GGUF")
        assert qwen is not None and qwen.weight_format.value == "safetensors"
        assert named is not None and (named.weight_format.value, named.weight_format.source) == (
            "gguf",
            "guess from name",
        )

    def test_parameters_are_not_read_from_a_name_that_lies(self, catalogue: Catalogue) -> None:
        scout = catalogue.get("meta-llama/Llama-4-Scout-17B-16E")
        assert scout is not None and scout.parameters.value is not None and scout.parameters.value > 100e9

    def test_a_rounded_count_says_so(self, catalogue: Catalogue) -> None:
        kokoro = catalogue.get("hexgrad/Kokoro-82M")
        assert kokoro is not None and "rounded" in kokoro.parameters.source

    def test_the_size_is_an_estimate_and_none_where_weights_are_packed(self, catalogue: Catalogue) -> None:
        plain, packed = catalogue.get("Qwen/Qwen2.5-7B"), catalogue.get("openai/gpt-oss-20b")
        assert plain is not None and plain.weight_bytes.value == 2 * 7_615_616_512
        assert plain.weight_bytes.source.startswith("estimate")
        assert packed is not None and packed.weight_bytes.value is None

    def test_a_model_that_stands_beside_its_base_is_told_from_it(self, catalogue: Catalogue) -> None:
        base = catalogue.get("HuggingFaceTB/SmolLM2-135M")
        assert base is not None and base.instruct.value is False
        assert "SmolLM2-135M-Instruct" in base.instruct.source and base.instruct.source.startswith("guess")


class TestSearch:
    @pytest.mark.parametrize("query", ["QWEN 7b", "7b qwen", "b-in", "Q", "5b", "z z", "llama-3.2", "a/b", "_", ".5"])
    def test_it_finds_what_the_hubs_search_would(self, catalogue: Catalogue, every_id: list[str], query: str) -> None:
        words = query.lower().split()
        assert set(ids(catalogue, query)) == {n for n in every_id if all(word in n.lower() for word in words)}

    @pytest.mark.parametrize("query", ['"', "qwen*", "a OR b)", "qwen' --", "naïve", "^q", "a:b", "模型"])
    def test_letters_that_no_id_has_find_nothing_and_break_nothing(self, catalogue: Catalogue, query: str) -> None:
        assert ids(catalogue, query) == []

    def test_the_words_of_fts5_are_words(self, catalogue: Catalogue) -> None:
        assert all("and" in n.lower() and "qwen" in n.lower() for n in ids(catalogue, "AND qwen"))
        assert ids(catalogue, "NEAR")

    def test_no_query_gives_the_most_downloaded(self, catalogue: Catalogue) -> None:
        assert [m.id for m in catalogue.search(limit=1)] == ["BAAI/bge-small-en-v1.5"]

    def test_the_limit_is_kept(self, catalogue: Catalogue) -> None:
        assert len(ids(catalogue, "qwen", limit=7)) == 7

    def test_an_id_is_found_in_any_case(self, catalogue: Catalogue) -> None:
        info = catalogue.get("qwen/qwen2.5-0.5b")
        assert info is not None and info.id == "Qwen/Qwen2.5-0.5B"
        assert catalogue.get("nobody/nothing") is None

    def test_two_ids_that_differ_in_case_alone_are_two_models(self, catalogue: Catalogue) -> None:
        for repo_id in ("microsoft/Phi-3-mini-4k-instruct", "microsoft/phi-3-mini-4k-instruct"):
            info = catalogue.get(repo_id)
            assert info is not None and info.id == repo_id


class TestOrder:
    @pytest.mark.parametrize(
        ("sort", "field"),
        [("downloads", "downloads"), ("likes", "likes"), ("recent", "created"), ("parameters", "parameters")],
    )
    def test_results_are_in_the_order_asked_for(self, catalogue: Catalogue, sort: SortOrder, field: str) -> None:
        found = catalogue.search("llama", sort=sort, limit=200)
        values = [getattr(info, field).value for info in found]
        assert len(values) == 200 and values == sorted(values, reverse=True)

    @pytest.mark.parametrize("sort", ["downloads", "likes", "recent", "parameters"])
    @pytest.mark.parametrize("query", ["", "b", "7b", "qwen", "qwen 7b", "smollm2"])
    def test_the_first_of_an_order_are_the_first_however_they_are_found(
        self, catalogue: Catalogue, query: str, sort: SortOrder
    ) -> None:
        order = {"recent": "created DESC, rank", "downloads": "rank"}.get(sort, f"{sort} DESC, rank")
        words = "".join(f" AND id LIKE '%{word}%'" for word in query.split())
        for filters, condition in (
            (SearchFilters(), "1"),
            (SearchFilters(chat=True), "chat"),
            (SearchFilters(author="unsloth", licences="open"), "id LIKE 'unsloth/%' AND licence_class = 'open'"),
        ):
            with sqlite3.connect(SHIPPED) as every:
                first = every.execute(f"SELECT id FROM models WHERE {condition}{words} ORDER BY {order} LIMIT 5")
                assert [m.id for m in catalogue.search(query, filters, sort, limit=5)] == [row[0] for row in first]

    def test_there_is_no_trending_score_and_that_is_said(self, catalogue: Catalogue) -> None:
        assert ids(catalogue, "qwen", "trending", 20) == ids(catalogue, "qwen", "downloads", 20)
        order = catalogue.order("trending")
        assert order.value == "downloads" and "no trending score" in order.source


class TestFilters:
    @pytest.mark.parametrize(
        "filters",
        [
            SearchFilters(chat=True),
            SearchFilters(lora=True),
            SearchFilters(gate="open"),
            SearchFilters(licences="open"),
            SearchFilters(size="small"),
            SearchFilters(size="medium", chat=True),
            SearchFilters(size="large", licences="open", gate="open"),
            SearchFilters(author="qwen"),
            SearchFilters(task="text-generation"),
            SearchFilters(task="image-text-to-text"),
            SearchFilters(licences=("restricted", "unknown")),
            SearchFilters(licences="non_commercial", chat=True),
            SearchFilters(formats=("mlx", "gguf")),
            SearchFilters(parameters_from=1_000_000_000, parameters_to=7_000_000_000),
            SearchFilters(weight_bytes_from=2_000_000_000),
            SearchFilters(weight_bytes_to=20_000_000_000, size="medium"),
        ],
        ids=lambda f: str(f.model_dump(exclude_defaults=True)),
    )
    def test_they_keep_what_the_filters_of_the_hub_keep(self, catalogue: Catalogue, filters: SearchFilters) -> None:
        every = catalogue.search("coder", limit=3_000)
        found = catalogue.search("coder", filters, limit=3_000, size_categories=SIZES)
        wanted = [info.id for info in every if keeps(info, filters, SIZES)]
        assert [info.id for info in found] == wanted
        assert 0 < len(wanted) < len(every)

    def test_bounds_are_kept_themselves(self, catalogue: Catalogue) -> None:
        exact = SearchFilters(parameters_from=494_032_768, parameters_to=494_032_768)
        assert "Qwen/Qwen2.5-0.5B" in [m.id for m in catalogue.search("qwen2.5", exact, limit=100)]

    def test_a_model_of_unknown_gate_is_neither_open_nor_gated(self, catalogue: Catalogue) -> None:
        assert catalogue.search("", SearchFilters(gate="gated")) == []
        assert not {m.gate.value for m in catalogue.search("", SearchFilters(gate="open"), limit=50)} - {"open"}

    def test_what_fits_a_card_is_asked_of_whom_knows_the_card(self, catalogue: Catalogue) -> None:
        fits = SearchFilters(fits_gpu=True)
        found = catalogue.search("qwen", fits, limit=5, also=lambda info: (info.parameters.value or 0) < 1e9)
        assert len(found) == 5 and all((m.parameters.value or 0) < 1e9 for m in found)
        assert catalogue.search("qwen", fits) == []

    def test_an_author_is_that_author_and_not_a_beginning(self, catalogue: Catalogue) -> None:
        found = catalogue.search("", SearchFilters(author="Qwen"), limit=5_000)
        assert {info.author for info in found} == {"Qwen"} and len(found) > 200

    @pytest.mark.parametrize("seed", range(25))
    def test_any_question_gives_what_looking_at_every_row_gives(
        self, catalogue: Catalogue, rows: list[dict[str, Any]], seed: int
    ) -> None:
        draw = random.Random(seed)
        beginning = draw.randrange(6)
        words = [draw.choice(rows)["id"].lower()[beginning:][: draw.randint(1, 6)] for _ in range(draw.randint(0, 2))]
        low = draw.choice([None, 10**8, 10**9, 7 * 10**9])
        high = draw.choice([None, 8 * 10**9, 10**12, 10**30])
        heavy = draw.choice([None, 2 * 10**9])
        licences = draw.choice([(), ("open",), ("restricted", "unknown")])
        sort: SortOrder = draw.choice(["downloads", "likes", "recent", "parameters"])
        column = {"recent": "created"}.get(sort, sort)
        kept = [
            row
            for row in rows
            if all(word in row["id"].lower() for word in words)
            and (low is None or (row["parameters"] or 0) >= low)
            and (high is None or (row["parameters"] or inf) <= high)
            and (heavy is None or (row["weight_bytes"] or 0) >= heavy)
            and (not licences or row["licence_class"] in licences)
        ]
        if sort != "downloads":
            kept.sort(key=lambda row: (row[column] is not None, row[column]), reverse=True)
        filters = SearchFilters(parameters_from=low, parameters_to=high, weight_bytes_from=heavy, licences=licences)
        found = catalogue.search(" ".join(words), filters, sort, limit=15)
        assert [model.id for model in found] == [row["id"] for row in kept[:15]]

    def test_numbers_beyond_any_model_find_nothing(self, catalogue: Catalogue) -> None:
        assert catalogue.search("", SearchFilters(parameters_from=10**30)) == []

    def test_a_size_without_its_bounds_is_a_mistake_of_the_caller(self, catalogue: Catalogue) -> None:
        with pytest.raises(ValueError, match="bounds"):
            catalogue.search("qwen", SearchFilters(size="small"))


class TestTheFileOnDisk:
    def test_nothing_is_opened_before_it_is_asked(self, tmp_path: Path) -> None:
        missing = Catalogue(tmp_path / "none.sqlite")
        with pytest.raises(FileNotFoundError, match="not there"):
            missing.search("qwen")

    def test_a_folder_with_odd_letters_that_can_not_be_written_to_serves(self, tmp_path: Path) -> None:
        folder = tmp_path / "50% off? #1 ü"
        folder.mkdir()
        shutil.copy(SHIPPED, folder)
        (folder / "catalogue.sqlite").chmod(0o444)
        folder.chmod(0o555)
        try:
            assert Catalogue(folder / "catalogue.sqlite").get("Qwen/Qwen2.5-0.5B") is not None
        finally:
            folder.chmod(0o755)

    def test_many_threads_may_ask_at_once(self) -> None:
        catalogue = Catalogue()
        expected = ids(catalogue, "llama instruct", limit=50)
        answers: list[list[str]] = []
        threads = [
            threading.Thread(target=lambda: answers.append(ids(catalogue, "llama instruct", limit=50)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [expected] * 8


class TestCost:
    @pytest.mark.parametrize("sort", ["downloads", "likes", "recent", "parameters"])
    @pytest.mark.parametrize("query", ["", "q", "7b", "qwen", "gguf", "qwen2.5-0.5b instruct", "zq", "nothing-such"])
    def test_no_search_looks_at_every_row(self, query: str, sort: SortOrder) -> None:
        catalogue = Catalogue()
        catalogue.search("")
        hundreds = [0]

        def one_more() -> int:
            hundreds[0] += 1
            return 0

        # Instructions of SQLite's own machine: the same on every computer. A look at one row takes a dozen or more.
        catalogue._connection.set_progress_handler(one_more, 100)
        catalogue.search(query, sort=sort, limit=12)
        assert hundreds[0] * 100 < catalogue.count * 12 / 2


class TestMistypedWords:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("qwne", "qwen"),  # swapped
            ("mitral", "mistral"),  # left out
            ("lllama", "llama"),  # doubled
            ("gemna", "gemma"),  # another letter
            ("lamma", "llama"),  # moved
            ("Deepsek coder", "deepseek coder"),
            ("mistrl-7b", "mistral-7b"),
        ],
    )
    def test_the_likeliest_word_comes_first(self, catalogue: Catalogue, typed: str, meant: str) -> None:
        assert catalogue.corrections(typed)[0] == meant

    @pytest.mark.parametrize("typed", ["7b", "xyzzyplugh", "qw", "", "模型"])
    def test_what_is_like_no_word_is_left_as_it_is(self, catalogue: Catalogue, typed: str) -> None:
        assert catalogue.corrections(typed) == []

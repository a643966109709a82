"""Every option of `config/step1_model.yaml` does something: it is set to two values, and what is seen differs so.

An option that is added without an entry in `FLIPS` fails the first test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.hub_server import HubServer
from tests.unit.hub_browsers import many, tiny
from tests.unit.model_folders import write_model
from tests.unit.option_scene import Scene
from trainpkg_widgets import views
from trainpkg_widgets.settings.model_settings import ModelSettings

GB = 10**9


See = Callable[[Scene], Any]
FLIPS: dict[str, list[tuple[Any, Any]]] = {}
SEEN: dict[str, See] = {}


def flips(option: str, *values: tuple[Any, Any]) -> Callable[[See], See]:
    """The values an option is set to, each with what is then seen."""

    def register(see: See) -> See:
        FLIPS[option], SEEN[option] = list(values), see
        return see

    return register


def options_of(section: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from options_of(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_every_option_has_its_effect_shown_here() -> None:
    assert set(options_of(ModelSettings)) == set(FLIPS)


def test_every_option_is_set_to_values_that_show_a_difference() -> None:
    for option, values in FLIPS.items():
        assert len({repr(seen) for _, seen in values}) > 1, option


@pytest.mark.parametrize("option", list(options_of(ModelSettings)))
def test_an_option_does_what_it_says(option: str, hub: HubServer, tmp_path: Path) -> None:
    for number, (value, expected) in enumerate(FLIPS[option]):
        hub.requests.clear()
        hub.behave()
        folder = tmp_path / str(number)
        folder.mkdir()
        assert SEEN[option](Scene(hub, folder, option, value)) == expected, (option, value)


# ------------------------------------------------------------------ hub


@flips("hub.endpoint", ("here", True), ("http://127.0.0.1:9", False))
def endpoint(scene: Scene) -> bool:
    scene.value = scene.hub.url if scene.value == "here" else scene.value
    scene.session().search("qwen")
    return bool(scene.hub.requests)


@flips("hub.timeout_seconds", (0.2, False), (10, True))
def timeout_seconds(scene: Scene) -> bool:
    scene.hub.misbehave("slow", seconds=1)
    session = scene.session()
    session.search("qwen")
    return session.searching.view().notice is None


@flips("hub.retries", (0, 1), (2, 3))
def retries(scene: Scene) -> int:
    scene.hub.misbehave("server_error")
    scene.session(hub__first_wait_seconds=0.01).search("qwen")
    return len(scene.hub.requests)


@flips("hub.first_wait_seconds", (0.01, True), (0.5, False))
def first_wait_seconds(scene: Scene) -> bool:
    scene.hub.misbehave("server_error", times=1)
    started = time.monotonic()
    scene.session(hub__retries=1).search("qwen")
    assert len(scene.hub.requests) == 2
    return time.monotonic() - started < 0.5


@flips("hub.longest_wait_seconds", (1, 1), (5, 2))
def longest_wait_seconds(scene: Scene) -> int:
    scene.hub.misbehave("rate_limited", times=1, seconds=2)
    scene.session(hub__retries=1, hub__first_wait_seconds=0.5).search("qwen")
    return len(scene.hub.requests)


# ------------------------------------------------------------------ cache


@flips("cache.enabled", (True, 1), (False, 2))
def cache_enabled(scene: Scene) -> int:
    session = scene.session()
    session.search("qwen")
    session.search("llama")
    scene.hub.requests.clear()
    scene.session().search("qwen")
    scene.session().search("smollm")
    return len(scene.hub.requests)


@flips("cache.ttl_seconds", (0.01, 2), (60, 1))
def ttl_seconds(scene: Scene) -> int:
    scene.session().search("qwen")
    time.sleep(0.05)
    scene.session().search("qwen")
    return len(scene.hub.requests)


@flips("cache.max_entries", (1, 3), (10, 2))
def max_entries(scene: Scene) -> int:
    session = scene.session()
    for query in ("qwen", "llama", "qwen"):
        session.search(query)
    return len(scene.hub.requests)


@flips("cache.max_seen", (0, 0), (1, 1), (100, 2))
def max_seen(scene: Scene) -> int:
    with HubServer(models=[tiny(f"lab/unheard-of-{n}", private=False) for n in range(2)]) as other:
        scene.session(hub__endpoint=other.url).search("unheard-of")
        address = other.url
    return len(scene.session(hub__endpoint=address, cache__enabled=True).search("unheard-of-"))


@flips("cache.folder", ("one", True), ("two", False))
def cache_folder(scene: Scene) -> bool:
    name, scene.value = scene.value, str(scene.folder / scene.value)
    scene.session().search("qwen")
    return name == "one" and (scene.folder / "one").is_dir()


# ------------------------------------------------------------------ what is shown


@flips("popular", ([{"id": "Qwen/Qwen2.5-7B", "note": "Ours."}], [("Qwen/Qwen2.5-7B", "Ours.")]), ([], []))
def popular(scene: Scene) -> list[tuple[str, str]]:
    return [(card.id, card.note) for card in scene.session().searching.view().cards]


def _sizes(scene: Scene) -> tuple[str, int]:
    session = scene.session(features__hub_search=False, search__page_size=50)
    size = {"small_gb": "small", "medium_gb": "medium", "large_gb": "large"}[scene.option.partition(".")[2]]
    found = session.search("qwen2.5", size=size)
    menu = {option.value: option.label for option in views.ui_view(session.settings).size_options}
    return menu[size], round(max(m.weight_bytes.value or 0 for m in found) / GB)


flips("size_categories.small_gb", (1, ("Up to 1 GB", 1)), (5, ("Up to 5 GB", 3)))(_sizes)
flips("size_categories.medium_gb", (10, ("5 to 10 GB", 8)), (16, ("5 to 16 GB", 15)))(_sizes)
flips("size_categories.large_gb", (40, ("15 to 40 GB", 30)), (200, ("15 to 200 GB", 147)))(_sizes)


@flips("size_rules.warn_over_gb", (1, True), (25, False))
def warn_over(scene: Scene) -> bool:
    return "Large" in scene.badges(scene.session(), "Qwen/Qwen2.5-7B")


@flips("size_rules.confirm_over_gb", (10, True), (30, False))
def confirm_over(scene: Scene) -> bool:
    session = scene.session(size_rules__warn_over_gb=5)
    return "size-confirm" in [finding.code for finding in session.select_model("Qwen/Qwen2.5-7B")]


@flips("size_rules.refuse_over_gb", (10, True), (100, False))
def refuse_over(scene: Scene) -> bool:
    session = scene.session(size_rules__warn_over_gb=5, size_rules__confirm_over_gb=8)
    return "size-refused" in [f.code for f in session.select_model("Qwen/Qwen2.5-7B", confirmed=True)]


@flips("display.downloads", (True, True), (False, False))
def display_downloads(scene: Scene) -> bool:
    return scene.session().searching.view().cards[0].downloads.known


@flips("display.licence", (True, True), (False, False))
def display_licence(scene: Scene) -> bool:
    return "Apache 2.0" in {badge.text for badge in scene.session().searching.view().cards[0].badges}


@flips("display.notes", (True, True), (False, False))
def display_notes(scene: Scene) -> bool:
    return bool(scene.session().searching.view().cards[0].note)


@flips("use", ("commercial", "error"), ("research", None), ("unstated", "warning"))
def use(scene: Scene) -> str | None:
    scene.hub.add_model(tiny("lab/no-commerce", tags=["license:cc-by-nc-4.0", "safetensors", "llama"]))
    session = scene.session()
    session.select_model("lab/no-commerce")
    found = [f.severity for f in session.findings if f.field == "model.licence"]
    return found[0] if found and found[0] != "info" else None


# ------------------------------------------------------------------ search


@flips("search.debounce_ms", (10, 10), (900, 900))
def debounce(scene: Scene) -> int:
    return views.ui_view(scene.session().settings).debounce_ms


@flips("search.min_characters", (2, True), (5, False))
def min_characters(scene: Scene) -> bool:
    scene.session().search("qwen")
    return bool(scene.hub.requests)


@flips("search.page_size", (3, (3, "3")), (20, (20, "20")))
def page_size(scene: Scene) -> tuple[int, str]:
    found = scene.session(features__catalogue=False).search("qwen")
    return len(found), scene.hub.requests[0].param("limit")[0]


@flips("search.max_results", (12, 12), (30, 30))
def max_results(scene: Scene) -> int:
    session = scene.session()
    session.search("qwen")
    while session.searching.view().more:
        session.searching.more()
    return len(session.searching.models)


@flips("search.filtered_page_size", (15, ["15"]), (80, ["80"]))
def filtered_page_size(scene: Scene) -> list[str]:
    scene.session().search("qwen", licences="open")
    return scene.hub.requests[0].param("limit")


@flips("search.max_looked_at", (60, (60, True)), (500, (80, False)))
def max_looked_at(scene: Scene) -> tuple[int, bool]:
    with HubServer(models=many(80, tags=["license:cc-by-nc-4.0"])) as other:
        session = scene.session(hub__endpoint=other.url)
        session.search("lab/model", licences="open")
    view = session.searching.view()
    return view.looked_at, view.bounded


@flips("search.typo_below", (0, ""), (3, "qwen2.5-0.5b"))
def typo_below(scene: Scene) -> str:
    session = scene.session(features__hub_search=False)
    session.search("qwne2.5-0.5b")
    return session.searching.view().corrected


@flips("search.default_sort", ("likes", "likes"), ("parameters", "parameters"))
def default_sort(scene: Scene) -> str:
    session = scene.session()
    session.search("qwen")
    return {"num_parameters": "parameters"}.get(sent := scene.hub.requests[0].param("sort")[0], sent)


@flips(
    "sort_options",
    ([{"value": "likes", "label": "Loved"}], [("likes", "Loved")]),
    ([{"value": "downloads", "label": "Used"}], [("downloads", "Used")]),
)
def sort_options(scene: Scene) -> list[tuple[str, str]]:
    session = scene.session(search__default_sort=scene.value[0]["value"])
    return [(option.value, option.label) for option in views.ui_view(session.settings).sort_options]


@flips("features.hub_search", (True, True), (False, False))
def hub_search(scene: Scene) -> bool:
    scene.session().search("qwen")
    return bool(scene.hub.requests)


@flips("features.catalogue", (True, True), (False, False))
def catalogue(scene: Scene) -> bool:
    return bool(scene.session(hub__endpoint="http://127.0.0.1:9").search("qwen"))


@flips("features.filters", (True, True), (False, False))
def filters(scene: Scene) -> bool:
    return views.ui_view(scene.session().settings).show_filters


@flips("features.access_check", (True, True), (False, False))
def access_check(scene: Scene) -> bool:
    session = scene.session()
    session.select_model("Qwen/Qwen2.5-0.5B")
    assert session.state.model is not None
    return session.state.model.access.known


# ------------------------------------------------------------------ what fits, what is here, what is allowed


@flips("fits.tuning", ("full", False), ("qlora", True))
def fits_tuning(scene: Scene) -> bool:
    found = scene.session(gpu="T4", features__hub_search=False).search("Qwen/Qwen2.5-7B", fits_gpu=True)
    return "Qwen/Qwen2.5-7B" in [model.id for model in found]


@flips("fits.weights_share", (0.1, False), (0.9, True))
def weights_share(scene: Scene) -> bool:
    scene.hub.add_model(tiny("lab/of-unknown-shape", safetensors={"parameters": {"BF16": 4 * GB}, "total": 4 * GB}))
    found = scene.session(gpu="T4").search("of-unknown-shape", fits_gpu=True)
    return "lab/of-unknown-shape" in [model.id for model in found]


@flips("disk.hf_cache", (True, 1), (False, 0))
def hf_cache(scene: Scene) -> int:
    from huggingface_hub import constants

    commit, root = "b" * 40, scene.folder / "hub"
    write_model(root / "models--lab--tiny" / "snapshots" / commit)
    (root / "models--lab--tiny" / "refs").mkdir()
    (root / "models--lab--tiny" / "refs" / "main").write_text(commit)
    (root / "models--lab--tiny" / "blobs").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_CACHE", str(root))
        return len(scene.session().search("", on_disk=True))


@flips("disk.folders", ("with", 2), ("without", 0))
def disk_folders(scene: Scene) -> int:
    for name in ("one", "two"):
        write_model(scene.folder / "mine" / name)
    scene.value = [str(scene.folder / "mine")] if scene.value == "with" else []
    return len(scene.session(disk__hf_cache=False).search("", on_disk=True))


@flips("disk.max_models", (1, 1), (9, 2))
def max_models(scene: Scene) -> int:
    for name in ("one", "two"):
        write_model(scene.folder / "mine" / name)
    session = scene.session(disk__hf_cache=False, disk__folders=[str(scene.folder / "mine")])
    return len(session.search("", on_disk=True))


def _refused(scene: Scene, model: str) -> list[str]:
    return [f.code for f in scene.session().select_model(model) if f.code.startswith("policy")]


@flips("policy.allowed_authors", ([], []), (["mistralai"], ["policy-author"]))
def allowed_authors(scene: Scene) -> list[str]:
    return _refused(scene, "Qwen/Qwen2.5-0.5B")


@flips("policy.allowed_licences", ([], []), (["restricted"], ["policy-licence"]))
def allowed_licences(scene: Scene) -> list[str]:
    return _refused(scene, "Qwen/Qwen2.5-0.5B")


@flips("policy.max_weight_gb", (None, []), (0.5, ["policy-size"]))
def max_weight_gb(scene: Scene) -> list[str]:
    return _refused(scene, "Qwen/Qwen2.5-0.5B")


@flips("policy.outside", ("mark", (True, 0)), ("hide", (False, True)))
def outside(scene: Scene) -> tuple[bool, Any]:
    session = scene.session(policy__allowed_authors=["Qwen"])
    found = session.search("qwen")
    hidden = session.searching.view().hidden
    return any(model.author != "Qwen" for model in found), hidden and True

"""The verbs of costs: memory as a table, what makes a run fit, what it would need, and what it would cost."""

from __future__ import annotations

import pytest

from tests.hub_server import HubServer
from tests.unit.knob_samples import SETTINGS, changed
from tests.unit.memory_samples import EXPERTS, LLAMA_8B, known
from trainpkg_widgets.advice.costs import costs_view
from trainpkg_widgets.session import Session
from trainpkg_widgets.steps import ModelStep
from trainpkg_widgets.views import knobs_view

LLAMA = known(LLAMA_8B, parameters=8_030_261_248)


def session(model=LLAMA, gpu="RTX 4090", endpoint=None, **config) -> Session:
    made = Session(gpu=gpu, endpoint=endpoint, token=False, autosave=False)
    made.restore({**made.state.model_dump(mode="json"), "model": ModelStep(repo_id="a/b", info=model)})
    made.configure(**config)
    return made


# ------------------------------------------------------------------ memory


def test_memory_is_a_table_with_its_reasons_in_text_and_in_html():
    memory = session(batch_size=2).memory
    text, html = str(memory), memory._repr_html_()
    for words in ("Weights", "14.96 GiB", "In all", "RTX 4090", "8,030,261,248 weights in bf16"):
        assert words in text
        assert words in html
    assert sum(part.bytes for part in memory.parts) == pytest.approx(memory.total_bytes)


def test_nothing_of_a_table_is_markup():
    view = costs_view(LLAMA, changed(), None, None, SETTINGS).model_copy(update={"verdict_why": "<img src=x>"})
    assert "<img" not in view._repr_html_()


# ------------------------------------------------------------------ which cards, and how many


def test_several_cards_are_chosen_by_one_call_and_share_the_rows_of_an_update():
    run = session(batch_size=2, accumulation=8)
    assert run.choose_gpu("H200", 4) == []
    config = run.state.config
    assert (run.gpu.name, config.gpus, config.sharding, config.accumulation) == ("H200", 4, "ddp", 2)
    assert run.costs.effective_batch == 16
    assert run.choose_gpu("H200", 1) == []
    assert (run.state.config.gpus, run.state.config.sharding, run.state.config.accumulation) == (1, "none", 8)
    run.undo()
    assert run.state.config.gpus == 4
    # A plan that shares more is kept, and rows that can't be shared out stay as they are on each card.
    run.configure(sharding="zero3", accumulation=3)
    run.choose_gpu("H200", 8)
    assert (run.state.config.sharding, run.state.config.accumulation) == ("zero3", 3)


def test_cards_that_a_run_would_fit_are_chosen_though_it_does_not_fit_as_many_of_the_last_ones():
    run = session(tuning="full")
    assert run.choose_gpu("H200", 2) == []
    assert (run.gpu.name, run.costs.verdict, run.costs.gpus) == ("H200", "fits", 2)


@pytest.mark.parametrize("count", [0, -1, 65, 10**30])
def test_a_number_of_cards_that_no_run_has_is_refused_and_changes_nothing(count):
    run = session()
    before = run.state.config
    [refused] = run.choose_gpu("H200", count)
    assert (refused.code, refused.field) == ("knob-number", "config.gpus")
    assert (run.state.config, run.gpu.name) == (before, "RTX 4090")


def test_the_screen_is_told_how_many_cards_are_here():
    run = session()
    run.card_here, run.gpus_here = "RTX 4090", 4
    view = knobs_view(run)
    assert (view.here, view.gpus_here) == ("RTX 4090", 4)


# ------------------------------------------------------------------ make it fit


def test_one_call_makes_it_fit_and_undo_takes_it_back():
    run = session(tuning="full")
    assert run.memory.verdict == "no"
    assert run.make_it_fit() == [] or all(f.severity != "error" for f in run.findings if f.field == "config.memory")
    assert run.memory.verdict == "fits"
    assert run.state.config.tuning == "lora"
    run.undo()
    assert run.state.config.tuning == "full"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: session(batch_size=1), "fits-already"),
        (lambda: session(model=known(EXPERTS), batch_size=1), "fit-unknown"),
        (
            lambda: session(gpu="RTX 4060 8GB", model=known(LLAMA_8B.model_copy(update={"layers": 320}))),
            "fit-impossible",
        ),
    ],
)
def test_where_there_is_nothing_to_do_it_says_so_and_changes_nothing(made, code):
    run = made()
    before = run.state
    assert [finding.code for finding in run.make_it_fit()] == [code]
    assert run.state == before


# ------------------------------------------------------------------ what would I need


def test_what_it_would_need_is_named_as_a_table():
    view = session(tuning="full").what_would_i_need()
    assert view.needs and f"{view.needs[0].count} × {view.needs[0].gpu}" in str(view)
    assert "mixture of experts" in session(model=known(EXPERTS)).what_would_i_need().why


# ------------------------------------------------------------------ prices


def test_a_price_is_a_range_from_the_hubs_own_list_with_its_date(hub: HubServer):
    run = session(gpu="T4", endpoint=hub.url, tuning="qlora", max_steps=100, batch_size=1)
    view = run.prices()
    assert [price.offer for price in view.prices] == ["Nvidia T4 - small", "Nvidia T4 - medium"]
    cheapest, costs = view.prices[0], run.costs
    assert cheapest.per_hour == pytest.approx(0.6)
    assert cheapest.low == pytest.approx(costs.seconds_low / 3600 * 0.6)
    assert cheapest.high > cheapest.low
    assert view.as_of.startswith("20")


def test_only_machines_with_as_many_cards_of_the_kind_are_priced(hub: HubServer):
    run = session(gpu="A10G", endpoint=hub.url, max_steps=100)
    assert "no machine with 1 × A10G" in run.prices().why
    run.configure(gpus=2, sharding="ddp")
    assert [price.offer for price in run.prices().prices] == ["2x Nvidia A10G - large"]
    assert [p.offer for p in session(gpu="A100 80GB", endpoint=hub.url, max_steps=1).prices().prices] == [
        "Nvidia A100 - large"
    ]


def test_where_no_time_is_known_the_price_of_an_hour_is_told_alone(hub: HubServer):
    [small, _] = session(gpu="T4", endpoint=hub.url, precision="fp32", max_steps=5).prices().prices
    assert (small.low, small.high) == (None, None)
    assert "time not known" in str(session(gpu="T4", endpoint=hub.url, precision="fp32").prices())


def test_offline_no_price_is_known(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    view = session(gpu="T4").prices()
    assert (view.prices, view.as_of) == ((), "")
    assert view.why.startswith("No price is known.")

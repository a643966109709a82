"""The verdict on a dataset: ready, ready with changes that are named, or not at all with the reasons and a way out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chats, model, profile, user
from tests.unit.knob_samples import changed
from trainpkg_widgets.advice.data_verdict import DataVerdict, data_verdict
from trainpkg_widgets.advice.dataset_findings import dataset_findings
from trainpkg_widgets.session import Session

Rows = list[dict[str, Any]]

PAIRS = [{"prompt": f"q {n}", "chosen": f"a {n}", "rejected": f"b {n}"} for n in range(60)]


def verdict(rows: Rows, method: str = "sft", **wanted: Any) -> DataVerdict:
    step, info, config = profile(rows, **wanted), model(), changed(method=method)
    return data_verdict(step, info, config, dataset_findings(step, info, config, SETTINGS))


@pytest.mark.parametrize(
    ("rows", "method"),
    [
        (chats(60), "sft"),
        (PAIRS, "dpo"),
        ([{"prompt": f"q {n}", "completion": f"a {n}", "label": n % 2 == 0} for n in range(60)], "kto"),
        ([{"prompt": f"q {n}"} for n in range(60)], "grpo"),
        ([{"text": f"tale {n}"} for n in range(60)], "cpt"),
    ],
)
def test_rows_as_the_method_wants_them_are_ready(rows: Rows, method: str) -> None:
    assert verdict(rows, method) == DataVerdict(verdict="ready")


@pytest.mark.parametrize(
    ("rows", "method", "change"),
    [
        ([{"talk": row["messages"]} for row in chats(60)], "sft", "“talk” as messages"),
        (
            [{"c": [{"from": "human", "value": f"{n}"}, {"from": "gpt", "value": "b"}]} for n in range(60)],
            "sft",
            "human",
        ),
        ([{"instruction": f"q {n}", "output": "a"} for n in range(60)], "sft", "become a prompt"),
        (
            [{"chosen": [user(f"{n}"), assistant("a")], "rejected": [user(f"{n}"), assistant("b")]} for n in range(60)],
            "dpo",
            "begin",
        ),
        (PAIRS, "kto", "two rows"),
        (
            [{"messages": [user(f"{n}"), assistant("a"), user("b"), assistant("c")]} for n in range(60)],
            "sft",
            "each of its answers",
        ),
    ],
)
def test_what_is_changed_is_said(rows: Rows, method: str, change: str) -> None:
    found = verdict(rows, method)
    assert found.verdict == "changes" and any(change in sentence for sentence in found.changes), found.changes


def test_rows_that_are_left_out_are_a_change() -> None:
    found = verdict([*chats(60), {"messages": [user("a"), assistant("")]}], exclude_problems=["empty-answer"])
    assert found.changes == ("1 rows are left out.",)


class TestCannot:
    @pytest.mark.parametrize("method", ["dpo", "orpo", "reward", "kto"])
    def test_conversations_have_no_worse_answer(self, method: str) -> None:
        found = verdict(chats(60), method)
        assert found.verdict == "cannot" and [reason.code for reason in found.reasons] == ["method-misfit"]
        fix = found.reasons[0].fix
        assert fix is not None and (fix.verb, fix.arguments) == ("configure", {"method": "sft"})

    def test_another_reading_of_the_rows_is_offered_where_it_fits(self) -> None:
        rows = [{**pair, **chat} for pair, chat in zip(PAIRS, chats(60), strict=True)]
        fix = verdict(rows, "grpo").reasons[0].fix
        assert fix is not None and fix.verb == "use_dataset" and fix.arguments["format"] == "messages"
        assert verdict(rows, "grpo", **fix.arguments).verdict != "cannot"

    @pytest.mark.parametrize(
        ("rows", "method", "code"),
        [
            ([{**pair, "rejected": pair["chosen"]} for pair in PAIRS], "dpo", "same-answers"),
            ([{"prompt": f"{n}", "completion": "a", "label": True} for n in range(60)], "kto", "one-label"),
            ([{"input_ids": [1, n], "labels": [-100, -100]} for n in range(60)], "sft", "nothing-labelled"),
            ([*chats(60), {"messages": None}], "sft", "missing-value"),
        ],
    )
    def test_what_would_teach_nothing_or_stop_is_said_before(self, rows: Rows, method: str, code: str) -> None:
        found = verdict(rows, method)
        assert found.verdict == "cannot" and code in [reason.code for reason in found.reasons]

    @pytest.mark.parametrize("method", ["sft", "grpo"])
    def test_what_is_no_harm_to_a_method_does_not_stop_it(self, method: str) -> None:
        rows = [{"prompt": f"{n}", "completion": "a", "label": True} for n in range(60)]
        codes = [reason.code for reason in verdict(rows, method).reasons]
        assert "one-label" not in codes


def test_the_session_has_it_once_rows_are_chosen() -> None:
    session = Session(autosave=False)
    assert session.dataset_verdict is None
    session.use_dataset(chats(60))
    found = session.dataset_verdict
    assert found is not None and found.verdict == "ready"

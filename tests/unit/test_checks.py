"""What is wrong with rows is found where it is, and only there."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, codes, profile, system, user
from trainpkg_widgets.data.checks import RowCheck, Tally
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.steps import RowFormat, RowProblem

CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {}}}]

COLUMNS: dict[RowFormat, dict[str, str]] = {
    "messages": {"messages": "messages", "tools": "tools"},
    "sharegpt": {"messages": "c"},
    "instruction": {"instruction": "q", "output": "a", "input": "i"},
    "prompt_completion": {"prompt": "p", "completion": "c"},
    "text": {"text": "t"},
}

GOOD: list[tuple[RowFormat, dict[str, Any]]] = [
    ("messages", chat(user("a"), assistant("b"))),
    ("messages", chat(system("s"), user("a"), assistant("b"), user("c"), assistant("d"))),
    ("messages", chat({"role": "Human", "content": "a"}, {"role": "gpt", "content": "b"})),
    ("messages", chat(user([{"type": "text", "text": "a"}]), assistant(["b", "c"]))),
    (
        "messages",
        {
            **chat(
                user("a"),
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "content": "3"},
                assistant("b"),
            ),
            "tools": TOOLS,
        },
    ),
    ("messages", {**chat(user("a"), assistant("b")), "tools": "[]"}),
    (
        "messages",
        {"messages": '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]', "tools": ""},
    ),
    ("sharegpt", {"c": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}),
    ("instruction", {"q": "a", "a": "b", "i": None}),
    ("prompt_completion", {"p": "a", "c": " b"}),
    ("prompt_completion", {"p": [user("a")], "c": "b"}),
    ("text", {"t": "a"}),
]

BAD: list[tuple[str, str, RowFormat, dict[str, Any]]] = [
    ("missing-value", "error", "text", {"t": None}),
    ("missing-value", "error", "instruction", {"q": "x"}),
    ("missing-value", "error", "messages", {"messages": None}),
    ("no-conversation", "error", "messages", {"messages": "hello"}),
    ("no-conversation", "error", "messages", {"messages": ["hello"]}),
    ("no-conversation", "error", "messages", chat({"role": 3, "content": "a"})),
    ("no-conversation", "error", "messages", chat({"role": "user"})),
    ("empty-conversation", "error", "messages", {"messages": []}),
    ("missing-content", "error", "messages", chat(user("a"), assistant(None))),
    ("content-no-text", "error", "messages", chat(user("a"), assistant(3))),
    ("content-no-text", "error", "text", {"t": 3}),
    ("content-no-text", "error", "instruction", {"q": "x", "a": ["y"]}),
    (
        "media-content",
        "error",
        "messages",
        chat(user([{"type": "image", "url": "x"}]), assistant("b")),
    ),
    ("tools-unreadable", "error", "messages", {**chat(user("a")), "tools": "nonsense"}),
    (
        "tools-unreadable",
        "error",
        "messages",
        chat(user("a"), {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}),
    ),
    ("tools-unreadable", "error", "messages", chat(user("a"), {"role": "assistant", "content": "", "tool_calls": 7})),
    ("tools-unreadable", "error", "messages", {**chat(user("a"), assistant("b")), "tools": {"name": "f"}}),
    ("no-conversation", "error", "messages", {"messages": '[{"role": ' + "[" * 900 + "]" * 900 + "}]"}),
    ("no-answer", "warning", "messages", chat(user("a"))),
    ("empty-answer", "warning", "messages", chat(user("a"), assistant(" \n"))),
    ("empty-answer", "warning", "prompt_completion", {"p": "a", "c": ""}),
    ("empty-question", "warning", "messages", chat(user(""), assistant("b"))),
    ("empty-question", "warning", "instruction", {"q": " ", "a": "b"}),
    ("empty-text", "warning", "text", {"t": "  "}),
    ("ends-with-question", "warning", "messages", chat(user("a"), assistant("b"), user("c"))),
    ("starts-with-answer", "warning", "messages", chat(assistant("x"), user("a"), assistant("b"))),
    ("repeated-role", "warning", "messages", chat(user("a"), user("b"), assistant("c"))),
    ("repeated-role", "warning", "messages", chat(user("a"), assistant("b"), assistant("c"))),
    (
        "system-in-middle",
        "warning",
        "messages",
        chat(user("a"), assistant("b"), system("s"), user("c"), assistant("d")),
    ),
    (
        "unknown-role",
        "warning",
        "messages",
        chat(user("a"), {"role": "narrator", "content": "x"}, assistant("b")),
    ),
]


def problems_of(rows: list[dict[str, Any]], row_format: RowFormat) -> tuple[RowProblem, ...]:
    check, tally = RowCheck(row_format, COLUMNS[row_format], SETTINGS.checks), Tally(SETTINGS.shown_problem_rows)
    for number, row in enumerate(rows):
        _, found = check.look_at(row, number)
        check.keep(number)
        tally.add(number, found)
    tally.add_all(check.of_all())
    return tally.problems()


@pytest.mark.parametrize(("row_format", "row"), GOOD)
def test_a_row_with_nothing_wrong_has_no_problem(row_format: RowFormat, row: dict[str, Any]) -> None:
    assert problems_of([row], row_format) == ()


@pytest.mark.parametrize(("code", "severity", "row_format", "row"), BAD)
def test_each_problem_is_found_in_its_row_alone(
    code: str, severity: str, row_format: RowFormat, row: dict[str, Any]
) -> None:
    good = next(sample for kind, sample in GOOD if kind == row_format)
    found = problems_of([good, row], row_format)
    assert [(problem.code, problem.severity, problem.rows, problem.count) for problem in found] == [
        (code, severity, (1,), 1)
    ]
    assert "1 row" in found[0].message


def test_a_role_that_no_template_knows_is_named() -> None:
    rows = [chat(user("a"), {"role": "narrator", "content": "x"}, assistant("b"))]
    assert "'narrator'" in problems_of(rows, "messages")[0].evidence


class TestCopies:
    def test_only_the_later_ones_count(self) -> None:
        step = profile([*chats(3), chats(3)[1], chats(3)[1]])
        assert [(problem.code, problem.count, problem.rows) for problem in step.problems] == [("duplicate", 2, (3, 4))]

    def test_what_is_said_counts_not_what_stands_beside_it(self) -> None:
        assert codes(profile([{**chats(1)[0], "id": n} for n in range(2)])) == ["duplicate"]
        assert codes(profile([{**chats(2)[n], "id": 0} for n in range(2)])) == []


class TestDates:
    """pyarrow 26 makes time stamps of JSON strings where all of a column are dates (run with datasets 5.2)."""

    def test_answers_that_are_all_dates_stop_the_run(self) -> None:
        dates = [{"prompt": f"Day {n}?", "completion": f"2024-05-{n:02}"} for n in range(1, 9)]
        step = profile(dates)
        assert [(problem.code, problem.severity, problem.count) for problem in step.problems] == [
            ("all-dates", "error", 8)
        ]

    def test_questions_that_are_all_dates_stop_it_too(self) -> None:
        rows = [{"prompt": f"2024-05-{n:02} 10:00:00", "completion": f"day {n}"} for n in range(1, 9)]
        assert codes(profile(rows)) == ["all-dates"]

    def test_one_other_answer_is_enough(self) -> None:
        dates = [{"prompt": f"Day {n}?", "completion": f"2024-05-{n:02}"} for n in range(1, 9)]
        assert codes(profile([*dates, {"prompt": "Which?", "completion": "Monday, 2024-05-06"}])) == []


class TestCounting:
    def test_the_first_few_rows_are_kept_and_all_are_counted(self) -> None:
        rows = [chat(user(f"{n}?"), assistant("")) for n in range(40)]
        problem = problems_of(rows, "messages")[0]
        assert problem.count == 40
        assert problem.rows == tuple(range(SETTINGS.shown_problem_rows))

    def test_errors_come_before_warnings(self) -> None:
        rows = [chat(user("a"), assistant("")), chat(), chat(user("b"))]
        found = problems_of(rows, "messages")
        assert [problem.severity for problem in found] == ["error", "warning", "warning"]


class TestProfile:
    def test_leaving_out_the_rows_of_a_problem_leaves_no_such_problem(self) -> None:
        rows = [*chats(3), chat(), chat(user("x"), assistant("")), chats(1)[0]]
        step = profile(rows, exclude_problems=["empty-conversation", "duplicate"])
        assert step.excluded_rows == (3, 5)
        assert codes(step) == ["empty-answer"]
        assert step.rows == 6 and step.turns is not None and step.turns.answers == 4

    def test_a_copy_of_a_row_that_is_left_out_is_no_copy(self) -> None:
        empty = chat(user("x"), assistant(""))
        assert profile([empty, empty], exclude_problems=["empty-answer"]).excluded_rows == (0, 1)
        assert profile([empty, empty], exclude_problems=["duplicate"]).excluded_rows == (1,)

    def test_turns_are_counted_in_the_rows_that_are_kept(self) -> None:
        rows = [
            chat(system("s"), user("a"), assistant("b"), user("c"), assistant("d")),
            chat(assistant("hello"), user("a"), assistant("b")),
            {"messages": [user("a"), {"role": "assistant", "tool_calls": [CALL]}]},
            chat(),
        ]
        turns = profile(rows).turns
        assert turns is not None
        assert turns.model_dump() == {"answers": 4, "conversations": 3, "with_system": 1, "with_tools": 1, "good": 0}

    def test_a_person_overrules_what_is_detected(self) -> None:
        rows = [{"one": "a", "two": "b", "text": "c"}]
        assert profile(rows).format.value == "text"
        step = profile(rows, format="instruction", columns={"instruction": "one", "output": "two"})
        assert (step.format.value, step.format.source) == ("instruction", "chosen by you")
        assert profile(rows, columns={"instruction": "one", "output": "two"}).format.value == "instruction"

    @pytest.mark.parametrize("format_", ["messages", "sharegpt"])
    def test_a_conversation_is_read_whatever_its_turns_call_things(self, format_: str) -> None:
        rows = [{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}]
        step = profile(rows, format=format_)
        assert (step.columns, codes(step)) == ({"messages": "conversations"}, [])

    @pytest.mark.parametrize(
        "wanted",
        [
            {"format": "poems"},
            {"format": "instruction"},
            {"format": "instruction", "columns": {"instruction": "q"}},
            {"format": "text", "columns": {"text": "nowhere"}},
            {"format": "text", "columns": {"text": "text", "colour": "text"}},
            {"columns": {"colour": "text"}},
            {"exclude_problems": ["no-such-problem"]},
            {"eval_share": 1.0},
            {"eval_share": -0.1},
        ],
    )
    def test_what_does_not_fit_is_refused_with_the_way_out(self, wanted: dict[str, Any]) -> None:
        with pytest.raises(DataError) as caught:
            profile([{"q": "a", "a": 1, "text": "c"}], **wanted)
        assert caught.value.hint

    def test_the_share_held_back_is_the_settings_unless_given(self) -> None:
        settings = SETTINGS.model_copy(update={"eval_share": 0.25})
        rows = open_variable("rows", chats(4), SETTINGS)
        assert profile_dataset(rows, settings).eval_share == 0.25
        assert profile_dataset(rows, settings, eval_share=0.5).eval_share == 0.5

    def test_it_stops_when_it_is_cancelled(self) -> None:
        cancelled = Event()
        cancelled.set()
        rows = open_variable("rows", chats(4), SETTINGS)
        assert profile_dataset(rows, SETTINGS, cancelled=cancelled).turns.answers == 0  # type: ignore[union-attr] # chats have turns

    def test_the_step_survives_json(self) -> None:
        step = profile([*chats(3), chat()], exclude_problems=["empty-conversation"])
        assert type(step).model_validate_json(step.model_dump_json()) == step

"""Rows as the trainer takes them: nothing lost, nothing added, the same each time, and held back without a leak."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, profile, system, user
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.prepare import PreparedRows, split_rows
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_file, open_variable
from trainpkg_widgets.steps import RowShape

DATASETS = Path(__file__).parent.parent / "recorded" / "datasets"
DEMO = Path(__file__).parents[2] / "trainpkg_widgets" / "examples" / "support_chats.jsonl"


def prepared(
    rows: Iterable[dict[str, Any]], shape: RowShape, moved: bool = False, **wanted: Any
) -> list[dict[str, Any]]:
    opened = open_variable("rows", list(rows), SETTINGS)
    step = profile_dataset(opened, SETTINGS, **wanted)
    return list(PreparedRows(opened, step, shape=shape, system_into_question=moved)())


TWO_ANSWERS = chat(system("s"), user("a"), assistant("b"), user("c"), assistant("d"), user("thanks"))


class TestAnswers:
    def test_each_answer_is_a_row_with_all_that_came_before_it(self) -> None:
        assert prepared([TWO_ANSWERS], "chat_answers") == [
            {"prompt": [system("s"), user("a")], "completion": [assistant("b")]},
            {"prompt": [system("s"), user("a"), assistant("b"), user("c")], "completion": [assistant("d")]},
        ]

    def test_an_answer_to_nothing_is_read_and_not_learnt(self) -> None:
        rows = prepared([chat(assistant("Welcome"), user("a"), assistant("b"))], "chat_answers")
        assert rows == [{"prompt": [assistant("Welcome"), user("a")], "completion": [assistant("b")]}]

    def test_a_row_without_an_answer_gives_none(self) -> None:
        assert prepared([chat(user("a")), *chats(1)], "chat_answers") == prepared(chats(1), "chat_answers")

    def test_only_the_completion_of_a_prompt_and_completion_is_learnt(self) -> None:
        row = {"prompt": [user("a"), assistant("b"), user("c")], "completion": [assistant("d")]}
        assert prepared([row], "chat_answers") == [row]

    def test_as_many_rows_come_as_the_profile_counted(self) -> None:
        rows = [TWO_ANSWERS, *chats(5), chat(user("x")), chat(assistant("x"))]
        turns = profile(rows).turns
        assert turns is not None and len(prepared(rows, "chat_answers")) == turns.answers == 7


class TestEveryFormatBecomesTheSame:
    SAID = [user("a\n\nmore"), assistant("b")]

    @pytest.mark.parametrize(
        "row",
        [
            {"messages": SAID},
            {"conversations": [{"from": "human", "value": "a\n\nmore"}, {"from": "gpt", "value": "b"}]},
            {"chat": [{"role": "User", "content": [{"type": "text", "text": "a\n\n"}, "more"]}, assistant("b")]},
            {"messages": json.dumps(SAID)},
            {"messages": [{**SAID[0], "id": 7, "name": "Jo", "weight": None}, {**SAID[1], "tool_calls": None}]},
            {"instruction": "a", "input": "more", "output": "b"},
            {"question": "a\n\nmore", "answer": " b\n"},
            {"prompt": "a\n\nmore", "completion": " b"},
            {"prompt": [SAID[0]], "completion": "b"},
            {"prompt": "a\n\nmore", "completion": [SAID[1]]},
        ],
    )
    def test_standard_roles_and_only_role_and_content(self, row: dict[str, Any]) -> None:
        assert prepared([row], "conversations") == [{"messages": self.SAID}]
        assert prepared([row], "chat_answers") == [{"prompt": [self.SAID[0]], "completion": [self.SAID[1]]}]

    def test_system_texts_and_history_are_not_lost(self) -> None:
        row = {"instruction": "c", "input": "", "output": "d", "system": "s", "history": [["a", "b"]]}
        assert prepared([row], "conversations") == [
            {"messages": [system("s"), user("a"), assistant("b"), user("c"), assistant("d")]}
        ]
        assert prepared([row], "plain_answers") == [{"prompt": "s\n\na\n\nb\n\nc\n\n", "completion": "d"}]

    def test_a_column_of_system_texts_opens_a_conversation_that_has_none(self) -> None:
        assert prepared([{**chats(1)[0], "system": "s"}], "conversations")[0]["messages"][0] == system("s")
        own = {**chat(system("own"), user("a"), assistant("b")), "system": "s"}
        assert prepared([own], "conversations")[0]["messages"][0] == system("own")


class TestPlainText:
    def test_prompts_and_completions_stay_to_the_letter(self) -> None:
        row = {"prompt": " Q: a?\nA:", "completion": " b\n"}
        assert prepared([row], "plain_answers") == [row]

    def test_an_instruction_is_parted_from_its_answer_by_a_blank_line(self) -> None:
        row = {"instruction": "Add.", "input": "1 and 2", "output": "3"}
        assert prepared([row], "plain_answers") == [{"prompt": "Add.\n\n1 and 2\n\n", "completion": "3"}]

    def test_text_is_text(self) -> None:
        assert prepared([{"content": " a ", "id": 1}], "plain_text") == [{"text": " a "}]

    def test_a_conversation_has_no_plain_form(self) -> None:
        with pytest.raises(DataError):
            prepared(chats(1), "plain_answers")


class TestTools:
    CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}

    def test_calls_answers_and_offers_are_kept(self) -> None:
        called = {"role": "assistant", "content": None, "tool_calls": [self.CALL]}
        row = {
            **chat(user("a"), called, {"role": "tool", "name": "add", "content": "3"}, assistant("b")),
            "tools": [{}],
        }
        row["tools"] = [{"name": "add", "parameters": {}}]
        found = prepared([row], "conversations")[0]
        assert found["messages"][1] == {"role": "assistant", "content": "", "tool_calls": [self.CALL]}
        assert found["messages"][2] == {"role": "tool", "content": "3", "name": "add"}
        assert json.loads(found["tools"]) == [{"type": "function", "function": {"name": "add", "parameters": {}}}]

    def test_arguments_written_as_json_text_become_an_object(self) -> None:
        call = {"id": "call_1", "function": {"name": "add", "arguments": '{"a": 1}'}}
        row = {"messages": [user("a"), {"role": "assistant", "content": "", "tool_calls": [call]}]}
        assert prepared([row], "conversations")[0]["messages"][1]["tool_calls"] == [{"id": "call_1", **self.CALL}]

    def test_calls_that_stand_as_turns_of_their_own_become_tool_calls(self) -> None:
        rows = open_file(DATASETS / "glaive_toolcall_en_demo_40.json", SETTINGS)
        step = profile_dataset(rows, SETTINGS)
        found = list(PreparedRows(rows, step, shape="conversations")())
        turns = [turn for row in found for turn in row["messages"]]
        assert {turn["role"] for turn in turns} == {"user", "assistant", "tool"}
        calls = [call["function"]["name"] for turn in turns for call in turn.get("tool_calls", [])]
        said = [turn for row in rows for turn in row["conversations"] if turn["from"] == "function_call"]
        assert len(calls) == len(said) > 0
        assert step.turns is not None and step.turns.with_tools == sum(1 for row in found if "tools" in row)

    def test_one_row_of_each_form_comes_first(self) -> None:
        """A file is typed by its first 10 MB (datasets 5.2): a tool call after those ends the run (seen)."""
        called = {"role": "assistant", "content": "", "tool_calls": [self.CALL]}
        rows = [*chats(5), chat(user("a"), called), *({**row, "tools": [{"name": "f"}]} for row in chats(8)[5:])]
        found = prepared(rows, "chat_answers")
        assert ["tool_calls" in found[1]["completion"][0], "tools" in found[2]] == [True, True]
        assert len(found) == 9 and found[0] == prepared(chats(1), "chat_answers")[0]
        dates = [{"prompt": "a?", "completion": "2024-05-01"}] * 3 + [{"prompt": "b?", "completion": "May"}]
        assert [row["completion"] for row in prepared(dates, "plain_answers")][:2] == ["2024-05-01", "May"]


class TestSystemIntoQuestion:
    def test_its_text_comes_before_the_first_question(self) -> None:
        assert prepared([TWO_ANSWERS], "chat_answers", moved=True) == [
            {"prompt": [user("s\n\na")], "completion": [assistant("b")]},
            {"prompt": [user("s\n\na"), assistant("b"), user("c")], "completion": [assistant("d")]},
        ]
        assert prepared([TWO_ANSWERS], "conversations", moved=True)[0]["messages"][0] == user("s\n\na")

    def test_a_conversation_without_one_stays_as_it_is(self) -> None:
        assert prepared(chats(2), "chat_answers", moved=True) == prepared(chats(2), "chat_answers")


class TestWhatIsLeftOut:
    def test_rows_of_excluded_problems_are_not_there(self) -> None:
        rows = [*chats(2), chat(), chat(user("x"), assistant(None))]
        found = prepared(rows, "conversations", exclude_problems=["empty-conversation", "missing-content"])
        assert found == chats(2)

    def test_a_row_that_does_not_fit_is_named_and_never_dropped_silently(self) -> None:
        with pytest.raises(DataError, match="Row 3 "):
            prepared([*chats(2), chat()], "conversations")

    def test_an_unknown_format_is_not_prepared(self) -> None:
        with pytest.raises(DataError):
            prepared([{"a": 1}], "plain_text")


class TestText:
    def test_half_a_character_is_replaced_so_that_the_file_can_be_read(self) -> None:
        row = chat(user("broken \ud83d"), assistant("whole 😀 é"))
        found = prepared([row], "conversations")[0]["messages"]
        assert [turn["content"] for turn in found] == ["broken �", "whole 😀 é"]
        json.dumps(found, ensure_ascii=False).encode("utf-8")

    def test_rows_are_prepared_alike_every_time(self) -> None:
        rows = open_file(DEMO, SETTINGS)
        step = profile_dataset(rows, SETTINGS)
        assert list(PreparedRows(rows, step, shape="chat_answers")()) == list(
            PreparedRows(open_file(DEMO, SETTINGS), step, shape="chat_answers")()
        )


class TestSplit:
    def split(self, rows: list[dict[str, Any]], share: float, seed: int = 1, **wanted: Any) -> Any:
        opened = open_variable("rows", rows, SETTINGS)
        return split_rows(opened, profile_dataset(opened, SETTINGS, eval_share=share, **wanted), seed=seed)

    def test_the_share_is_held_back_and_every_row_is_on_one_side(self) -> None:
        split = self.split(chats(40), 0.25)
        assert (split.train_rows, split.held_back_rows, len(split.held_back)) == (30, 10, 10)
        assert [number in split.train for number in range(40)] == [
            number not in split.held_back for number in range(40)
        ]

    def test_it_goes_by_the_seed_and_by_what_rows_say_not_by_their_order(self) -> None:
        rows = chats(40)
        first, again, other = self.split(rows, 0.25), self.split(rows, 0.25), self.split(rows, 0.25, seed=2)
        assert first.held_back == again.held_back != other.held_back
        turned = self.split(rows[::-1], 0.25)
        assert {39 - number for number in turned.held_back} == first.held_back

    def test_copies_of_a_row_lie_on_one_side(self) -> None:
        rows = [{**row, "id": n} for n, row in enumerate(chats(10) * 4)]
        split = self.split(rows, 0.3)
        held_back = {number % 10 for number in split.held_back}
        assert split.held_back_rows == 4 * len(held_back)

    def test_rows_that_are_left_out_are_on_neither_side(self) -> None:
        split = self.split([*chats(9), chat()], 0.34, exclude_problems=["empty-conversation"])
        assert 9 not in split.train and 9 not in split.held_back
        assert (split.train_rows, split.held_back_rows) == (6, 3)

    @pytest.mark.parametrize("seed", range(8))
    def test_a_form_that_one_row_alone_has_is_trained_on(self, seed: int) -> None:
        """A folder has the types of its first file (datasets 5.2): held back alone, it would end the run (seen)."""
        called = {"role": "assistant", "tool_calls": [TestTools.CALL]}
        split = self.split([*chats(9), chat(user("a"), called)], 0.8, seed)
        assert 9 in split.train and split.held_back_rows == 8

    def test_no_share_holds_nothing_back(self) -> None:
        split = self.split(chats(5), 0.0)
        assert (split.train_rows, split.held_back_rows) == (5, 0) and all(number in split.train for number in range(5))

    def test_the_two_sides_together_are_all_prepared_rows(self) -> None:
        opened = open_variable("rows", chats(20), SETTINGS)
        step = profile_dataset(opened, SETTINGS, eval_share=0.2)
        split = split_rows(opened, step, seed=3)
        sides = [
            list(PreparedRows(opened, step, shape="conversations", only=side)())
            for side in (split.train, split.held_back)
        ]
        assert [len(side) for side in sides] == [16, 4]
        assert sorted(map(str, sides[0] + sides[1])) == sorted(map(str, chats(20)))


class TestDemo:
    def test_the_demo_has_no_problem_and_enough_rows(self) -> None:
        rows = open_file(DEMO, SETTINGS)
        step = profile_dataset(rows, SETTINGS)
        assert step.format.value == "messages" and step.problems == ()
        assert rows.count >= SETTINGS.few_rows

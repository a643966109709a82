"""Preferences, judged answers, prompts and tokens become the rows that TRL takes, whatever they looked like before."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tests.unit.dataset_samples import CHATML, SETTINGS, assistant, chats, model, profile, system, user
from trainpkg_widgets.advice.method_rows import METHOD_FORMATS, SHAPES, methods_for
from trainpkg_widgets.advice.training_shape import training_shape
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.prepare import PreparedRows
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.steps import FORMAT_LABELS, Method

Row = dict[str, Any]

Q, GOOD, BAD = "What is 2 plus 2?", "It is 4.", "It is 5."


def made(row: Row, method: Method, template: str | None = CHATML, **wanted: Any) -> list[Row]:
    """The rows that one row becomes for a method, with or without a chat template."""
    step = profile([row], **wanted)
    shape = training_shape(step, "answers", model(template), method)
    assert not shape.misfit, shape.misfit
    rows = open_variable("rows", [row], SETTINGS)
    found = list(PreparedRows(rows, step, shape=shape.rows, system_into_question=shape.system_into_question)())
    assert len(found) == shape.training_rows
    return found


CHAT = {"prompt": [user(Q)], "chosen": [assistant(GOOD)], "rejected": [assistant(BAD)]}


class TestPreferences:
    @pytest.mark.parametrize(
        "row",
        [
            {"prompt": Q, "chosen": GOOD, "rejected": BAD},
            {"prompt": [user(Q)], "chosen": [assistant(GOOD)], "rejected": [assistant(BAD)]},
            {"chosen": [user(Q), assistant(GOOD)], "rejected": [user(Q), assistant(BAD)]},
            {"prompt": Q, "chosen": [user(Q), assistant(GOOD)], "rejected": [user(Q), assistant(BAD)]},
            {"prompt": [user(Q)], "chosen": [user(Q), assistant(GOOD)], "rejected": [user(Q), assistant(BAD)]},
            {"question": Q, "response_j": GOOD, "response_k": BAD},
            {"instruction": Q, "chosen": assistant(GOOD), "rejected": assistant(BAD)},
            {
                "conversations": [{"from": "human", "value": Q}],
                "chosen": {"from": "gpt", "value": GOOD},
                "rejected": {"from": "gpt", "value": BAD},
            },
            {"chosen": f"\n\nHuman: {Q}\n\nAssistant: {GOOD}", "rejected": f"\n\nHuman: {Q}\n\nAssistant: {BAD}"},
        ],
    )
    @pytest.mark.parametrize("method", ["dpo", "orpo", "reward"])
    def test_however_it_is_written_the_prompt_stands_apart_and_once(self, row: Row, method: Method) -> None:
        assert made(row, method) == [CHAT]

    def test_without_a_template_it_stays_plain_text(self) -> None:
        row = {"prompt": f"{Q} ", "chosen": GOOD, "rejected": BAD}
        assert made(row, "dpo", None) == [row]

    def test_a_prompt_that_both_texts_begin_with_is_cut_between_words(self) -> None:
        row = {"chosen": f"{Q} It is 4.", "rejected": f"{Q} It is 5."}
        assert made(row, "dpo", None) == [{"prompt": f"{Q} It is", "chosen": " 4.", "rejected": " 5."}]

    def test_the_conversation_before_stays_whole(self) -> None:
        before = [system("Be brief."), user("Hello"), assistant("Hello."), user(Q)]
        row = {"chosen": [*before, assistant(GOOD)], "rejected": [*before, assistant(BAD)]}
        assert made(row, "dpo")[0]["prompt"] == before

    def test_kto_learns_each_answer_with_its_label(self) -> None:
        both = [{"prompt": [user(Q)], "completion": [assistant(GOOD)], "label": True}]
        both.append({"prompt": [user(Q)], "completion": [assistant(BAD)], "label": False})
        assert made({"prompt": Q, "chosen": GOOD, "rejected": BAD}, "kto") == both

    def test_sft_learns_the_better_answer(self) -> None:
        assert made(CHAT, "sft") == [{"prompt": [user(Q)], "completion": [assistant(GOOD)]}]

    def test_a_system_text_goes_before_the_question_where_the_template_takes_none(self) -> None:
        template = CHATML.replace(
            "{% for", "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}{% for", 1
        )
        row = {"prompt": [system("Be brief."), user(Q)], "chosen": [assistant(GOOD)], "rejected": [assistant(BAD)]}
        (found,) = made(row, "dpo", template)
        assert found == {**CHAT, "prompt": [user(f"Be brief.\n\n{Q}")]}


class TestJudgedAnswers:
    @pytest.mark.parametrize(
        ("row", "label"),
        [
            ({"prompt": Q, "completion": GOOD, "label": True}, True),
            ({"prompt": Q, "completion": GOOD, "label": 0}, False),
            ({"prompt": Q, "completion": GOOD, "label": "true"}, True),
            ({"prompt": [user(Q)], "completion": [assistant(GOOD)], "label": 1.0}, True),
            ({"messages": [user(Q), assistant(GOOD)], "label": False}, False),
            ({"completion": [user(Q), assistant(GOOD)], "kto_tag": True}, True),
            ({"instruction": Q, "response": GOOD, "label": True}, True),
        ],
    )
    def test_however_the_verdict_is_written_it_is_true_or_false(self, row: Row, label: bool) -> None:
        assert made(row, "kto") == [{"prompt": [user(Q)], "completion": [assistant(GOOD)], "label": label}]

    def test_without_a_template_it_stays_plain_text(self) -> None:
        row = {"prompt": Q, "completion": f" {GOOD}", "label": True}
        assert made(row, "kto", None) == [row]

    def test_sft_learns_the_good_ones_alone(self) -> None:
        rows = [{"prompt": f"{Q} {n}", "completion": GOOD, "label": n % 3 == 0} for n in range(9)]
        step = profile(rows)
        shape = training_shape(step, "answers", model(), "sft")
        prepared = list(PreparedRows(open_variable("rows", rows, SETTINGS), step, shape=shape.rows)())
        assert len(prepared) == shape.training_rows == 3


class TestPrompts:
    def test_an_answer_goes_into_the_column_that_reward_functions_look_at(self) -> None:
        found = made({"question": Q, "answer": "4"}, "grpo")
        assert found == [{"prompt": [user(Q)], "solution": "4"}]

    def test_other_columns_are_kept_for_reward_functions(self) -> None:
        row = {"prompt": [user(Q)], "ground_truth": "4", "level": 3, "tests": {"a": [1]}}
        assert made(row, "grpo") == [{"prompt": [user(Q)], "solution": "4", "level": 3, "tests": {"a": [1]}}]

    def test_the_last_answer_of_a_conversation_is_what_is_asked_for(self) -> None:
        row = {"messages": [user("Hello"), assistant("Hello."), user(Q), assistant(GOOD)]}
        assert made(row, "grpo") == [{"prompt": row["messages"][:3], "solution": GOOD}]

    def test_without_a_template_they_stay_plain_text(self) -> None:
        assert made({"prompt": Q, "solution": "4"}, "grpo", None) == [{"prompt": Q, "solution": "4"}]


class TestTokens:
    def test_they_are_trained_on_as_they_are(self) -> None:
        row = {"input_ids": [1, 2, 3], "labels": [-100, 2, 3], "attention_mask": [1, 1, 1]}
        assert made(row, "sft") == [{"input_ids": [1, 2, 3], "labels": [-100, 2, 3]}]

    def test_other_methods_say_that_they_are_no_use(self) -> None:
        shape = training_shape(profile([{"input_ids": [1, 2]}]), "answers", model(), "dpo")
        assert "DPO needs" in shape.misfit and "Token numbers" in shape.misfit


class TestContinuedPreTraining:
    def test_all_that_is_said_becomes_text(self) -> None:
        assert made(chats(1)[0], "cpt") == [{"text": "What is 0 plus 0?\n\nThe answer is 0."}]


class TestRoles:
    def test_names_of_speakers_are_told_who_they_are(self) -> None:
        row = {"messages": [{"role": "Alice", "content": Q}, {"role": "Bob", "content": GOOD}]}
        found = made(row, "sft", roles={"Alice": "user", "Bob": "assistant"})
        assert found == [{"prompt": [user(Q)], "completion": [assistant(GOOD)]}]

    def test_what_is_said_overrules_what_is_known(self) -> None:
        row = {"messages": [{"role": "assistant", "content": Q}, {"role": "user", "content": GOOD}]}
        found = made(row, "sft", roles={"assistant": "user", "user": "assistant"})
        assert found == [{"prompt": [user(Q)], "completion": [assistant(GOOD)]}]

    def test_a_role_that_no_template_knows_is_refused(self) -> None:
        with pytest.raises(DataError) as caught:
            profile(chats(1), roles={"user": "narrator"})
        assert caught.value.code == "role-unknown"

    def test_the_names_that_are_there_are_listed(self) -> None:
        rows = [{"c": [{"from": "Alice", "value": "a"}, {"from": "gpt", "value": "b"}]}]
        assert profile(rows).role_names == ("Alice", "gpt")


class TestMethods:
    @pytest.mark.parametrize("method", get_args(Method))
    @pytest.mark.parametrize("kind", FORMAT_LABELS)
    def test_each_is_either_trained_or_says_why_not(self, method: Method, kind: str) -> None:
        rows: dict[str, Row] = {
            "messages": chats(1)[0],
            "sharegpt": {"c": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
            "instruction": {"instruction": "a", "output": "b"},
            "prompt_completion": {"prompt": "a", "completion": "b"},
            "text": {"text": "a"},
            "preference": CHAT,
            "kto": {"prompt": "a", "completion": "b", "label": True},
            "prompts": {"prompt": "a"},
            "tokens": {"input_ids": [1]},
        }
        step = profile([rows[kind]])
        assert step.format.value == kind
        shape = training_shape(step, "answers", model(), method)
        assert bool(shape.misfit) == (kind not in METHOD_FORMATS[method])
        if not shape.misfit:
            assert made(rows[kind], method)
        else:
            assert shape.rows == SHAPES[method][0] and methods_for(step.format.value)

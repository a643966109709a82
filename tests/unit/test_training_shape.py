"""What is learnt of the rows, and how the trainer is told so, for any model; how a chat template behaves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dataset_samples import ALTERNATING, CHATML, assistant, chat, chats, model, profile, system, user
from trainpkg_widgets.advice.chat_template import template_behaviour
from trainpkg_widgets.advice.training_shape import training_shape
from trainpkg_widgets.facts import unknown

PAIR = {"instruction": "a", "output": "b"}
WITH_SYSTEM = chat(system("s"), user("a"), assistant("b"))


@pytest.mark.parametrize(
    ("row", "train_on", "template", "rows", "keys"),
    [
        (chats(1)[0], "answers", CHATML, "chat_answers", {"completion_only_loss": True}),
        (chats(1)[0], "everything", CHATML, "conversations", {}),
        (PAIR, "answers", CHATML, "chat_answers", {"completion_only_loss": True}),
        (PAIR, "everything", CHATML, "conversations", {}),
        (PAIR, "answers", None, "plain_answers", {"completion_only_loss": True}),
        (PAIR, "everything", None, "plain_answers", {"completion_only_loss": False}),
        ({"text": "a"}, "answers", CHATML, "plain_text", {}),
        ({"text": "a"}, "everything", None, "plain_text", {}),
        ({"prompt": [user("a")], "completion": "b"}, "answers", None, "chat_answers", {"completion_only_loss": True}),
    ],
)
def test_the_shape_suits_rows_choice_and_template(
    row: dict[str, Any], train_on: Any, template: str | None, rows: str, keys: dict[str, bool]
) -> None:
    shape = training_shape(profile([row]), train_on, model(template))
    assert (shape.rows, shape.keys) == (rows, keys)


def test_pairs_are_plain_text_where_no_template_is_known_of() -> None:
    """Plain text trains with every model; a template that turns out not to be there ends the run."""
    nobody_said = model(None).model_copy(update={"chat": unknown("not asked"), "chat_template": unknown("not asked")})
    assert training_shape(profile([PAIR]), "answers", nobody_said).rows == "plain_answers"
    assert training_shape(profile([PAIR]), "answers", None).rows == "plain_answers"


def test_the_rows_of_the_run_are_the_answers_where_there_are_several() -> None:
    two = chat(user("a"), assistant("b"), user("c"), assistant("d"))
    step = profile([two, *chats(2), chat()], exclude_problems=["empty-conversation"])
    answers = training_shape(step, "answers", model())
    assert answers.training_rows == 4 and "3 conversations make 4 rows" in answers.says
    assert training_shape(step, "everything", model()).training_rows == 3


def test_system_turns_go_into_the_question_only_where_the_template_takes_none() -> None:
    assert training_shape(profile([WITH_SYSTEM]), "answers", model(ALTERNATING)).system_into_question
    assert not training_shape(profile([WITH_SYSTEM]), "answers", model(CHATML)).system_into_question
    assert not training_shape(profile(chats(1)), "answers", model(ALTERNATING)).system_into_question


def test_rows_of_an_unknown_format_have_no_shape() -> None:
    with pytest.raises(ValueError, match="unknown format"):
        training_shape(profile([{"a": 1}]), "answers", model())


class TestTemplates:
    def test_one_that_prints_all_it_is_given(self) -> None:
        found = template_behaviour(CHATML)
        assert found.model_dump(exclude={"tools"}) == {
            "broken": "",
            "system": "printed",
            "system_in_middle": "printed",
            "unknown_role": "printed",
            "starts_with_answer": "printed",
            "repeated_role": "printed",
            "question_learnt": False,
            "prompt_ends": "",
        }
        assert found.tools == "left_out"

    def test_one_that_wants_turns_to_alternate(self) -> None:
        found = template_behaviour(ALTERNATING)
        refused = {
            found.system,
            found.system_in_middle,
            found.unknown_role,
            found.starts_with_answer,
            found.repeated_role,
        }
        assert refused == {"refused"} and not found.broken

    def test_one_that_prints_tool_calls(self) -> None:
        calls = "{% if m.tool_calls %}{% for c in m.tool_calls %}{{ c.function | tojson }}{% endfor %}{% endif %}"
        assert template_behaviour(CHATML.replace("<|im_end|>", calls + "<|im_end|>")).tools == "printed"

    def test_one_whose_prompt_ends_in_a_mark_that_a_whole_conversation_lacks(self) -> None:
        thinking = CHATML.replace("<|im_start|>assistant\n{% endif %}", "<|im_start|>assistant\n<think>\n{% endif %}")
        assert template_behaviour(thinking).prompt_ends == "<think>\n"

    @pytest.mark.parametrize(
        "template",
        [
            "{{ messages | length }} turns\n" + CHATML,
            CHATML.replace("{{ m['content'] }}", "{{ m['content'] if not loop.last else m['content'] | trim ~ ' ' }}"),
        ],
    )
    def test_one_that_prints_a_question_otherwise_once_it_is_answered(self, template: str) -> None:
        assert template_behaviour(template).question_learnt == ("turns" in template)

    @pytest.mark.parametrize(
        "template",
        [
            "{% for m in messages %}{{ m['content'] }",
            "{{ raise_exception('no') }}",
            "nothing",
            "{{ messages[9].content }}",
        ],
    )
    def test_one_that_prints_no_conversation_is_broken(self, template: str) -> None:
        assert template_behaviour(template).broken

    def test_marks_of_what_is_trained_and_the_date_are_no_trouble(self) -> None:
        marked = CHATML.replace("{{ m['content'] }}", "{%- generation -%}{{ m['content'] }}{%- endgeneration -%}")
        assert not template_behaviour("{{ strftime_now('%Y') }}" + marked).broken

    @pytest.mark.parametrize(
        "attack",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ messages.append.__self__.__class__.__base__ }}",
            "{% include '/etc/hosts' %}",
        ],
    )
    def test_a_template_reaches_nothing_outside(self, attack: str) -> None:
        assert template_behaviour(CHATML + attack).broken

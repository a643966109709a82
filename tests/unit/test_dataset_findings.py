"""What a person is told about a dataset: the reason, the rows, and a fix that can be applied."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dataset_samples import (
    ALTERNATING,
    CHATML,
    SETTINGS,
    assistant,
    chat,
    chats,
    codes,
    model,
    profile,
    system,
    user,
)
from trainpkg_widgets.advice.dataset_findings import dataset_findings, dataset_summary
from trainpkg_widgets.advice.knobs import default_config
from trainpkg_widgets.facts import Finding, unknown
from trainpkg_widgets.model_info import ModelInfo
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import ConfigStep, DatasetStep

CONFIG = default_config(load_settings().config)
TOOL_TURNS = (
    user("a"),
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {}}}],
    },
    {"role": "tool", "content": "3"},
    assistant("b"),
)


def train_on(what: str) -> ConfigStep:
    return CONFIG.model_copy(update={"train_on": what})


def findings(
    step: DatasetStep, info: ModelInfo | None = None, config: ConfigStep | None = CONFIG
) -> dict[str, Finding]:
    found = dataset_findings(step, info or model(), config, SETTINGS)
    assert all(finding.step == "dataset" and finding.message.endswith((".", ":")) for finding in found)
    return {finding.code: finding for finding in found}


def bad(found: dict[str, Finding]) -> dict[str, str]:
    return {code: finding.severity for code, finding in found.items() if finding.severity != "info"}


class TestFormat:
    def test_rows_that_are_fit_to_train_on_have_no_finding_but_what_is_learnt(self) -> None:
        found = findings(profile(chats(60)))
        assert list(found) == ["what-is-learnt"]
        assert "“messages”" in found["what-is-learnt"].evidence

    def test_it_needs_neither_model_nor_config(self) -> None:
        assert [f.code for f in dataset_findings(profile(chats(60)), None, None, SETTINGS)] == ["what-is-learnt"]

    def test_rows_that_fit_nothing_name_their_columns_and_what_each_format_needs(self) -> None:
        finding = findings(profile([{"colour": "red", "shape": "round", "weight": 3}] * 60))["format-unknown"]
        assert finding.severity == "error"
        for word in ("colour (text)", "weight (number)", "messages", "instruction", "prompt", "text"):
            assert word in finding.evidence

    def test_what_is_not_in_this_version_is_called_by_its_name(self) -> None:
        found = findings(profile([{**chats(1)[0], "images": ["a.png"]}] * 60))
        assert bad(found) == {"media-data": "error"} and "version" in found["media-data"].message

    @pytest.mark.parametrize(
        "row",
        [
            {"prompt": "a", "chosen": "b", "rejected": "c"},
            {"chosen": [user("a"), assistant("b")], "rejected": [user("a"), assistant("c")]},
            {
                "conversations": [{"from": "human", "value": "a"}],
                "chosen": {"from": "gpt", "value": "b"},
                "rejected": {"from": "gpt", "value": "c"},
            },
        ],
    )
    def test_sft_learns_the_better_answers_of_preference_data_and_says_that_dpo_learns_more(
        self, row: dict[str, Any]
    ) -> None:
        step = profile([row] * 60)
        assert step.turns is not None and step.turns.answers == 60
        fix = findings(step)["judgements-unused"].fix
        assert fix is not None and (fix.verb, fix.arguments) == ("configure", {"method": "dpo"})


class TestTemplate:
    def test_conversations_need_one(self) -> None:
        found = findings(profile(chats(60)), model(None))
        assert bad(found) == {"no-chat-template": "error"}
        fix = found["no-chat-template"].fix
        assert fix is not None and (fix.verb, fix.arguments) == ("use_template", {"template": "tags"})

    def test_instructions_and_text_need_none(self) -> None:
        assert bad(findings(profile([{"instruction": f"{n}?", "output": "b"} for n in range(60)]), model(None))) == {}
        assert bad(findings(profile([{"text": f"{n}"} for n in range(60)]), model(None))) == {}

    def test_one_that_nobody_told_of_is_a_warning(self) -> None:
        info = model(None).model_copy(update={"chat": unknown("not asked"), "chat_template": unknown("not asked")})
        assert bad(findings(profile(chats(60)), info)) == {"chat-template-unknown": "warning"}

    def test_one_that_is_broken_stops_the_run(self) -> None:
        assert bad(findings(profile(chats(60)), model("{% for"))) == {"chat-template-broken": "error"}

    def test_system_turns_are_moved_and_that_is_said(self) -> None:
        step = profile([chat(system("s"), user(f"{n}?"), assistant("b")) for n in range(60)])
        found = findings(step, model(ALTERNATING))
        assert bad(found) == {} and found["system-into-question"].severity == "info"
        assert "system-into-question" not in findings(step, model(CHATML))

    def test_tool_calls_that_it_leaves_out_or_refuses_are_said(self) -> None:
        step = profile([chat(user(f"{n}"), *TOOL_TURNS[1:]) for n in range(60)])
        assert bad(findings(step, model(CHATML))) == {"tools-left-out": "warning"}
        assert bad(findings(step, model(ALTERNATING))) == {"tools-refused": "error"}

    def test_questions_that_would_be_learnt_are_said(self) -> None:
        strange = model("{{ messages | length }} turns\n" + CHATML)
        assert bad(findings(profile(chats(60)), strange)) == {"question-learnt": "warning"}
        assert bad(findings(profile(chats(60)), strange, train_on("everything"))) == {}

    def test_a_mark_that_answers_will_not_follow_is_said(self) -> None:
        thinking = model(CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}"))
        found = findings(profile(chats(60)), thinking)
        assert bad(found) == {"prompt-differs": "warning"} and "<think>" in found["prompt-differs"].evidence

    @pytest.mark.parametrize(
        ("turns", "code"),
        [
            ([assistant("x"), user("a"), assistant("b")], "starts-with-answer"),
            ([user("a"), user("a"), assistant("b")], "repeated-role"),
            ([user("a"), assistant("b"), system("s"), user("c"), assistant("d")], "system-in-middle"),
            ([user("a"), {"role": "narrator", "content": "x"}, assistant("b")], "unknown-role"),
        ],
    )
    def test_an_order_of_turns_is_an_error_only_where_the_template_refuses_it(
        self, turns: list[dict[str, Any]], code: str
    ) -> None:
        step = profile([*chats(60), chat(*turns)])
        refused = findings(step, model(ALTERNATING))[code]
        taken = findings(step, model(CHATML))[code]
        unsure = findings(step, model(CHATML).model_copy(update={"chat_template": unknown("not asked")}))[code]
        assert refused.severity == "error" and "refuses" in refused.evidence
        assert taken.severity == ("warning" if code == "unknown-role" else "info")
        assert unsure.severity == "warning"


class TestRows:
    def test_rows_are_counted_as_people_count(self) -> None:
        rows = chats(60)
        for number in (0, 7, 8, 9, 20, 30, 40):
            rows[number] = chat(user(f"{number}"), assistant(""))
        finding = findings(profile(rows))["empty-answer"]
        assert "Rows 1, 8, 9, 10, 21 and 2 more." in finding.evidence
        assert finding.severity == "warning" and finding.field == "dataset.rows"

    def test_leaving_them_out_is_one_click_that_adds_up(self) -> None:
        rows = [*chats(60), chat(), chat(user("x"), assistant(""))]
        first = findings(profile(rows))["empty-conversation"].fix
        assert first is not None and first.label == "Leave them out"
        step = profile(rows, **first.arguments)
        assert codes(step) == ["empty-answer"]
        second = findings(step)["empty-answer"].fix
        assert second is not None
        clean = profile(rows, **second.arguments)
        found = findings(clean)
        assert codes(clean) == [] and bad(found) == {}
        back = found["rows-left-out"].fix
        assert back is not None and codes(profile(rows, **back.arguments)) == ["empty-conversation", "empty-answer"]

    def test_a_fix_keeps_what_the_person_chose(self) -> None:
        rows = [{"q": f"{n}?", "a": "b" if n else ""} for n in range(60)]
        step = profile(rows, format="instruction", columns={"instruction": "q", "output": "a"}, eval_share=0.1)
        fix = findings(step)["empty-answer"].fix
        assert fix is not None
        again = profile(rows, **fix.arguments)
        assert (again.columns, again.format.source, again.eval_share) == (step.columns, "chosen by you", 0.1)

    def test_all_rows_cannot_be_left_out(self) -> None:
        step = profile([chat()] * 3, format="messages", columns={"messages": "messages"})
        assert findings(step)["empty-conversation"].fix is None
        gone = profile(
            [chat()] * 3,
            format="messages",
            columns={"messages": "messages"},
            exclude_problems=["empty-conversation"],
        )
        assert bad(findings(gone)) == {"no-rows-left": "error"}

    def test_rows_without_any_answer_have_nothing_to_learn(self) -> None:
        step = profile([chat(user(f"{n}?")) for n in range(60)])
        found = findings(step)
        assert bad(found) == {"no-answer": "warning", "nothing-to-learn": "error"}
        fix = found["nothing-to-learn"].fix
        assert fix is not None and (fix.verb, fix.arguments) == ("configure", {"train_on": "everything"})
        assert bad(findings(step, config=train_on("everything"))) == {"no-answer": "warning"}

    def test_dates_alone_stop_the_run_where_they_fill_a_field_of_their_own(self) -> None:
        step = profile([chat(user(f"Day {n}?"), assistant(f"2024-05-{n % 28 + 1:02}")) for n in range(60)])
        found = findings(step)
        assert bad(found) == {"all-dates": "error"} and found["all-dates"].fix is None
        assert bad(findings(step, config=train_on("everything"))) == {}

    def test_near_copies_say_in_how_many_rows_they_were_looked_for(self) -> None:
        story = (
            "Once upon a time there lived seven small grey mice under the old wooden floor of a quiet village bakery"
        )
        rows = [chat(user(story), assistant("yes")), chat(user(f"{story} shop"), assistant("yes")), *chats(60)]
        said = [
            {found.code: found for found in dataset_findings(profile(rows), model(), CONFIG, settings)}
            for settings in (SETTINGS, load_settings({"dataset": {"checks": {"near_copies": {"rows": 50}}}}).dataset)
        ]
        assert "looked for" not in said[0]["near-duplicate"].evidence
        assert "They were looked for in the first 50 of 62 rows." in said[1]["near-duplicate"].evidence

    def test_few_rows_are_a_warning_below_the_number_in_the_settings(self) -> None:
        assert bad(findings(profile(chats(SETTINGS.few_rows)))) == {}
        assert bad(findings(profile(chats(SETTINGS.few_rows - 1)))) == {"few-rows": "warning"}

    @pytest.mark.parametrize(("count", "share"), [(3, 0.1), (1, 0.9)])
    def test_a_share_that_leaves_nothing_on_one_side_stops_the_run(self, count: int, share: float) -> None:
        found = findings(profile(chats(count), eval_share=share))
        assert found["eval-share-empty"].severity == "error"
        fix = found["eval-share-empty"].fix
        assert fix is not None and "eval-share-empty" not in findings(profile(chats(count), **fix.arguments))


class TestSummary:
    def test_it_names_the_rows_and_how_many(self) -> None:
        assert dataset_summary(profile(chats(1200))) == "rows · 1,200 rows"
        assert dataset_summary(profile(chats(1))) == "rows · 1 row"

    def test_it_says_where_some_are_left_out(self) -> None:
        assert (
            dataset_summary(profile([*chats(3), chat()], exclude_problems=["empty-conversation"]))
            == "rows · 3 of 4 rows"
        )

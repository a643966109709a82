"""Each check of rows finds what it looks for and leaves alone what only looks like it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, codes, profile, system, user, write_lines
from tests.unit.test_checks import BAD
from trainpkg_widgets.data.checks import OF_ALL, ROW_PROBLEMS
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_path
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.steps import DatasetStep

Rows = list[dict[str, Any]]

# Twelve words and more, so that they can be near copies of one another; shaped like a token, and nobody's.
STORY = "Once upon a time there lived seven small grey mice under the old wooden floor of a quiet village bakery shop"
TOKEN = "hf_" + "abcdefghij" * 3


def told(*stories: str) -> Rows:
    return [{"text": story} for story in stories]


def pairs(*answers: tuple[str, str]) -> Rows:
    return [{"prompt": f"question {n}", "chosen": c, "rejected": r} for n, (c, r) in enumerate(answers)]


def judged(*labels: Any) -> Rows:
    return [{"prompt": f"question {n}", "completion": f"answer {n}", "label": it} for n, it in enumerate(labels)]


def numbered(*labels: list[int]) -> Rows:
    return [{"input_ids": [n, n + 1], "labels": label} for n, label in enumerate(labels)]


FOUND: list[tuple[str, Rows, tuple[int, ...]]] = [
    ("near-duplicate", told(STORY, STORY.replace("grey", "brown")), (1,)),
    ("broken-characters", told("It’s fine", "Itâ€™s not"), (1,)),
    ("broken-characters", told("café", "cafÃ©"), (1,)),
    ("broken-characters", told("a", "lost \ufffd here"), (1,)),
    ("formula", told("a", '=HYPERLINK("http://a.example","x")'), (1,)),
    ("formula", [*chats(2), chat(user("And?"), assistant("@SUM(1+1)*cmd|' /C calc'!A0"))], (2,)),
    ("secret-seen", told("a", f"my token is {TOKEN}"), (1,)),
    ("email-seen", told("a", "write to ada.lovelace@posteo.de"), (1,)),
    ("other-script", told(*(f"{STORY} {n}" for n in range(30)), "Жили были семь маленьких серых мышей"), (30,)),
    ("printed-nothing", [*chats(2), chat(user("And?"), assistant("None"))], (2,)),
    ("printed-nothing", [*chats(2), chat(user("And?"), assistant("nan"))], (2,)),
    ("same-answers", pairs(("a", "b"), ("c", " c ")), (1,)),
    ("empty-rejected", pairs(("a", "b"), ("c", "  ")), (1,)),
    ("empty-answer", pairs(("a", "b"), (" ", "c")), (1,)),
    ("no-prompt", [{"chosen": "a b", "rejected": "a c"}, {"chosen": "x", "rejected": "y"}], (1,)),
    ("label-unreadable", judged(*[True, False] * 8, "perhaps"), (16,)),
    ("one-label", judged(True, True, True), ()),
    ("labels-unbalanced", judged(*[True] * 30, False), ()),
    ("masked-row", numbered([-100, 5], [-100, -100]), (1,)),
    ("nothing-labelled", numbered([-100, -100], [-100, -100]), ()),
    ("tokens-uneven", [{"input_ids": [1, 2], "labels": [1, 2]}, {"input_ids": [1, 2], "labels": [1]}], (1,)),
    ("no-tokens", [{"input_ids": [1]}, {"input_ids": []}], (1,)),
    ("tokens-no-numbers", [*({"input_ids": [n]} for n in range(20)), {"input_ids": ["a"]}], (20,)),
    (
        "starts-with-answer",
        [{"prompt": [user(f"{n}")]} for n in range(4)] + [{"prompt": [user("a"), assistant("b")]}],
        (4,),
    ),
]


def example_of_problem(code: str) -> Rows:
    return next(rows for found, rows, _ in FOUND if found == code)


NOT_FOUND: list[tuple[str, Rows]] = [
    (
        "near-duplicate",
        told(STORY, " ".join(reversed(STORY.replace("mice", "cats").upper().split()[:9])) + " and more"),
    ),
    ("near-duplicate", told("a b c", "a b d")),
    ("broken-characters", told("It’s fine – a “quote”, naïve, Ångström, São Paulo, À la carte, 日本語, 🎉")),
    ("formula", told("= 4", "-1", "+49 30 1234", "@ada (she)", "- a list (short)", "e = mc(2)")),
    ("secret-seen", told("hf_ is how a token begins", "a risk-free task-based approach", "ASIA and AKIA")),
    ("email-seen", told("@ada", "5 @ 3 euros", "ada@example.com", "a@b", "ada@lovelace.test")),
    ("other-script", told(*[STORY] * 3, *["Жили были семь маленьких серых мышей"] * 3)),
    ("other-script", told(*(f"{STORY} {n}" for n in range(30)), "12345 67890")),
    ("printed-nothing", [*chats(2), chat(user("And?"), assistant("None of them."))]),
    ("same-answers", pairs(("a", "b"), ("c", "C"))),
    ("empty-rejected", pairs(("a", "b"))),
    ("one-label", judged(True, False)),
    ("labels-unbalanced", judged(*[True] * 4, False)),
    ("label-unreadable", judged(1, 0, "true", "False", 1.0, "yes")),
    ("masked-row", numbered([-100, 5], [3, -100])),
    ("tokens-uneven", [{"input_ids": [1, 2], "labels": [1, 2]}]),
    ("no-prompt", [{"chosen": "a b", "rejected": "a c"}]),
    ("starts-with-answer", [{"prompt": [system("s"), user("a")]}]),
]


def problem(step: DatasetStep, code: str) -> tuple[int, ...] | None:
    return next((found.rows for found in step.problems if found.code == code), None)


@pytest.mark.parametrize(("code", "rows", "where"), FOUND, ids=lambda it: it if isinstance(it, str) else "")
def test_what_is_wrong_is_found_in_its_row(code: str, rows: Rows, where: tuple[int, ...]) -> None:
    step = profile(rows)
    assert problem(step, code) == where, codes(step)


@pytest.mark.parametrize(("code", "rows"), NOT_FOUND, ids=lambda it: it if isinstance(it, str) else "")
def test_what_only_looks_wrong_is_left_alone(code: str, rows: Rows) -> None:
    assert problem(profile(rows), code) is None


@pytest.mark.parametrize(
    "rows",
    [
        pairs(("a", "b"), ("c", "d")),
        judged(True, False),
        numbered([-100, 5], [3, 4]),
        [{"prompt": "a", "solution": "b"}, {"prompt": "c", "solution": "d"}],
    ],
)
def test_rows_with_nothing_wrong_have_no_problem(rows: Rows) -> None:
    assert profile(rows).problems == ()


def test_every_check_has_rows_that_it_finds() -> None:
    elsewhere = {code for code, *_ in BAD} | {"all-dates", "duplicate", "leak"}
    assert {code for code, *_ in FOUND} | elsewhere == {*ROW_PROBLEMS, *OF_ALL}


def test_neither_a_secret_nor_an_address_is_repeated() -> None:
    step = profile(told("a", f"{TOKEN} of ada.lovelace@posteo.de"))
    assert {"secret-seen", "email-seen"} <= set(codes(step))
    assert TOKEN not in step.model_dump_json() and "posteo" not in step.model_dump_json()


def test_a_copy_of_a_trained_row_among_those_held_back_is_a_leak(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", chats(10))
    write_lines(tmp_path / "test.jsonl", [chats(4)[3], *chats(12)[10:]])
    step = profile_dataset(open_path(tmp_path, SETTINGS, "train", "test"), SETTINGS, eval_split="test")
    assert (problem(step, "leak"), problem(step, "duplicate")) == ((10,), None)


def test_a_copy_within_what_is_trained_on_is_no_leak(tmp_path: Path) -> None:
    write_lines(tmp_path / "train.jsonl", [*chats(10), chats(1)[0]])
    write_lines(tmp_path / "test.jsonl", chats(12)[10:])
    step = profile_dataset(open_path(tmp_path, SETTINGS, "train", "test"), SETTINGS, eval_split="test")
    assert (problem(step, "leak"), problem(step, "duplicate")) == (None, (10,))


@pytest.mark.parametrize(
    ("option", "rows", "code"),
    [
        ({"broken_characters": False}, told("cafÃ©"), "broken-characters"),
        ({"secrets": False}, told(TOKEN), "secret-seen"),
        ({"addresses": False}, told("ada@posteo.de"), "email-seen"),
        ({"rarer_label_share": 0.01}, judged(*[True] * 30, False), "labels-unbalanced"),
        ({"other_script_share": 0.0}, example_of_problem("other-script"), "other-script"),
        ({"near_copies": {"enabled": False}}, FOUND[0][1], "near-duplicate"),
        ({"near_copies": {"alike": 1.0}}, FOUND[0][1], "near-duplicate"),
        ({"near_copies": {"fewest_words": 40}}, FOUND[0][1], "near-duplicate"),
        ({"near_copies": {"rows": 1}}, FOUND[0][1], "near-duplicate"),
        ({"near_copies": {"characters": 20}}, FOUND[0][1], "near-duplicate"),
    ],
)
def test_every_option_of_the_checks_is_heard(option: dict[str, Any], rows: Rows, code: str) -> None:
    settings = load_settings({"dataset": {"checks": option}}).dataset
    from trainpkg_widgets.data.sources import open_variable

    assert problem(profile(rows), code) is not None
    assert problem(profile_dataset(open_variable("rows", rows, settings), settings), code) is None


def test_rows_can_be_left_out_for_each_problem_of_their_own() -> None:
    rows = told(STORY, STORY.replace("grey", "brown"), "cafÃ©", "ada@posteo.de", f"{STORY} or so {TOKEN}")
    wanted = ["near-duplicate", "broken-characters", "email-seen", "secret-seen"]
    step = profile(rows, exclude_problems=wanted)
    assert step.excluded_rows == (1, 2, 3, 4)
    assert profile(rows, exclude_problems=wanted) == step

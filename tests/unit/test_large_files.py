"""A large file is looked at quickly, and what is said of it is what a close look at every row says."""

from __future__ import annotations

import json
import random
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dataset_samples import assistant, chat, chats, limited, system, user, write_lines
from trainpkg_widgets.data.large_json_lines import LargeJsonLines
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_path
from trainpkg_widgets.steps import DatasetStep

QUICK, CLOSE = limited(quick_mb=0.001), limited(quick_mb=10_000)
TOKEN = "hf_" + "abcdefghij" * 3
CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
STORY = "Once upon a time there lived seven small grey mice under the old wooden floor of a quiet village bakery shop"

UNUSUAL: list[dict[str, Any]] = [
    chat(user("a"), assistant("")),
    chat(user("a"), assistant(" \n ")),
    chat(user(" "), assistant("b")),
    chat(user("a"), assistant(None)),
    chat(),
    chat(user("a")),
    chat(user("a"), assistant("b"), user("c")),
    chat(assistant("a"), user("b"), assistant("c")),
    chat(user("a"), user("b"), assistant("c")),
    chat(user("a"), assistant("b"), system("c"), user("d"), assistant("e")),
    chat(user("a"), {"role": "narrator", "content": "x"}, assistant("b")),
    chat({"role": "human", "content": "a"}, {"role": "gpt", "content": "b"}),
    chat(user([{"type": "text", "text": "a"}]), assistant(["b", "c"])),
    chat(user([{"type": "image", "url": "x"}]), assistant("b")),
    chat(user("a"), {"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "content": "3"}),
    chat(user("a"), {"role": "assistant", "content": "I add.", "tool_calls": [CALL]}),
    chat(user("a"), assistant("None")),
    chat(user("a"), assistant("cafÃ©")),
    chat(user("a"), assistant("gone \ufffd")),
    chat(user("a"), assistant(f"the key is {TOKEN}")),
    chat(user("a"), assistant("ada@posteo.de")),
    chat(user("a"), assistant("Жили были семь маленьких серых мышей")),
    chat(user("a\x01b"), assistant("c")),
    chat(user("a"), assistant("=HYPERLINK(1)")),
    chat(user("-cmd|x"), assistant("b")),
    {"messages": None},
    {"other": 1},
    chat(user(STORY), assistant("yes")),
    chat(user(STORY.replace("grey", "brown")), assistant("yes")),
    chats(3)[2],
]


def looked_at(path: Path, settings: Any) -> DatasetStep:
    return profile_dataset(open_path(path, settings), settings)


def same(quick: DatasetStep, close: DatasetStep) -> None:
    assert {p.code: (p.count, p.rows, p.severity) for p in quick.problems} == {
        p.code: (p.count, p.rows, p.severity) for p in close.problems
    }
    assert quick == close


def all_kinds() -> list[dict[str, Any]]:
    """Ordinary rows, among them every unusual one."""
    rows = chats(600)
    for number, row in enumerate(UNUSUAL):
        rows.insert(17 * number + 5, row)
    return rows


@pytest.fixture
def many() -> list[dict[str, Any]]:
    return all_kinds()


def test_every_problem_is_found_in_the_same_rows(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    assert isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


@pytest.mark.parametrize("row", UNUSUAL, ids=lambda row: json.dumps(row)[:60])
def test_each_unusual_row_is_told_alone(tmp_path: Path, row: dict[str, Any]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [*chats(300), row])
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_turns_may_be_called_otherwise(tmp_path: Path) -> None:
    rows = [{"talk": [{"from": "human", "value": f"a {n}"}, {"from": "gpt", "value": f"b {n}"}]} for n in range(300)]
    path = write_lines(tmp_path / "rows.jsonl", rows)
    assert isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_rows_and_pages_are_those_of_the_file(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    rows = open_path(path, QUICK)
    assert rows.count == len(many) and list(rows) == many
    assert [rows.page(start, 7) for start in range(0, 637, 7)] == [
        many[start : start + 7] for start in range(0, 637, 7)
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": f"a {n}"} for n in range(300)],
        [{"messages": json.dumps(chats(1)[0]["messages"])}] * 300,
        [{**chats(n + 1)[n], "tools": "[]"} for n in range(300)],
        [chat(user("é"), assistant(f"ü {n}")) for n in range(300)],
        [{"instruction": f"a {n}", "output": "" if n % 7 else f"b {n}"} for n in range(300)],
        [{"prompt": f"a {n}", "completion": f"b {n}", "label": n > 3} for n in range(300)],
        [{"prompt": f"a {n}", "chosen": f"b {n}", "rejected": f"b {n % 4}"} for n in range(300)],
        [{"input_ids": [n, 2], "labels": [-100, -100]} for n in range(300)],
        [{"prompt": f"a {n}", "solution": f"b {n}"} for n in range(300)],
        [{"text": "2024-05-01"}] * 300,
        [{"a": n} for n in range(300)],
    ],
    ids=lambda rows: json.dumps(rows[0])[:60],
)
def test_rows_of_every_format_are_looked_at(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", rows)
    assert isinstance(open_path(path, QUICK), LargeJsonLines)
    same(looked_at(path, QUICK), looked_at(path, CLOSE))


def test_a_broken_line_is_named_as_in_a_small_file(tmp_path: Path) -> None:
    from trainpkg_widgets.data.errors import DataError

    path = write_lines(tmp_path / "rows.jsonl", chats(300))
    with path.open("a") as file:
        file.write('{"messages": [\n')
    with pytest.raises(DataError) as caught:
        open_path(path, QUICK)
    assert (caught.value.code, caught.value.line) == ("broken-json", 301)


def test_rows_are_left_out_as_in_a_small_file(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path = write_lines(tmp_path / "rows.jsonl", many)
    out = ["empty-answer", "unknown-role", "duplicate"]
    quick, close = (profile_dataset(open_path(path, s), s, exclude_problems=out) for s in (QUICK, CLOSE))
    assert quick.excluded_rows == close.excluded_rows != ()
    same(quick, close)


# Letters that UTF-8 read as Windows-1252 becomes, other scripts, and white space of all kinds.
MICE = "\u0416\u0438\u043b\u0438 \u0431\u044b\u043b\u0438 \u0441\u0435\u043c\u044c \u043c\u044b\u0448\u0435\u0439"
LONG = "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3067\u3059\u3002" * 3
TEXTS: tuple[Any, ...] = (
    *("a", "No.", "", " ", "\n", "\u2003", "\u00a0 x", "None", "none \u3000", "NaN\n", "<NA>", "nullable", "undefined"),
    *("N/A", "=SUM(1)", " \u2028@x|", "-a", "2024-05-01", "2024-05-01 10:00", "2024", "7", "caf\u00e9 na\u00efve"),
    *("caf\u00c3\u00a9", "\u00e2\u20ac\u2122", "gone \ufffd", "\ud800 half", "\U0001f600 smile", MICE, LONG),
    *(f"key {TOKEN}", "sk-" + "a1B2" * 6, "task-oriented-programming", "AKIA" + "Q7" * 8, "a_b " + "x_" * 30),
    *("-----BEGIN RSA PRIVATE KEY-----", "xoxb-1234567890ab", "ada@posteo.de", "me@example.com", "@ home"),
    *(STORY, STORY.upper(), STORY.replace("grey", "brown"), "x\u0000y", "a\u0001b", '"q" \\ /', 5, None, True, [], {}),
    *(["a", "b"], [{"type": "text", "text": "a"}], [{"type": "image", "url": "x"}], {"text": "a"}),
    *(1e400, float("nan"), 10**30),
)
ROLES: tuple[Any, ...] = (
    *("user", "assistant", "user", "assistant", "system", "human", "gpt", "tool", "narrator", " User", "ASSISTANT"),
    *("function_call", "r\u00f4le", "\ud800", "", None, 3, True, ["user"]),
)
BESIDE: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {}, {"id": 3}, {"id": "x", "tags": ["a", 1]}, {"id": None, "deep": [[[{"a": [1]}]]]}, {"score": 1.5}),
)
IN_TURNS: tuple[dict[str, Any], ...] = (
    *(
        {},
        {},
        {},
        {},
        {},
        {"weight": 1},
        {"tool_calls": None},
        {"tool_calls": [CALL]},
        {"name": "x"},
        {"thinking": "hm"},
    ),
    *({"value": "other"}, {"from": "gpt"}, {"tool_call_id": "1"}),
)


def hostile(seed: int) -> str:
    """The text of a file with rows that were made to be read wrongly."""
    chance = random.Random(seed)

    def turn() -> Any:
        if chance.random() < 0.03:
            return chance.choice([None, "text", ["role", "content"], {}, {"role": "user"}, {"content": "a"}, 4])
        said = {"role": chance.choice(ROLES[: chance.choice((4, 6, 19))]), "content": chance.choice(TEXTS)}
        if chance.random() < 0.1:
            said = dict(reversed(said.items()))
        return {**said, **chance.choice(IN_TURNS)}

    def line() -> str:
        if chance.random() < 0.04:
            return chance.choice(
                ["", " \t", "\r", '{"messages": 1}', "{}", '{"messages": [], "messages": [[]]}', "\u2003"]
            )
        turns: Any = [turn() for _ in range(chance.choice((0, 1, 2, 2, 2, 3, 4)))]
        if chance.random() < 0.05:
            turns = chance.choice([json.dumps(turns), str(turns), {"messages": turns}, None, 7])
        row = {"messages": turns, **chance.choice(BESIDE)}
        if chance.random() < 0.1:
            row = dict(reversed(row.items()))
        text = json.dumps(row, ensure_ascii=chance.random() < 0.5)
        return text.replace("s", "\\u0073") if chance.random() < 0.05 and "\\" not in text else text

    lines = [json.dumps(chat(user(f"a {n}"), assistant(f"b {n}"))) for n in range(3)]
    lines += [line() for _ in range(400)]
    lines += chance.choices(lines, k=40)
    mark, end = ("\ufeff" if seed % 3 == 0 else ""), ("\r\n" if seed % 4 == 1 else "\n")
    return mark + end.join(lines) + (end if seed % 2 else "")


@pytest.mark.parametrize("seed", range(6))
def test_rows_made_to_be_read_wrongly_are_read_as_in_a_small_file(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainpkg_widgets.data.large_json_lines.PART", (700, 5000, 1 << 20)[seed % 3])
    path = tmp_path / "rows.jsonl"
    # Half a surrogate pair has no UTF-8: such lines can't be read by anybody, so only those with escapes are kept.
    kept = [line for line in hostile(seed).split("\n") if not any("\ud800" <= c <= "\udfff" for c in line)]
    path.write_bytes("\n".join(kept).encode())
    asked: tuple[dict[str, Any], ...] = (
        {},
        {"exclude_problems": ["duplicate", "empty-answer", "secret-seen", "near-duplicate"]},
        {"roles": {"narrator": "assistant"}, "limit": 20},
        {"format": "text", "columns": {"text": "id"}},
    )
    rows = open_path(path, QUICK), open_path(path, CLOSE)
    assert isinstance(rows[0], LargeJsonLines)
    for words in asked:
        quick, close = profile_dataset(rows[0], QUICK, **words), profile_dataset(rows[1], CLOSE, **words)
        assert len(close.problems) > 3 or words
        same(quick, close)


def test_a_secret_is_never_missed_by_the_quick_question() -> None:
    from trainpkg_widgets.package.secret_shapes import secret_in

    for start, rest in (("hf_", 20), ("api_org_", 20), ("ghp_", 30), ("github_pat_", 30), ("glpat-", 20), ("sk-", 20)):
        assert secret_in(f"my {start}{'a' * rest}")
    for secret in ("AKIA" + "Q" * 16, "ASIA" + "7" * 16, "AIza" + "_" * 35, "xoxp-" + "-" * 10, "npm_" + "a" * 30):
        assert secret_in(f"({secret})")
    assert secret_in("pypi-AgE" + "-" * 40) and secret_in("-----BEGIN PRIVATE KEY-----")
    assert secret_in("sk-ant-api03-" + "x" * 20) and not secret_in("risk-free-and-long-words, A1, a_b")


def test_what_is_a_secret_is_one_for_the_sieve_too() -> None:
    from trainpkg_widgets.data.secret_sieve import may_hold_secret
    from trainpkg_widgets.package.secret_shapes import secret_in

    chance, seen = random.Random(1), set[str | None]()
    starts = (
        "hf_",
        "api_org_",
        "ghp_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "sk-",
        "sk-ant-api03-",
        "AKIA",
        "ASIA",
        "AIza",
    )
    starts += ("xoxa-", "xoxs-", "pypi-AgE", "npm_", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----")
    for _ in range(20_000):
        letters = chance.choice(("abcxyz", "ABC012", "abcABC019", "aA0_-", "aA0 -"))
        rest = "".join(chance.choices(letters, k=chance.randint(0, 45)))
        before, after = chance.choice(("", "so ", "é", "x", "-")), chance.choice(("", " ", "é", "-"))
        text = f"{before}{chance.choice(starts)}{rest}{after}"
        kind = secret_in(text)
        seen.add(kind)
        assert kind is None or may_hold_secret(text), text
    assert len(seen) == 11
    assert not may_hold_secret("risk-free and task-based, with snake_case and the A-Z of it, follow-up-questions-asked")


def test_lines_that_are_rows_only_together_are_broken_lines(tmp_path: Path) -> None:
    from trainpkg_widgets.data.errors import DataError

    path = write_lines(tmp_path / "rows.jsonl", chats(300))
    with path.open("a") as file:
        file.write('{"messages": [{"role": "user", "content": "a"}\n{"role": "assistant", "content": "b"}]}\n')
        file.write('{"messages": []}, {"messages": []}\n')
    with pytest.raises(DataError) as caught:
        open_path(path, QUICK)
    assert (caught.value.code, caught.value.line) == ("broken-json", 301)


@pytest.mark.parametrize("where", ["row", "turn"])
def test_what_lies_too_deep_is_found_beside_ordinary_turns(tmp_path: Path, where: str) -> None:
    from trainpkg_widgets.data.errors import DataError

    deep: Any = "x"
    for _ in range(QUICK.limits.nesting + 1):
        deep = [deep]
    said = {**user("a"), "extra": deep} if where == "turn" else user("a")
    beside = {"extra": deep} if where == "row" else {}
    path = write_lines(tmp_path / "rows.jsonl", [*chats(300), {**chat(said, assistant("b")), **beside}])
    with pytest.raises(DataError) as caught:
        open_path(path, QUICK)
    assert (caught.value.code, caught.value.line) == ("nested-too-deeply", 301)


def test_all_white_space_is_known_that_a_text_may_begin_with() -> None:
    from trainpkg_widgets.data.ordinary_text import ODD_STARTS

    letters = {chr(number) for number in range(sys.maxunicode + 1)}
    assert {letter for letter in letters if letter.isspace() or re.match(r"\s", letter)} == ODD_STARTS - set("=@+-")


def test_a_look_that_is_no_longer_wanted_ends(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    cancelled = threading.Event()
    cancelled.set()
    rows = open_path(write_lines(tmp_path / "rows.jsonl", many), CLOSE)
    told: list[tuple[int, int]] = []
    step = profile_dataset(rows, CLOSE, cancelled=cancelled, progress=lambda *it: told.append(it))
    assert step.problems == () and told == []


def test_progress_says_how_many_rows_of_how_many(tmp_path: Path, many: list[dict[str, Any]]) -> None:
    path, told = write_lines(tmp_path / "rows.jsonl", many * 4), list[tuple[int, int]]()
    profile_dataset(open_path(path, CLOSE), CLOSE, progress=lambda *it: told.append(it))
    assert told == [(0, 2520), (1000, 2520), (2000, 2520)]

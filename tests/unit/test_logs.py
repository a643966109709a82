"""What a person may expect of our logging: silence, one level, structure, and no secret anywhere."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

from trainpkg_widgets.logs import JsonFormatter, ReadableFormatter, get_logger, redact, set_level, show

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz01234567"


@pytest.fixture(autouse=True)
def as_before():
    package = logging.getLogger("trainpkg_widgets")
    level, handlers = package.level, list(package.handlers)
    yield
    package.setLevel(level)
    package.handlers[:] = handlers


def written(style: str = "readable", level: str = "DEBUG") -> io.StringIO:
    set_level(level)
    stream = io.StringIO()
    show(stream, style=style)
    return stream


def entry(stream: io.StringIO) -> dict:
    [line] = stream.getvalue().splitlines()
    return json.loads(line)


# ------------------------------------------------------------------ silence


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_nothing_is_printed_until_someone_asks():
    done = run("from trainpkg_widgets.logs import get_logger; get_logger('hub').error('boom')")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_program_with_its_own_logging_does_not_hear_ours_unasked():
    setup = "import logging; logging.basicConfig(level=0); from trainpkg_widgets.logs import get_logger, set_level;"
    assert run(setup + "get_logger('hub').error('boom')").stderr == ""
    assert "boom" in run(setup + "set_level('INFO'); get_logger('hub').error('boom')").stderr


def test_the_root_logger_is_left_alone():
    code = (
        "import logging; from trainpkg_widgets.logs import *; set_level('DEBUG'); show(); print(logging.root.handlers)"
    )
    assert run(code).stdout.strip() == "[]"


# ------------------------------------------------------------------ level and names


def test_each_component_has_its_own_name_and_all_have_one_level():
    stream = written(level="WARN")
    for component in ("hub", "session"):
        get_logger(component).info("too quiet")
        get_logger(component).warning("heard")
    assert [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()] == [
        "WARN hub: heard",
        "WARN session: heard",
    ]
    set_level("off")
    get_logger("hub").critical("not heard")
    assert "not heard" not in stream.getvalue()


def test_a_level_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no log level 'WARNING'; choose one of off, DEBUG, INFO, WARN, ERROR"):
        set_level("WARNING")


def test_asking_twice_for_a_logger_does_not_make_it_slower():
    assert get_logger("hub") is get_logger("hub")
    assert len(get_logger("hub").filters) == 1


# ------------------------------------------------------------------ structure


def test_a_json_entry_holds_time_level_logger_message_and_context():
    stream = written("json")
    get_logger("hub").warning("no answer from %s", "x", extra={"context": {"attempt": 2, "wait": 1.5, "path": {1}}})
    found = entry(stream)
    at = datetime.fromisoformat(found.pop("time"))
    assert datetime.now(timezone.utc) - at < timedelta(minutes=1)
    assert found == {
        "level": "WARN",
        "logger": "trainpkg_widgets.hub",
        "message": "no answer from x",
        "context": {"attempt": 2, "wait": 1.5, "path": [1]},
    }


@pytest.mark.parametrize("style", ["json", "readable"])
def test_an_exception_is_written_with_its_stack(style):
    stream = written(style)
    try:
        {}["missing"]
    except KeyError:
        get_logger("hub").exception("failed")
    assert "Traceback (most recent call last)" in stream.getvalue()
    assert "KeyError: 'missing'" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1 or style == "readable"


def test_a_readable_entry_shows_its_context_on_the_line():
    stream = written()
    get_logger("hub").info("searched", extra={"context": {"query": "qwen", "found": 12}})
    assert stream.getvalue().endswith("INFO hub: searched (query=qwen, found=12)\n")


def test_entries_can_go_to_a_file(tmp_path):
    set_level("INFO")
    handler = show(tmp_path / "log.jsonl", style="json")
    get_logger("hub").info("über")
    handler.close()
    assert json.loads((tmp_path / "log.jsonl").read_text(encoding="utf-8"))["message"] == "über"


def test_a_wrong_call_does_not_stop_the_program():
    code = "from trainpkg_widgets.logs import *; set_level('INFO'); show(); log = get_logger('hub');"
    assert "still here" in run(code + "log.info('%d rows', 'many'); log.info('still here')").stderr


# ------------------------------------------------------------------ secrets


@pytest.mark.parametrize("style", ["json", "readable"])
def test_a_token_is_in_no_message_context_or_traceback(style):
    stream = written(style)
    log = get_logger("hub")
    log.info(f"asked with {TOKEN}")
    log.info("asked with %s", TOKEN, extra={"context": {"url": f"https://u:{TOKEN}@h", "deep": [{"header": TOKEN}]}})
    log.info("asked", extra={"context": {"token": "anything at all", "Authorization": b"Basic abc", "retries": 3}})
    try:
        raise RuntimeError(f"Authorization: Bearer {TOKEN}")
    except RuntimeError:
        log.exception("failed")
    text = stream.getvalue()
    assert TOKEN not in text
    assert "anything at all" not in text and "Basic abc" not in text
    assert "hf_***" in text and "retries" in text


def test_a_token_does_not_reach_the_handlers_of_the_program_either(caplog):
    set_level("DEBUG")
    try:
        raise RuntimeError(f"bad token {TOKEN}")
    except RuntimeError:
        get_logger("hub").exception("asked with %s", TOKEN)
    assert TOKEN not in caplog.text
    [record] = caplog.records
    assert TOKEN not in repr(vars(record))


def test_a_record_without_a_token_is_left_as_it_was(caplog):
    set_level("DEBUG")
    get_logger("hub").info("%d of %d", 1, 2)
    assert caplog.records[0].args == (1, 2)


def test_only_what_looks_like_a_token_is_hidden():
    assert redact("hf_hub_download HF_ENDPOINT hf_x") == "hf_hub_download HF_ENDPOINT hf_x"
    assert redact(f"a {TOKEN}, hf_jwt_a.b-c and api_org_xyz") == "a hf_***, hf_*** and ***"
    assert redact("authorization: bearer eyJ.x.y; next") == "authorization: bearer *** next"


@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
def test_the_formatters_hide_a_token_on_their_own(formatter):
    record = logging.LogRecord("other", logging.INFO, "f", 1, "with %s", (TOKEN,), None)
    assert TOKEN not in formatter.format(record)

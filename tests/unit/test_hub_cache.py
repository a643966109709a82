"""The cache of Hub answers: shared, bounded, oldest out first, and never in the way of a search."""

from __future__ import annotations

import logging
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainpkg_widgets.hub.cache import HubCache, cache_folder


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> HubCache:
    return HubCache(tmp_path / "cache", ttl_seconds=3600, max_entries=3, clock=clock)


# ------------------------------------------------------------------ what it keeps


@pytest.mark.parametrize("body", [{"a": [1, 2.5, None, "é\ud83d"]}, [], "text", None, 0])
def test_any_json_comes_back_as_it_was(cache: HubCache, body: object) -> None:
    cache.put("key", body)
    kept = cache.get("key")
    assert kept is not None
    assert kept.body == body


def test_an_answer_is_fresh_for_its_time_to_live_and_kept_beyond_it(cache: HubCache, clock: Clock) -> None:
    cache.put("key", "body")
    clock.now += 3599
    assert cache.get("key").fresh  # type: ignore[union-attr]  # it was just put
    clock.now += 1
    kept = cache.get("key")
    assert kept is not None
    assert (kept.body, kept.age_seconds, kept.fresh) == ("body", 3600, False)


def test_after_the_clock_was_set_back_nothing_passes_for_fresh(cache: HubCache, clock: Clock) -> None:
    cache.put("key", "body")
    clock.now -= 10
    kept = cache.get("key")
    assert kept is not None
    assert (kept.age_seconds, kept.fresh) == (0, False)


def test_the_oldest_goes_first_and_the_number_of_entries_is_exact(cache: HubCache) -> None:
    for key in "abcde":
        cache.put(key, key)
        assert cache.size() <= 3
    assert [key for key in "abcde" if cache.get(key)] == ["c", "d", "e"]


def test_reading_does_not_save_an_entry_but_storing_it_again_does(cache: HubCache) -> None:
    for key in "abc":
        cache.put(key, key)
    cache.get("a")
    cache.put("b", "newer")
    cache.put("d", "d")
    assert [key for key in "abcd" if cache.get(key)] == ["b", "c", "d"]
    cache.put("e", "e")
    assert [key for key in "abcde" if cache.get(key)] == ["b", "d", "e"]


def test_one_entry_or_all_can_be_forgotten(cache: HubCache) -> None:
    for key in "abc":
        cache.put(key, key)
    cache.clear_one("b")
    assert [key for key in "abc" if cache.get(key)] == ["a", "c"]
    cache.clear()
    assert cache.size() == 0


# ------------------------------------------------------------------ who shares it


def test_another_process_sees_what_was_put(cache: HubCache, tmp_path: Path) -> None:
    cache.put("before", 0)
    _in_another_process(tmp_path / "cache", "cache.put('key', {'from': 'there'})")
    kept = cache.get("key")
    assert kept is not None
    assert kept.body == {"from": "there"}


def test_processes_that_write_at_once_keep_to_the_bound(cache: HubCache, tmp_path: Path) -> None:
    writing = [_start(tmp_path / "cache", f"[cache.put(f'{name}{{n}}', n) for n in range(40)]") for name in "xy"]
    for process in writing:
        assert process.wait(60) == 0
    assert cache.size() == 3
    newest = [f"{name}{n}" for name in "xy" for n in range(40) if cache.get(f"{name}{n}")]
    assert len(newest) == 3
    assert "x39" in newest or "y39" in newest


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has these permissions")
def test_the_folder_is_its_owners_alone(cache: HubCache, tmp_path: Path) -> None:
    cache.put("key", "body")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_token_in_a_key_does_not_reach_the_disk(cache: HubCache, tmp_path: Path) -> None:
    cache.put('["https://example.org", "hf_averysecrettoken"]', {"a": 1})
    assert all(b"hf_averysecrettoken" not in path.read_bytes() for path in (tmp_path / "cache").rglob("*"))


# ------------------------------------------------------------------ what it does not trust


class Bomb:
    """Runs code where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


def test_a_row_that_claims_to_be_a_pickle_is_not_loaded(cache: HubCache, tmp_path: Path) -> None:
    cache.put("key", "body")
    _tamper(tmp_path, "UPDATE Cache SET mode = 4, value = ?", pickle.dumps(Bomb(tmp_path / "ran")))
    assert cache.get("key") is None
    assert not (tmp_path / "ran").exists()
    cache.put("key", "again")
    assert cache.get("key").body == "again"  # type: ignore[union-attr]  # it was just put


def test_a_pickled_key_is_not_loaded_when_the_oldest_are_pushed_out(cache: HubCache, tmp_path: Path) -> None:
    for key in "abc":
        cache.put(key, key)
    _tamper(tmp_path, "UPDATE Cache SET raw = 0, key = ? WHERE rowid = 1", pickle.dumps(Bomb(tmp_path / "ran")))
    cache.put("d", "d")
    assert not (tmp_path / "ran").exists()
    cache.put("e", "e")
    assert cache.get("e").body == "e"  # type: ignore[union-attr]  # it was just put


def test_a_row_that_names_a_file_elsewhere_neither_reads_nor_deletes_it(cache: HubCache, tmp_path: Path) -> None:
    theirs = tmp_path / "thesis.txt"
    theirs.write_text("precious")
    cache.put("key", "body")
    _tamper(tmp_path, "UPDATE Cache SET mode = 2, value = NULL, filename = ?", "../thesis.txt")
    assert cache.get("key") is None
    cache.clear()
    assert theirs.read_text() == "precious"


def test_an_entry_of_another_shape_is_a_miss(cache: HubCache, tmp_path: Path) -> None:
    from diskcache import Cache

    from trainpkg_widgets.hub.json_disk import JsonDisk

    cache.put("key", "body")
    with Cache(str(tmp_path / "cache"), disk=JsonDisk) as store:
        store[next(iter(store))] = ["not", "ours"]
    assert cache.get("key") is None


# ------------------------------------------------------------------ when it can't be used


def test_a_folder_that_cannot_be_made_is_no_cache_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    cache = HubCache(tmp_path / "file" / "cache", ttl_seconds=1, max_entries=1)
    with caplog.at_level(logging.WARNING, "trainpkg_widgets"):
        cache.put("key", "body")
        assert cache.get("key") is None
        assert cache.size() == 0
        cache.clear()
    assert len(caplog.records) == 1
    assert caplog.records[0].context["folder"] == str(tmp_path / "file" / "cache")  # type: ignore[attr-defined]  # set by `extra`


def test_a_damaged_database_is_no_cache_and_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.db").write_bytes(b"this is no database" * 1000)
    cache = HubCache(tmp_path, ttl_seconds=1, max_entries=1)
    with caplog.at_level(logging.WARNING, "trainpkg_widgets"):
        cache.put("key", "body")
        assert cache.get("key") is None
    assert len(caplog.records) == 1


def test_a_cache_that_is_deleted_while_in_use_does_not_raise(cache: HubCache, tmp_path: Path) -> None:
    import shutil

    cache.put("key", "body")
    shutil.rmtree(tmp_path / "cache")
    cache.put("other", "body")
    cache.get("key")


# ------------------------------------------------------------------ where it is


def test_the_folder_of_the_settings_wins_over_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_folder("~/there") == Path("/home/ada/there")


@pytest.mark.skipif(sys.platform != "linux", reason="the folder differs by system")
def test_without_one_it_is_the_systems_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert cache_folder(None) == Path("/var/caches/trainpkg_widgets/hub")


def _tamper(tmp_path: Path, statement: str, value: object) -> None:
    with sqlite3.connect(tmp_path / "cache" / "cache.db") as connection:
        connection.execute(statement, (value,))
    connection.close()


def _start(folder: Path, code: str) -> subprocess.Popen[bytes]:
    program = (
        "from pathlib import Path; from trainpkg_widgets.hub.cache import HubCache; "
        f"cache = HubCache(Path({str(folder)!r}), 3600, 3); {code}"
    )
    return subprocess.Popen([sys.executable, "-c", program])


def _in_another_process(folder: Path, code: str) -> None:
    assert _start(folder, code).wait(60) == 0

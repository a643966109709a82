"""Writing packages: each is whole or not there, and nothing of a person's is ever taken."""

from __future__ import annotations

import errno
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.package_samples import CHATS, SETTINGS, SHAPE, sample_package, sample_state
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.package import writing
from trainpkg_widgets.package.build import CannotWriteError, DataChangedError, PackageExists, assemble
from trainpkg_widgets.package.data_files import measure
from trainpkg_widgets.package.verify import load_package, verify_package


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_place_that_is_taken_is_left_as_it_is_and_a_free_one_is_offered(tmp_path: Path) -> None:
    package = sample_package()
    place = package.write(tmp_path)
    (place / "mine.txt").write_text("mine")
    with pytest.raises(PackageExists, match="support-bot-2") as caught:
        package.write(tmp_path)
    assert caught.value.free == tmp_path / "support-bot-2"
    assert (place / "mine.txt").read_text() == "mine"
    archive = package.write(tmp_path / "sent.zip")
    with pytest.raises(PackageExists) as caught:
        package.write(archive)
    assert caught.value.free == tmp_path / "sent-2.zip"


def test_overwriting_replaces_a_package(tmp_path: Path) -> None:
    sample_package(max_steps=1).write(tmp_path)
    place = sample_package(max_steps=2).write(tmp_path, overwrite=True)
    assert "max_steps: 2" in (place / "sft.yaml").read_text(encoding="utf-8")
    assert names_in(tmp_path) == ["support-bot"]
    archive = sample_package(max_steps=1).write(tmp_path / "p.zip")
    sample_package(max_steps=2).write(archive, overwrite=True)
    loaded = load_package(archive).choices.config
    assert loaded is not None
    assert loaded.max_steps == 2


@pytest.mark.parametrize("precious", ["output/model.safetensors", "notes.txt", ".venv/pyvenv.cfg"])
def test_overwriting_never_takes_more_than_a_package(tmp_path: Path, precious: str) -> None:
    place = sample_package().write(tmp_path)
    (place / precious).parent.mkdir(exist_ok=True)
    (place / precious).write_text("mine")
    with pytest.raises(PackageExists, match="more than its package"):
        sample_package().write(tmp_path, overwrite=True)
    assert (place / precious).read_text() == "mine"


def test_overwriting_never_takes_what_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "support-bot").mkdir()
    with pytest.raises(PackageExists, match="no package"):
        sample_package().write(tmp_path, overwrite=True)
    (tmp_path / "thesis.zip").write_bytes(b"my only copy")
    with pytest.raises(PackageExists, match="no package"):
        sample_package().write(tmp_path / "thesis.zip", overwrite=True)
    assert (tmp_path / "thesis.zip").read_bytes() == b"my only copy"


def failing_after(lines: int, error: BaseException) -> Any:
    calls = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal calls
        calls += 1
        for number, row in enumerate(CHATS):
            if calls > 1 and number == lines:
                raise error
            yield row

    return rows


@pytest.mark.parametrize("target", [".", "p.zip"])
def test_a_write_that_is_cut_short_leaves_nothing_behind(tmp_path: Path, target: str) -> None:
    rows = failing_after(20, KeyboardInterrupt())
    package = assemble(sample_state(), SETTINGS, measure(rows), SHAPE)
    with pytest.raises(KeyboardInterrupt):
        package.write(tmp_path / target)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("target", [".", "p.zip"])
def test_rows_that_changed_since_they_were_looked_at_are_not_written(tmp_path: Path, target: str) -> None:
    rows = [dict(row) for row in CHATS]
    package = assemble(sample_state(), SETTINGS, measure(lambda: rows), SHAPE)
    rows[3] = {"messages": []}
    with pytest.raises(DataChangedError, match="nothing was written"):
        package.write(tmp_path / target)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "rows.csv"),
        DataError("file-gone", "rows.csv is not there any more."),
    ],
)
def test_rows_that_can_not_be_read_any_more_are_no_trouble_of_the_disk_written_to(
    tmp_path: Path, error: Exception
) -> None:
    rows = failing_after(3, error)
    package = assemble(sample_state(), SETTINGS, measure(rows), SHAPE)
    with pytest.raises(DataChangedError, match=r"rows\.csv"):
        package.write(tmp_path)
    assert names_in(tmp_path) == []


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    for target in (tmp_path, tmp_path / "p.zip"):
        with pytest.raises(CannotWriteError, match=r"No space left on device.*make room") as caught:
            sample_package().write(target)
        assert str(caught.value.filename).startswith(str(tmp_path))
        assert names_in(tmp_path) == []


def test_a_folder_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError, match="Choose another folder"):
        sample_package().write(tmp_path / "file")


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are of Unix")
def test_others_can_read_a_package_as_they_can_any_new_folder(tmp_path: Path) -> None:
    place = sample_package().write(tmp_path)
    (tmp_path / "plain").mkdir()
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


KILLED = """
import sys, time
from tests.unit.package_samples import CHATS, SETTINGS, SHAPE, sample_state
from trainpkg_widgets.package.build import assemble
from trainpkg_widgets.package.data_files import measure

calls = 0
def rows():
    global calls
    calls += 1
    for number, row in enumerate(CHATS):
        if calls > 1 and number == 20:
            print("half", flush=True)
            time.sleep(60)
        yield row

assemble(sample_state(), SETTINGS, measure(rows), SHAPE).write(sys.argv[1])
"""


@pytest.mark.parametrize("target", ["support-bot", "p.zip"])
def test_a_process_that_is_killed_while_it_writes_leaves_no_half_package_under_its_name(
    tmp_path: Path, target: str
) -> None:
    wanted = tmp_path / target if target.endswith(".zip") else tmp_path
    writer = subprocess.Popen([sys.executable, "-c", KILLED, str(wanted)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert not (tmp_path / target).exists()
    assert verify_package(sample_package().write(wanted)) == []

"""Checking a written package: whatever was done to it is told, and nothing in it is trusted."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from tests.unit.package_samples import sample_package
from trainpkg_widgets.package.manifest import ManifestError
from trainpkg_widgets.package.reading import Limits, UnreadablePackageError
from trainpkg_widgets.package.secret_shapes import secret_in
from trainpkg_widgets.package.verify import load_package, verify_package

TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return sample_package(held_back=4).write(tmp_path)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return sample_package(held_back=4).write(tmp_path / "p.zip")


def codes(path: Path, limits: Limits | None = None) -> list[str]:
    findings = verify_package(path, limits) if limits else verify_package(path)
    assert all(f.severity == "error" and f.message for f in findings)
    return [f.code for f in findings]


def said(path: Path) -> str:
    return " ".join(f"{f.message} {f.evidence}" for f in verify_package(path))


def rehash(place: Path, path: str) -> None:
    """Make the manifest agree with a file that was changed, as someone would who wants it to pass."""
    manifest = yaml.safe_load((place / "package.yaml").read_text(encoding="utf-8"))
    content = (place / path).read_bytes()
    for file in manifest["files"]:
        if file["path"] == path:
            file.update(bytes=len(content), sha256=sha256(content).hexdigest())
    (place / "package.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")


def rezip(archive: Path, *changes: tuple[zipfile.ZipInfo | str, bytes]) -> None:
    """The archive with entries added to it."""
    with zipfile.ZipFile(archive, "a") as opened:
        for name, content in changes:
            opened.writestr(name, content)


def test_a_package_as_it_was_written_is_well(place: Path, archive: Path) -> None:
    assert verify_package(place) == []
    assert verify_package(archive) == []


def test_what_a_run_leaves_behind_is_no_part_of_it(place: Path) -> None:
    (place / "output").mkdir()
    (place / "output" / "model.safetensors").write_bytes(b"weights")
    (place / ".venv").mkdir()
    (place / ".venv" / "python").symlink_to("/usr/bin/python3")
    assert verify_package(place) == []


# ------------------------------------------------------------------ changed, missing, added


@pytest.mark.parametrize("path", ["sft.yaml", "README.md", "requirements.txt", "data/train.jsonl"])
def test_one_changed_byte_is_found(place: Path, path: str) -> None:
    content = bytearray((place / path).read_bytes())
    content[len(content) // 2] ^= 1
    (place / path).write_bytes(content)
    assert "file-changed" in codes(place)
    assert path in said(place)


def test_a_file_that_grew_is_found(place: Path) -> None:
    with (place / "data/train.jsonl").open("a") as file:
        file.write("{}\n")
    assert codes(place) == ["file-changed"]


@pytest.mark.parametrize("path", ["data/train.jsonl", "sft.yaml", "README.md"])
def test_a_secret_is_found_in_a_file_that_grew_and_behind_a_broken_row(place: Path, path: str) -> None:
    with (place / path).open("a") as file:
        file.write(f"{{broken\n# hub_token: {TOKEN}\n")
    assert codes(place)[:2] == ["file-changed", "secret"]
    rehash(place, path)
    assert "secret" in codes(place)
    assert TOKEN not in said(place)


def test_a_missing_file_is_named(place: Path) -> None:
    (place / "data/test.jsonl").unlink()
    assert codes(place) == ["file-missing"]
    assert "data/test.jsonl" in said(place)


def test_an_added_file_is_named(place: Path, archive: Path) -> None:
    (place / "data" / "more.jsonl").write_text("{}\n")
    assert codes(place) == ["file-extra"]
    rezip(archive, ("support-bot/train.py", b"print()"))
    assert codes(archive) == ["file-extra"]
    assert "train.py" in said(archive)


def test_a_row_that_is_no_json_is_named_by_its_line(place: Path) -> None:
    lines = (place / "data/train.jsonl").read_text(encoding="utf-8").splitlines()
    lines[6] = "{broken"
    (place / "data/train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rehash(place, "data/train.jsonl")
    assert codes(place) == ["row-broken"]
    assert "Line 7 of data/train.jsonl" in said(place)


def test_a_row_that_is_no_mapping_is_found(place: Path) -> None:
    lines = (place / "data/train.jsonl").read_text(encoding="utf-8").splitlines()
    lines[0] = "[1, 2]"
    (place / "data/train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rehash(place, "data/train.jsonl")
    assert codes(place) == ["row-broken"]


def test_fewer_rows_than_were_written_are_found(place: Path) -> None:
    lines = (place / "data/train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (place / "data/train.jsonl").write_text("".join(lines[:-1]), encoding="utf-8")
    rehash(place, "data/train.jsonl")
    assert codes(place) == ["rows-differ"]


def test_a_key_that_trl_would_refuse_is_named_with_the_nearest_one(place: Path) -> None:
    text = (place / "sft.yaml").read_text(encoding="utf-8").replace("learning_rate:", "learning_rte:")
    (place / "sft.yaml").write_text(text, encoding="utf-8")
    rehash(place, "sft.yaml")
    assert codes(place) == ["config-key-unknown"]
    assert "“learning_rate”" in said(place)


def test_a_config_that_is_no_yaml_is_found(place: Path) -> None:
    (place / "sft.yaml").write_text("a: [", encoding="utf-8")
    rehash(place, "sft.yaml")
    assert codes(place) == ["config-broken"]


def test_a_config_that_would_set_the_environment_is_refused(place: Path) -> None:
    # TRL reads `env:` and sets the environment from it: a way to run what nobody chose.
    (place / "sft.yaml").write_text("env: {LD_PRELOAD: /tmp/x.so}\n", encoding="utf-8")
    rehash(place, "sft.yaml")
    assert codes(place) == ["config-key-unknown"]


# ------------------------------------------------------------------ secrets


@pytest.mark.parametrize("path", ["README.md", "data/train.jsonl", "sft.yaml"])
def test_a_planted_token_is_found_though_the_hashes_agree_and_it_is_not_repeated(place: Path, path: str) -> None:
    added = json.dumps({"text": TOKEN}) if path.endswith(".jsonl") else f"# {TOKEN}"
    lines = (place / path).read_text(encoding="utf-8").splitlines()
    lines[-1] = added
    (place / path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    rehash(place, path)
    assert "secret" in codes(place)
    assert f"{path}, line {len(lines)}" in said(place)
    assert TOKEN not in said(place)


def test_a_token_planted_in_the_manifest_is_found(place: Path) -> None:
    text = (place / "package.yaml").read_text(encoding="utf-8")
    (place / "package.yaml").write_text(text.replace("note: ''", f"note: {TOKEN}"), encoding="utf-8")
    assert codes(place) == ["secret"]


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        "api_org_" + "a" * 34,
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1_" * 20,
        "glpat-" + "a1-" * 8,
        "sk-" + "a1" * 24,
        "sk-proj-" + "a1" * 40,
        "sk-ant-api03-" + "a1" * 40,
        "AKIA" + "A1" * 8,
        "AIza" + "a1_-a" * 7,
        "xoxb-" + "1234567890-abcdef",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_the_known_shapes_of_secrets_are_known(secret: str) -> None:
    assert secret_in(f'{{"a": "{secret}"}}')
    assert secret_in(f"https://user:{secret}@example.org")


@pytest.mark.parametrize(
    "text",
    ["hf_model", "task-oriented-dialogue-with-many-words", "sha256: " + "ab" * 32, "-----BEGIN PUBLIC KEY-----"],
)
def test_what_is_no_secret_is_let_alone(text: str) -> None:
    assert secret_in(text) is None


# ------------------------------------------------------------------ hostile


def test_a_link_is_refused(place: Path, archive: Path) -> None:
    (place / "README.md").unlink()
    (place / "README.md").symlink_to("/etc/passwd")
    assert codes(place) == ["package-refused"]
    assert "README.md is a link" in said(place)
    link = zipfile.ZipInfo("support-bot/link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    rezip(archive, (link, b"/etc/passwd"))
    assert codes(archive) == ["package-refused"]
    assert "link" in said(archive)


def test_a_linked_folder_is_not_looked_into(place: Path, tmp_path: Path) -> None:
    shutil.move(place / "data", tmp_path / "elsewhere")
    (place / "data").symlink_to(tmp_path / "elsewhere")
    assert codes(place) == ["package-refused"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are of Unix")
def test_a_pipe_does_not_make_it_wait_for_ever(place: Path) -> None:
    os.mkfifo(place / "pipe")
    assert codes(place) == ["package-refused"]


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "support-bot/../../evil", "/etc/evil", "C:/evil"),
        *("support-bot//evil", "support-bot/./evil", "a\\..\\evil"),
    ],
)
def test_an_archive_that_would_write_elsewhere_is_refused(archive: Path, name: str) -> None:
    rezip(archive, (name, b"x"))
    assert codes(archive) == ["package-refused"]
    assert "evil" in said(archive)


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "data/../../x", ""])
def test_a_manifest_that_lists_a_path_elsewhere_is_refused(place: Path, path: str) -> None:
    manifest = yaml.safe_load((place / "package.yaml").read_text(encoding="utf-8"))
    manifest["files"][0]["path"] = path
    (place / "package.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), encoding="utf-8")
    assert "path-unsafe" in codes(place)


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Path) -> None:
    rezip(archive, ("support-bot/data/zeros", b""))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened, opened.open("support-bot/bomb", "w") as entry:
        for _ in range(64):
            entry.write(bytes(2**20))
    small = Limits(bomb_bytes=2**20)
    assert codes(archive, small) == ["package-refused"]
    assert "bomb" in verify_package(archive, small)[0].evidence


def test_an_archive_that_lies_about_its_sizes_is_found(archive: Path) -> None:
    content = archive.read_bytes()
    size = struct.pack("<L", 4 * 2**30 - 2)
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo("support-bot/README.md")
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(info.filename.encode()))
    archive.write_bytes(content[: entry + 24] + size + content[entry + 28 :])
    assert codes(archive)


def test_two_files_of_one_name_are_refused(archive: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        rezip(archive, ("support-bot/README.md", b"other"))
    assert codes(archive) == ["package-refused"]


def test_a_damaged_archive_is_told_and_nothing_is_raised(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for cut in range(0, len(whole), 101):
        broken = tmp_path / "broken.zip"
        broken.write_bytes(whole[:cut] + bytes(50) + whole[cut + 50 :])
        assert verify_package(broken), cut
    archive.write_bytes(whole[: len(whole) // 2])
    assert codes(archive) == ["package-refused"]


def test_an_archive_that_holds_no_folder_is_refused(tmp_path: Path) -> None:
    loose = io.BytesIO()
    with zipfile.ZipFile(loose, "w") as opened:
        opened.writestr("package.yaml", "format: 1")
    (tmp_path / "loose.zip").write_bytes(loose.getvalue())
    assert codes(tmp_path / "loose.zip") == ["package-refused"]
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert codes(tmp_path / "empty.zip") == ["package-refused"]


def test_a_manifest_of_aliases_is_refused(place: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (place / "package.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert codes(place) == ["manifest-broken"]
    assert "aliases" in said(place)


def test_a_manifest_that_is_too_large_is_refused(place: Path) -> None:
    assert codes(place, Limits(text_bytes=1000)) == ["manifest-broken"]


@pytest.mark.parametrize("made", ["nothing", "file", "folder"])
def test_what_is_no_package_is_told(tmp_path: Path, made: str) -> None:
    path = tmp_path / made
    if made == "file":
        path.write_text("hello")
    if made == "folder":
        path.mkdir()
    assert codes(path) == ["package-refused"]
    with pytest.raises(UnreadablePackageError):
        load_package(path)


def test_a_broken_manifest_is_an_error_of_its_own(place: Path) -> None:
    (place / "package.yaml").write_text("format: 99\n")
    assert codes(place) == ["manifest-broken"]
    with pytest.raises(ManifestError, match="99"):
        load_package(place)

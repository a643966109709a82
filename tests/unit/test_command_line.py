"""The commands: what they print, and what they end with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.package_samples import sample_package
from trainpkg_widgets.command_line import DEMO_MODEL, main
from trainpkg_widgets.package.verify import load_package, verify_package


def test_verify_says_that_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = sample_package().write(tmp_path)
    assert main(["verify", str(place)]) == 0
    assert "all is well" in capsys.readouterr().out


def test_verify_says_what_is_wrong_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = sample_package().write(tmp_path)
    (place / "README.md").write_text("short")
    (place / "sft.yaml").unlink()
    assert main(["verify", str(place)]) == 1
    said = capsys.readouterr().out
    assert "3 things are wrong" in said
    assert "error: README.md was changed" in said


def test_check_says_that_a_config_holds_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, secret = tmp_path / "sft.yaml", "hf_" + "a" * 34
    config.write_text(f"model_name_or_path: {tmp_path}/none\nhub_token: {secret}\n")
    main(["check", str(config)])
    said = capsys.readouterr().out
    assert "“hub_token” holds a secret" in said
    assert secret not in said


def test_verify_of_nothing_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "nothing")]) == 1
    assert "There is nothing at" in capsys.readouterr().out


def test_no_command_is_a_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


def test_the_demo_makes_a_verified_package_where_no_hub_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.yaml").write_text("model: {hub: {endpoint: 'http://127.0.0.1:9'}, cache: {enabled: false}}")
    monkeypatch.setenv("TRAINPKG_CONFIG", str(tmp_path / "settings.yaml"))
    for name in ("demo", "demo-2"):
        assert main(["demo", str(tmp_path / "out")]) == 0
        said = capsys.readouterr().out
        assert f"{name}/\n  package.yaml" in said
        assert "all is well" in said
        assert "make lab" in said
        place = tmp_path / "out" / name
        assert verify_package(place) == []
        model = load_package(place).choices.model
        assert model is not None
        assert model.repo_id == DEMO_MODEL

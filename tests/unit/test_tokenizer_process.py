"""The process of a tokenizer: it runs nothing of a model's folder, and one that was closed stays closed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.tokenizer_process import TokenizerProcess
from trainpkg_widgets.settings import load_settings


@pytest.mark.parametrize("python_path", ["", "."])
@pytest.mark.parametrize("name", ["transformers.py", "json.py", "tokenizer_worker.py"])
def test_a_module_in_a_models_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, python_path: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", python_path)
    ran, folder = tmp_path / "ran", tmp_path / "model"
    folder.mkdir()
    (folder / name).write_text(f"open({str(ran)!r}, 'w').close()")
    process = TokenizerProcess(folder, load_settings({}).dataset.tokenizer)
    with suppress(DataError):  # it holds no tokenizer
        assert process.about
    process.close()
    assert not ran.exists()


def test_one_that_was_closed_is_not_started_again(tmp_path: Path) -> None:
    process = TokenizerProcess(tmp_path, load_settings({}).dataset.tokenizer)
    process.close()
    with pytest.raises(DataError) as refused:
        process.ask({"do": "count"})
    assert refused.value.code == "tokenizer-closed"

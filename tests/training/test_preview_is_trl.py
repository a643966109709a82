"""What the preview says is trained is what TRL trains: the same ids and labels, token by token, on real templates.

`make prove` takes all of the recorded templates; one of each kind is taken with the other tests of an environment.
"""

from __future__ import annotations

import gzip
import json
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.training.environment import environment_of
from tests.training.template_cases import CASES, how_of
from trainpkg_widgets.data.errors import DataError
from trainpkg_widgets.data.tokenizer_process import TokenizerProcess
from trainpkg_widgets.settings import load_settings

SCRIPTS = Path(__file__).parent
RECORDED = Path(__file__).parents[1] / "recorded" / "chat_templates.json.gz"
# With thoughts, with the day in it, with another name for the assistant, without a system turn, and an old one.
FEW = ("qwen3.5", "llama-3.1-instruct", "gemma-3-1b-it", "deepseek-r1-0528", "mistral-instruct-v0.3", "Ernie4.5")

Case = tuple[str, dict[str, Any], dict[str, Any]]
Labels = list[list[list[int] | None]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with TRL, of the environment that a package asks for."""
    from tests.unit.package_samples import sample_package

    return str(environment_of(sample_package().write(tmp_path_factory.mktemp("package"))) / "python")


def recorded_templates() -> dict[str, str]:
    return dict(json.loads(gzip.decompress(RECORDED.read_bytes())))


def ours(process: TokenizerProcess, case: Case) -> dict[str, Any] | str:
    """The ids, labels and text that the preview shows, as TRL would put them; or what it says against the row."""
    method, row, options = case
    request = {"do": "see", "rows": [row], "how": how_of(method, options), "most": 10_000}
    try:
        (seen,) = process.ask(request)["rows"]
    except DataError as error:
        return error.evidence or error.message
    found: Labels = []
    for sequence in seen:
        kept = [(i, state) for i, state in zip(sequence["ids"], sequence["states"], strict=True) if state != "cut"]
        labels = None if method == "reward" else [i if state == "trained" else -100 for i, state in kept]
        found.append([[i for i, _ in kept], labels])
    # A row whose every label is cut off is dropped.
    nothing_left = method != "reward" and all(label == -100 for _, labels in found for label in labels or ())
    chat = any(isinstance(row.get(name), list) for name in ("messages", "prompt"))
    text = "".join(piece[0] for piece in seen[0]["pieces"]) if chat else None
    return {"rows": [] if nothing_left else found, "text": text}


def agreement(templates: Mapping[str, str], kind: str, folder: Path, python: str) -> dict[str, dict[str, str]]:
    """Template → case → “same”, “both refuse”, or the difference."""
    wanted = {name: {"template": template, "kind": kind} for name, template in templates.items()}
    told_to(python, "template_tokenizers.py", str(folder), given=wanted)
    cases = [
        {"folder": str(folder / name), "method": method, "row": row, "options": options}
        for name in templates
        for method, row, options in CASES.values()
    ]
    trl = iter([json.loads(line) for line in told_to(python, "trl_labels.py", given={"cases": cases}).splitlines()])
    settings = load_settings({"dataset": {"tokenizer": {"python": python}}}).dataset.tokenizer
    table: dict[str, dict[str, str]] = {}
    for name in templates:
        process = TokenizerProcess(folder / name, settings)
        table[name] = {case: compared(ours(process, CASES[case]), next(trl)) for case in CASES}
        process.close()
    return table


def compared(mine: dict[str, Any] | str, theirs: dict[str, Any] | str) -> str:
    if isinstance(mine, str) or isinstance(theirs, str):
        both = isinstance(mine, str) and isinstance(theirs, str)
        return (
            "both refuse" if both else f"only {'we' if isinstance(mine, str) else 'TRL'}: {mine!r:.80} | {theirs!r:.80}"
        )
    return "same" if mine == theirs else f"we {mine!r:.200} | TRL {theirs!r:.200}"


def told_to(python: str, script: str, *arguments: str, given: Any) -> str:
    done = subprocess.run(
        [python, script if script == "-c" else str(SCRIPTS / script), *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env={"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def differences(table: Mapping[str, Mapping[str, str]]) -> list[str]:
    counts = Counter(
        word if word in ("same", "both refuse") else "differs" for row in table.values() for word in row.values()
    )
    print(f"{sum(counts.values())} rows on {len(table)} templates: {dict(counts)}")
    return [
        f"{name} · {case}: {word}"
        for name, row in table.items()
        for case, word in row.items()
        if word not in ("same", "both refuse")
    ]


def trls_own_templates(python: str) -> dict[str, str]:
    """The chat templates that TRL ships: models' own, and its copies of them with marks."""
    where = told_to(python, "-c", "import importlib.util; print(importlib.util.find_spec('trl').origin)", given=None)
    folder = Path(where.strip()).parent / "chat_templates"
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.jinja"))}


@pytest.mark.trains
def test_the_preview_says_trained_where_trl_trains(tmp_path: Path, python: str) -> None:
    templates = recorded_templates()
    table = agreement({name: templates[name] for name in FEW}, "bytes", tmp_path, python)
    assert differences(table) == []
    assert {word for row in table.values() for word in row.values()} == {"same", "both refuse"}


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["bytes", "words"])
def test_the_preview_says_trained_where_trl_trains_on_every_template(kind: str, tmp_path: Path, python: str) -> None:
    assert differences(agreement(recorded_templates(), kind, tmp_path, python)) == []


@pytest.mark.prove
def test_answers_that_templates_mark_are_trained_where_trl_trains_them(tmp_path: Path, python: str) -> None:
    table = agreement(trls_own_templates(python), "bytes", tmp_path, python)
    assert differences(table) == []
    assert sum(row["marked"] == "same" for row in table.values()) > 25

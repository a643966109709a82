"""Looking at what an imported run names, and what is known about it then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...advice.access import access_findings
from ...advice.as_written.evidence import Case
from ...advice.as_written.findings import as_written_findings
from ...advice.deploy_findings import deploy_findings
from ...advice.model_findings import model_findings
from ...facts import Finding
from ...imported_run import ImportedRun
from .data_evidence import data_evidence, files_named
from .model_evidence import model_evidence, tokenizer_evidence
from .reward_evidence import reward_evidence

if TYPE_CHECKING:
    from ...settings.dataset_settings import DatasetSettings
    from ...settings.schema import Settings
    from ...steps import SessionState

# Facts about a model that no trainer asks for, and that hold however it is trained.
_ABOUT_THE_MODEL = ("licence", "size")


def imported_findings(state: SessionState, settings: Settings, run: ImportedRun) -> tuple[Finding, ...]:
    """What is known about an imported run as it is written, in the order of the steps."""
    target = next(iter(settings.deploy.targets.values()))
    requirements = [*target.requirements, *target.qlora_requirements]
    found: list[Finding] = []
    if state.model is not None:
        found += access_findings(state.model, settings.model.hub.endpoint)
        found += [f for f in model_findings(state.model, settings.model) if f.code.startswith(_ABOUT_THE_MODEL)]
    found += as_written_findings(case_of(run, settings.dataset), requirements)
    if state.deploy is not None:
        # That a model lies in a folder is what the file itself says.
        found += [f for f in deploy_findings(state, settings) if f.code != "model-not-portable"]
    order = {"model": 0, "config": 1, "dataset": 2, "deploy": 3}
    return tuple(sorted(found, key=lambda finding: order[finding.step]))


def case_of(run: ImportedRun, settings: DatasetSettings) -> Case:
    """The run with all that is seen of what it names: small files, the first rows, the text of reward functions."""
    folder = Path(run.folder) if run.folder else Path.cwd()
    looked_at = tuple((str(path), path.stat().st_mtime_ns) for path in _places(run.keys, folder) if path.exists())
    return _looked_at(run.method, json.dumps(run.keys, sort_keys=True), str(folder), looked_at, _Held(settings))


class _Held:
    """Settings that stay what they are, so that they count for the same."""

    def __init__(self, settings: DatasetSettings) -> None:
        self.settings = settings

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.settings == self.settings


# Every change of a choice asks again, and a tokenizer has megabytes.
@lru_cache(maxsize=2)
def _looked_at(
    method: str, keys_text: str, folder_text: str, looked_at: tuple[tuple[str, int], ...], held: _Held
) -> Case:
    keys: dict[str, Any] = json.loads(keys_text)
    folder = Path(folder_text)
    template, tokenizer, paths = _chosen_template(keys, folder)
    return Case(
        method=method,
        keys=keys,
        model=model_evidence(keys.get("model_name_or_path"), folder),
        data=data_evidence(keys, folder, held.settings),
        rewards=reward_evidence(keys.get("reward_funcs"), folder) if method == "grpo" else (),
        chosen_template=template,
        chosen_tokenizer=tokenizer,
        paths={**paths, **_paths(keys, folder)},
    )


def _chosen_template(keys: Mapping[str, Any], folder: Path) -> tuple[str | None, Any, dict[str, str]]:
    """The template that `chat_template_path` brings: a .jinja file, or a model's with its stop token."""
    named = keys.get("chat_template_path")
    if not isinstance(named, str):
        return None, None, {}
    place = Path(named).expanduser()
    place = place if place.is_absolute() else folder / place
    if place.is_file() and place.suffix in (".jinja", ".j2"):
        return place.read_text(encoding="utf-8", errors="replace"), None, {"chat_template_path": "file"}
    if place.is_dir():
        other = tokenizer_evidence(place)
        return other.template, other, {"chat_template_path": "model" if other.template else "empty"}
    local = Path(named).is_absolute() or named.startswith((".", "~")) or place.exists()
    return None, None, {"chat_template_path": "missing" if local else "elsewhere"}


def _paths(keys: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """What is at the places that other keys name: `missing`, `file` or `folder`."""
    found = {
        key: _at(folder / keys[key])
        for key in ("accelerate_config", "output_dir", "resume_from_checkpoint")
        if isinstance(keys.get(key), str) and keys[key]
    }
    scorer = keys.get("reward_model_name_or_path")
    if isinstance(scorer, str) and Path(scorer).is_absolute():
        found["reward_model_name_or_path"] = _at(Path(scorer))
    resumed = keys.get("resume_from_checkpoint")
    if resumed is True or found.get("resume_from_checkpoint") == "folder":
        place = folder / str(resumed if resumed is not True else keys.get("output_dir") or "trainer_output")
        there = place.glob("checkpoint-*") if resumed is True else place.glob("trainer_state.json")
        found["resume_from_checkpoint"] = "folder" if next(there, None) else "missing"
    return found


def _at(place: Path) -> str:
    return "folder" if place.is_dir() else "file" if place.exists() else "missing"


def _places(keys: Mapping[str, Any], folder: Path) -> list[Path]:
    model = keys.get("model_name_or_path")
    named = [folder / model] if isinstance(model, str) and model else []
    return [
        *named,
        *(path for place in named if place.is_dir() for path in place.iterdir()),
        *files_named(keys, folder),
    ]

"""From a trainer's YAML to the choices of a session, with what could not be understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...facts import Finding
from ...imported_run import ImportedRun, Trainer
from ...steps import ConfigStep, DatasetStep, ModelStep
from .data_evidence import files_named
from .trl_choices import choices_of
from .trl_yaml import ConfigUnreadableError, plain, read_keys, without_secrets

if TYPE_CHECKING:
    from ...data.sources import Rows
    from ...settings.schema import Settings

__all__ = ["ConfigUnreadableError", "Imported", "Source", "open_config", "read_source"]

ChooseModel = Callable[[str, "str | None"], "tuple[ModelStep | None, list[Finding]]"]

_METHODS = ("sft", "cpt", "dpo", "kto", "orpo", "reward", "grpo")
# Keys that one method of TRL has and the others lack, the surest first.
_TELLING = (
    ("grpo", ("reward_funcs", "num_generations", "max_completion_length", "reward_model_name_or_path")),
    ("kto", ("desirable_weight", "undesirable_weight")),
    ("reward", ("center_rewards_coefficient",)),
    ("dpo", ("precompute_ref_log_probs", "ref_model_name_or_path", "f_divergence_type", "loss_weights", "beta")),
)


@dataclass(frozen=True)
class Imported:
    """What a config becomes: the run as it is written, and the step data it gives (None where it gives none)."""

    run: ImportedRun
    config: ConfigStep
    model: ModelStep | None
    dataset: DatasetStep | None
    rows: Rows | None
    said: tuple[Finding, ...]


@dataclass(frozen=True)
class Source:
    """A config as it was read: its keys without secrets, where it lies, its trainer, and what there is to say."""

    keys: dict[str, Any]
    file: str
    folder: Path
    trainer: Trainer
    said: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.file).name or "a config"


def read_source(given: str | Path | Mapping[str, Any], folder: str | Path | None) -> Source:
    """A trainer's config. `folder` is where the run would be started: the file's own where None.

    Raises:
        ConfigUnreadableError: it is no config.
    """
    file = "" if isinstance(given, Mapping) else str(Path(given).expanduser().resolve())
    keys = plain(given) if isinstance(given, Mapping) else read_keys(Path(file))
    keys, secret = without_secrets(keys)
    start = Path(folder).expanduser().resolve() if folder else Path(file).parent if file else Path.cwd()
    said = tuple(_secret_left_out(key) for key in secret)
    return Source(keys, file, start, trainer_of(keys), said)


def trainer_of(keys: Mapping[str, Any]) -> Trainer:
    """The trainer a config is for, by the keys that it alone has."""
    if "base_model" in keys:
        return "axolotl"
    if {"stage", "finetuning_type", "cutoff_len", "dataset_dir"} & set(keys) and "model_name_or_path" in keys:
        return "llamafactory"
    return "trl"


def open_config(source: Source, *, method: str | None, settings: Settings, choose_model: ChooseModel) -> Imported:
    """The choices that a TRL config makes.

    Raises:
        ConfigUnreadableError: there is no such method.
    """
    keys, start = source.keys, source.folder
    method = (method or guess_method(keys, Path(source.file).stem)).lower()
    if method not in _METHODS:
        raise ConfigUnreadableError(f"There is no method “{method}”. The methods are {', '.join(_METHODS)}.")
    run = ImportedRun(trainer="trl", version="1.16.0", method=method, keys=keys, source=source.file, folder=str(start))
    rows, dataset = _rows(keys, start, settings)
    completions = dataset is not None and {"prompt", "completion"} <= set(dataset.features)
    config, kept = choices_of(method, keys, settings.config, completions=completions)
    said = [*source.said, *([_kept(kept)] if kept else [])]
    model = None
    named, revision = keys.get("model_name_or_path"), keys.get("model_revision")
    if isinstance(named, str) and named.strip():
        place = start / Path(named).expanduser()
        model, _ = choose_model(
            str(place) if place.is_dir() else named, revision if isinstance(revision, str) else None
        )
    return Imported(run, config, model, dataset, rows, tuple(said))


def guess_method(keys: Mapping[str, Any], stem: str) -> str:
    """The method a config is for, which TRL is told as a sub-command: by the file's name, else by its keys."""
    words = stem.lower().replace("-", "_").split("_")
    named = next((method for method in _METHODS if method in words), None)
    if named:
        return named
    return next((method for method, telling in _TELLING if any(key in keys for key in telling)), "sft")


def _rows(keys: Mapping[str, Any], start: Path, settings: Settings) -> tuple[Rows | None, DatasetStep | None]:
    """The rows of the first file that is named, as a dataset step; None where they can't be read."""
    from ...data.errors import DataError
    from ...data.profile import profile_dataset
    from ...data.sources import open_file

    files = files_named(keys, start)
    if not files:
        return None, None
    try:
        rows = open_file(files[0], settings.dataset)
        return rows, profile_dataset(rows, settings.dataset)
    except DataError:
        return None, None


def _secret_left_out(key: str) -> Finding:
    return Finding(
        severity="warning",
        step="deploy",
        field="package",
        code="secret-left-out",
        message=f"The key “{key}” holds a secret and was left out.",
        evidence="A secret is read from the environment when the run starts; take it out of the file.",
    )


def _kept(kept: Mapping[str, str]) -> Finding:
    names = ", ".join(kept)
    return Finding(
        severity="info",
        step="config",
        field="config.trainer_keys",
        code="keys-kept",
        message=f"{len(kept)} {'key is' if len(kept) == 1 else 'keys are'} kept as they stand: {names}.",
        evidence="; ".join(f"{key}: {why.rstrip('.')}" for key, why in kept.items())[:600] + ".",
    )

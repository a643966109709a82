"""The type of every option that `config/*.yaml` declares, each of them honoured. Reading the files is `loader.py`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..search_filters import SortOrder

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A mapping of a settings file: frozen, and a misspelt option is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# ------------------------------------------------------------------ shared.yaml


class LogSettings(Section):
    """What our loggers print. `off` is the default in a notebook; the level is one for all of ours."""

    level: Literal["off", "DEBUG", "INFO", "WARN", "ERROR"]


class AutosaveSettings(Section):
    """Saving the session, so that a restarted kernel can resume. `folder` None means the user's state folder."""

    enabled: bool
    seconds: Positive
    folder: str | None


class WorkSettings(Section):
    """The thread pool for slow work, how many earlier states undo keeps, and when a browser asks again."""

    threads: Count
    undo_depth: Count
    poll_after_ms: Count
    answers_kept: Count


class SharedSettings(Section):
    logging: LogSettings
    autosave: AutosaveSettings
    work: WorkSettings


# ------------------------------------------------------------------ step1_model.yaml


class HubSettings(Section):
    """How the Hub is called: seconds for the timeouts and waits, `retries` after the first attempt."""

    endpoint: str
    timeout_seconds: Positive
    retries: Annotated[int, Field(ge=0, le=10)]
    first_wait_seconds: Positive
    longest_wait_seconds: Positive


class CacheSettings(Section):
    """The cache of Hub answers on disk, shared by kernels. `folder` None means the user's cache folder."""

    enabled: bool
    ttl_seconds: Positive
    max_entries: Count
    folder: str | None


class PopularModel(Section):
    """A card shown before any typing; `note` is a line of the team's own on it."""

    id: str
    note: str = ""


class SizeCategories(Section):
    """Upper bounds of the three size categories, in GB (10^9 bytes) of weights."""

    small_gb: Positive
    medium_gb: Positive
    large_gb: Positive


class SearchSettings(Section):
    """`debounce_ms` is the pause in typing that starts a search; `max_results` bounds all pages of one search."""

    debounce_ms: Annotated[int, Field(ge=0, le=5000)]
    min_characters: Annotated[int, Field(ge=1, le=10)]
    page_size: Annotated[int, Field(ge=1, le=100)]
    max_results: Annotated[int, Field(ge=1, le=1000)]
    default_sort: SortOrder


class SizeRules(Section):
    """Weights above these many GB are warned about, need a confirmation, are refused."""

    warn_over_gb: Positive
    confirm_over_gb: Positive
    refuse_over_gb: Positive


class CardDisplay(Section):
    """What a card shows beside its name."""

    downloads: bool
    licence: bool
    notes: bool


class ModelFeatures(Section):
    """Parts of the model step that can be switched off."""

    hub_search: bool
    catalogue: bool
    filters: bool
    access_check: bool


class SortOption(Section):
    value: SortOrder
    label: str


class ModelSettings(Section):
    """The model step: `config/step1_model.yaml`."""

    hub: HubSettings
    cache: CacheSettings
    popular: list[PopularModel]
    size_categories: SizeCategories
    search: SearchSettings
    size_rules: SizeRules
    display: CardDisplay
    features: ModelFeatures
    sort_options: Annotated[list[SortOption], Field(min_length=1)]


# ------------------------------------------------------------------ step2_config.yaml


class ChoiceOption(Section):
    value: str
    label: str


class KnobSettings(Section):
    """One knob: its words, its range, its default, and the name the trainer gives it.

    `default_by_tuning` overrules `default` for one tuning. `only_for` lists the tunings it means anything for.
    """

    label: str
    hint: str
    kind: Literal["number", "integer", "choice", "switch", "text"]
    unit: str = ""
    default: Any = None
    default_by_tuning: dict[str, Any] = {}
    minimum: float | None = None
    maximum: float | None = None
    above_minimum: bool = False
    choices: list[ChoiceOption] = []
    main: bool = False
    only_for: list[str] = []
    trainer_names: dict[str, str] = {}


class Preset(Section):
    """Knobs set together towards a goal."""

    label: str
    hint: str
    values: dict[str, Any]


class Gpu(Section):
    """A card by its name: memory in MiB as nvidia-smi reports it, and CUDA compute capability."""

    name: str
    memory_mib: Count
    compute_capability: float


class ConfigSettings(Section):
    """The config step: `config/step2_config.yaml`."""

    knobs: dict[str, KnobSettings]
    presets: dict[str, Preset]
    default_preset: str
    gpus: list[Gpu]


# ------------------------------------------------------------------ step3_dataset.yaml


class DatasetLimits(Section):
    """How much is read at once, so that no file can take the kernel down.

    `line_mb` bounds one line of a text file and `json_mb` a JSON file, which is read whole (MB, 10^6 bytes);
    `nesting` is how deep lists and objects may lie in one another; `columns` is the most names of columns;
    `sample_rows` is how many rows the format is told from.
    """

    line_mb: Positive
    json_mb: Positive
    nesting: Annotated[int, Field(ge=4, le=200)]
    columns: Count
    sample_rows: Count


class DatasetSettings(Section):
    """The dataset step: `config/step3_dataset.yaml`."""

    file_types: Annotated[list[Literal[".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"]], Field(min_length=1)]
    preview_rows: Annotated[int, Field(ge=1, le=50)]
    preview_cell_characters: Count
    listed_sources: Count
    few_rows: Annotated[int, Field(ge=0)]
    shown_problem_rows: Count
    eval_share: Annotated[float, Field(ge=0, lt=1)]
    limits: DatasetLimits


# ------------------------------------------------------------------ step4_deploy.yaml


class TargetSettings(Section):
    """A trainer a package can be written for: its version and the pins its environment is made from.

    `extra_keys` go into the trainer's config as they stand; a key that a choice decides is refused there.
    """

    label: str
    version: str
    python: str
    requirements: list[str]
    qlora_requirements: list[str]
    extra_keys: dict[str, str | int | float | bool] = {}


class DeploySettings(Section):
    """The deploy step: `config/step4_deploy.yaml`. `name_pattern` may use {base} and {date}."""

    targets: dict[str, TargetSettings]
    name_pattern: str
    folder: str


class Settings(Section):
    """All settings of a session, one field for each file in `config/`."""

    shared: SharedSettings
    model: ModelSettings
    config: ConfigSettings
    dataset: DatasetSettings
    deploy: DeploySettings

"""The options of the model step: `config/step1_model.yaml`."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Annotated, Literal

from pydantic import Field

from ..search_filters import LicenceChoice, SortOrder
from ..steps import Use
from .section import Count, Positive, Section


class HubSettings(Section):
    """How the Hub is called: seconds for the timeouts and waits, `retries` after the first attempt."""

    endpoint: str
    timeout_seconds: Positive
    retries: Annotated[int, Field(ge=0, le=10)]
    first_wait_seconds: Positive
    longest_wait_seconds: Positive


class CacheSettings(Section):
    """The cache of Hub answers on disk, shared by kernels. `folder` None means the user's cache folder.

    `max_seen` is how many models that the Hub showed are found again by typing; 0 keeps none.
    """

    enabled: bool
    ttl_seconds: Positive
    max_entries: Count
    max_seen: Annotated[int, Field(ge=0, le=100_000)]
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
    """`debounce_ms` is the pause in typing that starts a search; `max_results` bounds the cards of all its pages.

    Where a filter can only be applied here, the Hub is asked for `filtered_page_size` rows at a time, and for no more
    than `max_looked_at` in one search. Mistyped words are tried where fewer than `typo_below` models are found.
    """

    debounce_ms: Annotated[int, Field(ge=0, le=5000)]
    min_characters: Annotated[int, Field(ge=1, le=10)]
    page_size: Annotated[int, Field(ge=1, le=100)]
    max_results: Annotated[int, Field(ge=1, le=1000)]
    filtered_page_size: Annotated[int, Field(ge=1, le=1000)]
    max_looked_at: Annotated[int, Field(ge=1, le=100_000)]
    typo_below: Annotated[int, Field(ge=0, le=100)]
    default_sort: SortOrder


class FitSettings(Section):
    """What "fits my GPU" asks of a model: that a run with this tuning and the default knobs fits the card.

    Where a model's dimensions are not known, its weights may take at most `weights_share` of the card's memory.
    """

    tuning: Literal["full", "lora", "qlora"]
    weights_share: Annotated[float, Field(gt=0, le=1)]


class DiskSettings(Section):
    """Where models on this machine are looked for: the cache of huggingface_hub, and folders of model folders."""

    hf_cache: bool
    folders: list[str]
    max_models: Count


class PolicySettings(Section):
    """What an organisation allows: an empty list and null allow everything. Search marks or hides what is `outside`.

    A licence that is not known is allowed only where `unknown` is among `allowed_licences`.
    """

    allowed_authors: list[str]
    allowed_licences: list[LicenceChoice]
    max_weight_gb: Positive | None
    outside: Literal["mark", "hide"]


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
    """One order of the results, and its words in the menu."""

    value: SortOrder
    label: str


class ModelSettings(Section):
    """The model step: `config/step1_model.yaml`."""

    hub: HubSettings
    cache: CacheSettings
    popular: list[PopularModel]
    size_categories: SizeCategories
    search: SearchSettings
    fits: FitSettings
    disk: DiskSettings
    policy: PolicySettings
    size_rules: SizeRules
    display: CardDisplay
    use: Use
    features: ModelFeatures
    sort_options: Annotated[list[SortOption], Field(min_length=1)]

"""The options of the model step: `config/step1_model.yaml`."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Annotated

from pydantic import Field

from ..search_filters import SortOrder
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
    size_rules: SizeRules
    display: CardDisplay
    use: Use
    features: ModelFeatures
    sort_options: Annotated[list[SortOption], Field(min_length=1)]

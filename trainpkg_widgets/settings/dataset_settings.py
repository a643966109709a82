"""The options of the dataset step: `config/step3_dataset.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section import Count, Positive, Section

FileType = Literal[".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow"]


class DatasetLimits(Section):
    """How much is read at once, so that no file can take the kernel down.

    `line_mb` bounds one line of a text file, `json_mb` a JSON file, which is read whole, and `unpacked_mb` what a
    packed file becomes (MB, 10^6 bytes); a JSON Lines file of `quick_mb` or more, or another dataset of `quick_rows`
    or more, is looked through by up to `readers` processes, and `broken_lines` of a file are named or left out at
    most; `nesting` is how deep lists and objects may lie in one another; `columns` is the most names of columns;
    `sample_rows` is how many rows the format is told from.
    """

    line_mb: Positive
    json_mb: Positive
    unpacked_mb: Positive
    quick_mb: Positive
    quick_rows: Annotated[int, Field(ge=1)]
    broken_lines: Annotated[int, Field(ge=0)]
    readers: Annotated[int, Field(ge=1, le=64)]
    nesting: Annotated[int, Field(ge=4, le=200)]
    columns: Count
    sample_rows: Count


class TokenizerSettings(Section):
    """The model's tokenizer and chat template, which run in a process of their own.

    `python` is the interpreter that has transformers, empty for the kernel's; `seconds` and `load_seconds` bound a
    request and the start; `memory_gb` (10^9 bytes of address space) and `characters` of one row bound what they take;
    `tokens` of a row are shown; `download_seconds` bounds the fetching of one file. `sample_rows` are counted at once,
    `batch_rows` at a time where all are; `bars` is the most bars of the histogram.
    """

    python: str
    seconds: Positive
    load_seconds: Positive
    download_seconds: Positive
    memory_gb: Annotated[float, Field(ge=1)]
    characters: Count
    tokens: Count
    sample_rows: Count
    batch_rows: Count
    bars: Annotated[int, Field(ge=4, le=60)]


class NearCopySettings(Section):
    """When two rows are nearly the same.

    They share `alike` (0 to 1) of their words, two in a row at a time, in their first `characters`; rows of fewer than
    `fewest_words` never do. `rows` is how many rows are compared, which bounds time and memory.
    """

    enabled: bool
    alike: Annotated[float, Field(gt=0.5, le=1)]
    characters: Count
    fewest_words: Annotated[int, Field(ge=4)]
    rows: Annotated[int, Field(ge=0)]


class CheckSettings(Section):
    """Which checks of rows are made, and when what they see is worth a warning.

    `rarer_label_share` is the share of the rarer label below which KTO labels are unbalanced; `other_script_share` the
    share of rows up to which a second script is unusual. Both are from 0 to 1.
    """

    broken_characters: bool
    secrets: bool
    addresses: bool
    rarer_label_share: Annotated[float, Field(ge=0, le=0.5)]
    other_script_share: Annotated[float, Field(ge=0, le=0.5)]
    near_copies: NearCopySettings


class ViewerSettings(Section):
    """The dataset viewer, which shows rows of the Hub's datasets and is a site of its own.

    `endpoint` is empty where there is none. `sample_rows` of a dataset are looked at, in `pages` spread over it.
    `search_results` is the most datasets that a search shows.
    """

    endpoint: str
    timeout_seconds: Positive
    sample_rows: Annotated[int, Field(ge=1, le=5000)]
    pages: Annotated[int, Field(ge=1, le=50)]
    search_results: Annotated[int, Field(ge=1, le=100)]


class DatasetSettings(Section):
    """The dataset step: `config/step3_dataset.yaml`."""

    file_types: Annotated[list[FileType], Field(min_length=1)]
    preview_rows: Annotated[int, Field(ge=1, le=50)]
    preview_cell_characters: Count
    listed_sources: Count
    few_rows: Annotated[int, Field(ge=0)]
    shown_problem_rows: Count
    eval_share: Annotated[float, Field(ge=0, lt=1)]
    checks: CheckSettings
    viewer: ViewerSettings
    limits: DatasetLimits
    tokenizer: TokenizerSettings

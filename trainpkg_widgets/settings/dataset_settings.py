"""The options of the dataset step: `config/step3_dataset.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section import Count, Positive, Section


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

"""What a person can say about a dataset: which rows, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from .steps import CHOSEN, DatasetStep, MixturePart

if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class DatasetWords(TypedDict, total=False):
        """The keywords of `Session.use_dataset`; what each means is said at `RowsWanted` and `Reading`."""

        path: str | Path | None
        variable: str | None
        hub: str | None
        name: str | None
        config: str | None
        revision: str | None
        split: str | None
        eval_split: str | None
        mix: Sequence[Mapping[str, Any]] | None
        format: str | None
        columns: Mapping[str, str] | None
        roles: Mapping[str, str] | None
        eval_share: float | None
        exclude_problems: Sequence[str] | None
        limit: int | None
        seed: int | None


class RowsWanted(BaseModel):
    """Which rows are meant: one of a file or folder, rows themselves, a variable's name, a dataset of the Hub, a mix.

    `name` is what rows given as they are are called. `config` and `revision` are of a Hub dataset, `split` and
    `eval_split` of anything that has several. `mix` is a list of such, each with a `weight`: 2 is every row twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    rows_or_path: Any = None
    variable: str | None = None
    hub: str | None = None
    name: str | None = None
    config: str | None = None
    revision: str | None = None
    split: str | None = None
    eval_split: str | None = None
    mix: tuple[dict[str, Any], ...] | None = Field(default=None, min_length=1)

    @property
    def names_nothing(self) -> bool:
        """Whether the rows in use are meant."""
        return self.rows_or_path is None and self.variable is None and self.hub is None and self.mix is None

    def beside(self, step: DatasetStep) -> RowsWanted | None:
        """Where the rows in use are opened anew for another split or revision; None where they need not be."""
        source = step.source
        said = {k: v for k, v in self.model_dump(include={"config", "revision", "split", "eval_split"}).items() if v}
        if not said:
            return None
        place: dict[str, Any] = {"config": source.config, "revision": source.revision}
        kept = {"split": source.split, "eval_split": step.eval_split, **place, **said}
        return RowsWanted(**place_of(step), **{k: v for k, v in kept.items() if v})

    @property
    def misplaced(self) -> str:
        """What is said beside a source that has no such thing, in words; empty where nothing is."""
        sources = (self.rows_or_path, self.variable, self.hub, self.mix)
        if sum(source is not None for source in sources) > 1:
            return "Several sources are named at once; one of them can be used, or a mix of them."
        if isinstance(self.rows_or_path, str) and not self.rows_or_path.strip():
            return "The path is empty; name a file or a folder, or “.” for the folder the notebook runs in."
        if self.mix is not None and (self.config or self.revision or self.split or self.eval_split):
            return "A mix has no split, configuration or revision of its own; give it to the dataset that is meant."
        return ""


class Reading(BaseModel):
    """How rows are read; None is not said.

    `format` with its `columns`, the `roles` of turns, the share of rows held back (`eval_share`), the problems whose
    rows are left out, the most rows used (`limit`), and the `seed` that picks them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str | None = None
    columns: dict[str, str] | None = None
    roles: dict[str, str] | None = None
    eval_share: Any = None
    exclude_problems: tuple[str, ...] | None = None
    limit: int | None = None
    seed: int | None = None

    def beside(self, step: DatasetStep) -> Reading:
        """The same, with what `step` was read with where nothing is said. A limit of 0 takes the limit back."""
        chosen = step.format.source == CHOSEN and self.format is None
        kept = {
            "format": step.format.value if chosen else None,
            "columns": step.columns if chosen and self.columns is None else None,
            "roles": step.roles or None,
            "eval_share": None if step.eval_split else step.eval_share,
            "exclude_problems": step.exclude_problems,
            "limit": step.limit,
            "seed": step.seed,
        }
        said = {name: value for name, value in self.model_dump().items() if value is not None}
        if self.limit == 0:
            said["limit"] = None
        return Reading(**{**kept, **said})


def read_words(rows_or_path: Any, words: Mapping[str, Any]) -> tuple[RowsWanted, Reading]:
    """What the keywords of `use_dataset` say. An empty text or mapping takes back what was said before.

    Raises:
        TypeError: there is no such keyword.
        pydantic.ValidationError: a value is of another kind.
    """
    rest = dict(words)
    if rows_or_path is not None and rest.get("path") is not None:
        raise TypeError("use_dataset takes rows or a path, not both; mix=[…] mixes them.")
    if (path := rest.pop("path", None)) is not None:
        rows_or_path = path
    of_rows = {name: rest.pop(name) for name in RowsWanted.model_fields if name in rest}
    strange = [name for name in rest if name not in Reading.model_fields]
    if strange:
        known = sorted({"path", *RowsWanted.model_fields, *Reading.model_fields} - {"rows_or_path"})
        raise TypeError(f"use_dataset takes no “{strange[0]}”; it takes {', '.join(known)}.")
    if rest.get("columns") == {}:
        rest["columns"] = None
    return RowsWanted(rows_or_path=rows_or_path, **of_rows), Reading(**rest)


def place_of(step: DatasetStep | MixturePart) -> dict[str, Any]:
    """The keyword that names the source of a dataset step, or of a dataset that is mixed, again."""
    source = step.source
    if isinstance(step, DatasetStep) and source.kind == "mixture":
        return {"mix": tuple(entry_of(part) for part in step.parts)}
    if source.kind in ("file", "folder"):
        return {"rows_or_path": source.path}
    return {"hub": source.name} if source.kind == "hub" else {"variable": source.name}


def entry_of(part: MixturePart) -> dict[str, Any]:
    """The entry of a mix that names a dataset of it again, and says how it was read."""
    place = {"path" if name == "rows_or_path" else name: value for name, value in place_of(part).items()}
    source = part.source
    said: dict[str, Any] = {"config": source.config, "revision": source.revision, "split": source.split}
    said |= {"roles": part.roles, "exclude_problems": part.exclude_problems}
    read = {"format": part.format, "columns": part.columns, "weight": part.weight}
    return {**place, **{name: value for name, value in said.items() if value}, **read}

"""What was seen of what a trainer's config names, its model, rows and rewards: read elsewhere, judged here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Tokenizer:
    """A model's tokenizer. `stops` are all tokens that end an answer, `encode` gives a text's tokens (None: not known).

    `highest` is the highest token id, `knows` says whether a token is in the vocabulary.
    """

    eos: str | None
    pad: str | None
    stops: tuple[str, ...]
    stop_ids: tuple[int, ...]
    highest: int | None
    template: str | None
    knows: Callable[[str], bool]
    encode: Callable[[str], list[int] | None]

    def count(self, text: str) -> int | None:
        """How many tokens a text has, None where that is not known."""
        ids = self.encode(text)
        return None if ids is None else len(ids)


@dataclass(frozen=True)
class ModelKind:
    """What the trainer's libraries know of a model's type and class.

    `known` is whether transformers has the type, `causal_lm` its class that writes text, `writes_text` whether the
    class that config.json names does; `usual_targets` are the layers PEFT takes by itself, None where it has none.
    """

    known: bool = False
    causal_lm: str = ""
    encoder_decoder: bool = False
    writes_text: bool = False
    usual_targets: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ModelEvidence:
    """The model that a config names.

    `place` is `none` where it names none, `missing` for a path with nothing there, `folder` for one that was read, and
    `elsewhere` for a Hub id: what is None is then not known. `damage` says why the weights can't be loaded; `base` is
    the model under an adapter.
    """

    named: str
    place: Literal["none", "missing", "folder", "elsewhere"]
    files: frozenset[str] = frozenset()
    config: Mapping[str, Any] | None = None
    tokenizer: Tokenizer | None = None
    tensors: frozenset[str] | None = None
    damage: str = ""
    base: ModelEvidence | None = None
    kind: ModelKind = ModelKind()

    @property
    def model_type(self) -> str:
        """The `model_type` of config.json, empty where there is none."""
        return str((self.config or {}).get("model_type") or "")

    @property
    def architecture(self) -> str:
        """The first of the architectures in config.json, empty where it names none."""
        named = (self.config or {}).get("architectures")
        return str(named[0]) if isinstance(named, Sequence) and named else ""


@dataclass(frozen=True)
class Trouble:
    """Why rows can't be had: a code, a sentence, and what was seen."""

    code: str
    message: str
    evidence: str = ""


@dataclass(frozen=True)
class RowsEvidence:
    """Rows as the `datasets` library hands them to the trainer: every row has every column, None where it lacked it.

    `rows` are the first of `count`.
    """

    columns: tuple[str, ...]
    rows: Sequence[Row]
    count: int


@dataclass(frozen=True)
class DataEvidence:
    """The rows that are trained on and those that are measured on; None where they are not known.

    `splits` are the names of the splits there are, None where that is not known.
    """

    train: RowsEvidence | None = None
    splits: frozenset[str] | None = None
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class RewardEvidence:
    """A reward function as its source text says: `found` is whether it is there (None: not known).

    `returns` is what every answer gets: `same` score, `nothing`, a list of another `length`, or `varies`; `refuses`
    where it does not take what the trainer hands it.
    """

    name: str
    found: bool | None
    returns: Literal["same", "nothing", "length", "varies", "refuses"] = "varies"
    why: str = ""


@dataclass(frozen=True)
class Case:
    """One run as it is written, with all that was seen of what it names.

    `template` is what `chat_template_path` brought (None: nothing was asked for); `paths` are those that exist, of the
    values of keys that name one.
    """

    method: str
    keys: Mapping[str, Any]
    model: ModelEvidence
    data: DataEvidence
    rewards: tuple[RewardEvidence, ...] = ()
    chosen_template: str | None = None
    chosen_tokenizer: Tokenizer | None = None
    paths: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, `default` where it is left out or empty."""
        value = self.keys.get(key)
        return default if value is None else value

    def on(self, key: str, default: bool = False) -> bool:
        """Whether a switch is on, read as the trainer's parser reads it."""
        value = self.keys.get(key, default)
        return value.strip().lower() in ("true", "1", "yes", "y", "t") if isinstance(value, str) else bool(value)

    @property
    def template(self) -> str | None:
        """The chat template the run uses."""
        if self.chosen_template is not None:
            return self.chosen_template
        return self.model.tokenizer.template if self.model.tokenizer else None

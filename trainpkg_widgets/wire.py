"""The whole protocol between browser and kernel: intents go up, answers come back, views go down as traits.

The TypeScript types in `js/src/wire.ts` are generated from this file (`make types`); nothing else describes it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from .facts import Fact, Finding, Frozen, StepId, StepStatus

PROTOCOL = 1

SortOrder = Literal["trending", "downloads", "likes", "recent"]
SizeCategory = Literal["small", "medium", "large"]
Tone = Literal["plain", "good", "warn", "bad"]


class SearchFilters(Frozen):
    """What a search keeps. None or False keeps everything."""

    chat: bool = False
    lora: bool = False
    not_gated: bool = False
    open_licence: bool = False
    size: SizeCategory | None = None
    author: str | None = Field(default=None, max_length=100)


# ------------------------------------------------------------------ intents, browser → kernel


class SearchIntent(Frozen):
    kind: Literal["search"] = "search"
    query: str = Field(max_length=200)
    filters: SearchFilters = SearchFilters()
    sort: SortOrder = "downloads"


class LoadMoreIntent(Frozen):
    kind: Literal["load_more"] = "load_more"


class SelectModelIntent(Frozen):
    kind: Literal["select_model"] = "select_model"
    repo_id: str = Field(min_length=1, max_length=500)
    revision: str | None = None
    confirmed: bool = False


class ConfigureIntent(Frozen):
    kind: Literal["configure"] = "configure"
    changes: dict[str, Any]


class UseDatasetIntent(Frozen):
    """A file by `path` or a variable by `variable`; `format` and `columns` overrule what was detected."""

    kind: Literal["use_dataset"] = "use_dataset"
    path: str | None = None
    variable: str | None = None
    format: str | None = None
    columns: dict[str, str] | None = None
    eval_share: float | None = None
    exclude_problems: tuple[str, ...] = ()


class ListSourcesIntent(Frozen):
    kind: Literal["list_sources"] = "list_sources"


class PreviewRowsIntent(Frozen):
    kind: Literal["preview_rows"] = "preview_rows"
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=5, ge=1, le=50)


class ChooseGpuIntent(Frozen):
    """The card that memory is held against: a name of the list, or None for the one that is here."""

    kind: Literal["choose_gpu"] = "choose_gpu"
    name: str | None = None


class DeployToIntent(Frozen):
    kind: Literal["deploy_to"] = "deploy_to"
    name: str | None = None
    target: str | None = None
    launcher: str | None = None


class PreviewFileIntent(Frozen):
    kind: Literal["preview_file"] = "preview_file"
    path: str


class WritePackageIntent(Frozen):
    kind: Literal["write_package"] = "write_package"
    folder: str
    archive: bool = False


class GoToIntent(Frozen):
    kind: Literal["go_to"] = "go_to"
    step: StepId


class ResumeIntent(Frozen):
    """Take up the session that an earlier kernel saved."""

    kind: Literal["resume"] = "resume"


class UndoIntent(Frozen):
    kind: Literal["undo"] = "undo"


class CancelIntent(Frozen):
    kind: Literal["cancel"] = "cancel"
    target: str


class PollIntent(Frozen):
    kind: Literal["poll"] = "poll"


IntentPayload = Annotated[
    SearchIntent
    | LoadMoreIntent
    | SelectModelIntent
    | ConfigureIntent
    | UseDatasetIntent
    | ListSourcesIntent
    | PreviewRowsIntent
    | ChooseGpuIntent
    | DeployToIntent
    | PreviewFileIntent
    | WritePackageIntent
    | GoToIntent
    | ResumeIntent
    | UndoIntent
    | CancelIntent
    | PollIntent,
    Field(discriminator="kind"),
]


class Intent(Frozen):
    """One message from a browser. `id` is a string: ipykernel itself routes replies by `content["id"]`.

    A `poll` repeats the id of the intent it asks about.
    """

    v: Literal[1]
    id: str = Field(min_length=1, max_length=64)
    kind: str
    payload: dict[str, Any] = {}

    def read(self) -> Any:
        """The payload as its own type.

        Raises:
            pydantic.ValidationError: the kind is unknown or the payload does not fit it.
        """
        return _PAYLOAD.validate_python({**self.payload, "kind": self.kind})


_PAYLOAD: TypeAdapter[Any] = TypeAdapter(IntentPayload, config=ConfigDict(defer_build=True))


# ------------------------------------------------------------------ answers, kernel → browser


class Trouble(Frozen):
    """Why an intent could not be carried out: a stable code, a sentence, and what to do next."""

    code: str
    message: str
    hint: str = ""


class Answer(Frozen):
    """Exactly one `result` or `error` ends an intent; `pending` says to a poll that it is still under way."""

    v: Literal[1] = 1
    id: str
    kind: Literal["result", "error", "pending"]
    findings: tuple[Finding, ...] = ()
    payload: dict[str, Any] = {}
    trouble: Trouble | None = None


# ------------------------------------------------------------------ views, kernel → browser, as traits


class Badge(Frozen):
    """A word or two on a card; `why` is the evidence shown on hover."""

    text: str
    tone: Tone = "plain"
    why: str = ""


class Card(Frozen):
    """What a model card shows. Counts and bytes, each with its source; formatting is the browser's."""

    id: str
    author: str
    name: str
    parameters: Fact[int]
    weight_bytes: Fact[int]
    downloads: Fact[int]
    badges: tuple[Badge, ...]
    origin: str
    note: str = ""


class ResultsView(Frozen):
    """A page of search results. `stale_seconds` is the age of an answer shown because the Hub gave none."""

    query: str
    cards: tuple[Card, ...] = ()
    from_catalogue: int = 0
    from_hub: int = 0
    looked_at: int = 0
    catalogue_date: str = ""
    searching: bool = False
    more: bool = False
    stale_seconds: float | None = None
    notice: Finding | None = None


class KnobView(Frozen):
    """How one knob is drawn: the words of `config/step2_config.yaml` beside what the current choice makes of them."""

    name: str
    label: str
    hint: str
    kind: Literal["number", "integer", "choice", "switch", "text"]
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    main: bool = False
    trainer_name: str = ""
    applies: bool = True


class MemoryPart(Frozen):
    """One part of the memory bar, in bytes; `why` says how it was computed."""

    name: str
    label: str
    bytes: float
    why: str


class CostsView(Frozen):
    """What a run costs: memory in bytes against a card, steps, tokens. None where it can't be told yet."""

    parts: tuple[MemoryPart, ...] = ()
    total_bytes: float | None = None
    low_bytes: float | None = None
    high_bytes: float | None = None
    capacity_bytes: float | None = None
    gpu: str = ""
    verdict: Literal["fits", "tight", "no", "unknown"] = "unknown"
    verdict_why: str = ""
    steps: int | None = None
    steps_why: str = ""
    effective_batch: int | None = None
    tokens_per_step: int | None = None
    warmup_steps: int | None = None


class RowsView(Frozen):
    """Some rows of the dataset, cells as text cut to a readable length."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    offset: int = 0
    total: int = 0


class SourceChoice(Frozen):
    """A file or a variable that could be the dataset."""

    kind: Literal["file", "variable"]
    name: str
    detail: str


class FileView(Frozen):
    """One file of the package as it will be written."""

    path: str
    bytes: int
    about: str


class PackageView(Frozen):
    """The package as it stands: files, the folder the settings write to, and where it was last written."""

    files: tuple[FileView, ...] = ()
    folder: str = ""
    command: str = ""
    written_to: str = ""


class StepView(Frozen):
    """One entry of the stepper: its summary line, and why it can't be entered yet."""

    id: StepId
    status: StepStatus
    title: str
    summary: str
    blocked: str = ""


class SessionView(Frozen):
    """The stepper, whether there is something to undo, and when the session was last saved (ISO 8601, UTC)."""

    steps: tuple[StepView, ...] = ()
    undo: str = ""
    saved_at: str = ""
    saved_to: str = ""


class PresetChange(Frozen):
    """A knob that differs from the chosen preset, both values as text."""

    knob: str
    label: str
    preset: str
    now: str


class ConfigView(Frozen):
    """The knobs of the config step, and where they differ from the chosen preset."""

    knobs: tuple[KnobView, ...] = ()
    changed: tuple[PresetChange, ...] = ()


class Option(Frozen):
    """One entry of a menu."""

    value: str
    label: str
    hint: str = ""


class UiView(Frozen):
    """What the settings say about the screens. It does not change while a session lives."""

    debounce_ms: int
    min_characters: int
    poll_after_ms: int
    sort_options: tuple[Option, ...]
    size_options: tuple[Option, ...]
    show_filters: bool
    presets: tuple[Option, ...]
    gpus: tuple[Option, ...]
    formats: tuple[Option, ...]
    targets: tuple[Option, ...]
    file_types: tuple[str, ...]


class Protocol(Frozen):
    """Every type of the protocol in one place, for the generator of the TypeScript types."""

    intent: Intent
    payload: IntentPayload
    answer: Answer
    results: ResultsView
    costs: CostsView
    rows: RowsView
    source: SourceChoice
    package: PackageView
    session: SessionView
    config: ConfigView
    ui: UiView

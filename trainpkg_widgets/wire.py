"""What goes between browser and kernel as messages: intents go up, answers come back. Traits are in `screens.py`.

The TypeScript types in `js/src/wire.ts` are generated from both (`make types`); nothing else describes the protocol.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from .facts import Finding, Frozen, StepId
from .search_filters import SearchFilters, SortOrder
from .steps import Use

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


class LookUpIntent(Frozen):
    """What the catalogue answers to a search, while it is typed; the Hub is not asked."""

    kind: Literal["look_up"] = "look_up"
    query: str = Field(max_length=200)
    filters: SearchFilters = SearchFilters()
    sort: SortOrder = "downloads"


class DetailsIntent(Frozen):
    kind: Literal["details"] = "details"
    repo_id: str = Field(min_length=1, max_length=500)


class StateUseIntent(Frozen):
    """What the tuned model is for."""

    kind: Literal["state_use"] = "state_use"
    use: Use


class WithdrawIntent(Frozen):
    """Forget the attempt of a step that was refused."""

    kind: Literal["withdraw"] = "withdraw"
    step: StepId


class ConfigureIntent(Frozen):
    kind: Literal["configure"] = "configure"
    changes: dict[str, Any]


class ImportConfigIntent(Frozen):
    """A trainer's own config, by the path of the file or as its text; see `Session.import_config`."""

    kind: Literal["import_config"] = "import_config"
    path: str | None = Field(default=None, min_length=1, max_length=4096)
    text: str | None = Field(default=None, min_length=1, max_length=500_000)
    method: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> ImportConfigIntent:
        if (self.path is None) == (self.text is None):
            raise ValueError("a config is given by its path or as its text, one of the two")
        return self


class UseDatasetIntent(Frozen):
    """A file or folder by `path`, a variable, a dataset of the Hub, or a mix; see `Session.use_dataset`."""

    kind: Literal["use_dataset"] = "use_dataset"
    path: str | None = None
    variable: str | None = None
    hub: str | None = None
    config: str | None = None
    revision: str | None = None
    split: str | None = None
    eval_split: str | None = None
    mix: tuple[dict[str, Any], ...] | None = None
    format: str | None = None
    columns: dict[str, str] | None = None
    roles: dict[str, str] | None = None
    eval_share: float | None = None
    exclude_problems: tuple[str, ...] | None = None
    limit: int | None = None
    seed: int | None = None


class SearchDatasetsIntent(Frozen):
    """Datasets of the Hub whose id holds every word of `query`."""

    kind: Literal["search_datasets"] = "search_datasets"
    query: str = Field(max_length=200)


class LoadScreensIntent(Frozen):
    """The steps after the first, as the text of a module."""

    kind: Literal["load_screens"] = "load_screens"


class ListSourcesIntent(Frozen):
    kind: Literal["list_sources"] = "list_sources"


class PreviewRowsIntent(Frozen):
    kind: Literal["preview_rows"] = "preview_rows"
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=5, ge=1, le=50)


class SeeRowIntent(Frozen):
    """A row (zero-based) as the model sees it; `part` is which of the training rows that it makes."""

    kind: Literal["see_row"] = "see_row"
    row: int = Field(default=0, ge=0)
    part: int = Field(default=0, ge=0)


class CountTokensIntent(Frozen):
    """Count the tokens of a sample of the rows, or of all."""

    kind: Literal["count_tokens"] = "count_tokens"
    exact: bool = False


class UseTemplateIntent(Frozen):
    """A chat template for a model without one, by the name of one on offer; the token that answers end in."""

    kind: Literal["use_template"] = "use_template"
    template: str | None = Field(default=None, max_length=100_000)
    stop_token: str | None = Field(default=None, max_length=200)


class WhatNeededIntent(Frozen):
    """Which cards the run fits as it stands."""

    kind: Literal["what_needed"] = "what_needed"


class AskPricesIntent(Frozen):
    """What the run would cost where machines are let."""

    kind: Literal["ask_prices"] = "ask_prices"


class ChooseGpuIntent(Frozen):
    """The card that memory is held against: a name of the list, or None for the one that is here; `count` of them."""

    kind: Literal["choose_gpu"] = "choose_gpu"
    name: str | None = None
    count: int | None = None


class DeployToIntent(Frozen):
    """`launch` are fields of `LaunchChoices`."""

    kind: Literal["deploy_to"] = "deploy_to"
    name: str | None = None
    target: str | None = None
    launcher: str | None = None
    launch: dict[str, Any] = {}


class PreviewFileIntent(Frozen):
    kind: Literal["preview_file"] = "preview_file"
    path: str


class WritePackageIntent(Frozen):
    kind: Literal["write_package"] = "write_package"
    folder: str
    archive: bool = False


class LaunchIntent(Frozen):
    """Write the package into `folder` where it is not written yet, and launch it."""

    kind: Literal["launch"] = "launch"
    folder: str | None = None


class PushPackageIntent(Frozen):
    """Write the package into `folder` where it is not written yet, and put it into its repository on the Hub."""

    kind: Literal["push_package"] = "push_package"
    folder: str | None = None


class PlanLaunchIntent(Frozen):
    """What a launch on HF Jobs would take today: hardware, hours, price."""

    kind: Literal["plan_launch"] = "plan_launch"


class StopRunIntent(Frozen):
    """Save a checkpoint and end; with `now`, end at once."""

    kind: Literal["stop_run"] = "stop_run"
    now: bool = False


class ResumeRunIntent(Frozen):
    kind: Literal["resume_run"] = "resume_run"
    id: str | None = None


class ReadLogIntent(Frozen):
    """The last lines of the log of the run."""

    kind: Literal["read_log"] = "read_log"


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
    | LookUpIntent
    | DetailsIntent
    | StateUseIntent
    | WithdrawIntent
    | ConfigureIntent
    | ImportConfigIntent
    | UseDatasetIntent
    | SearchDatasetsIntent
    | LoadScreensIntent
    | ListSourcesIntent
    | PreviewRowsIntent
    | SeeRowIntent
    | CountTokensIntent
    | UseTemplateIntent
    | ChooseGpuIntent
    | WhatNeededIntent
    | AskPricesIntent
    | DeployToIntent
    | PreviewFileIntent
    | WritePackageIntent
    | LaunchIntent
    | PushPackageIntent
    | PlanLaunchIntent
    | StopRunIntent
    | ResumeRunIntent
    | ReadLogIntent
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

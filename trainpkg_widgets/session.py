"""The wizard without a browser: the four steps, what is chosen in them, and what is known about the choices.

Advice, data and packages are imported where they are asked for: the first paint waits for every import at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from .choices import Choices
from .cost_verbs import CostVerbs
from .facts import STEP_IDS, Finding, StepId, StepStatus, errors_in
from .imported_run import run_with
from .logs import call_logged, set_level
from .readiness import NotReadyError, what_stops
from .run_verbs import RunVerbs
from .search_filters import SortOrder, read_filters
from .settings import load_settings
from .steps import ConfigStep, DeployStep, SessionState, Use
from .token_verbs import TokenVerbs

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .advice.data_verdict import DataVerdict
    from .autosave import Autosave, SavedSession
    from .config_screen import CostsView
    from .dataset_opening import Opener
    from .dataset_screen import DatasetResults, RowsView, SourceChoice
    from .dataset_wanted import DatasetWords
    from .deploy_choice import Launching
    from .model_choice import ModelChooser
    from .model_details import ModelDetails
    from .model_info import ModelInfo
    from .model_search import ModelSearch
    from .package.build import TrainingPackage
    from .settings.config_settings import Gpu
    from .settings.schema import Settings
    from .tokenizing import Tokenizing

Listener = Callable[[], None]


class Session(RunVerbs, TokenVerbs, CostVerbs):
    """A session. Every verb returns the findings of what it did; a choice that is refused changes nothing.

    Args:
        settings: a settings file, a mapping of overrides, or ready settings; the shipped defaults where None.
        state: what an earlier session's `state` gave, to go on from there.
        gpu: the card to hold memory against, by a name of the settings' list; the one in this machine where None.
        endpoint: the Hub's address, overruling the settings.
        token: a Hub token; the environment's where None, none at all where False. It is never stored.
        autosave: False switches it off, a path says where to; None follows the settings.
        namespace: gives the variables that can be used as data.
    """

    def __init__(
        self,
        settings: Settings | Mapping[str, Any] | str | Path | None = None,
        state: SessionState | Mapping[str, Any] | None = None,
        gpu: str | None = None,
        endpoint: str | None = None,
        token: str | bool | None = None,
        autosave: str | Path | bool | None = None,
        namespace: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        overrides: dict[str, Any] = {"model": {"hub": {"endpoint": endpoint}}} if endpoint else {}
        self.settings = load_settings(settings, **overrides)
        set_level(self.settings.shared.logging.level)
        self._namespace = namespace
        self._listeners: dict[object, Listener] = {}
        self._choices = Choices(self.settings.shared.work.undo_depth, self._advise, self._changed)
        self._built: tuple[SessionState, TrainingPackage] | None = None
        self._models: ModelChooser | None = None
        self._token = token
        self._launching: Launching | None = None
        self._searching: ModelSearch | None = None
        self._tokenizing: Tokenizing | None = None
        self._completed: frozenset[StepId] = frozenset()
        self.autosave: Autosave | None = None
        self.saved: SavedSession | None = None
        if autosave is not False:
            from .autosave import open_autosave

            self.autosave, self.saved = open_autosave(
                self.settings.shared.autosave, autosave, lambda: self._choices.state, self._tell
            )
        self._gpu: Gpu | None = None
        self._gpu_known = False
        if gpu is not None:
            self.choose_gpu(gpu)
        if state is not None:
            self.restore(state)

    @classmethod
    def from_trainer_config(
        cls, path: str | Path, method: str | None = None, folder: str | Path | None = None, **arguments: Any
    ) -> Session:
        """A session made from a trainer's own config; `arguments` are those of a session. See `import_config`."""
        session = cls(**arguments)
        session.import_config(path, method=method, folder=folder)
        return session

    # -------------------------------------------------------------- reading

    @property
    def state(self) -> SessionState:
        """Everything that was chosen; `state.model_dump(mode="json")` is JSON."""
        return self._choices.state

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known about the choices now, and about the last attempt of each step that was refused."""
        with self._choices.lock:
            found = self._choices.refused + self._choices.known
            if self.saved is None or not self._choices.are_none:
                return found
        from .autosave import resume_offer

        return (resume_offer(self.saved), *found)

    @property
    def statuses(self) -> dict[StepId, StepStatus]:
        """The status of each step, derived from what is chosen and what is known about it."""
        return self._choices.statuses

    @property
    def models(self) -> ModelChooser:
        """What opens models, made when it is first asked for."""
        with self._choices.lock:
            if self._models is None:
                from .model_choice import ModelChooser

                where = partial(self.settings.where, "model", "policy")
                self._models = ModelChooser(self.settings.model, self._token, where)
            return self._models

    @property
    def searching(self) -> ModelSearch:
        """The search of the model step, begun when it is first asked for."""
        with self._choices.lock:
            if self._searching is None:
                from .model_search import ModelSearch

                self._searching = ModelSearch(self.settings, self.models, lambda: self.gpu, self._tell)
            return self._searching

    @property
    def has_searched(self) -> bool:
        """Whether the search was begun, so that it shows more than the popular models."""
        return self._searching is not None

    @property
    def gpu(self) -> Gpu | None:
        """The card that memory is held against; None where there is none and none was chosen."""
        if not self._gpu_known:
            from .gpu import detect_gpu

            detected = detect_gpu(self.settings.config.gpus)
            with self._choices.lock:
                if not self._gpu_known:
                    self._gpu, self._gpu_known = detected, True
        return self._gpu

    @property
    def costing(self) -> Session:
        """Whose choices are weighed: these."""
        return self

    @property
    def costs(self) -> CostsView:
        """What the run costs: memory in bytes, steps, tokens. Empty until the config step holds something."""
        from .advice.costs import costs_view
        from .config_screen import CostsView

        state = self.state
        if state.config is None:
            return CostsView()
        info = state.model.info if state.model else None
        tokens = self.tokens if state.dataset else None
        measured = self.measured if state.deploy and state.deploy.run else None
        return costs_view(info, state.config, state.dataset, self.gpu, self.settings.config, tokens, measured)

    @property
    def package(self) -> TrainingPackage:
        """The training package of the choices as they stand.

        Raises:
            NotReadyError: a step is missing or would stop the run.
        """
        return self._package()[1]

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, empty where there is nothing."""
        return self._choices.undo_label

    def blocked(self, step: StepId) -> str:
        """Why `step` can't be entered yet, in words; empty where it can."""
        return self._choices.blocked(step)

    @property
    def tokenizing(self) -> Tokenizing:
        """The chosen model's tokenizer, and what was counted with it."""
        if self._tokenizing is None:
            from .tokenizing import Tokenizing

            self._tokenizing = Tokenizing(self.settings, self._choices, lambda: self.models.client, self._tell)
        return self._tokenizing

    def page(self, row: int = 0, limit: int = 1) -> RowsView:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on."""
        from .data.errors import DataError
        from .data.preview import rows_view
        from .dataset_screen import RowsView

        with self._choices.lock:
            state, rows = self.state, self._choices.rows
        if state.dataset is None or rows is None:
            return RowsView()
        try:
            return rows_view(rows, state.dataset, row, limit, self.settings.dataset.preview_cell_characters)
        except DataError:
            from .dataset_choice import rows_changed

            self._choices.add(state, [rows_changed(state.dataset)])
            return RowsView()

    def sources(self) -> list[SourceChoice]:
        """Variables of the notebook and files of the working folder that could be the dataset."""
        from .data.listing import list_sources

        return list_sources(dict(self._namespace()), Path.cwd(), self.settings.dataset)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change, on the thread that made it. Returns what ends the subscription."""
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end

    # -------------------------------------------------------------- verbs

    def search(
        self,
        query: str = "",
        *,
        sort: SortOrder | None = None,
        cancelled: Event | None = None,
        **filters: Any,
    ) -> tuple[ModelInfo, ...]:
        """Search the catalogue and the Hub; filters are the fields of `SearchFilters`. Returns what is shown."""
        number = self.searching.start(query, read_filters(filters), sort or self.searching.sort, cancelled)
        if number is not None:
            self.searching.finish(number, cancelled)
        return self.searching.models

    def load_more(self, *, cancelled: Event | None = None) -> tuple[ModelInfo, ...]:
        """Find the next page of the current search. Returns everything that is shown, what was there in its place."""
        self.searching.more(cancelled)
        return self.searching.models

    def select_model(
        self,
        repo_id: str,
        revision: str | None = None,
        *,
        confirmed: bool = False,
        cancelled: Event | None = None,
    ) -> list[Finding]:
        """Choose a model: `author/name`, `author/name@revision`, its page on the Hub, or a local folder.

        `confirmed` accepts a model whose size asks for a confirmation; without it, such a model is not chosen.
        """
        revision = revision or self.searching.revision_of(str(repo_id))
        if self.state.model is not None:
            self.models.state_use(self.state.model.use)  # restored or undone, it is what was last stated
        chosen, refused = self.models.choose(
            str(repo_id), revision, self.searching.find, cancelled, confirmed=confirmed
        )
        if cancelled is not None and cancelled.is_set():
            return []
        if chosen is None:
            return self._choices.refuse("model", refused)
        run = self.state.imported
        data = {"model": chosen, "imported": run and run.with_keys(model_name_or_path=chosen.repo_id)}
        return self._choices.apply("model", f"model {chosen.repo_id}", data)

    def details(
        self, repo_id: str, revision: str | None = None, *, cancelled: Event | None = None
    ) -> ModelDetails | list[Finding]:
        """Everything known of one model, chosen or not: at most two requests, none where they are cached.

        Returns the findings that say why where it can't be opened.
        """
        details, wrong = self.models.open(str(repo_id), revision, self.searching.find, cancelled)
        return wrong if details is None else details

    def state_use(self, use: Use) -> list[Finding]:
        """Say what the tuned model is for: `commercial`, `research` or `unstated`. Licences are held against it."""
        self.models.state_use(use)

        def decide(state: SessionState) -> tuple[Mapping[str, Any], list[Finding]]:
            return {"model": state.model.model_copy(update={"use": use})} if state.model else {}, []

        return self._choices.decide("model", f"use {use}", decide)

    def withdraw(self, step: StepId) -> list[Finding]:
        """Forget the last attempt of a step that was refused; what was chosen before it stands."""
        return self._choices.refuse(step, [])

    def configure(self, /, **changes: Any) -> list[Finding]:
        """Change knobs of the run by their names; `preset` and `tuning` bring their own values with them."""
        from .advice.knobs import change_config

        def decide(state: SessionState) -> tuple[Mapping[str, Any] | None, list[Finding]]:
            config, said = change_config(state.config, changes, self.settings.config)
            return None if errors_in(said) else {"config": config, **run_with(state, config)}, said

        return self._choices.decide("config", "settings", decide)

    def import_config(
        self,
        given: str | Path | Mapping[str, Any],
        *,
        method: str | None = None,
        folder: str | Path | None = None,
    ) -> list[Finding]:
        """Take a trainer's own config (YAML) for the choices, and say what its trainer would make of it as it stands.

        `folder` is what relative paths start from, the file's own where None; `method` is guessed where it is not
        said. What is known is about the run as it is written until other rows are chosen with `use_dataset`.
        """
        from .package.importing.taking import take_config

        return take_config(self, self._choices, given, method, folder)

    def use_dataset(
        self, rows_or_path: Any = None, *, cancelled: Event | None = None, **words: Unpack[DatasetWords]
    ) -> list[Finding]:
        """Choose the rows to train on: a file or folder, rows (list of dicts, DataFrame, Table, Dataset), a Hub id.

        `path`, `variable` and `hub` name such a source too, and `mix` several: `[{"path": "a.jsonl", "weight": 2}, …]`.
        `split`, `eval_split`, `config` and `revision` say which part of it; `format`, `columns` and `roles` how it is
        read; `eval_share`, `exclude_problems`, `limit` and `seed` which rows are used. With no source, the dataset in
        use is read again: what is given changes, and what is not given stays.

        Raises:
            TypeError: there is no such keyword.
        """
        from .dataset_choice import choose_dataset
        from .dataset_wanted import read_words

        wanted, reading = read_words(rows_or_path, words)
        with self._choices.lock:
            in_use = self.state.dataset, self._choices.rows
        rows, step, refused = choose_dataset(wanted, reading, self._opener(cancelled), in_use)
        if cancelled is not None and cancelled.is_set():
            return []
        if rows is None or step is None:
            return self._choices.refuse("dataset", refused)
        return self._choices.apply("dataset", f"dataset {step.source.name}", {"dataset": step}, rows)

    @property
    def dataset_verdict(self) -> DataVerdict | None:
        """Whether the rows fit the method and the model, and what is done to them; None until rows are chosen."""
        from .advice.data_verdict import data_verdict

        state, known = self.state, self.findings
        model = state.model.info if state.model else None
        return data_verdict(state.dataset, model, state.config, known) if state.dataset else None

    def search_datasets(self, query: str = "", cancelled: Event | None = None) -> DatasetResults:
        """Datasets of the Hub whose id holds every word of `query`, the most downloaded first."""
        from .hub.datasets import search_datasets

        return search_datasets(query, self._opener(cancelled))

    def deploy_to(
        self, name: str | None = None, target: str | None = None, launcher: str | None = None, **launch: Any
    ) -> list[Finding]:
        """Name the package and choose its target and launcher; what is not given stays, or is suggested.

        `launch` are fields of `LaunchChoices`: processes, flavor, timeout_hours, hub_repo, …
        """
        from .deploy_choice import decide_deploy

        suggested = self.suggested_name()
        wanted = {"name": str(name) if name else None, "target": target, "launcher": launcher}

        def decide(state: SessionState) -> tuple[Mapping[str, Any] | None, list[Finding]]:
            deploy, said = decide_deploy(state, wanted, launch, self.settings, suggested)
            chosen = {"deploy": deploy, "config": state.config or self._default_config()}
            return chosen if deploy else None, said

        return self._choices.decide("deploy", "package", decide)

    @property
    def launching(self) -> Launching:
        """The runs of this session."""
        if self._launching is None:
            from .deploy_choice import Launching

            self._launching = Launching(self, self._choices, self._token)
        return self._launching

    def write_package(self, folder: str | Path, *, archive: bool = False) -> Path:
        """Write the package into `folder` (`folder/<name>`, or a zip of it) and remember where.

        Raises:
            NotReadyError: something would stop the run.
            PackageExists: the place is taken; nothing was changed.
            OSError: the place can't be written to.
        """
        from .dataset_choice import rows_changed
        from .package.writing import DataChangedError

        state, package = self._package()
        place = Path(folder).expanduser().resolve()
        try:
            written = package.write(place / f"{package.name}.zip" if archive else place)
        except DataChangedError as error:
            changed = (rows_changed(state.dataset),) if state.dataset else ()
            self._built = None
            self._choices.add(state, changed)
            raise NotReadyError(changed) from error
        if state.deploy is not None:
            self._choices.note(state, deploy=state.deploy.model_copy(update={"written_to": str(written)}))
        return written

    def choose_gpu(self, name: str | None = None) -> list[Finding]:
        """Choose the card that memory is held against, by name; None means the one in this machine."""
        from .gpu import find_gpu

        try:
            gpu = find_gpu(str(name), self.settings.config.gpus) if name else None
        except ValueError as error:
            unknown = Finding(
                severity="error", step="config", field="config.gpu", code="gpu-unknown", message=str(error)
            )
            return self._choices.refuse("config", [unknown])
        with self._choices.lock:
            self._gpu, self._gpu_known = gpu, name is not None
        self._choices.advise_again("config")
        return []

    def go_to(self, step: StepId) -> list[Finding]:
        """Enter a step: back always, forward when every step before it is completed.

        Raises:
            ValueError: there is no such step.
        """
        if step not in STEP_IDS:
            raise ValueError(f"There is no step {step!r}. The steps are {', '.join(STEP_IDS)}.")
        name = self.suggested_name() if step == "deploy" else ""
        return self._choices.enter(step, lambda state: self._defaults(step, state, name))

    def undo(self) -> list[Finding]:
        """Take back the last choice."""
        self._choices.undo()
        return list(self.findings)

    def resume(self) -> list[Finding]:
        """Take up the session that an earlier kernel saved. Does nothing where there is none."""
        return self.restore(self.saved.state) if self.saved else []

    def restore(self, state: SessionState | Mapping[str, Any]) -> list[Finding]:
        """Go on from an earlier session's state. A file is read again; a variable has to be given again.

        Raises:
            pydantic.ValidationError: `state` is no state of a session.
        """
        from .dataset_choice import reopen_rows

        restored = state if isinstance(state, SessionState) else SessionState.model_validate(state)
        rows, problem = reopen_rows(restored.dataset, self._opener(None))
        self._choices.restore(restored, rows, problem)
        return list(self.findings)

    def suggested_name(self, base: str = "") -> str:
        """A name for the package that is not taken in the folder packages are written to."""
        from .package.names import names_in, suggest_name

        base = base or (self.state.model.repo_id if self.state.model else "model")
        taken = names_in(Path(self.settings.deploy.folder).expanduser())
        return suggest_name(base, taken, date.today(), self.settings.deploy.name_pattern)

    # -------------------------------------------------------------- behind them

    def _opener(self, cancelled: Event | None) -> Opener:
        from .dataset_opening import Opener

        dataset, models = self.settings.dataset, self.models
        return Opener(self._namespace, dataset, lambda: models.client, lambda: models.viewer(dataset.viewer), cancelled)

    def _package(self) -> tuple[SessionState, TrainingPackage]:
        """The package and the state it was built from."""
        from .package.build import PackageRefusedError, build_package

        with self._choices.lock:
            state, rows, known, built = self.state, self._choices.rows, self._choices.known, self._built
        if built is not None and built[0] == state.choices:
            return state, built[1]
        if state.imported is not None:
            # What is known of an imported run is about its own file; the package is made from the choices.
            state = state.model_copy(update={"imported": None})
            known = (*errors_in(list(known)), *self._advise(state, None))
        stops = what_stops(state, known)
        if stops or rows is None:
            raise NotReadyError(stops)
        # Outside the lock: it reads every row, and what the lock keeps waiting is the kernel.
        try:
            package = build_package(state, self.settings, rows, known, before=built[1] if built else None)
        except PackageRefusedError as error:
            self._choices.add(state, error.findings)
            raise NotReadyError(error.findings) from error
        self._built = state.choices, package
        return state, package

    def close(self) -> None:
        """End the process of the tokenizer, where one runs."""
        if self._tokenizing is not None:
            self._tokenizing.close()

    def _advise(self, state: SessionState, rows_problem: Finding | None) -> tuple[Finding, ...]:
        if state.imported is not None:
            from .package.importing.judging import imported_findings

            return imported_findings(state, self.settings, state.imported)
        from .advice.findings import findings_of

        found = findings_of(state, self.settings, self.gpu, rows_problem)
        return found if self._tokenizing is None else self._tokenizing.with_findings(state, found)

    def _default_config(self) -> ConfigStep:
        from .advice.knobs import default_config

        return default_config(self.settings.config)

    def _defaults(self, step: StepId, state: SessionState, name: str) -> dict[str, Any]:
        """What a step holds when it is entered with nothing in it."""
        if state.of(step) is not None:
            return {}
        if step == "config":
            return {"config": self._default_config()}
        if step == "deploy":
            wanted = {"name": name, "target": next(iter(self.settings.deploy.targets)), "launcher": "local"}
            return {"deploy": DeployStep.model_validate(wanted)}
        return {}

    def _changed(self) -> None:
        if self.autosave is not None:
            completed = frozenset(step for step, status in self.statuses.items() if status == "completed")
            self.autosave.changed(soon=not completed <= self._completed)
            self._completed = completed
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners.values()):
            call_logged(listener)

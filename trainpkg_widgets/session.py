"""The wizard without a browser: the four steps, what is chosen in them, and what is known about the choices.

Advice, data and packages are imported where they are asked for: the first paint waits for every import at the top.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

from .autosave import open_autosave, resume_offer
from .dataset_choice import RowsWanted, choose_dataset, reopen_rows, rows_changed, rows_gone
from .facts import STEP_IDS, Finding, Fix, StepId, StepStatus, errors_in
from .logs import get_logger, set_level
from .model_choice import ModelChooser
from .model_search import ModelSearch
from .readiness import NotReadyError, blocked, statuses_of, what_stops
from .screens import CostsView, RowsView, SourceChoice
from .search_filters import SearchFilters, SortOrder
from .settings import load_settings
from .steps import ConfigStep, DeployStep, SessionState

if TYPE_CHECKING:
    from .data.sources import Rows
    from .model_info import ModelInfo
    from .package.build import TrainingPackage
    from .settings.schema import Gpu, Settings

_log = get_logger("session")

Listener = Callable[[], None]


class Session:
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
        self._lock = RLock()
        self._listeners: dict[object, Listener] = {}
        self._state = SessionState()
        self._rows: Rows | None = None
        self._reopening: Finding | None = None
        self._past: deque[tuple[str, SessionState, Rows | None]] = deque(maxlen=self.settings.shared.work.undo_depth)
        self._attempts: dict[StepId, tuple[Finding, ...]] = {}
        self._findings: tuple[Finding, ...] | None = None
        self._package: TrainingPackage | None = None
        self._built: TrainingPackage | None = None
        self.models = ModelChooser(self.settings.model, token)
        self.searching = ModelSearch(
            self.settings.model, lambda: self.models.browser, self.models.catalogue, self._tell
        )
        self._completed: frozenset[StepId] = frozenset()
        self.autosave, self.saved = open_autosave(
            self.settings.shared.autosave, autosave, lambda: self._state, self._tell
        )
        self._gpu: Gpu | None = None
        self._gpu_known = False
        if gpu is not None:
            self.choose_gpu(gpu)
        if state is not None:
            self.restore(state)

    # -------------------------------------------------------------- reading

    @property
    def state(self) -> SessionState:
        """Everything that was chosen; `state.model_dump(mode="json")` is JSON."""
        return self._state

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known about the choices now, and about the last attempt of each step that was refused."""
        with self._lock:
            refused = tuple(f for step in STEP_IDS for f in self._attempts.get(step, ()))
            offers = (resume_offer(self.saved),) if self.saved and self._is_new() else ()
            return offers + refused + self._known()

    @property
    def statuses(self) -> dict[StepId, StepStatus]:
        """The status of each step, derived from what is chosen and what is known about it."""
        with self._lock:
            return statuses_of(self._state, self._known(), self._attempts)

    @property
    def gpu(self) -> Gpu | None:
        """The card that memory is held against; None where there is none and none was chosen."""
        if not self._gpu_known:
            from .gpu import detect_gpu

            self._gpu = detect_gpu()
            self._gpu_known = True
        return self._gpu

    @property
    def costs(self) -> CostsView:
        """What the run costs: memory in bytes, steps, tokens. Empty until the config step holds something."""
        state = self._state
        if state.config is None:
            return CostsView()
        from .advice.costs import costs_view

        return costs_view(state.model.info if state.model else None, state.config, state.dataset, self.gpu)

    @property
    def package(self) -> TrainingPackage:
        """The training package of the choices as they stand.

        Raises:
            NotReadyError: a step is missing or would stop the run.
        """
        from .package.build import PackageRefusedError, build_package

        with self._lock:
            if self._package is not None:
                return self._package
            state, rows, findings, before = self._state, self._rows, self.findings, self._built
        stops = what_stops(state, findings)
        if stops or rows is None:
            raise NotReadyError(stops)
        # Outside the lock: it reads every row, and what the lock keeps waiting is the kernel.
        try:
            package = build_package(state, self.settings, rows, findings, before=before)
        except PackageRefusedError as error:
            self._hold(state, error.findings)
            raise NotReadyError(error.findings) from error
        with self._lock:
            self._built = package
            if self._state == state:
                self._package = package
        return package

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, empty where there is nothing."""
        return self._past[-1][0] if self._past else ""

    def blocked(self, step: StepId) -> str:
        """Why `step` can't be entered yet, in words; empty where it can."""
        return blocked(step, self.statuses, self.findings)

    def preview(self, row: int = 0, limit: int = 1) -> RowsView:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on."""
        from .data.preview import rows_view

        step = self._state.dataset
        if step is None or self._rows is None:
            return RowsView()
        return rows_view(self._rows, step, row, limit, self.settings.dataset.preview_cell_characters)

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
        number = self.searching.start(query, SearchFilters(**filters), sort or self.searching.sort)
        if number is not None:
            self.searching.finish(number, cancelled)
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

        `confirmed` accepts a model whose size asks for a confirmation.
        """
        chosen, refused = self.models.choose(repo_id, revision, self.searching.find, cancelled)
        if cancelled is not None and cancelled.is_set():
            return []
        if chosen is None:
            return self._refuse("model", refused)
        chosen = chosen.model_copy(update={"size_confirmed": confirmed})
        return self._apply("model", f"model {chosen.repo_id}", model=chosen)

    def configure(self, **changes: Any) -> list[Finding]:
        """Change knobs of the run by their names; `preset` and `tuning` bring their own values with them."""
        from .advice.knobs import change_config

        config, refused = change_config(self._state.config, changes, self.settings.config)
        if errors_in(refused):
            return self._refuse("config", refused)
        return refused + self._apply("config", "settings", config=config)

    def use_dataset(
        self,
        rows_or_path: Any = None,
        *,
        variable: str | None = None,
        name: str | None = None,
        format: str | None = None,
        columns: Mapping[str, str] | None = None,
        eval_share: float | None = None,
        exclude_problems: tuple[str, ...] | list[str] = (),
        cancelled: Event | None = None,
    ) -> list[Finding]:
        """Choose the rows to train on: a file, or rows (list of dicts, DataFrame, Table, `datasets.Dataset`).

        `variable` names a variable of the notebook. With neither, the dataset in use is read again with what is given.
        """
        source = RowsWanted(rows_or_path, variable, name, self._rows)
        rows, step, refused = choose_dataset(
            source,
            self._namespace,
            self.settings.dataset,
            cancelled,
            format=format,
            columns=dict(columns) if columns else None,
            eval_share=eval_share,
            exclude_problems=tuple(exclude_problems),
        )
        if cancelled is not None and cancelled.is_set():
            return []
        if rows is None or step is None:
            return self._refuse("dataset", refused)
        return self._apply("dataset", f"dataset {step.source.name}", rows=rows, dataset=step)

    def deploy_to(
        self, name: str | None = None, target: str | None = None, launcher: str | None = None
    ) -> list[Finding]:
        """Name the package and choose its target and launcher; what is not given stays, or is suggested."""
        from .advice.findings import offered
        from .package.names import name_problem

        if self._state.config is None:
            self._apply("config", "settings", config=self._default_config())
        now = self._state.deploy
        wanted = {
            "name": name or (now.name if now else self.suggested_name()),
            "target": target or (now.target if now else next(iter(self.settings.deploy.targets))),
            "launcher": launcher or (now.launcher if now else "local"),
        }
        problem = name_problem(wanted["name"])
        refused = [f for f in (problem, *offered(wanted["target"], wanted["launcher"], self.settings)) if f]
        if errors_in(refused):
            return self._refuse("deploy", refused)
        return self._apply("deploy", "package", deploy=DeployStep.model_validate(wanted))

    def write_package(self, folder: str | Path, *, archive: bool = False) -> Path:
        """Write the package into `folder` (`folder/<name>`, or a zip of it) and remember where.

        Raises:
            NotReadyError: something would stop the run.
            PackageExists: the place is taken; nothing was changed.
            OSError: the place can't be written to.
        """
        from .package.writing import DataChangedError

        package, state = self.package, self._state
        place = Path(folder).expanduser().resolve()
        try:
            written = package.write(place / f"{package.name}.zip" if archive else place)
        except DataChangedError as error:
            changed = (rows_changed(state.dataset),) if state.dataset else ()
            self._hold(state, changed)
            raise NotReadyError(changed) from error
        with self._lock:
            deploy = self._state.deploy
            if deploy is not None:
                self._state = self._state.model_copy(
                    update={"deploy": deploy.model_copy(update={"written_to": str(written)})}
                )
        self._notify()
        return written

    def choose_gpu(self, name: str | None = None) -> list[Finding]:
        """Choose the card that memory is held against, by name; None means the one in this machine."""
        from .gpu import find_gpu

        try:
            gpu = find_gpu(name, self.settings.config.gpus) if name else None
        except ValueError as error:
            return self._refuse("config", [_refusal("config", "config.gpu", "gpu-unknown", str(error))])
        with self._lock:
            self._gpu, self._gpu_known = gpu, name is not None
            self._forget()
        self._notify()
        return []

    def go_to(self, step: StepId) -> list[Finding]:
        """Enter a step: back always, forward when every step before it is completed."""
        reason = self.blocked(step)
        if reason:
            here = self._state.step
            message = f"The step “{step}” can't be entered yet."
            return self._refuse(
                here,
                [
                    Finding(
                        severity="warning",
                        step=here,
                        field="step",
                        code="step-blocked",
                        message=message,
                        evidence=reason,
                    )
                ],
            )
        state = self._state.model_copy(update={"step": step})
        if step == "config" and state.config is None:
            state = state.model_copy(update={"config": self._default_config()})
        if step == "deploy" and state.deploy is None:
            name, target = self.suggested_name(), next(iter(self.settings.deploy.targets))
            deploy = DeployStep.model_validate({"name": name, "target": target, "launcher": "local"})
            state = state.model_copy(update={"deploy": deploy})
        with self._lock:
            self._attempts.pop(self._state.step, None)
            self._state = state
            self._forget()
        self._notify()
        return []

    def undo(self) -> list[Finding]:
        """Take back the last choice."""
        with self._lock:
            if not self._past:
                return []
            _, state, self._rows = self._past.pop()
            self._state = state.model_copy(update={"step": self._state.step})
            self._attempts = {}
            self._forget()
        self._notify()
        return list(self.findings)

    def resume(self) -> list[Finding]:
        """Take up the session that an earlier kernel saved. Does nothing where there is none."""
        return self.restore(self.saved.state) if self.saved else []

    def restore(self, state: SessionState | Mapping[str, Any]) -> list[Finding]:
        """Go on from an earlier session's state. A file is read again; a variable has to be given again.

        Raises:
            pydantic.ValidationError: `state` is no state of a session.
        """
        restored = state if isinstance(state, SessionState) else SessionState.model_validate(state)
        rows, problem = reopen_rows(restored.dataset, self._namespace, self.settings.dataset)
        with self._lock:
            self._state, self._rows, self._reopening = restored, rows, problem
            self._attempts = {}
            self._past.clear()
            self._forget()
            reachable = [s for s in STEP_IDS if not self.blocked(s)]
            if restored.step not in reachable:
                self._state = restored.model_copy(update={"step": reachable[-1]})
        self._notify()
        return list(self.findings)

    def suggested_name(self) -> str:
        """A name for the package that is not taken in the folder packages are written to."""
        from .package.names import suggest_name

        folder = Path(self.settings.deploy.folder).expanduser()
        existing = [p.stem if p.suffix == ".zip" else p.name for p in folder.iterdir()] if folder.is_dir() else []
        base = self._state.model.repo_id if self._state.model else "model"
        return suggest_name(base, existing, date.today(), self.settings.deploy.name_pattern)

    # -------------------------------------------------------------- applying

    def _apply(self, step: StepId, label: str, *, rows: Rows | None = None, **data: Any) -> list[Finding]:
        with self._lock:
            before = self._state
            after = before.model_copy(update=data)
            self._attempts.pop(step, None)
            if after != before or rows is not None:
                self._past.append((label, before, self._rows))
                self._state = after
                self._rows = rows if rows is not None else self._rows
                self._forget()
        self._notify()
        return [f for f in self.findings if f.step == step]

    def _refuse(self, step: StepId, findings: list[Finding]) -> list[Finding]:
        with self._lock:
            self._attempts[step] = tuple(findings)
        self._notify()
        return findings

    def _is_new(self) -> bool:
        return all(self._state.of(step) is None for step in STEP_IDS)

    def _known(self) -> tuple[Finding, ...]:
        """What is known about the choices as they stand."""
        if self._findings is None:
            if self._is_new():
                return ()
            from .advice.findings import findings_of

            self._findings = findings_of(self._state, self.settings, self.gpu, self._rows_problem())
        return self._findings

    def _default_config(self) -> ConfigStep:
        from .advice.knobs import default_config

        return default_config(self.settings.config)

    def _rows_problem(self) -> Finding | None:
        """What keeps the rows of a restored dataset step from being used."""
        if self._state.dataset is None or self._rows is not None:
            return None
        return self._reopening or rows_gone(self._state.dataset)

    def _hold(self, state: SessionState, findings: tuple[Finding, ...]) -> None:
        """Add what building the package found about `state`; any change of the choices forgets it."""
        with self._lock:
            if self._state == state:
                self._findings = (*(self._findings or ()), *findings)
                self._package = None
        self._notify()

    def _forget(self) -> None:
        self._findings = None
        self._package = None

    def _notify(self) -> None:
        if self.autosave is not None:
            completed = frozenset(step for step, status in self.statuses.items() if status == "completed")
            self.autosave.changed(soon=not completed <= self._completed)
            self._completed = completed
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners.values()):
            listener()


def _refusal(step: StepId, field: str, code: str, message: str, fix: Fix | None = None) -> Finding:
    return Finding(severity="error", step=step, field=field, code=code, message=message, fix=fix)

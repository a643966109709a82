"""TrainingPackageWizard: traits down, intents up, and nothing else. What is chosen and known lives in `session.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from importlib.resources import files
from operator import is_not
from pathlib import Path
from threading import Event, RLock, local
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from pydantic import BaseModel

from . import screens, views
from .config_verbs import ConfigVerbs
from .cost_verbs import CostVerbs
from .dataset_verbs import DatasetVerbs
from .deploy_verbs import DeployVerbs
from .facts import STEP_IDS, Finding, StepId, StepStatus
from .first_results import first_results
from .logs import call_logged
from .model_verbs import ModelVerbs, accepted_filters
from .notebook_variables import notebook_variables
from .run_verbs import RunVerbs
from .search_filters import SearchFilters
from .session import Session
from .steps import SessionState
from .token_verbs import TokenVerbs

if TYPE_CHECKING:
    from .dispatch import Dispatcher
    from .wire import Answer

_BUNDLE = files("trainpkg_widgets") / "static" / "widget.js"

# What a browser may write to, as `link` does; everything else it writes is undone by sending it our value again.
_WRITABLE = frozenset({"step", "query", "filters", "sort"})

OnComplete = Callable[[StepId, dict[str, Any]], None]
OnValidationChange = Callable[[StepId, bool], None]


def _synced(trait: Any) -> Any:
    # ipywidgets 8 echoes a browser's write to every view before it is validated; ours come from the kernel alone.
    return trait.tag(sync=True, echo_update=False)


class _OpenPackage:
    """`TrainingPackageWizard.open(path, …)`: a wizard on the choices of a written package, a folder or a zip.

    On an instance it is ipywidgets' own `open`, which opens the comm and is called by the constructor.
    """

    def __get__(self, instance: Any, owner: type[TrainingPackageWizard]) -> Callable[..., Any]:
        if instance is not None:
            opened: Callable[..., Any] = anywidget.AnyWidget.open.__get__(instance, owner)
            return opened

        def open_package(
            path: str | Path, *, method: str | None = None, folder: str | Path | None = None, **keywords: Any
        ) -> TrainingPackageWizard:
            from .package_opening import open_written

            return open_written(path, lambda state: owner(state=state, **keywords), method, folder)

        return open_package


class TrainingPackageWizard(
    ModelVerbs, ConfigVerbs, CostVerbs, DatasetVerbs, TokenVerbs, DeployVerbs, RunVerbs, anywidget.AnyWidget
):
    """A wizard in a notebook cell: four steps from a model to a training package.

    Args:
        settings: a settings file, a mapping of overrides, or ready settings; the shipped defaults where None.
        state: what an earlier wizard's `state` gave, to go on from there.
        gpu: the card to hold memory against, by name; the one in this machine where None.
        endpoint: the Hub's address, overruling the settings.
        token: a Hub token; the environment's where None, none at all where False. It is never stored or synced.
        autosave: False switches it off; a path says where to; None follows the settings.
    """

    # The text and not the path: a path keeps the instance alive for hot reloading (anywidget#929).
    _esm = _BUNDLE.read_text(encoding="utf-8")

    step = _synced(traitlets.Unicode("model", help="The step on screen. Setting it goes as far as is allowed."))
    query = _synced(traitlets.Unicode("", help="What is searched for. Setting it searches."))
    filters = _synced(traitlets.Dict(help="What a search keeps: fields of SearchFilters. Setting it searches."))
    sort = _synced(traitlets.Unicode("downloads", help="The order of the results. Setting it searches."))
    results = _synced(traitlets.Dict(read_only=True, help="What the search found: a ResultsView as JSON."))
    busy = _synced(traitlets.List(read_only=True, help="The kinds of work that are under way."))
    model = _synced(traitlets.Dict(read_only=True, help="Step data, {} until chosen. `select_model` changes it."))
    config = _synced(traitlets.Dict(read_only=True, help="Step data, {} until chosen. `configure` changes it."))
    dataset = _synced(traitlets.Dict(read_only=True, help="Step data, {} until chosen. `use_dataset` changes it."))
    deploy = _synced(traitlets.Dict(read_only=True, help="Step data, {} until chosen. `deploy_to` changes it."))
    statuses = _synced(traitlets.Dict(read_only=True, help="Step id to status."))
    findings = _synced(traitlets.List(read_only=True, help="All that is known about the choices, as JSON."))

    _session = _synced(traitlets.Dict(read_only=True))
    _config = _synced(traitlets.Dict(read_only=True))
    _costs = _synced(traitlets.Dict(read_only=True))
    _rows = _synced(traitlets.Dict(read_only=True))
    _tokens = _synced(traitlets.Dict(read_only=True))
    _reading = _synced(traitlets.Dict(read_only=True))
    _package = _synced(traitlets.Dict(read_only=True))
    _run = _synced(traitlets.Dict(read_only=True))
    _ui = _synced(traitlets.Dict(read_only=True))
    _config_menus = _synced(traitlets.Dict(read_only=True))
    _dataset_menus = _synced(traitlets.Dict(read_only=True))
    _deploy_menus = _synced(traitlets.Dict(read_only=True))
    _answers = _synced(traitlets.List(read_only=True))
    _protocol = _synced(traitlets.Int(screens.PROTOCOL, read_only=True))

    def __init__(
        self,
        settings: Any = None,
        state: SessionState | Mapping[str, Any] | None = None,
        gpu: str | None = None,
        endpoint: str | None = None,
        token: str | bool | None = None,
        autosave: str | Path | bool | None = None,
    ) -> None:
        self._end_subscription: Callable[[], None] = lambda: None
        self.session = Session(settings, state, gpu, endpoint, token, autosave, namespace=notebook_variables)
        self._publishing = RLock()
        self._round = 0
        self._ours = local()
        self._on_complete: list[OnComplete] = []
        self._on_validation: list[OnValidationChange] = []
        self._told: dict[StepId, tuple[StepStatus, Any]] = {}
        self._drawn: dict[str, tuple[tuple[object, ...], Any]] = {}
        self._package_shown: tuple[SessionState, tuple[Finding, ...]] | None = None
        # Before the comm opens, so that the first message holds the first paint.
        self.set_trait("_ui", _json(views.ui_view(self.session.settings)))
        shown = self.session.choices.known
        self._set_ours(self._snapshot())
        super().__init__()
        self._told = self._validity()
        self.observe(self._on_public_trait, names=sorted(_WRITABLE))
        self.on_msg(self._on_intent)
        self._end_subscription = self.session.subscribe(self._publish)
        if self.session.choices.known is not shown:
            self._publish()  # the Hub answered for rows of an earlier session before anybody listened

    def __repr__(self) -> str:
        summaries = (views.step_summary(self.session.state, step) for step in STEP_IDS)
        done = sum(status == "completed" for status in self.session.statuses.values())
        return f"TrainingPackageWizard({done} of 4 steps completed: {' | '.join(filter(None, summaries)) or 'none'})"

    # -------------------------------------------------------------- verbs

    def undo(self) -> list[Finding]:
        """Take back the last choice."""
        return self.session.undo()

    def resume(self) -> list[Finding]:
        """Take up the session that an earlier kernel saved."""
        return self.session.resume()

    @property
    def state(self) -> dict[str, Any]:
        """Everything that was chosen, as JSON: `TrainingPackageWizard(state=…)` goes on from it."""
        return self.session.state.model_dump(mode="json")

    open = _OpenPackage()

    def on_complete(self, callback: OnComplete) -> Callable[[], None]:
        """Call `callback(step_id, step_data)` when a step becomes completed, or is completed with other data.

        Returns what ends it.
        """
        self._on_complete.append(callback)
        return lambda: self._on_complete.remove(callback)

    def on_validation_change(self, callback: OnValidationChange) -> Callable[[], None]:
        """Call `callback(step_id, valid)` when a step becomes completed or stops being so. Returns what ends it."""
        self._on_validation.append(callback)
        return lambda: self._on_validation.remove(callback)

    def close(self) -> None:
        """Cancel what is under way, save what is pending, and leave the page."""
        if "session" not in self.__dict__:
            return  # the constructor failed, and ipywidgets closes what it can't finish
        self._end_subscription()
        if "_dispatcher" in self.__dict__:
            self._dispatcher.close()
        self.session.close()
        super().close()

    # -------------------------------------------------------------- traits down

    def _snapshot(self) -> dict[str, Any]:
        session, state = self.session, self.session.state
        rows = state.dataset, session.choices.rows
        chosen: dict[str, Any] = {
            step: self._draw(step, partial(state.of, step), data) if (data := state.of(step)) is not None else {}
            for step in STEP_IDS
        }
        return {
            **chosen,
            "step": state.step,
            **self._search(),
            "statuses": dict(session.statuses),
            "findings": [_json(finding) for finding in session.findings],
            "_session": _json(views.session_view(session)),
            # Each is {} until there is something to draw, as step data is.
            "_config": _json(views.knobs_view(session)) if state.config else {},
            "_costs": _json(session.costs) if state.config else {},
            "_rows": self._draw("_rows", lambda: views.dataset_rows(session), *rows) if state.dataset else {},
            "_reading": _json(session.being_read) if session.being_read else {},
            "_tokens": _json(views.tokens_view(session)) if state.dataset and state.step == "dataset" else {},
            **self._menus("config" if state.step == "model" and session.wants_cards else state.step),
        }

    def _search(self) -> dict[str, Any]:
        session = self.session
        if not session.has_searched and self._first_results is not None:
            sort = session.settings.model.search.default_sort
            return {"query": "", "filters": {}, "sort": sort, "results": self._first_results}
        searching = session.searching
        return {
            "query": searching.query,
            "filters": searching.filters.model_dump(mode="json", exclude_defaults=True),
            "sort": searching.sort,
            "results": self._draw("results", searching.view, searching.found),
        }

    @cached_property
    def _first_results(self) -> dict[str, Any] | None:
        return first_results(self.session.settings.model)

    def _menus(self, step: StepId) -> dict[str, Any]:
        """The menus of the step on screen, sent when it is first entered and kept from then on."""
        menus = {"config": views.config_menus, "dataset": views.dataset_menus, "deploy": views.deploy_menus}.get(step)
        if menus is None:
            return {}
        settings = self.session.settings
        return {f"_{step}_menus": self._draw(f"_{step}_menus", lambda: menus(settings), settings)}

    def _draw(self, name: str, view: Callable[[], Any], *made_of: object) -> Any:
        """A view as JSON, made again only when something that it is made of is another object."""
        if name not in self._drawn or any(map(is_not, self._drawn[name][0], made_of)):
            self._drawn[name] = (made_of, _json(view()))
        return self._drawn[name][1]

    def _publish(self) -> None:
        with self._publishing:
            snapshot = self._snapshot()
            with self.hold_sync():
                self._set_ours(snapshot)
        self._show_package()
        self._tell_validity()

    def _set_ours(self, snapshot: dict[str, Any]) -> None:
        self._round += 1
        this_round = self._round
        before = getattr(self._ours, "snapshot", {})
        self._ours.snapshot = snapshot
        try:
            for name, value in snapshot.items():
                if getattr(self, name) == value:
                    continue
                call_logged(self.set_trait, name, value)
                if self._round != this_round:
                    return  # an observer made a newer choice, and all of that is published already
        finally:
            self._ours.snapshot = before

    def _is_ours(self, name: str, value: Any) -> bool:
        """Whether a trait is being set by us: on this thread, to this value."""
        snapshot = getattr(self._ours, "snapshot", {})
        return name in snapshot and bool(snapshot[name] == value)

    def _show_package(self) -> None:
        """Build the package for the deploy step, in the pool: it reads every row."""
        seen = self.session.state, self.session.findings
        if seen[0].step != "deploy" or seen == self._package_shown:
            return
        self._package_shown = seen

        def show(cancelled: Event) -> None:
            self._watch_run()
            view = _json(views.package_view(self.session))
            with self._publishing:
                if not cancelled.is_set():
                    self.set_trait("_package", view)

        self._dispatcher.in_background("package", show)

    def _watch_run(self) -> None:
        launching = self.session.launching
        if launching.watch is None:
            launching.watch = self._show_run
        launching.follow()
        self._show_run()

    def _show_run(self) -> None:
        view = _json(self.session.launching.view())
        with self._publishing:
            self.set_trait("_run", view)

    def _set_busy(self, kinds: Callable[[], list[str]]) -> None:
        with self._publishing:
            self.set_trait("busy", kinds())

    def _validity(self) -> dict[StepId, tuple[StepStatus, Any]]:
        return {step: (status, self.session.state.of(step)) for step, status in self.session.statuses.items()}

    def _tell_validity(self) -> None:
        with self._publishing:
            before, now = self._told, self._validity()
            self._told = now
        for step, (status, data) in now.items():
            was, data_before = before[step]
            valid = status == "completed"
            if valid != (was == "completed"):
                for validation in list(self._on_validation):
                    call_logged(validation, step, valid)
            if valid and (was != "completed" or data != data_before):
                for complete in list(self._on_complete):
                    call_logged(complete, step, _json(data))

    # -------------------------------------------------------------- intents up

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        from .dispatch import Dispatcher

        return Dispatcher(self.session, self._send_answer, self.send_state, self._set_busy, self._together)

    def _on_intent(self, _widget: Any, content: Any, _buffers: Any) -> None:
        self._dispatcher.receive(content)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """What an intent changes and its answer go down as one message: each message costs the host a millisecond."""
        with self._publishing, self.hold_sync():
            self._ours.answers = []
            try:
                yield
            finally:
                answers, self._ours.answers = self._ours.answers, None
                if answers != self._answers:
                    self.set_trait("_answers", answers)
                else:
                    for answer in answers:  # given before, to a browser that missed it
                        self.send(answer)

    def _send_answer(self, answer: Answer) -> None:
        together = getattr(self._ours, "answers", None)
        if together is not None:
            together.append(_json(answer))
        elif self.comm is not None:
            self.send(_json(answer))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a browser wrote: the writable traits, coerced; the rest is undone by sending our values again."""
        accepted: dict[str, Any] = {}
        for name in _WRITABLE & sync_data.keys():
            kind = dict if name == "filters" else str
            if isinstance(sync_data[name], kind):
                accepted[name] = sync_data[name]
        for name, value in accepted.items():
            setattr(self, name, value)
        undone = [name for name in sync_data if name in self.keys and getattr(self, name) != sync_data[name]]
        if undone:
            self.send_state(undone)

    @traitlets.validate("step")
    def _coerce_step(self, proposal: Any) -> Any:
        wanted = proposal["value"]
        if self._is_ours("step", wanted):
            return wanted
        if wanted in STEP_IDS:
            self.session.go_to(wanted)
        return self.session.state.step

    @traitlets.validate("filters")
    def _coerce_filters(self, proposal: Any) -> Any:
        return accepted_filters(proposal["value"], self.filters, self.session.choices)

    @traitlets.validate("sort")
    def _coerce_sort(self, proposal: Any) -> Any:
        known = [option.value for option in self.session.settings.model.sort_options]
        return proposal["value"] if proposal["value"] in known else self.sort

    def _on_public_trait(self, change: Any) -> None:
        if change["name"] == "step" or self._is_ours(change["name"], change["new"]):
            return
        self._dispatcher.search(self.query, SearchFilters.model_validate(self.filters), self.sort)


def _json(value: BaseModel) -> Any:
    return value.model_dump(mode="json")

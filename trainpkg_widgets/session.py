"""The wizard without a browser: the four steps, what is chosen in them, and what is known about the choices.

Advice, data and packages are imported where they are asked for: the first paint waits for every import at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from operator import is_not
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from .choices import Choices
from .config_verbs import ConfigVerbs
from .cost_verbs import CostVerbs
from .dataset_verbs import DatasetVerbs
from .deploy_verbs import DeployVerbs
from .facts import STEP_IDS, Finding, StepId, StepStatus
from .logs import call_logged, set_level
from .model_verbs import ModelVerbs
from .packaging import Packaging
from .run_verbs import RunVerbs
from .settings import load_settings
from .steps import ConfigStep, DeployStep, SessionState
from .token_verbs import TokenVerbs

if TYPE_CHECKING:
    from .advice.token_lengths import TokenLengths
    from .autosave import Autosave, SavedSession
    from .clouds import Clouds
    from .config_screen import CostsView
    from .data.watch import Watch
    from .dataset_opening import Opener
    from .dataset_screen import RowsBeingRead
    from .deploy_choice import Launching
    from .model_choice import ModelChooser
    from .model_search import ModelSearch
    from .settings.config_settings import Gpu
    from .settings.schema import Settings
    from .steps import Measured
    from .tokenizing import Tokenizing

Listener = Callable[[], None]


class Session(ModelVerbs, ConfigVerbs, CostVerbs, DatasetVerbs, TokenVerbs, DeployVerbs, RunVerbs):
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
        self.session = self
        self.settings = load_settings(settings, **overrides)
        set_level(self.settings.shared.logging.level)
        self.namespace = namespace
        self._listeners: dict[object, Listener] = {}
        self.choices = Choices(self.settings.shared.work.undo_depth, self.advise, self._changed)
        self.packaging = Packaging(self)
        self._models: ModelChooser | None = None
        self._token = token
        self._launching: Launching | None = None
        self._searching: ModelSearch | None = None
        self._tokenizing: Tokenizing | None = None
        self.being_read: RowsBeingRead | None = None
        self.ended = Event()
        self._completed: frozenset[StepId] = frozenset()
        self.autosave: Autosave | None = None
        self.saved: SavedSession | None = None
        if autosave is not False:
            from .autosave import open_autosave

            self.autosave, self.saved = open_autosave(
                self.settings.shared.autosave, autosave, lambda: self.choices.state, self.tell
            )
        self._costs: tuple[tuple[object, ...], CostsView] | None = None
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
        return self.choices.state

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known about the choices now, and about the last attempt of each step that was refused."""
        with self.choices.lock:
            found = self.choices.refused + self.choices.known
            if self.state.deploy is not None:
                # Of this machine, not of the choices: it goes into no package and into no status.
                from .launch_outlook import with_outlook

                found = with_outlook(self, found, self.card_here, self._token)
            if self.saved is None or not self.choices.are_none:
                return found
        from .autosave import resume_offer

        return (resume_offer(self.saved), *found)

    @property
    def statuses(self) -> dict[StepId, StepStatus]:
        """The status of each step, derived from what is chosen and what is known about it."""
        return self.choices.statuses

    @property
    def models(self) -> ModelChooser:
        """What opens models, made when it is first asked for."""
        with self.choices.lock:
            if self._models is None:
                from .model_choice import ModelChooser

                where = partial(self.settings.where, "model", "policy")
                self._models = ModelChooser(self.settings.model, self._token, where)
            return self._models

    @property
    def searching(self) -> ModelSearch:
        """The search of the model step, begun when it is first asked for."""
        with self.choices.lock:
            if self._searching is None:
                from .model_search import ModelSearch

                self._searching = ModelSearch(self.settings, self.models, lambda: self.gpu, self.tell)
            return self._searching

    @property
    def wants_cards(self) -> bool:
        """Whether models that fit a card are looked for."""
        return self.has_searched and self.searching.filters.fits_gpu

    @cached_property
    def card_here(self) -> str:
        """The name of the card in this machine, empty without one or without its driver."""
        from .gpu import detect_gpu

        return getattr(detect_gpu(), "name", "")

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
            with self.choices.lock:
                if not self._gpu_known:
                    self._gpu, self._gpu_known = detected, True
        return self._gpu

    @cached_property
    def gpus_here(self) -> int:
        """How many cards like the first one of this machine a run would see; 0 without a driver."""
        from .gpu import count_gpus

        return count_gpus()

    @cached_property
    def clouds(self) -> Clouds:
        """What clouds ask for machines, by gpuhunt; nothing is asked before its first use."""
        from .clouds import Clouds

        return Clouds(self.settings.config.clouds)

    def hold_memory_against(self, gpu: Gpu | None, *, chosen: bool) -> None:
        """Take a card as the one that memory is held against; with `chosen` off, the one that is found here is."""
        with self.choices.lock:
            self._gpu, self._gpu_known = gpu, chosen
        self.choices.advise_again("config")

    @property
    def costs(self) -> CostsView:
        """What the run costs: memory in bytes, steps, tokens. Empty until the config step holds something."""
        state = self.state
        tokens = self.tokens if state.config and state.dataset else None
        measured = self.measured if state.config and state.deploy and state.deploy.run else None
        return self._costs_of(state, tokens, measured)

    def _costs_of(
        self, state: SessionState, tokens: TokenLengths | None = None, measured: Measured | None = None
    ) -> CostsView:
        """What a state of the choices costs; the last answer is kept, for advice and screen ask for the same one."""
        from .advice.costs import costs_view
        from .config_screen import CostsView

        if state.config is None:
            return CostsView()
        target = state.deploy.target if state.deploy else "trl"
        made_of = (state.model, state.config, state.dataset, self.gpu, tokens, measured, target)
        if self._costs is None or any(map(is_not, made_of, self._costs[0])):
            info = state.model.info if state.model else None
            settings = self.settings.config
            view = costs_view(info, state.config, state.dataset, self.gpu, settings, tokens, measured, target)
            self._costs = made_of, view
        return self._costs[1]

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, empty where there is nothing."""
        return self.choices.undo_label

    def blocked(self, step: StepId) -> str:
        """Why `step` can't be entered yet, in words; empty where it can."""
        return self.choices.blocked(step)

    @property
    def tokenizing(self) -> Tokenizing:
        """The chosen model's tokenizer, and what was counted with it."""
        with self.choices.lock:
            if self._tokenizing is None:
                from .tokenizing import Tokenizing

                self._tokenizing = Tokenizing(self.settings, self.choices, lambda: self.models.client, self.tell)
                if self.ended.is_set():
                    self._tokenizing.close()
            return self._tokenizing

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change, on the thread that made it. Returns what ends the subscription."""
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end

    # -------------------------------------------------------------- verbs

    @property
    def launching(self) -> Launching:
        """The runs of this session."""
        with self.choices.lock:
            if self._launching is None:
                from .deploy_choice import Launching

                self._launching = Launching(self, self.choices, self._token)
            return self._launching

    def go_to(self, step: StepId) -> list[Finding]:
        """Enter a step: back always, forward when every step before it is completed.

        Raises:
            ValueError: there is no such step.
        """
        if step not in STEP_IDS:
            raise ValueError(f"There is no step {step!r}. The steps are {', '.join(STEP_IDS)}.")
        name = self.suggested_name() if step == "deploy" else ""
        return self.choices.enter(step, lambda state: self._defaults(step, state, name))

    def undo(self) -> list[Finding]:
        """Take back the last choice."""
        self.choices.undo()
        return list(self.findings)

    def resume(self) -> list[Finding]:
        """Take up the session that an earlier kernel saved. Does nothing where there is none."""
        return self.restore(self.saved.state) if self.saved else []

    def restore(self, state: SessionState | Mapping[str, Any]) -> list[Finding]:
        """Go on from an earlier session's state. A file is read again, and the Hub is asked while nobody waits.

        Raises:
            ValueError: `state` is no state of a session.
        """
        from .restoring import restore

        restore(self, state)
        return list(self.findings)

    def suggested_name(self, base: str = "") -> str:
        """A name for the package that is not taken in the folder packages are written to."""
        return self.packaging.suggested_name(base)

    # -------------------------------------------------------------- behind them

    def opener(self, cancelled: Event | None, watch: Watch | None = None) -> Opener:
        """What opens datasets: the notebook's variables, files, and the Hub."""
        from .dataset_opening import Opener

        dataset, models = self.settings.dataset, self.models
        viewer = partial(models.viewer, dataset.viewer)
        return Opener(self.namespace, dataset, lambda: models.client, viewer, cancelled, watch)

    def close(self) -> None:
        """Save what is pending, stop following runs (which go on), and end the process of the tokenizer."""
        self.ended.set()
        if self.autosave is not None:
            self.autosave.close()
        if self._launching is not None:
            self._launching.close()
        with self.choices.lock:
            tokenizing = self._tokenizing
        if tokenizing is not None:
            tokenizing.close()

    def advise(self, state: SessionState, rows_problem: Finding | None) -> tuple[Finding, ...]:
        """All that is known about a state of the choices."""
        if state.imported is not None:
            from .package.importing.judging import imported_findings

            return imported_findings(state, self.settings, state.imported)
        from .advice.findings import findings_of

        found = findings_of(state, self.settings, self.gpu, self._costs_of(state), rows_problem)
        return found if self._tokenizing is None else self._tokenizing.with_findings(state, found)

    def default_config(self) -> ConfigStep:
        """The run as it is before anybody changed a knob."""
        from .advice.knobs import default_config

        return default_config(self.settings.config)

    def _defaults(self, step: StepId, state: SessionState, name: str) -> dict[str, Any]:
        """What a step holds when it is entered with nothing in it."""
        if state.of(step) is not None:
            return {}
        if step == "config":
            return {"config": self.default_config()}
        if step == "deploy":
            wanted = {"name": name, "target": next(iter(self.settings.deploy.targets)), "launcher": "local"}
            return {"deploy": DeployStep.model_validate(wanted)}
        return {}

    def _changed(self) -> None:
        if self.autosave is not None:
            completed = frozenset(step for step, status in self.statuses.items() if status == "completed")
            self.autosave.changed(soon=not completed <= self._completed)
            self._completed = completed
        self.tell()

    def tell(self) -> None:
        """Call all listeners: something that they draw has changed."""
        for listener in list(self._listeners.values()):
            call_logged(listener)

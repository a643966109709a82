"""Rows through the model's own tokenizer: one seen whole, many counted. What was found is kept while it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, RLock
from typing import TYPE_CHECKING, Any

from .facts import Finding, Fix

if TYPE_CHECKING:
    from .advice.token_lengths import TokenLengths
    from .advice.training_shape import TrainingShape
    from .choices import Choices
    from .data.rows import Rows
    from .data.token_counting import Measured
    from .data.tokenizer_process import TokenizerProcess
    from .hub.client import HubClient
    from .seen_screen import SeenRow, TemplateOption
    from .settings.schema import Settings
    from .steps import ConfigStep, DatasetStep, ModelStep, SessionState


# The target whose tokens and masks are drawn, and those that train as it does.
_DRAWN = "trl"
_AS_DRAWN = ("trl", "unsloth")


class Tokenizing:
    """The tokenizer of the chosen model in its process, and what was counted with it.

    Args:
        settings: the session's.
        choices: the session's choices and the rows behind them.
        client: gives the client of the Hub, which fetches the tokenizer's files.
        got_on: called when a count got on.
    """

    def __init__(
        self, settings: Settings, choices: Choices, client: Callable[[], HubClient], got_on: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._choices = choices
        self._client = client
        self._got_on = got_on
        self._lock = RLock()
        self._fetching = Lock()
        self._closed = False
        self._process: tuple[tuple[object, ...], TokenizerProcess] | None = None
        self._measured: Measured | None = None
        self._problem: tuple[tuple[object, ...], Finding] | None = None
        self.progress: float | None = None

    def measured(self, state: SessionState) -> Measured | None:
        """What was counted of the choices as they stand; None where nothing was."""
        measured = self._measured
        return measured if measured is not None and measured.of == _counted_of(state) else None

    def problem(self, state: SessionState) -> Finding | None:
        """Why the rows as they stand could not be counted; None where they could, or nobody tried."""
        problem = self._problem
        return problem[1] if problem is not None and problem[0] == _counted_of(state) else None

    def findings(self, state: SessionState) -> list[Finding]:
        """What the tokens say about the choices as they stand; nothing where they were not counted."""
        measured = self.measured(state)
        if measured is None or state.dataset is None:
            return []
        from .advice.token_findings import token_findings

        target = state.deploy.target if state.deploy else next(iter(self._settings.deploy.targets))
        context = state.model.info.context_length.value if state.model else None
        return token_findings(measured.survey, measured.lengths, state.dataset, state.config, target, context)

    @property
    def lengths(self) -> TokenLengths | None:
        """The lengths that were counted of the choices as they stand; None where nothing was."""
        measured = self.measured(self._choices.state)
        return measured.lengths if measured is not None else None

    def use_template(self, template: str | None, stop_token: str | None) -> list[Finding]:
        """Choose how conversations are printed; see `template_choice.py`."""
        from .template_choice import choose_template

        about = self.about()
        return self._choices.decide(
            "dataset", "chat template", lambda state: choose_template(state, template, stop_token, about)
        )

    def with_findings(self, state: SessionState, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """What is known, and beside it what only the tokens say."""
        told = {(finding.step, finding.code) for finding in found}
        return (*found, *(finding for finding in self.findings(state) if (finding.step, finding.code) not in told))

    def see(self, row: int, part: int, cancelled: Event | None = None) -> SeenRow:
        """Training row `part` of row `row` (both zero-based) as the model sees it, or why it can't be shown."""
        from .data.errors import DataError
        from .data.token_counting import prepared
        from .data.training_preview import sequences_of, what_trl_does
        from .data.turns import UnfitRowError
        from .hub.errors import HubError
        from .seen_screen import SeenRow

        state, rows = self._chosen()
        if state.dataset is None or rows is None:
            return SeenRow(row=row)
        nothing = SeenRow(row=row, total=rows.count)
        try:
            model, config, shape = self._needed(state)
            page = rows.page(row, 1)
            made = prepared(page[0], state.dataset, shape) if page else []
            if not made:
                return nothing.model_copy(
                    update={"problem": _note("nothing-in-row", "This row has nothing to train on.")}
                )
            part = min(part, len(made) - 1)
            process = self._running(model, state.dataset, cancelled)
            request = {
                "do": "see",
                "rows": [made[part]],
                "how": how_of(config, shape),
                "most": self._settings.dataset.tokenizer.tokens,
            }
            sequences = sequences_of(process.ask(request)["rows"][0])
            trainer, other = self._trainer(state)
            return SeenRow(
                row=row,
                part=part,
                parts=len(made),
                total=rows.count,
                sequences=sequences,
                says=tuple(what_trl_does(shape, config, trainer, sequences, other)),
                with_what=f"transformers {process.about['transformers']}, as {trainer} tokenises",
            )
        except (DataError, HubError) as error:
            return nothing.model_copy(update={"problem": _refusal(error)})
        except UnfitRowError as unfit:
            problem = _note("row-unfit", f"Row {row + 1:,} can't be trained on: {unfit.found or unfit.code}.")
            return nothing.model_copy(update={"problem": problem})

    def measure(self, *, exact: bool = False, cancelled: Event | None = None) -> TokenLengths | None:
        """Count the tokens of a sample of the rows, or with `exact` of all; None where that can't be done.

        A sample of few rows is all of them; of a dataset of the Hub there is no more than a sample.
        """
        from .data.errors import DataError
        from .data.token_counting import Counting
        from .hub.errors import HubError

        cancelled = cancelled or Event()
        state, rows = self._chosen()
        if rows is None:
            return None
        # Of a dataset that is not here only a sample can be counted.
        exact = exact and not hasattr(rows, "numbers")
        of = _counted_of(state)
        before = self.measured(state)
        if before is not None and (before.lengths.exact or not exact):
            return before.lengths
        try:
            model, config, shape = self._needed(state)
            assert state.dataset is not None  # noqa: S101 - `_needed` has looked
            process = self._running(model, state.dataset, cancelled)
            counting = Counting(process, state.dataset, rows, shape, self._settings.dataset.tokenizer, cancelled)
            if before is None:
                before = counting.sample(of, how_of(config, shape))
            if before is not None and exact and not before.lengths.exact:
                before = counting.all(before, self._tell)
        except (DataError, HubError) as error:
            with self._lock:
                self._problem = (of, _refusal(error))
            before = None
        finally:
            self.progress = None
        if cancelled.is_set():
            self._choices.advise_again()
            return None
        if before is not None:
            with self._lock:
                self._measured, self._problem = before, None
        self._choices.advise_again()
        return before.lengths if before else None

    def template_options(self) -> tuple[TemplateOption, ...]:
        """The chat templates on offer to the model; none where it has one of its own."""
        from .template_choice import template_options

        state, _ = self._chosen()
        return template_options(state, self.about)

    def about(self, cancelled: Event | None = None) -> dict[str, Any]:
        """What is known of the model's tokenizer: its stop token, the tokens it knows. Empty where it can't load."""
        from .data.errors import DataError
        from .hub.errors import HubError

        state, _ = self._chosen()
        if state.model is None:
            return {}
        try:
            return dict(self._running(state.model, state.dataset, cancelled).about)
        except (DataError, HubError):
            return {}

    def close(self) -> None:
        """End the tokenizer's process for good. A download that is under way is not waited for."""
        with self._lock:
            self._closed = True
            running, self._process = self._process, None
        if running is not None:
            running[1].close()

    def _chosen(self) -> tuple[SessionState, Rows | None]:
        with self._choices.lock:
            return self._choices.state, self._choices.rows

    def _tell(self, share: float) -> None:
        self.progress = share
        self._got_on()

    # -------------------------------------------------------------- what it takes

    def _needed(self, state: SessionState) -> tuple[ModelStep, ConfigStep, TrainingShape]:
        from .advice.knobs import default_config
        from .advice.training_shape import training_shape
        from .data.errors import DataError

        if state.model is None:
            raise DataError("no-model", "Choose a model first: tokens are counted with its own tokenizer.")
        if state.dataset is None or state.dataset.format.value is None:
            raise DataError("format-unknown", "What the model will see can be shown once the format is known.")
        config = state.config or default_config(self._settings.config)
        shape = training_shape(state.dataset, config.train_on, state.model.info, config.method)
        if getattr(shape, "misfit", ""):
            raise DataError("shape-misfit", shape.misfit)
        if shape.rows.endswith("chat") or shape.rows in ("conversations", "chat_answers"):
            self._has_template(state)
        return state.model, config, shape

    def _has_template(self, state: SessionState) -> None:
        from .advice.offered_templates import with_template
        from .advice.training_shape import has_chat_template
        from .data.errors import DataError

        if state.model and has_chat_template(with_template(state.model.info, state.dataset)) is False:
            raise DataError(
                "no-chat-template",
                "This model has no chat template, so it is not settled what it will see.",
                "Choose one of those offered below.",
            )

    def _running(self, model: ModelStep, step: DatasetStep | None, cancelled: Event | None) -> TokenizerProcess:
        from .advice.offered_templates import template_of
        from .data.tokenizer_process import TokenizerProcess

        template = template_of(model.info, step)
        key = (model.repo_id, model.revision, *template)
        if there := self._there(key):
            return there
        with self._fetching:
            if there := self._there(key):
                return there
            folder = self._folder(model, cancelled)
            process = TokenizerProcess(folder, self._settings.dataset.tokenizer, *template)
            with self._lock:
                self._refuse_closed()
                before, self._process = self._process, (key, process)
        if before is not None:
            before[1].close()
        return process

    def _there(self, key: tuple[object, ...]) -> TokenizerProcess | None:
        with self._lock:
            self._refuse_closed()
            return self._process[1] if self._process is not None and self._process[0] == key else None

    def _refuse_closed(self) -> None:
        from .data.errors import DataError

        if self._closed:
            # A count that is still under way would start a process that nobody ends.
            raise DataError("tokenizer-closed", "This session was closed.", "Open it again and ask again.")

    def _folder(self, model: ModelStep, cancelled: Event | None) -> Path:
        from .hub.cache import cache_folder
        from .hub.tokenizer_download import tokenizer_folder

        local = Path(model.repo_id)
        if model.info.origin == "folder" or local.is_dir():
            return local
        place = cache_folder(self._settings.model.cache.folder) / "tokenizers"
        revision = model.revision or model.info.revision.value or "main"
        seconds = self._settings.dataset.tokenizer.download_seconds
        return tokenizer_folder(self._client(), model.repo_id, revision, place, seconds=seconds, cancelled=cancelled)

    def _trainer(self, state: SessionState) -> tuple[str, str]:
        """The trainer whose masks are drawn, and the chosen target's name where that is another."""
        targets = self._settings.deploy.targets
        drawn = targets[_DRAWN]
        # Unsloth's scripts train with TRL's own trainers.
        other = targets.get(state.deploy.target) if state.deploy and state.deploy.target not in _AS_DRAWN else None
        return f"{drawn.label} {drawn.version}", other.label if other else ""


def how_of(config: ConfigStep, shape: TrainingShape) -> dict[str, Any]:
    """What the tokenizer's process is told about the run."""
    split = config.packing and config.packing_strategy != "bfd" and config.method in ("sft", "cpt")
    return {
        "method": config.method,
        "completion_only": bool(shape.keys.get("completion_only_loss", config.method != "sft")),
        "assistant_only": bool(shape.keys.get("assistant_only_loss", False)),
        "max_length": config.max_length,
        "cut": config.method != "grpo" and not split,
    }


def _counted_of(state: SessionState) -> tuple[object, ...]:
    """All that the tokens of the rows depend on."""
    model, step, config = state.model, state.dataset, state.config
    if model is None or step is None:
        return ()
    run = (config.method, config.train_on) if config else ()
    return (
        model.repo_id,
        model.revision,
        step.template,
        step.sha256,
        step.format.value,
        *sorted(step.columns.items()),
        *sorted(step.roles.items()),
        step.excluded_rows,
        step.limit,
        step.eval_rows,
        *run,
    )


def _refusal(error: Any) -> Finding:
    evidence = " ".join(part for part in (error.evidence, error.hint) if part)
    code = getattr(error, "code", "tokens-not-counted")
    fix = Fix(label="Choose a model", verb="go_to", arguments={"step": "model"}) if code == "no-model" else None
    return _note(code, error.message, evidence, fix)


def _note(code: str, message: str, evidence: str = "", fix: Fix | None = None) -> Finding:
    return Finding(
        severity="info", step="dataset", field="dataset.tokens", code=code, message=message, evidence=evidence, fix=fix
    )

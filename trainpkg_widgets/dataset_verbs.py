"""The verbs of the dataset step, the same on a session and on a wizard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from .on_session import OnSession

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .advice.data_verdict import DataVerdict
    from .data.watch import Watch
    from .dataset_screen import DatasetResults, RowsBeingRead, RowsView, SourceChoice
    from .dataset_wanted import DatasetWords
    from .facts import Finding
    from .session import Session
    from .steps import DatasetStep, SessionState


class DatasetVerbs(OnSession):
    """Finding rows, reading them, and what is known of them."""

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
        session = self.session
        from pydantic import ValidationError

        from .dataset_choice import choose_dataset, misread, not_taken
        from .dataset_wanted import read_words
        from .package.names import secret_problem

        try:
            wanted, reading = read_words(rows_or_path, words)
        except ValidationError as error:
            return session.choices.refuse("dataset", [misread(error)])
        with session.choices.lock:
            in_use = session.state.dataset, session.choices.rows
        with _watched(session, cancelled) as watch:
            rows, step, refused = choose_dataset(wanted, reading, session.opener(cancelled, watch), in_use)
        if cancelled is not None and cancelled.is_set():
            return []
        if rows is None or step is None:
            before = None if wanted.names_nothing else in_use[0]
            return session.choices.refuse("dataset", [not_taken(f, wanted, before) for f in refused])

        named = f"{step.source.name} {step.source.path or ''}"
        if secret := secret_problem("dataset", "dataset.source", "The name or path of the rows", named):
            return session.choices.refuse("dataset", [secret])

        def taken(state: SessionState) -> tuple[dict[str, DatasetStep], list[Finding]]:
            # A chat template is chosen for the model, whatever the rows; maybe while they were read.
            template = state.dataset.template if state.dataset else None
            return {"dataset": step.model_copy(update={"template": template})}, []

        return session.choices.decide("dataset", f"dataset {step.source.name}", taken, rows)

    def search_datasets(self, query: str = "", cancelled: Event | None = None) -> DatasetResults:
        """Datasets of the Hub whose id holds every word of `query`, the most downloaded first."""
        from .hub.datasets import search_datasets

        return search_datasets(query, self.session.opener(cancelled))

    def sources(self) -> list[SourceChoice]:
        """Variables of the notebook and files of the working folder that could be the dataset."""
        session = self.session
        from .data.listing import list_sources

        return list_sources(dict(session.namespace()), Path.cwd(), session.settings.dataset)

    def page(self, row: int = 0, limit: int = 1) -> RowsView:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on."""
        session = self.session
        from .data.errors import DataError
        from .data.preview import rows_view
        from .dataset_screen import RowsView

        with session.choices.lock:
            state, rows = session.state, session.choices.rows
        if state.dataset is None or rows is None:
            return RowsView()
        try:
            return rows_view(rows, state.dataset, row, limit, session.settings.dataset.preview_cell_characters)
        except DataError as error:
            from .dataset_choice import rows_changed, rows_not_shown

            of_hub = state.dataset.source.kind == "hub"
            session.choices.add(state, [rows_not_shown(error) if of_hub else rows_changed(state.dataset)])
            return RowsView()

    @property
    def dataset_verdict(self) -> DataVerdict | None:
        """Whether the rows fit the method and the model, and what is done to them; None until rows are chosen."""
        session = self.session
        from .advice.data_verdict import data_verdict

        state, known = session.state, session.findings
        model = state.model.info if state.model else None
        return data_verdict(state.dataset, model, state.config, known) if state.dataset else None


@contextmanager
def _watched(session: Session, cancelled: Event | None) -> Iterator[Watch]:
    """What is told of rows while they are read; `session.being_read` is what it shows, until the reading ends."""
    from .data.watch import Watch

    shown: RowsBeingRead | None = None

    def show(watch: Watch) -> None:
        nonlocal shown
        if cancelled is None or not cancelled.is_set():
            session.being_read = shown = watch.view
            session.tell()

    watch = Watch(session.settings.dataset, cancelled, show)
    try:
        yield watch
    finally:
        # What was found is told next, in one message with this; where nothing is, this is told alone.
        if shown is not None and session.being_read is shown:
            session.being_read = None
            if cancelled is not None and cancelled.is_set():
                session.tell()

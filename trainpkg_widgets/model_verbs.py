"""The verbs of the model step, the same on a session and on a wizard."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import TYPE_CHECKING, Any

from .facts import Finding
from .on_session import OnSession
from .search_filters import SortOrder, read_filters

if TYPE_CHECKING:
    from .choices import Choices
    from .facts import StepId
    from .model_details import ModelDetails
    from .model_info import ModelInfo
    from .steps import SessionState, Use


class ModelVerbs(OnSession):
    """Finding a model, knowing the truth about it, choosing it."""

    def search(
        self,
        query: str = "",
        *,
        sort: SortOrder | None = None,
        cancelled: Event | None = None,
        **filters: Any,
    ) -> tuple[ModelInfo, ...]:
        """Search the catalogue and the Hub; filters are the fields of `SearchFilters`. Returns what is shown."""
        session = self.session
        number = session.searching.start(query, read_filters(filters), sort or session.searching.sort, cancelled)
        if number is not None:
            session.searching.finish(number, cancelled)
        return session.searching.models

    def load_more(self, *, cancelled: Event | None = None) -> tuple[ModelInfo, ...]:
        """Find the next page of the current search. Returns everything that is shown, what was there in its place."""
        session = self.session
        session.searching.more(cancelled)
        return session.searching.models

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
        session = self.session
        from .package.names import secret_problem

        if secret := secret_problem("model", "model.repo_id", "The name or path of the model", str(repo_id)):
            return session.choices.refuse("model", [secret])
        revision = revision or session.searching.revision_of(str(repo_id))
        if session.state.model is not None:
            session.models.state_use(session.state.model.use)  # restored or undone, it is what was last stated
        chosen, refused = session.models.choose(
            str(repo_id), revision, session.searching.find, cancelled, confirmed=confirmed
        )
        if cancelled is not None and cancelled.is_set():
            return []
        if chosen is None:
            return session.choices.refuse("model", refused)
        run = session.state.imported
        data = {"model": chosen, "imported": run and run.with_keys(model_name_or_path=chosen.repo_id)}
        return session.choices.apply("model", f"model {chosen.repo_id}", data)

    def details(
        self, repo_id: str, revision: str | None = None, *, cancelled: Event | None = None
    ) -> ModelDetails | list[Finding]:
        """Everything known of one model, chosen or not: at most two requests, none where they are cached.

        Returns the findings that say why where it can't be opened.
        """
        session = self.session
        details, wrong = session.models.open(str(repo_id), revision, session.searching.find, cancelled)
        return wrong if details is None else details

    def state_use(self, use: Use) -> list[Finding]:
        """Say what the tuned model is for: `commercial`, `research` or `unstated`. Licences are held against it."""
        session = self.session
        session.models.state_use(use)

        def decide(state: SessionState) -> tuple[Mapping[str, Any], list[Finding]]:
            return {"model": state.model.model_copy(update={"use": use})} if state.model else {}, []

        return session.choices.decide("model", f"use {use}", decide)

    def withdraw(self, step: StepId) -> list[Finding]:
        """Forget the last attempt of a step that was refused; what was chosen before it stands."""
        return self.session.choices.refuse(step, [])


def accepted_filters(given: Any, held: dict[str, Any], choices: Choices) -> dict[str, Any]:
    """Filters as a trait holds them; `held` and a finding where they can't be searched with."""
    try:
        filters = read_filters(given)
    except ValueError as error:
        message = "Such filters can't be searched with."
        said = Finding(
            severity="error", step="model", field="model.filters", code="filters", message=message, evidence=str(error)
        )
        choices.refuse("model", [said])
        return held
    if any(finding.code == "filters" for finding in choices.refused):
        choices.refuse("model", [])
    return filters.model_dump(mode="json", exclude_defaults=True)

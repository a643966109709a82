"""What becomes of a browser's message: understood, run where it belongs, and answered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .intents import LATEST_WINS, QUICK, carry_out, waits_for_hub
from .wire import Answer, CancelIntent, Intent, SearchIntent, Trouble
from .work import Work

if TYPE_CHECKING:
    from .search_filters import SearchFilters, SortOrder
    from .session import Session


class Dispatcher:
    """Takes messages on any thread (jupyterlab#17363): it validates and hands on, and never waits.

    Args:
        session: what the intents are carried out on.
        send: gives an answer to every browser.
        send_state: sends all traits again.
        busy: is given what tells the kinds of work under way, whenever they change.
        together: what is done inside it goes to the browser as one message.
    """

    def __init__(
        self,
        session: Session,
        send: Callable[[Answer], None],
        send_state: Callable[[], None],
        busy: Callable[[Callable[[], list[str]]], None],
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        settings = session.settings.shared.work
        self._session = session
        self._send = send
        self._send_state = send_state
        self._together = together
        self._work = Work(settings.threads, settings.answers_kept, self._send_outwards, busy)
        self._own = count(1)

    def receive(self, content: Any) -> None:
        """One message. What is not understood is answered with the place; what has no id can't be."""
        try:
            intent = Intent.model_validate(content)
            if intent.kind == "poll":
                # A host may drop what is sent outside a request (colabtools#3373), so a poll brings the state with it.
                self._send_state()
                self._work.poll(intent.id)
                return
            payload = intent.read()
        except ValidationError as error:
            id = content.get("id") if isinstance(content, Mapping) else None
            if isinstance(id, str) and id:
                self._work.answer(_misunderstood(id, error))
            return
        if isinstance(payload, CancelIntent):
            self._work.cancel(payload.target)
            self._work.answer(Answer(id=intent.id, kind="result"))
        else:
            self._carry_out(intent.id, payload)

    def search(self, query: str, filters: SearchFilters, sort: SortOrder) -> None:
        """Search in the background, as a browser's intent would."""
        self._carry_out(self._own_id(), SearchIntent(query=query[:200], filters=filters, sort=sort))

    def in_background(self, kind: str, job: Callable[[Event], None]) -> None:
        """Run `job` in the background; an earlier one of its kind is cancelled."""
        id = self._own_id()

        def run(cancelled: Event) -> Answer:
            job(cancelled)
            return Answer(id=id, kind="result")

        self._work.submit(id, kind, run, latest_wins=True)

    def close(self) -> None:
        """Cancel what is under way."""
        self._work.close()

    def _carry_out(self, id: str, payload: Any) -> None:
        def job(cancelled: Event) -> Answer:
            return carry_out(self._session, id, payload, cancelled)

        kind = payload.kind
        if kind in QUICK:
            with self._together():
                self._work.run_here(id, kind, job)
        else:
            network = waits_for_hub(self._session, payload)
            self._work.submit(id, kind, job, network=network, latest_wins=kind in LATEST_WINS)

    def _own_id(self) -> str:
        return f"_{next(self._own)}"

    def _send_outwards(self, answer: Answer) -> None:
        if not answer.id.startswith("_"):
            self._send(answer)


def _misunderstood(id: str, error: ValidationError) -> Answer:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "message"
    trouble = Trouble(
        code="not-understood",
        message=f"The request was not understood: {place}: {first['msg']}.",
        hint="Reload the page: its version of the wizard may be older than the kernel's.",
    )
    return Answer(id=id, kind="error", trouble=trouble)

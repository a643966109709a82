"""Taking up an earlier session's state: its rows are opened again, and the Hub is asked while nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .steps import SessionState

if TYPE_CHECKING:
    from .data.rows import Rows
    from .session import Session
    from .steps import DatasetStep


def restore(session: Session, state: SessionState | Mapping[str, Any]) -> None:
    """Go on from `state`.

    Raises:
        ValueError: it is no state of a session.
    """
    from .dataset_choice import reopen_rows, rows_checking

    try:
        restored = state if isinstance(state, SessionState) else SessionState.model_validate(state)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, wrong["loc"])) or "it as a whole"
        raise ValueError(
            f"This is no state of a session ({place}: {wrong['msg']}). "
            "Give what `wizard.state` gave, or begin without one."
        ) from None
    rows, problem = reopen_rows(restored.dataset, session.opener(None))
    if restored.dataset is None or rows is None or not getattr(rows, "unseen", False):
        session.choices.restore(restored, rows, problem)
        return
    session.choices.restore(restored, rows, None, rows_checking(restored.dataset))
    look = Thread(target=_look_again, args=(session, restored.dataset, rows), name="trainpkg-rows", daemon=True)
    look.start()


def _look_again(session: Session, step: DatasetStep, unseen: Rows) -> None:
    from .dataset_choice import look_again

    rows, problem = look_again(step, session.opener(session.ended))
    if not session.ended.is_set():
        session.choices.reopened(unseen, rows, problem)

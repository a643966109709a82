"""What a session holds: choices and the rows behind them, what was refused, what is known, what undo takes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from operator import is_not
from threading import RLock
from typing import TYPE_CHECKING, Any

from .facts import STEP_IDS, Finding, StepId, StepStatus
from .readiness import blocked, statuses_of, step_blocked
from .steps import NOTHING_CHOSEN, SessionState

if TYPE_CHECKING:
    from .data.sources import Rows

Advise = Callable[[SessionState, "Finding | None"], tuple[Finding, ...]]
Decide = Callable[[SessionState], "tuple[Mapping[str, Any] | None, list[Finding]]"]


class Choices:
    """The one place where a session's state changes. Every change is made under `lock`; hold it to read what belongs
    together, and call nothing of another thread's while it is held.

    Args:
        undo_depth: how many earlier states are kept.
        advise: what is known about a state, given what keeps its rows from being used.
        changed: called after every change, on the thread that made it, with the lock let go.
    """

    def __init__(self, undo_depth: int, advise: Advise, changed: Callable[[], None]) -> None:
        self.lock = RLock()
        self.state = NOTHING_CHOSEN
        self.rows: Rows | None = None
        self._advise = advise
        self._changed = changed
        self._past: deque[tuple[str, SessionState, Rows | None]] = deque(maxlen=undo_depth)
        self._refused: dict[StepId, tuple[Finding, ...]] = {}
        self._reopening: Finding | None = None
        self._of_rows: tuple[Rows | None, Finding | None] = (None, None)
        self._known: tuple[Finding, ...] | None = None
        self._statuses: tuple[tuple[object, ...], dict[StepId, StepStatus]] | None = None
        self._added: tuple[SessionState, tuple[Finding, ...]] = (NOTHING_CHOSEN, ())

    @property
    def are_none(self) -> bool:
        """Whether nothing is chosen yet."""
        return all(self.state.of(step) is None for step in STEP_IDS)

    @property
    def refused(self) -> tuple[Finding, ...]:
        """What was said to the last attempt of each step that was refused."""
        with self.lock:
            if not self._refused:
                return ()
            return tuple(finding for step in STEP_IDS for finding in self._refused.get(step, ()))

    @property
    def known(self) -> tuple[Finding, ...]:
        """What is known about the choices as they stand."""
        with self.lock:
            if self._known is None:
                found = () if self.are_none else self._advise(self.state, self._rows_problem())
                of, said = self._of_rows
                self._known = (*found, said) if said is not None and of is self.rows else found
            about, added = self._added
            return (*self._known, *added) if added and about == self.state.choices else self._known

    @property
    def statuses(self) -> dict[StepId, StepStatus]:
        """The status of each step."""
        with self.lock:
            made_of = (self.state, self.known, self.refused)
            if self._statuses is None or any(map(is_not, made_of, self._statuses[0])):
                self._statuses = made_of, statuses_of(self.state, self.known, self._refused)
            return dict(self._statuses[1])

    @property
    def undo_label(self) -> str:
        """What `undo` would take back, empty where there is nothing."""
        with self.lock:
            return self._past[-1][0] if self._past else ""

    def blocked(self, step: StepId) -> str:
        """Why `step` can't be entered yet, in words; empty where it can."""
        with self.lock:
            return blocked(step, self.statuses, self.refused + self.known)

    def apply(self, step: StepId, label: str, data: Mapping[str, Any], rows: Rows | None = None) -> list[Finding]:
        """Take a choice: `data` are fields of the state, `label` says what undo would take back.

        Returns what is known about the step afterwards.
        """
        return self.decide(step, label, lambda _: (data, []), rows)

    def decide(self, step: StepId, label: str, decide: Decide, rows: Rows | None = None) -> list[Finding]:
        """Take or refuse a choice that depends on the choices as they stand, with no other change in between.

        `decide` is given the state and answers with fields of it, or None to refuse, and what there is to say.
        """
        with self.lock:
            before = self.state
            data, said = decide(before)
            if data is None:
                self._refused[step] = tuple(said)
            else:
                self._refused.pop(step, None)
                # Other rows are the wizard's to prepare: an imported run is then no longer used as it is written.
                ended = {"imported": None} if rows is not None else {}
                after = before.model_copy(update={**ended, **data})
                if after != before or rows is not None:
                    self._past.append((label, before, self.rows))
                    self.state = after
                    self.rows = rows if rows is not None else self.rows
                    self._known = None
                    self._added = (NOTHING_CHOSEN, ())
                said = [*said, *(finding for finding in self.known if finding.step == step)]
        self._changed()
        return said

    def refuse(self, step: StepId, findings: Sequence[Finding]) -> list[Finding]:
        """Leave everything as it is, and keep what was said."""
        with self.lock:
            self._refused[step] = tuple(findings)
        self._changed()
        return list(findings)

    def note(self, state: SessionState, **data: Any) -> None:
        """Replace `state` by itself with other `data`, which no advice depends on and undo leaves alone.

        Does nothing where another choice was made since.
        """
        with self.lock:
            if self.state != state:
                return
            self.state = state.model_copy(update=data)
        self._changed()

    def add(self, state: SessionState, findings: Sequence[Finding]) -> None:
        """Add to what is known about the choices of `state`, for as long as they stand."""
        with self.lock:
            self._added = state.choices, tuple(findings)
        self._changed()

    def enter(self, step: StepId, defaults: Callable[[SessionState], Mapping[str, Any]]) -> list[Finding]:
        """Go to a step, with the defaults where it has nothing yet; or say why it can't be entered."""
        with self.lock:
            here = self.state.step
            reason = self.blocked(step)
            said = [step_blocked(step, here, reason)] if reason else []
            if said:
                self._refused[here] = tuple(said)
            else:
                self._refused.pop(here, None)
                self.state = self.state.model_copy(update={"step": step, **defaults(self.state)})
                self._known = None
        self._changed()
        return said

    def undo(self) -> None:
        """Take back the last choice. Does nothing where there is none."""
        with self.lock:
            if not self._past:
                return
            _, state, self.rows = self._past.pop()
            self.state = state.model_copy(update={"step": self.state.step})
            self._start_over()
        self._changed()

    def restore(
        self, state: SessionState, rows: Rows | None, problem: Finding | None, said: Finding | None = None
    ) -> None:
        """Take up another state whole; `problem` is what keeps its rows from being used, `said` is about these rows."""
        with self.lock:
            self.state, self.rows, self._reopening, self._of_rows = state, rows, problem, (rows, said)
            self._past.clear()
            self._start_over()
        self._changed()

    def reopened(self, before: Rows, rows: Rows | None, problem: Finding | None) -> None:
        """Put the same rows, now looked at, in the place of `before`; or say the `problem` there is with them.

        An error keeps them from being used. Does nothing where other rows were chosen since.
        """
        with self.lock:
            if self.rows is not before:
                return
            lost = problem is not None and problem.severity == "error"
            self.rows = None if lost else rows or before
            self._reopening, self._of_rows = problem, (self.rows, None if lost else problem)
            self._known = None
        self._changed()

    def advise_again(self, step: StepId | None = None) -> None:
        """Advise anew: something of `step` that is no choice, and that advice depends on, has changed.

        What was said to a refused attempt at `step` is forgotten.
        """
        with self.lock:
            if step is not None:
                self._refused.pop(step, None)
            self._known = None
        self._changed()

    def _start_over(self) -> None:
        """Forget what was said, and go back to the last step that can be entered."""
        self._refused = {}
        self._known = None
        self._added = (NOTHING_CHOSEN, ())
        reachable = [step for step in STEP_IDS if not self.blocked(step)]
        if self.state.step not in reachable:
            self.state = self.state.model_copy(update={"step": reachable[-1]})

    def _rows_problem(self) -> Finding | None:
        if self.state.dataset is None or self.rows is not None:
            return None
        from .dataset_choice import rows_gone

        return self._reopening or rows_gone(self.state.dataset)

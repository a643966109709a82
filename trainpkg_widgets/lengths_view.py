"""The histogram of row lengths against the longest length of the run, made from what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .seen_screen import LengthBar, LengthsView

if TYPE_CHECKING:
    from .advice.token_lengths import Spread, TokenLengths
    from .session import Session
    from .steps import ConfigStep

# Points of the ladder that a dragged line reads its share from.
_RUNGS = 200


def lengths_view(session: Session) -> LengthsView:
    """What was counted of the choices as they stand, or how far a count has come."""
    from .advice.token_findings import cutting_of

    state, tokenizing = session.state, session.tokenizing
    lengths, config = tokenizing.lengths, state.config
    view = LengthsView(progress=tokenizing.progress, problem=tokenizing.problem(state))
    if lengths is None or not lengths.counted:
        return view
    view = view.model_copy(
        update={
            "rows": lengths.rows,
            "counted": lengths.counted,
            "exact": lengths.exact,
            "bars": tuple(
                LengthBar(above=above, up_to=up_to, rows=rows)
                for above, up_to, rows in lengths.bars(session.settings.dataset.tokenizer.bars)
            ),
            "ladder": _ladder(lengths),
            "longest": lengths.longest,
            "mean": _three(lengths.mean),
        }
    )
    if config is None:
        return view
    target = state.deploy.target if state.deploy else next(iter(session.settings.deploy.targets))
    what, words = cutting_of(target, config.method)
    return view.model_copy(update=_against(lengths, config, session, dropped=what == "drops") | {"does": words})


def _against(lengths: TokenLengths, config: ConfigStep, session: Session, *, dropped: bool) -> dict[str, object]:
    knob = session.settings.config.knobs["max_length"]
    step = session.state.dataset
    trained = 1 - step.eval_share if step is not None and not step.eval_split else 1.0
    tokens = lengths.tokens_per_epoch(config.max_length, dropped=dropped)
    packs = config.packing and config.method in ("sft", "cpt")
    return {
        "max_length": config.max_length,
        "least": int(knob.minimum or 1),
        "most": int(knob.maximum or lengths.longest),
        "longer": _three(lengths.longer_than(config.max_length)),
        "left_with_nothing": lengths.left_with_nothing(config.max_length),
        "packed": lengths.packed(config.max_length, config.packing_strategy) if packs else None,
        "tokens": tuple(trained * count for count in _three(tokens)),
    }


def _ladder(lengths: TokenLengths) -> tuple[tuple[int, float], ...]:
    """(length, share of rows that are longer), at every length there is or at as many as are enough."""
    step = max(len(lengths.counts) // _RUNGS, 1)
    over, found = lengths.counted, list[tuple[int, float]]()
    for number, (length, count) in enumerate(lengths.counts):
        over -= count
        if number % step == 0 or number == len(lengths.counts) - 1:
            found.append((length, over / lengths.counted))
    return tuple(found)


def _three(spread: Spread) -> tuple[float, float, float]:
    return spread.value, spread.low, spread.high

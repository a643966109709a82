"""A run as the screen shows it: one view of a bounded size, made from what is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...deploy_screen import CurvePoint, RunView
from .failures import failure_findings, point_findings
from .local import status_words
from .progress import Point
from .run_folder import OVER

if TYPE_CHECKING:
    from ...config_screen import CostsView
    from ...settings.deploy_settings import RunSettings
    from .run import Run


def run_view(run: Run | None, settings: RunSettings, costs: CostsView | None) -> RunView:
    """The run, drawn; empty where there is none."""
    if run is None:
        return RunView()
    state, spec, points = run.state, run.spec, run.points
    over = state.status in OVER
    losses = [point for point in points if point.loss is not None]
    held_out = [point for point in points if point.eval_loss is not None]
    last = losses[-1] if losses else None
    left = None
    if not over and state.step is not None and state.total and state.seconds_per_step is not None:
        left = max(state.total - state.step, 0) * state.seconds_per_step
    said = [*failure_findings(state, spec, run.log(), run.choices), *point_findings(points)] if points or over else []
    return RunView(
        id=run.id,
        name=spec.name,
        launcher=spec.launcher,
        status=state.status,
        words=status_words(state, spec),
        note=state.note,
        over=over,
        can_resume=over and state.status != "finished",
        attempt=state.attempt,
        step=state.step,
        total=state.total,
        seconds_left=left,
        seconds_per_step=state.seconds_per_step,
        tokens_per_second=state.tokens_per_second,
        loss=last.loss if last else None,
        eval_loss=held_out[-1].eval_loss if held_out else None,
        learning_rate=last.learning_rate if last else None,
        epoch=last.epoch if last else None,
        ram_peak_bytes=state.ram_peak_bytes,
        gpu_peak_bytes=state.gpu_peak_bytes,
        estimate_bytes=costs.total_bytes if costs else None,
        checkpoint=state.checkpoint,
        output=str(run.output) if run.output else "",
        log_path=str(run.log_path),
        url=spec.url,
        curve=curve(points, settings.curve_points),
        findings=tuple(said),
    )


def curve(points: list[Point], most: int) -> tuple[CurvePoint, ...]:
    """At most `most` points of the curve, evenly over the run; the first, the last and every held-out loss stay."""
    drawn = [point for point in points if point.loss is not None or point.eval_loss is not None]
    room = max(most - sum(point.eval_loss is not None for point in drawn), 2)
    stride = -(-len(drawn) // room)
    return tuple(
        CurvePoint(step=point.step, loss=point.loss, eval_loss=point.eval_loss)
        for at, point in enumerate(drawn)
        if at % stride == 0 or point.eval_loss is not None or at == len(drawn) - 1
    )

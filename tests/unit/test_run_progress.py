"""What is read from the log of a trainer: steps, losses, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

from trainpkg_widgets.package.launch.drawing import curve
from trainpkg_widgets.package.launch.failures import point_findings
from trainpkg_widgets.package.launch.progress import LogReader, Point, readable
from trainpkg_widgets.package.launch.run_folder import RunFolder

# As transformers 5.23 printed it, with an evaluation in the middle.
PRINTED = (
    "Loading weights: 100%|####| 38/38 [00:00<00:00, 24288.87it/s]\n"
    "\r  0%|          | 0/60 [00:00<?, ?it/s]"
    "\r  3%|#         | 2/60 [00:00<00:04, 11.75it/s]\r          \r"
    "{'loss': '5.901', 'grad_norm': '2.591', 'learning_rate': '0.0025', 'num_tokens': '146', 'epoch': '0.0105'}\n"
    "\r  3%|#         | 2/60 [00:00<00:04, 11.75it/s]"
    "\r 50%|#####     | 30/60 [00:01<00:01, 30.1it/s]\n"
    "\r  0%|          | 0/10 [00:00<?, ?it/s]\x1b[A\n"
    "\r100%|##########| 10/10 [00:00<00:00, 171.41it/s]\x1b[A\r      \r\n"
    "\x1b[A{'eval_loss': '3.893', 'eval_runtime': '0.067', 'epoch': '0.3158'}\n"
    "\r 50%|#####     | 30/60 [00:01<00:01, 30.1it/s]"
    "{'loss': '4.1', 'learning_rate': '0.001', 'epoch': '0.3158'}\n"
)


def test_each_loss_is_of_the_step_its_bar_shows_and_a_second_bar_is_not_the_runs() -> None:
    reader = LogReader()
    reader.feed(PRINTED, 1.0)
    reader.feed("\r 53%|#####     | 32/60 [00:01<00:01, 30.1it/s]\r", 2.0)
    assert [(p.step, p.loss, p.eval_loss) for p in reader.points] == [
        (2, 5.901, None),
        (30, None, 3.893),
        (32, 4.1, None),
    ]
    assert (reader.step, reader.total) == (32, 60)
    assert reader.points[0].tokens == 146


def test_a_log_read_in_pieces_says_the_same() -> None:
    whole, pieces = LogReader(), LogReader()
    whole.feed(PRINTED, 0.0)
    for character in PRINTED:
        pieces.feed(character, 0.0)
    assert pieces.points == whole.points


def test_a_loss_that_is_no_number_is_said_and_drawn_as_nothing() -> None:
    reader = LogReader(step=7, total=10)
    reader.feed("{'loss': 'nan', 'learning_rate': '0.1'}\n{'loss': nan, 'epoch': inf}\n", 0.0)
    assert [p.loss for p in reader.end(0.0)] == [None, None]
    [finding] = point_findings(reader.points)
    assert finding.code == "loss-not-finite"
    assert "step 7" in finding.message


def test_a_line_that_only_looks_like_metrics_is_no_metric() -> None:
    reader = LogReader()
    reader.feed("{'loss': [broken}\n{'messages': ['loss']}\nKeyError: {'loss'}\n", 0.0)
    assert reader.end(0.0) == []


def test_the_summary_at_the_end_is_no_point_of_the_curve() -> None:
    reader = LogReader()
    reader.feed("{'train_runtime': '2.1', 'train_loss': '4.2', 'epoch': '1'}\n", 0.0)
    assert reader.points == []
    assert reader.summary["train_loss"] == 4.2


def test_a_log_is_shown_as_a_terminal_would_show_it() -> None:
    assert readable("a\r b\rc\n\x1b[31mred\x1b[0m\n\n\n\nend") == "c\nred\n\nend"


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_what_is_held_back() -> None:
    points = [Point(step=n, loss=1 / (n + 1), eval_loss=0.5 if n % 1000 == 999 else None) for n in range(5000)]
    drawn = curve(points, 300)
    assert len(drawn) <= 310
    assert (drawn[0].step, drawn[-1].step) == (0, 4999)
    assert sum(point.eval_loss is not None for point in drawn) == 5


def test_what_a_resumed_run_does_again_replaces_what_it_did_before(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.add_points(Point(step=n, loss=5.0) for n in range(1, 42))
    folder.add_points(Point(step=n, loss=4.0, attempt=2) for n in (41, 42))
    assert [point.step for point in folder.points()] == list(range(1, 43))
    assert folder.points()[40].loss == 4.0

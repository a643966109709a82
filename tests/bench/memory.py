"""Scores the memory estimate against published runs: `python -m tests.bench.memory [POINTS.csv MODELS.json]`.

Any file with the columns of `data/points.csv` will do; `data/README.md` says what they mean and where the rows come
from. With `--rows` every row is printed, with `--split validation` only that split is scored. A file of inference runs
(`data/inference_points.csv`) is recognised by its columns. Reading a row is in `published_run.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.bench.published_run import Row, architecture_of, inference_estimate_of, measured_bytes, predicted_bytes
from trainpkg_widgets.advice.memory import FITS_MARGIN, NO_MARGIN, OutOfScopeError

DATA = Path(__file__).with_name("data")
GIB = 1024.0**3
CARDS_GIB = (8, 12, 16, 24, 32, 40, 48, 80)


class Score(NamedTuple):
    """One row: where it is from, what was measured and what is predicted, in bytes."""

    row: str
    source: str
    split: str
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        """How far off the prediction is, as a share of what was measured."""
        return self.predicted / self.measured - 1


class Summary(NamedTuple):
    """How good the predictions of some rows are; shares are of 1."""

    rows: int
    median: float
    p90: float
    within_10: float
    within_20: float
    bias: float


def score_training(points: Path, models: Path) -> tuple[list[Score], dict[str, int]]:
    """The scores of a file of training runs, and how many rows can't be scored, by reason."""
    entries = json.loads(models.read_text(encoding="utf-8"))
    scores, left_out = [], defaultdict[str, int](int)
    for row in read_rows(points):
        if row["tier"].endswith("dup"):
            left_out["a duplicate of another row"] += 1
            continue
        try:
            entry = entries.get(row["arch"])
            if entry is None:
                raise OutOfScopeError(f"the dimensions of {row['arch']} are not in {models.name}")
            predicted, measured = predicted_bytes(row, row["arch"], entry), measured_bytes(row)
        except OutOfScopeError as error:
            left_out[str(error)] += 1
            continue
        except (KeyError, ValueError) as error:
            left_out[f"can't be read: {str(error).splitlines()[0]}"] += 1
            continue
        scores.append(Score(row["id"], row["source"], row["split"], measured, predicted))
    return scores, dict(left_out)


def score_inference(points: Path, models: Path) -> tuple[list[Score], dict[str, int]]:
    """The same for a file of inference runs."""
    entries = json.loads(models.read_text(encoding="utf-8"))
    scores, left_out = [], defaultdict[str, int](int)
    for row in read_rows(points):
        entry = entries.get(row["arch"])
        if entry is None:
            left_out[f"the dimensions of {row['arch']} are not in {models.name}"] += 1
            continue
        architecture = architecture_of(row["arch"], entry, untied="litgpt" in row["source"].lower())
        predicted = inference_estimate_of(row, architecture).allocated
        measured = float(row["measured_gb"]) * (GIB if row["unit"].startswith("GiB") else 1e9)
        scores.append(Score(row["id"], row["source"], "", measured, predicted))
    return scores, dict(left_out)


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summarise(scores: Iterable[Score]) -> Summary:
    """Median, 90th percentile and shares of |predicted / measured - 1|, and the median signed error."""
    signed = [s.error for s in scores]
    sizes = sorted(abs(e) for e in signed)
    count = len(sizes)
    return Summary(
        count,
        statistics.median(sizes),
        sizes[min(count - 1, int(0.9 * count))],
        sum(e <= 0.10 for e in sizes) / count,
        sum(e <= 0.20 for e in sizes) / count,
        statistics.median(signed),
    )


def decisions(scores: Iterable[Score]) -> dict[str, tuple[int, int]]:
    """How often the answers fits, tight and no are given for a list of cards, and how often they are right.

    `tight` promises nothing: its second number is how often the run fits.
    """
    found = {"fits": [0, 0], "tight": [0, 0], "no": [0, 0]}
    for score in scores:
        for card in CARDS_GIB:
            capacity = card * GIB
            fits = score.measured <= capacity
            if FITS_MARGIN * score.predicted <= capacity:
                answer, right = "fits", fits
            elif NO_MARGIN * score.predicted > capacity:
                answer, right = "no", not fits
            else:
                answer, right = "tight", fits
            found[answer][0] += 1
            found[answer][1] += right
    return {answer: (given, right) for answer, (given, right) in found.items()}


def short_source(source: str) -> str:
    """A source without the table, file or commit it names."""
    name = source.split(" ")[0].split("@")[0]
    return name if name != "LongLoRA" else source[:30]


def is_swift(score: Score) -> bool:
    """Whether a row is of ms-swift: rows of many lengths, not packed, which have a target of their own."""
    return "ms-swift" in score.source


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", nargs="?", type=Path, default=DATA / "points.csv")
    parser.add_argument("models", nargs="?", type=Path, default=DATA / "models.json")
    parser.add_argument("--split", default="", help="only rows of this split")
    parser.add_argument("--rows", action="store_true", help="print every row, the worst first")
    options = parser.parse_args(arguments)
    inference = "framework" not in read_rows(options.points)[0]
    scores, left_out = (score_inference if inference else score_training)(options.points, options.models)
    scores = [s for s in scores if not options.split or s.split == options.split]
    if not scores:
        raise SystemExit("No row of the file can be scored.")
    print_table("by split", scores, lambda s: s.split or "all")
    print_table("by source", scores, lambda s: short_source(s.source))
    print_table(
        "validation",
        [s for s in scores if s.split == "validation"],
        lambda s: "ms-swift" if is_swift(s) else "all others",
    )
    print("\nwould it fit a card of", ", ".join(map(str, CARDS_GIB)), "GiB")
    for answer, (given, right) in decisions(scores).items():
        says = "of which the run fits" if answer == "tight" else "of which right"
        print(f"  {answer:6} {given:5}  {says} {right / given if given else 0:6.1%}")
    print("\nnot scored")
    for reason, count in sorted(left_out.items(), key=lambda item: -item[1]):
        print(f"  {count:4}  {reason}")
    if options.rows:
        print()
        for s in sorted(scores, key=lambda s: -abs(s.error)):
            numbers = f"measured {s.measured / GIB:7.2f}  predicted {s.predicted / GIB:7.2f}"
            print(f"  {s.row:6} {s.error:+7.1%}  {numbers}  {s.source[:60]}")


def print_table(title: str, scores: Iterable[Score], key: Callable[[Score], str]) -> None:
    """Summaries of groups of rows."""
    groups: Mapping[str, list[Score]] = defaultdict(list)
    for score in scores:
        groups[key(score)].append(score)
    if not groups:
        return
    print(f"\n{title:28} rows  median     p90   ≤ 10 %  ≤ 20 %    bias")
    for name, group in sorted(groups.items()):
        s = summarise(group)
        shares = f"{s.within_10:8.0%} {s.within_20:7.0%} {s.bias:+7.1%}"
        print(f"  {name[:26]:26} {s.rows:4} {s.median:7.1%} {s.p90:7.1%} {shares}")


if __name__ == "__main__":
    main()

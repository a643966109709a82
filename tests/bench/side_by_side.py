"""Scores other estimators on the rows that they take, beside ours on the same rows.

python -m tests.bench.side_by_side PACKAGE=PYTHON … [--points POINTS.csv --models MODELS.json]

PYTHON is the interpreter of an environment that has the package; `make bench-others` makes them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.bench.memory import DATA, Score, read_rows, score_training, summarise
from tests.bench.published_run import CARDS_MIB, architecture_of, run_of_row
from trainpkg_widgets.advice.dimensions import dimensions_of
from trainpkg_widgets.advice.memory import OutOfScopeError

_SCRIPT = Path(__file__).with_name("others.py")


def runs_of(points: Path, models: Path) -> list[dict[str, Any]]:
    """The rows that we score, as plain words that any package can be told."""
    entries = json.loads(models.read_text(encoding="utf-8"))
    found = []
    for row in read_rows(points):
        entry = entries.get(row["arch"])
        if entry is None or row["tier"].endswith("dup"):
            continue
        try:
            architecture = architecture_of(row["arch"], entry, untied=row["framework"] == "litgpt")
            run = run_of_row(row, architecture)
        except (OutOfScopeError, KeyError, ValueError):
            continue
        dims = dimensions_of(architecture)
        targets = run.lora_targets
        if targets == ("all-linear",):
            targets = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
        found.append(
            {
                "id": row["id"],
                "gpu": row["gpu"],
                "card_gib": CARDS_MIB.get(row["gpu"], 81920) / 1024,
                "targets": list(targets),
                "architecture": {
                    "d": dims.d,
                    "layers": dims.layers,
                    "heads": dims.heads,
                    "kv_heads": architecture.kv_heads,
                    "head_dim": architecture.head_dim,
                    "f": dims.f,
                    "vocabulary": dims.vocabulary,
                    "tied": dims.tied,
                    "gated": dims.gated,
                    "parameters": dims.parameters,
                },
                **run.model_dump(exclude={"lora_targets"}),
            }
        )
    return found


def asked(package: str, python: str, runs: list[dict[str, Any]]) -> tuple[dict[str, float], Counter[str]]:
    """What a package predicts of each row that it takes, in bytes, and why it refuses the others."""
    done = subprocess.run(
        [python, str(_SCRIPT), package], input=json.dumps(runs), capture_output=True, text=True, check=True
    )
    answers = json.loads(done.stdout)
    refused = Counter(answer["refused"] for answer in answers if "refused" in answer)
    return {answer["id"]: answer["bytes"] for answer in answers if "bytes" in answer}, refused


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", metavar="PACKAGE=PYTHON")
    parser.add_argument("--points", type=Path, default=DATA / "points.csv")
    parser.add_argument("--models", type=Path, default=DATA / "models.json")
    options = parser.parse_args(arguments)
    scores, _ = score_training(options.points, options.models)
    ours = {score.row: score for score in scores if score.split in ("dev", "validation")}
    runs = [run for run in runs_of(options.points, options.models) if run["id"] in ours]
    for name, python in (pair.split("=", 1) for pair in options.packages):
        predicted, refused = asked(name, python, runs)
        theirs = [ours[row]._replace(predicted=size) for row, size in predicted.items()]
        print(f"\n{name}: takes {len(predicted)} of {len(runs)} rows")
        for reason, count in refused.most_common(5):
            print(f"  {count:4}  {reason}")
        if not theirs:
            continue
        mine = [ours[row] for row in predicted]
        for title, keep in _TITLES.items():
            _compare(title, name, [s for s in theirs if keep(s)], [s for s in mine if keep(s)])


_TITLES: dict[str, Callable[[Score], bool]] = {
    "all that it takes": lambda _: True,
    "validation": lambda score: score.split == "validation",
    "its authors' own rows left out": lambda score: not any(n in score.source for n in ("fitcheck", "canifinetune")),
}


def _compare(title: str, name: str, theirs: Iterable[Score], ours: Iterable[Score]) -> None:
    pairs = [(name, list(theirs)), ("ours", list(ours))]
    if not pairs[0][1]:
        return
    print(f"  {title:32} rows  median     p90   ≤ 10 %  ≤ 20 %    bias")
    for label, scores in pairs:
        s = summarise(scores)
        shares = f"{s.within_10:8.0%} {s.within_20:7.0%} {s.bias:+7.1%}"
        print(f"    {label:30} {s.rows:4} {s.median:7.1%} {s.p90:7.1%} {shares}")


if __name__ == "__main__":
    main()

"""Looks at a large file of chats beside DuckDB reading the same file: `python -m tests.bench.data [--rows 1000000]`.

All in one run, one process each, so that a busy machine slows all of them alike. “read” is DuckDB reading every value
into a table and counting its rows, “count” is DuckDB's count(*) of the file alone; ours is opening the file, telling
its format, checking all rows and making the findings. The rows are made up: conversations of one to three exchanges,
about a kilobyte each, one in a thousand with something wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Ours looks through the file with a process for each of two processors.
_PROCESSES = ((resource.RUSAGE_SELF, 1), (resource.RUSAGE_CHILDREN, 2))
READ_RATIO, PEAK_MB, PREVIEW_MS = 1.5, 1000, 300

_WORDS = [
    *("the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "he"),
    *("this", "are", "at", "from", "his", "but", "an", "they", "which", "or", "we", "had", "you", "were", "their"),
    *("been", "one", "has", "have", "will", "would", "there", "more", "when", "who", "some", "about", "into", "than"),
    *("well-known", "task-based", "follow-up", "e-mail", "up-to-date", "risk-free", "A", "I", "USA"),
]


def make(path: Path, rows: int) -> None:
    """Write the file."""
    chance = random.Random(1)

    def said(fewest: int, most: int) -> str:
        return " ".join(chance.choices(_WORDS, k=chance.randint(fewest, most)))

    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            turns = [{"role": "system", "content": "You are a helpful assistant."}] if number % 5 == 0 else []
            for _ in range(chance.choice((1, 1, 2, 3))):
                turns.append({"role": "user", "content": f"{said(10, 40)} {number}?"})
                turns.append({"role": "assistant", "content": f"{said(40, 150)}."})
            if number % 20 == 3:
                turns[-1]["content"] += " As in snake_case."
            if number % 1000 == 7:
                turns[-1]["content"] = chance.choice(["", "None", "café – naïve", "write to ada@posteo.de"])
            file.write(json.dumps({"messages": turns}, ensure_ascii=False) + "\n")


def count(path: Path) -> str:
    """DuckDB's count of the rows."""
    import duckdb

    return str(duckdb.execute("SELECT count(*) FROM read_json(?)", [str(path)]).fetchall()[0][0])


def read(path: Path) -> str:
    """DuckDB's reading of every value, then the count of the rows."""
    import duckdb

    duckdb.execute("CREATE TABLE rows AS SELECT * FROM read_json(?)", [str(path)])
    return str(duckdb.execute("SELECT count(*) FROM rows").fetchall()[0][0])


def ours(path: Path) -> str:
    """The dataset step and its findings."""
    from trainpkg_widgets.advice.dataset_findings import dataset_findings
    from trainpkg_widgets.data.profile import profile_dataset
    from trainpkg_widgets.data.sources import open_path
    from trainpkg_widgets.settings import load_settings

    settings = load_settings().dataset
    rows = open_path(path, settings)
    step = profile_dataset(rows, settings)
    found = dataset_findings(step, None, None, settings)
    problems = ", ".join(f"{problem.code} {problem.count}" for problem in step.problems)
    return f"{step.rows} {step.format.value} {problems}; {len(found)} findings"


def preview(path: Path) -> str:
    """The first rows and the format of the file on a screen, which are there before the rest is read."""
    from threading import Event

    from trainpkg_widgets.session import Session

    session, cancelled, start = Session(autosave=False), Event(), time.perf_counter()
    seen: list[tuple[float, int]] = []

    def told() -> None:
        if session.being_read is not None and not seen:
            seen.append((time.perf_counter() - start, len(session.being_read.first.rows)))
            cancelled.set()

    session.subscribe(told)
    session.use_dataset(path, cancelled=cancelled)
    return f"{seen[0][1]} rows after {1000 * seen[0][0]:.0f} ms"


_WORK: dict[str, Callable[[Path], str]] = {"count": count, "read": read, "ours": ours, "preview": preview}


def measure(name: str, path: Path) -> tuple[float, float, str]:
    """Seconds, peak of memory in MB and what was found, of one kind of work in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.data", "--only", name, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(said.splitlines()[-1])
    return found["seconds"], found["peak_mb"], found["found"]


def main() -> None:
    """Make the file, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", nargs=2)
    asked = parser.parse_args()
    if asked.only:
        name, path = asked.only
        start = time.perf_counter()
        found = _WORK[name](Path(path))
        seconds = time.perf_counter() - start
        peak = sum(resource.getrusage(who).ru_maxrss / 1000 * many for who, many in _PROCESSES)
        print(json.dumps({"seconds": seconds, "peak_mb": peak, "found": found}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chats.jsonl"
        make(path, asked.rows)
        print(f"{asked.rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        best: dict[str, tuple[float, float, str]] = {}
        for _ in range(2):
            for name in _WORK:
                once = measure(name, path)
                best[name] = min(once, best.get(name, once))
        for name, (seconds, peak, said) in best.items():
            print(f"{name:8} {seconds:7.2f} s  {peak:6.0f} MB  {said}")
        ratio, of_count = best["ours"][0] / best["read"][0], best["ours"][0] / best["count"][0]
        print(f"ours / DuckDB reads and counts: {ratio:.2f} (at most {READ_RATIO}); ours / count alone: {of_count:.2f}")
        print(f"peak {best['ours'][1]:.0f} MB of all processes (at most {PEAK_MB})")
        print(f"first preview: {best['preview'][2]} (at most {PREVIEW_MS} ms)")


if __name__ == "__main__":
    main()

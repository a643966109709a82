"""Conversations as files of other kinds, and rows of other formats: `python -m tests.bench.sources [--rows 100000]`.

Each is opened and looked at by processes and, side by side in the same run, row by row in one process as a small file
is. Medians of three runs of the first, one of the second, each in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.data import make

Row = dict[str, Any]


def _lines(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _folder(path: Path, rows: Iterator[Row]) -> None:
    path.mkdir()
    held = list(rows)
    part = -(-len(held) // 4)
    for number in range(4):
        _lines(path / f"part-{number}.jsonl", iter(held[number * part : (number + 1) * part]))


def _packed(path: Path, rows: Iterator[Row]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _json(path: Path, rows: Iterator[Row]) -> None:
    path.write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")


def _parquet(path: Path, rows: Iterator[Row]) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)


def _csv(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["prompt", "completion"])
        writer.writeheader()
        writer.writerows(map(_pair, rows))


def _pair(row: Row) -> Row:
    asked, answered = row["messages"][-2:]
    return {"prompt": asked["content"], "completion": answered["content"]}


def _instruction(row: Row) -> Row:
    pair = _pair(row)
    return {"instruction": pair["prompt"], "input": "", "output": pair["completion"]}


def _preference(row: Row) -> Row:
    pair = _pair(row)
    return {"prompt": pair["prompt"], "chosen": pair["completion"], "rejected": pair["completion"][:-9]}


def _text(row: Row) -> Row:
    return {"text": "\n".join(turn["content"] for turn in row["messages"])}


def _french(row: Row) -> Row:
    accents = str.maketrans({"e": "é", "-": "–"})
    return {"messages": [{**turn, "content": turn["content"].translate(accents)} for turn in row["messages"]]}


_KINDS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    "chats.jsonl": _lines,
    "chats.jsonl.gz": _packed,
    "chats of four files": _folder,
    "chats.json": _json,
    "chats.parquet": _parquet,
    "accented.jsonl": lambda path, rows: _lines(path, map(_french, rows)),
    "texts.jsonl": lambda path, rows: _lines(path, map(_text, rows)),
    "pairs.csv": _csv,
    "pairs.jsonl": lambda path, rows: _lines(path, map(_pair, rows)),
    "instructions.jsonl": lambda path, rows: _lines(path, map(_instruction, rows)),
    "preferences.jsonl": lambda path, rows: _lines(path, map(_preference, rows)),
}


def look(path: Path, by_processes: bool) -> tuple[float, str]:
    """Seconds that opening a dataset and looking at all its rows takes, and what was found."""
    from trainpkg_widgets.data.profile import profile_dataset
    from trainpkg_widgets.data.sources import open_path
    from trainpkg_widgets.settings import load_settings

    never = {} if by_processes else {"quick_mb": 10**6, "quick_rows": 10**9}
    settings = load_settings({"dataset": {"limits": never}}).dataset
    start = time.perf_counter()
    step = profile_dataset(open_path(path, settings), settings)
    problems = ", ".join(f"{problem.code} {problem.count}" for problem in step.problems)
    return time.perf_counter() - start, f"{step.rows} {step.format.value} {problems}"


def measure(path: Path, by_processes: bool) -> tuple[float, str]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.sources", "--only", str(path), str(int(by_processes))]
    seconds, found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return seconds, found


def main() -> None:
    """Make the files, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", nargs=2)
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(look(Path(asked.only[0]), asked.only[1] == "1")))
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.jsonl"
        make(made, asked.rows)
        print(f"{asked.rows:,} rows: seconds by processes, one by one, and how many times as long that takes")
        for name, write in _KINDS.items():
            path = Path(folder) / name
            with made.open(encoding="utf-8") as lines:
                write(path, map(json.loads, lines))
            quick = [measure(path, True) for _ in range(3)]
            slow, found = measure(path, False)
            if {said for _, said in quick} != {found}:
                raise SystemExit(f"{name}: the looks differ: {quick[0][1]} and {found}")
            middle = statistics.median(seconds for seconds, _ in quick)
            print(f"{name:20} {middle:6.2f} {slow:6.2f} {slow / middle:5.1f}")


if __name__ == "__main__":
    main()

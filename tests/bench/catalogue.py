"""How long a search of the catalogue takes, at its own size and at a million models, and what it keeps in memory.

    python -m tests.bench.catalogue [models]

The million is made of the real rows: each a copy under another author with a word of another name added, so that words
are as common as they are. Every number is a median of milliseconds of `Catalogue.search`, 12 models a page, with the
models already read forgotten before each; the worst of a table is the worst median. The time is that of the thread,
which other processes do not lengthen: nothing is waited for. Memory is what the process grew by
between an idle interpreter and the end of all searches.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.search_filters import SearchFilters, SortOrder

SHIPPED = Path(__file__).parents[2] / "trainpkg_widgets" / "hub" / "catalogue.sqlite"
MODELS = 1_000_000
PAGE = 12
REPEATS = 15
QUERIES = (
    "", "q", "b", "7b", "qwen", "qwen 7b", "llama instruct", "llama gemma v1", "qwen2.5-0.5b", "zq", "no-such-model"
)  # fmt: skip
SORTS: tuple[SortOrder, ...] = ("downloads", "likes", "recent", "parameters")
FILTERS = {
    "no filter": SearchFilters(),
    "chat": SearchFilters(chat=True),
    "open licence": SearchFilters(licences="open"),
    "1 to 8 B": SearchFilters(parameters_from=10**9, parameters_to=8 * 10**9),
    "over 20 GB": SearchFilters(weight_bytes_from=2 * 10**10),
    "GGUF": SearchFilters(formats="gguf"),
    "an author": SearchFilters(author="unsloth"),
    "chat, GGUF, closed, small": SearchFilters(
        chat=True, formats="gguf", licences="non_commercial", weight_bytes_to=10**9
    ),
}


def main() -> None:
    models = int(sys.argv[1]) if len(sys.argv) > 1 else MODELS
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.sqlite"
        started = time.perf_counter()
        build(large, models)
        built = time.perf_counter() - started
        print(f"{models:,} models built in {built:.0f} s, {large.stat().st_size / 1e6:.0f} MB on disk")
        for path in (SHIPPED, large):
            # A process of its own, so that nothing but the catalogue is in its memory.
            command = [sys.executable, "-m", "tests.bench.catalogue", "measure", str(path)]
            report(json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout))


def build(output: Path, models: int) -> None:
    """A catalogue of `models` rows made of the real ones."""
    from tools.catalogue_file import write_catalogue

    write_catalogue(output, _rows(models), "2026-10-05", "synthetic")


def _rows(models: int) -> Iterator[dict[str, Any]]:
    with sqlite3.connect(SHIPPED) as connection:
        connection.row_factory = sqlite3.Row
        real = [dict(row) for row in connection.execute("SELECT * FROM models ORDER BY rank")]
    draw = random.Random(0)
    words = [word for row in real for word in row["id"].split("/")[-1].split("-")]
    copies = -(-models // len(real))
    # Copies of one row stand together, each with fewer downloads than the last, as rows are numbered by downloads.
    made = 0
    for row in real:
        author, _, name = row["id"].partition("/")
        for copy in range(copies):
            if made == models:
                return
            made += 1
            if copy == 0:
                yield row
                continue
            likes = draw.randint(0, row["likes"] or 0)
            repo_id = f"{author}{draw.randint(1, 99)}/{name}-{draw.choice(words)}-{copy}"
            yield {**row, "id": repo_id, "likes": likes}


def measure(path: Path) -> dict[str, Any]:
    before = resident()
    catalogue = Catalogue(path)
    started = time.thread_time()
    catalogue.search("a", limit=PAGE)
    first = (time.thread_time() - started) * 1e3
    medians = {}
    for name, filters in FILTERS.items():
        for query in QUERIES:
            for sort in SORTS:
                medians[f"{name} | {query!r} | {sort}"] = median(catalogue, query, filters, sort)
    typos = []
    for typed in ("qwne", "mitral 7b", "deepsek coder"):
        started = time.thread_time()
        catalogue.corrections(typed)
        typos.append((time.thread_time() - started) * 1e3)
    grown = resident() - before
    return {
        "models": catalogue.count, "first": first, "medians": medians, "typo": max(typos), "bytes": grown
    }  # fmt: skip


def median(catalogue: Catalogue, query: str, filters: SearchFilters, sort: SortOrder) -> float:
    times = []
    for _ in range(REPEATS):
        catalogue.forget()
        started = time.thread_time()
        catalogue.search(query, filters, sort, PAGE)
        times.append((time.thread_time() - started) * 1e3)
    return statistics.median(times)


def report(measured: dict[str, Any]) -> None:
    medians: dict[str, float] = measured["medians"]
    print(f"\n{measured['models']:,} models, the first search {measured['first']:.0f} ms, with its imports and opening")
    print(f"a mistyped word looked up in {measured['typo']:.2f} ms; {measured['bytes'] / 1e6:.0f} MB of memory")
    for name in FILTERS:
        of_filter = {key: value for key, value in medians.items() if key.startswith(f"{name} |")}
        worst = max(of_filter, key=lambda key: of_filter[key])
        middle = statistics.median(of_filter.values())
        print(f"  {name:25} median {middle:5.2f} ms, worst {of_filter[worst]:6.2f} ms ({worst.partition('| ')[2]})")
    letters = [value for key, value in medians.items() if key.startswith(("no filter | 'q'", "no filter | 'b'"))]
    print(f"  one letter, any order: worst {max(letters):.2f} ms")


def resident() -> int:
    """Bytes of this process that are in memory; on other systems than Linux the most it ever had."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main()

"""Fetches a dataset of the Hub at its commit and writes the rows that are trained on: `python -B -m prepare_data`.

It is copied into packages and runs there, beside the modules that read rows; `spec.json` says what is fetched.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).parent
DONE = ".fetched"


class Fetched:
    """The rows of one or two splits, one after the other; the last `eval_rows` are held back."""

    def __init__(self, splits: list[Any]) -> None:
        self._splits = splits
        self.count = sum(map(len, splits))
        self.eval_rows = len(splits[1]) if len(splits) > 1 else 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for split in self._splits:
            # As Arrow, so that images and audio are not decoded.
            for batch in split.with_format("arrow").iter(1000):
                yield from batch.to_pylist()


class Lines:
    """The rows of a file of the package that are mixed with fetched ones."""

    eval_rows = 0

    def __init__(self, place: Path) -> None:
        self._place = place
        with place.open("rb") as file:
            self.count = sum(1 for _ in file)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._place.open("rb") as file:
            for line in file:
                yield json.loads(line)


def fetch(spec: dict[str, Any]) -> Any:
    """The splits that are meant, at the commit that is meant; or the mixture of such, and of files of the package."""
    if spec.get("parts"):
        return mix(spec)
    # Part of the trainer's environment, where this runs; not of the wizard's.
    datasets: Any = importlib.import_module("datasets")
    names = [spec["split"], *([spec["eval_split"]] if spec.get("eval_split") else [])]
    said = {"revision": spec["revision"]}
    return Fetched([datasets.load_dataset(spec["dataset"], spec["config"], split=name, **said) for name in names])


def mix(spec: dict[str, Any]) -> Any:
    """The datasets that are mixed, each as often as its weight says."""
    from .mixing import Mixing, Part

    parts = []
    for one in spec["parts"]:
        rows: Any = Lines(HERE / one["file"]) if "file" in one else fetch(one)
        rows.source = SimpleNamespace(name=one["name"])
        out = left_out(one, rows, spec["checks"])
        parts.append(Part(rows, one["weight"], one["format"], one["columns"], one["roles"], out))
    return Mixing(parts, spec["mix_seed"], spec["anew"])


def left_out(spec: dict[str, Any], rows: Any, settings: dict[str, Any]) -> tuple[int, ...]:
    """The numbers of the rows that have one of the problems whose rows are left out."""
    from .checks import RowCheck

    leave_out = set(spec["exclude_problems"])
    if not leave_out:
        return ()
    checks: Any = SimpleNamespace(**{**settings, "near_copies": SimpleNamespace(**settings["near_copies"])})
    held_back_from = rows.count - rows.eval_rows if rows.eval_rows else None
    repeats_from = getattr(rows, "first_copies", None)
    check = RowCheck(spec["format"], spec["columns"], checks, spec["roles"], held_back_from, repeats_from)
    out = []
    for number, row in enumerate(rows):
        _, problems = check.look_at(row, number)
        if leave_out & problems.keys():
            out.append(number)
        else:
            check.keep(number)
    return tuple(out)


def write(spec: dict[str, Any], rows: Any, folder: Path) -> dict[str, int]:
    """Write the rows of `rows` that are kept into `folder`; how many rows each file has."""
    from .prepare import PreparedRows, split_rows

    step: Any = SimpleNamespace(
        format=SimpleNamespace(value=spec["format"]),
        columns=spec["columns"],
        roles=spec["roles"],
        eval_share=spec["eval_share"],
        eval_split=spec["eval_split"],
        eval_rows=rows.eval_rows,
        limit=spec["limit"],
        excluded_rows=left_out(spec, rows, spec["checks"]),
    )
    split = split_rows(rows, step, seed=spec["seed"])
    shape = {"shape": spec["shape"], "system_into_question": spec["system_into_question"]}
    sides = {"train.jsonl": split.train, **({"test.jsonl": split.held_back} if split.held_back_rows else {})}
    folder.mkdir(exist_ok=True)
    return {
        name: _write_lines(folder / name, PreparedRows(rows, step, only=only, **shape)())
        for name, only in sides.items()
    }


def _write_lines(place: Path, rows: Iterable[dict[str, Any]]) -> int:
    count, beside = 0, place.with_suffix(".part")
    with beside.open("wb") as file:
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, allow_nan=False)
            file.write(text.encode("utf-8", "backslashreplace") + b"\n")
            count += 1
    beside.replace(place)
    return count


def main() -> None:
    """Fetch and write, unless that was done already for the same spec and is still there."""
    spec = json.loads((HERE / "spec.json").read_text(encoding="utf-8"))
    folder = HERE.parent / "data"
    done = folder / DONE
    if done.exists() and _is_there(json.loads(done.read_text(encoding="utf-8")), spec, folder):
        return
    written = write(spec, fetch(spec), folder)
    for name, count in written.items():
        print(f"data/{name}: {count:,} rows of {spec['about']}", flush=True)
    sizes = {name: (folder / name).stat().st_size for name in written}
    done.write_text(json.dumps({"spec": spec, "bytes": sizes}), encoding="utf-8")


def _is_there(told: dict[str, Any], spec: dict[str, Any], folder: Path) -> bool:
    """Whether all that `told` says was written for `spec` lies in `folder` whole."""
    return told["spec"] == spec and all(
        (folder / name).is_file() and (folder / name).stat().st_size == size for name, size in told["bytes"].items()
    )


if __name__ == "__main__":
    main()

"""How often the wizard's verdict on a TRL config is what TRL really did with it.

    python -m tests.bench.launch_truth SCENARIOS.json TRUTH.json DIR

SCENARIOS.json and TRUTH.json are a list of configs and the record of what TRL did with each; DIR holds the models and
the rows they name. Each config is imported as a session. `trains` wants ready (no error, no warning), `fails_*` wants
blocked, `trains_but_harmful` wants warned or blocked. What says something about the machine it was run on (`artefact`)
is counted apart. The exit code is 0 where all of the others agree.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from trainpkg_widgets.session import Session
from trainpkg_widgets.settings import load_settings

OUTCOMES = ("trains", "trains_but_harmful", "fails_at_parse", "fails_at_load", "fails_at_data", "fails_at_train")
WANTED = {"trains": ("ready",), "trains_but_harmful": ("warned", "blocked")}


class Verdict:
    """What the wizard says of one config: ready, warned or blocked, and the findings that say so.

    `crash` is what was raised where it said nothing at all, which agrees with nothing.
    """

    def __init__(self, session: Session | None, crash: str = "") -> None:
        findings = session.findings if session else ()
        self.crash = crash
        self.errors = [f for f in findings if f.severity == "error"]
        self.warnings = [f for f in findings if f.severity == "warning"]
        self.word = "crashed" if crash else "blocked" if self.errors else "warned" if self.warnings else "ready"

    @property
    def why(self) -> str:
        """The first of the findings that decide the verdict, in full, and the codes of the others."""
        decisive = self.errors or self.warnings
        if not decisive:
            return self.crash
        first = decisive[0]
        others = ", ".join(f.code for f in decisive[1:])
        return f"{first.step} · {first.code}: {first.message} {first.evidence}".strip() + (
            f" (also {others})" if others else ""
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and every disagreement; 0 where there is none outside the artefacts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("dir", type=Path, help="what make.py built: models, data, templates")
    parser.add_argument("--all", action="store_true", help="print what agrees too")
    parser.add_argument("--json", type=Path, help="write every verdict there")
    given = parser.parse_args(arguments)
    started = time.perf_counter()
    folder = given.dir.resolve()
    scenarios = {entry["id"]: entry for entry in json.loads(given.scenarios.read_text(encoding="utf-8"))}
    truths = json.loads(given.truth.read_text(encoding="utf-8"))["scenarios"]
    judged = list(_judged(scenarios, truths, folder))
    wrong = _print(judged, every=given.all)
    if given.json:
        given.json.write_text(json.dumps(judged, indent=1), encoding="utf-8")
    print(f"\n{len(judged)} configs in {time.perf_counter() - started:.1f} s.")
    return 1 if wrong else 0


def _judged(
    scenarios: Mapping[str, Any], truths: Sequence[Mapping[str, Any]], folder: Path
) -> Iterator[dict[str, Any]]:
    # The Hub is not asked: a config that names a model there is judged by what is built in.
    settings = load_settings(
        model={"hub": {"retries": 0, "endpoint": "http://127.0.0.1:9"}, "cache": {"enabled": False}}
    )
    for truth in truths:
        scenario = scenarios.get(truth["id"])
        if scenario is None:
            continue
        session = Session(settings, token=False, autosave=False)
        try:
            session.import_config(_filled(scenario["settings"], folder), method=scenario["method"], folder=folder)
            verdict = Verdict(session)
        except Exception as error:
            verdict = Verdict(None, f"{type(error).__name__}: {error}")
        wanted = WANTED.get(truth["outcome"], ("blocked",))
        yield {
            "id": truth["id"],
            "outcome": truth["outcome"],
            "verdict": verdict.word,
            "agrees": verdict.word in wanted,
            "artefact": (truth.get("artefact") or {}).get("kind", ""),
            "by_luck": bool(truth.get("depends_on_hash_seed")),
            "why": verdict.why,
            "trl": truth.get("message") or "; ".join(truth.get("harm_evidence") or ()),
            "delta": scenario.get("delta"),
            "model": scenario.get("model"),
            "data": scenario.get("data"),
            "method": scenario["method"],
        }


def _filled(value: Any, folder: Path) -> Any:
    if isinstance(value, str):
        return value.replace("{DIR}", str(folder))
    if isinstance(value, list):
        return [_filled(item, folder) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, folder) for key, item in value.items()}
    return value


def _print(judged: Sequence[Mapping[str, Any]], *, every: bool) -> int:
    counted = [row for row in judged if not row["artefact"]]
    print(f"{'what TRL did':20} {'ready':>6} {'warned':>7} {'blocked':>8} {'agree':>12}")
    for outcome in OUTCOMES:
        rows = [row for row in counted if row["outcome"] == outcome]
        if rows:
            _line(outcome, rows)
    fails = [row for row in counted if row["outcome"].startswith("fails")]
    _line("all failures", fails)
    _line("all", counted)
    _line("artefacts, aside", [row for row in judged if row["artefact"]])
    wrong = [row for row in counted if not row["agrees"]]
    print(f"\n{len(wrong)} disagreements:" if wrong else "\nNo disagreement.")
    for row in judged if every else wrong:
        mark = "" if row["agrees"] else "≠ "
        print(f"\n{mark}{row['id']}  [{row['method']}, {row['model']}, {row['data']}] {json.dumps(row['delta'])}")
        print(f"   TRL: {row['outcome']}  {row['trl'][:300]}")
        print(f"   wizard: {row['verdict']}  {row['why'][:300]}")
    return len(wrong)


def _line(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    words = Counter(row["verdict"] for row in rows)
    agree = sum(row["agrees"] for row in rows)
    share = f"{agree}/{len(rows)}" + (f" {100 * agree / len(rows):.0f} %" if rows else "")
    print(f"{name:20} {words['ready']:>6} {words['warned']:>7} {words['blocked']:>8} {share:>12}")


if __name__ == "__main__":
    sys.exit(main())

"""The workshop is made once for all tests: its environment takes minutes the first time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.training import proof
from tests.training.environment import environment_of, run
from tests.training.workshop import SCRIPTS, Workshop

CELL = "proves"


@pytest.fixture
def proves(request: pytest.FixtureRequest) -> Callable[[str, str, str, str], None]:
    """Says which cell of the matrix a test is about to see: target, method, tuning and how (`ran`, …)."""

    def says(*cell: str) -> None:
        request.node.user_properties.append((CELL, cell))

    return says


_reports: list[pytest.TestReport] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.failed:
        _reports.append(report)


def pytest_sessionfinish() -> None:
    if os.environ.get("RECORD_PROOF") != "1":
        return
    cells = [
        (tuple(cell), report.outcome) for report in _reports for name, cell in report.user_properties if name == CELL
    ]
    seen = [cell for cell, outcome in cells if outcome == "passed"]
    proof.record(seen, [cell for cell, outcome in cells if outcome == "failed"])


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The environment is made from the requirements of a package, and the models are made in the environment."""
    from tests.unit.package_samples import sample_package

    folder = tmp_path_factory.mktemp("trained")
    programs = environment_of(sample_package().write(folder / "first"))
    models = {family: folder / "models" / family for family in ("llama", "qwen2", "unmarked", "bare")}
    for family, place in models.items():
        run(str(programs / "python"), str(SCRIPTS / "tiny_model.py"), str(place), family)
    yield Workshop(folder, programs, models)

"""The workshop is made once for all tests: its environment takes minutes the first time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.training.environment import environment_of, run
from tests.training.workshop import SCRIPTS, Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The environment is made from the requirements of a package, and the models are made in the environment."""
    from tests.unit.package_samples import sample_package

    folder = tmp_path_factory.mktemp("trained")
    programs = environment_of(sample_package().write(folder / "first"))
    models = {family: folder / "models" / family for family in ("llama", "qwen2", "bare")}
    for family, place in models.items():
        run(str(programs / "python"), str(SCRIPTS / "tiny_model.py"), str(place), family)
    yield Workshop(folder, programs, models)

"""The cards of the settings agree with gpuhunt, but where it was decided otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.gpu_list import DECIDED, KnownGpu, differences
from trainpkg_widgets.gpu import listed_as
from trainpkg_widgets.settings import load_settings

LISTED = load_settings().config.gpus
RECORDED = Path(__file__).parents[1] / "recorded" / "gpus_gpuhunt_0.1.34.json"
KNOWN = [KnownGpu(**row) for row in json.loads(RECORDED.read_text(encoding="utf-8"))["gpus"]]


def test_the_settings_differ_from_gpuhunt_only_where_that_was_decided() -> None:
    assert {(found.name, found.what) for found in differences(LISTED, KNOWN)} == set(DECIDED)


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"compute_capability": 8.0}, [("T4", "capability")]),
        ({"memory_mib": 12288}, [("T4", "memory"), ("T4", "unknown")]),
        ({"name": "T5"}, [("T4", "missing"), ("T5", "unknown")]),
    ],
)
def test_a_card_that_differs_is_told_with_what_differs(update: dict[str, object], expected: object) -> None:
    [t4] = [gpu for gpu in LISTED if gpu.name == "T4"]
    known = [KnownGpu("T4", 16, 7.5)]
    assert differences([t4], known) == []
    assert [(found.name, found.what) for found in differences([t4.model_copy(update=update)], known)] == expected


def test_every_card_of_the_settings_is_known_by_its_own_name_and_is_listed_once() -> None:
    assert len({gpu.name for gpu in LISTED}) == len(LISTED)
    assert [gpu.name for gpu in LISTED if listed_as(gpu, LISTED) != gpu] == []

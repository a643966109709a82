"""What the model step shows before anybody has searched, packed: the first paint then opens no catalogue.

The cards of the popular models follow from the settings and from the catalogue alone, and neither changes while a
version of this package is installed. `python -m trainpkg_widgets.first_results` packs them again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from .settings.model_settings import ModelSettings

_FOLDER = Path(__file__).parent
_PLACE = _FOLDER / "config" / "packed" / "first_results.json"
_CATALOGUE = _FOLDER / "hub" / "catalogue.sqlite"


def first_results(settings: ModelSettings) -> dict[str, Any] | None:
    """A ResultsView as JSON; None where the settings or the catalogue are not those that it was packed of."""
    try:
        packed = json.loads(_PLACE.read_bytes())
    except FileNotFoundError:
        return None
    if packed["made_of"] != _made_of(settings):
        return None
    results: dict[str, Any] = packed["results"]
    return results


def _made_of(settings: ModelSettings) -> list[int]:
    # Where the Hub is and how it is called changes no card.
    text = settings.model_dump_json(exclude={"hub", "cache"})
    return [crc32(text.encode()), _CATALOGUE.stat().st_size]


def pack() -> str:
    """The text of the packed file for the settings that ship."""
    from .session import Session
    from .settings import load_settings

    settings = load_settings({})
    results = Session(settings, autosave=False).searching.view().model_dump(mode="json")
    return json.dumps({"made_of": _made_of(settings.model), "results": results}, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    _PLACE.write_text(pack(), encoding="utf-8")

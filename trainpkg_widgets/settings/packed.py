"""The files that ship, as JSON: read in place of a YAML file for as long as that file is what it was made of.

Importing PyYAML and parsing two files is a tenth of the time from import to the first paint.
`python -m trainpkg_widgets.settings.packed` writes them again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

FOLDER = "packed"


def read_packed(path: Path) -> dict[str, Any] | None:
    """The options of a YAML file; None where nothing was packed of it as it stands now."""
    try:
        packed = json.loads(_place(path).read_bytes())
    except FileNotFoundError:
        return None
    if packed["crc32"] != crc32(path.read_bytes()):
        return None
    options: dict[str, Any] = packed["options"]
    return options


def pack(path: Path) -> str:
    """The JSON that stands for a YAML file.

    Raises:
        SettingsError: it is no YAML file of options.
    """
    from .yaml_file import read_yaml

    return json.dumps({"crc32": crc32(path.read_bytes()), "options": read_yaml(path)}, ensure_ascii=False) + "\n"


def _place(path: Path) -> Path:
    return path.parent / FOLDER / f"{path.stem}.json"


if __name__ == "__main__":
    from .loader import config_folder
    from .schema import SHIPPED

    for name in SHIPPED.values():
        _place(config_folder() / name).write_text(pack(config_folder() / name), encoding="utf-8")

"""JSON Schemas of the settings files, for editors: `python -m trainpkg_widgets.settings.json_schema OUT_DIR`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import create_model

from .schema import SHIPPED, Settings, section_type
from .section import Section

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """File name → text of every schema: one for each file that ships, and `settings` for a user's own file."""
    texts = {
        f"{Path(file).stem}.schema.json": _text(_schema_of(section_type(component)))
        for component, file in SHIPPED.items()
    }
    texts["settings.schema.json"] = _text(_partial(_schema_of(_whole())))
    return texts


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a folder, which is made if it is missing, and say which files they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _whole() -> type[Section]:
    """All sections as one model."""
    sections: dict[str, Any] = {component: (section_type(component), ...) for component in SHIPPED}
    return create_model("Settings", __base__=Section, __doc__=Settings.__doc__, **sections)


def _schema_of(model: type[Section]) -> dict[str, Any]:
    return {"$schema": _DIALECT, **model.model_json_schema()}


def _partial(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a file that may leave out any option. An entry of a list stays whole, for lists replace."""
    whole = {ref["$ref"].rsplit("/", 1)[-1] for ref in _items(schema)}
    for name, definition in {"": schema, **schema["$defs"]}.items():
        if name not in whole:
            definition.pop("required", None)
    return schema


def _items(node: Any) -> list[dict[str, str]]:
    """Every reference to what a list holds."""
    if isinstance(node, list):
        return [ref for item in node for ref in _items(item)]
    if not isinstance(node, dict):
        return []
    here = [node["items"]] if "$ref" in node.get("items", {}) else []
    return here + [ref for value in node.values() for ref in _items(value)]


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m trainpkg_widgets.settings.json_schema OUT_DIR")
    print("\n".join(str(path) for path in write_schemas(Path(sys.argv[1]))))

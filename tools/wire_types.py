"""Prints the JSON Schema that `js/src/wire.ts` is generated from: the protocol and the step data, nothing else."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from trainpkg_widgets import (
    config_screen,
    dataset_screen,
    deploy_screen,
    details_screen,
    screens,
    seen_screen,
    steps,
    wire,
)

GOES_UP = {"intent": wire.Intent, "payload": wire.IntentPayload}
COMES_DOWN = {
    "answer": wire.Answer,
    "results": screens.ResultsView,
    "details": details_screen.DetailsView,
    "costs": config_screen.CostsView,
    "rows": dataset_screen.RowsView,
    "reading": dataset_screen.RowsBeingRead,
    "source": dataset_screen.SourceChoice,
    "datasets": dataset_screen.DatasetResults,
    "seen": seen_screen.SeenRow,
    "tokens": seen_screen.LengthsView,
    "template": seen_screen.TemplateOption,
    "package": deploy_screen.PackageView,
    "run": deploy_screen.RunView,
    "session": screens.SessionView,
    "config": config_screen.ConfigView,
    "config_menus": config_screen.ConfigMenus,
    "needs": config_screen.NeedsView,
    "prices": config_screen.PricesView,
    "dataset_menus": dataset_screen.DatasetMenus,
    "deploy_menus": deploy_screen.DeployMenus,
    "ui": screens.UiView,
}
STEP_DATA = (steps.ModelStep, steps.ConfigStep, steps.DatasetStep, steps.DeployStep)


def schema() -> dict[str, Any]:
    """One schema whose `$defs` are the types. What goes up may leave defaults out, what comes down has every field."""
    up_roots, definitions = _definitions(GOES_UP, "validation")
    down_roots, came_down = _definitions(COMES_DOWN | {s.__name__: s for s in STEP_DATA}, "serialization")
    for name, definition in came_down.items():
        definition["required"] = sorted(definition["properties"])
        if definitions.setdefault(name, definition) != definition:
            raise SystemExit(f"{name} goes both up and down and differs: give it two names.")
    _name_facts(definitions)
    roots = up_roots | down_roots
    return {
        "title": "Wire",
        "type": "object",
        "properties": roots,
        "required": sorted(roots),
        "additionalProperties": False,
        "$defs": definitions,
    }


def _definitions(types: dict[str, Any], mode: JsonSchemaMode) -> tuple[dict[str, Any], dict[str, Any]]:
    inputs = [(name, mode, TypeAdapter(kind)) for name, kind in types.items()]
    roots, rest = TypeAdapter.json_schemas(inputs)
    definitions = rest["$defs"]
    for definition in definitions.values():
        for name, field in definition["properties"].items():
            # json-schema-to-typescript makes a new type of every `$ref` that has company.
            for word in ("title", "default", "maxLength", "minLength"):
                field.pop(word, None)
            if name == "kind" and "const" in field:
                definition["required"] = [*definition.get("required", []), "kind"]
        _tuples(definition)
    return {name: root for (name, _), root in roots.items()}, definitions


def _tuples(node: Any) -> None:
    """Write tuples as draft 7 does, which is what json-schema-to-typescript reads."""
    if isinstance(node, dict):
        if "prefixItems" in node:
            node["items"] = node.pop("prefixItems")
        for value in node.values():
            _tuples(value)
    elif isinstance(node, list):
        for value in node:
            _tuples(value)


def _name_facts(definitions: dict[str, Any]) -> None:
    """`Fact[Literal[...]]` is named after the field that holds it."""
    for definition in list(definitions.values()):
        for name, field in definition["properties"].items():
            reference = field.get("$ref", "").removeprefix("#/$defs/")
            if reference.startswith("Fact_Literal_"):
                definitions[reference]["title"] = "".join(word.title() for word in name.split("_")) + "Fact"


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1, sort_keys=True))

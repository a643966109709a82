"""The laws of the house, held against every import that is written in the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import trainpkg_widgets

ROOT = Path(trainpkg_widgets.__file__).parent
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}
# What draws, hands on or holds a session: nothing below knows of it.
ABOVE = tuple(f"trainpkg_widgets.{name}" for name in ("session", "wizard", "views", "dispatch", "intents", "work"))
IMPURE = ("time", "random", "socket", "urllib", "http", "subprocess", "os", "shutil", "threading")


def imports(module: str, tree: ast.AST) -> Iterator[str]:
    """The full names that are imported: `trainpkg_widgets.hub.client`, `anywidget`. Not what is for type checkers."""
    home = ("trainpkg_widgets", *Path(module).parent.parts)
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else [])))
            yield from (f"{base}.{alias.name}" for alias in node.names)
        yield from imports(module, node)


def importers(of: tuple[str, ...], among: tuple[str, ...] = ("",)) -> set[str]:
    """The modules, below one of the folders `among`, that import one of these packages."""
    return {
        module
        for module, tree in TREES.items()
        if module.startswith(among)
        and any(name == package or name.startswith(f"{package}.") for name in imports(module, tree) for package in of)
    }


def test_the_wizard_alone_knows_widgets() -> None:
    assert importers(("anywidget", "ipywidgets", "traitlets")) == {"wizard.py"}


def test_the_hub_alone_is_asked_through_its_client() -> None:
    assert {module.split("/")[0] for module in importers(("huggingface_hub",))} == {"hub"}


def test_imports_point_down() -> None:
    assert importers(ABOVE, ("advice/", "data/", "hub/", "package/launch/", "package/targets/", "settings/")) == set()
    assert (
        importers(("trainpkg_widgets.hub", "trainpkg_widgets.data", "trainpkg_widgets.package"), ("advice/",)) == set()
    )


def test_advice_opens_nothing_asks_nobody_and_reads_no_clock() -> None:
    assert importers(IMPURE, ("advice/",)) == set()
    clocks = {
        module
        for module, tree in TREES.items()
        if module.startswith("advice/")
        and any(isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow") for node in ast.walk(tree))
    }
    assert clocks == set()

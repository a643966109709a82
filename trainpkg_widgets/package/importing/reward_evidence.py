"""Reading the source text of reward functions that a config names: nothing of it is imported or run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from ...advice.as_written.evidence import RewardEvidence

# trl/scripts/grpo.py (TRL 1.16.0): `reward_funcs_registry`.
BUILT_IN = ("accuracy_reward", "reasoning_accuracy_reward", "think_format_reward", "get_soft_overlong_punishment")
_LONGEST = 1_000_000


def reward_evidence(named: Any, folder: Path) -> tuple[RewardEvidence, ...]:
    """What is known of each reward function; modules are looked for in `folder`, where the run starts."""
    names = named if isinstance(named, list) else [named] if isinstance(named, str) else []
    return tuple(_one(str(name), folder) for name in names)


def _one(name: str, folder: Path) -> RewardEvidence:
    if name in BUILT_IN:
        return RewardEvidence(name, True)
    if "." not in name:
        return RewardEvidence(name, False, why=f"it is none of {', '.join(BUILT_IN)}, and no path with a dot")
    module, _, function = name.rpartition(".")
    file = folder.joinpath(*module.split(".")).with_suffix(".py")
    if not file.is_file():
        # An installed package may hold it, and what is installed where it runs is not known here.
        return RewardEvidence(name, None, why=f"there is no {file.name} here")
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= _LONGEST else ""
        tree = ast.parse(text)
    except (SyntaxError, ValueError, OSError) as error:
        return RewardEvidence(name, False, why=f"{file.name} can't be read: {error}")
    found = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    wanted = next((node for node in found if node.name == function), None)
    if wanted is None:
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        imported = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        known = None if function in assigned | imported else False
        return RewardEvidence(name, known, why=f"{file.name} has no function {function}")
    return RewardEvidence(name, True, _returned(wanted))


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
    """What a function gives for every answer, where its one `return` says so without being run."""
    if function.args.kwarg is None:
        return "refuses"
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    if len(values) != 1 or values[0] is None:
        return "varies"
    value = values[0]
    if isinstance(value, ast.List) and all(isinstance(item, ast.Constant) for item in value.elts):
        return "length"
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult) and isinstance(value.left, ast.List):
        item = value.left.elts[0] if len(value.left.elts) == 1 else None
        return _constant(item)
    if isinstance(value, ast.ListComp) and not any(step.ifs for step in value.generators):
        return _constant(value.elt)
    return "varies"


def _constant(item: ast.expr | None) -> str:
    if not isinstance(item, ast.Constant):
        return "varies"
    return "nothing" if item.value is None else "same"

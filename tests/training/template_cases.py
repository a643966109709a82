"""Rows as they lie in a package, in every shape, and what both sides are told about them."""

from __future__ import annotations

import json
from typing import Any

SYSTEM = {"role": "system", "content": "You are brief. 你好"}
ASKED = {"role": "user", "content": "What is 3 plus 3?"}
SAID = {"role": "assistant", "content": "The answer is 6, naïve 😀."}
MORE = [{"role": "user", "content": "And 4 plus 4?\nQuickly."}, {"role": "assistant", "content": "8\n"}]
BAD = {"role": "assistant", "content": "No idea."}
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 3, "b": 3}}}],
}
RESULT = {"role": "tool", "name": "add", "content": "6"}
TOOLS = json.dumps(
    [
        {
            "type": "function",
            "function": {
                "name": "add",
                "description": "Adds.",
                "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
            },
        }
    ]
)
LONG = {"max_length": 4096}

# name → method, row, options of the trainer
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "answer": ("sft", {"prompt": [ASKED], "completion": [SAID]}, {**LONG, "completion_only_loss": True}),
    "answer-of-two": (
        "sft",
        {"prompt": [SYSTEM, ASKED, SAID, MORE[0]], "completion": [MORE[1]]},
        {**LONG, "completion_only_loss": True},
    ),
    "answer-cut": (
        "sft",
        {"prompt": [ASKED], "completion": [{**SAID, "content": SAID["content"] * 20}]},
        {"max_length": 60, "completion_only_loss": True},
    ),
    "answer-dropped": (
        "sft",
        {"prompt": [ASKED], "completion": [SAID]},
        {"max_length": 4, "completion_only_loss": True},
    ),
    "answer-all-learnt": ("sft", {"prompt": [ASKED], "completion": [SAID]}, {**LONG, "completion_only_loss": False}),
    "answer-with-tools": (
        "sft",
        {"prompt": [ASKED, CALL, RESULT], "completion": [SAID], "tools": TOOLS},
        {**LONG, "completion_only_loss": True},
    ),
    "whole": ("sft", {"messages": [SYSTEM, ASKED, SAID, *MORE]}, LONG),
    "whole-cut": ("sft", {"messages": [ASKED, SAID, *MORE]}, {"max_length": 25}),
    "marked": ("sft", {"messages": [ASKED, SAID, *MORE]}, {**LONG, "assistant_only_loss": True}),
    "plain-answer": (
        "sft",
        {"prompt": "What is 3 plus 3?\n\n", "completion": "6 😀"},
        {**LONG, "completion_only_loss": True},
    ),
    "plain-merging": ("sft", {"prompt": "What is 3 pl", "completion": "us 3?"}, {**LONG, "completion_only_loss": True}),
    "text": ("sft", {"text": "What is 3 plus 3? 6. Größe"}, LONG),
    "dpo": ("dpo", {"prompt": [ASKED], "chosen": [SAID], "rejected": [BAD]}, {"max_length": 4096}),
    "dpo-cut": ("dpo", {"prompt": [ASKED], "chosen": [SAID], "rejected": [BAD]}, {"max_length": 40}),
    "dpo-plain": ("dpo", {"prompt": "3 plus 3? ", "chosen": "6", "rejected": "7"}, {"max_length": 4096}),
    "kto": ("kto", {"prompt": [ASKED], "completion": [SAID], "label": True}, {"max_length": 4096}),
    "kto-plain": ("kto", {"prompt": "3 plus 3? ", "completion": "6", "label": False}, {"max_length": 4096}),
    "reward": ("reward", {"prompt": [ASKED], "chosen": [SAID], "rejected": [BAD]}, {"max_length": 4096}),
}


def how_of(method: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the preview is told where TRL is told `options`."""
    return {
        "method": method,
        "completion_only": options.get("completion_only_loss", method != "sft"),
        "assistant_only": options.get("assistant_only_loss", False),
        "max_length": options["max_length"],
        "cut": True,
    }

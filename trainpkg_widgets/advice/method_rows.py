"""Which rows a method can be trained on, and the shape that they are written in for it."""

from __future__ import annotations

from ..steps import FORMAT_LABELS, Method, RowFormat, RowShape

_WITH_ANSWERS: tuple[RowFormat, ...] = ("messages", "sharegpt", "instruction", "prompt_completion")

METHOD_FORMATS: dict[Method, tuple[RowFormat, ...]] = {
    "sft": (*_WITH_ANSWERS, "text", "preference", "kto", "tokens"),
    "cpt": ("text", "tokens", *_WITH_ANSWERS),
    "dpo": ("preference",),
    "orpo": ("preference",),
    "reward": ("preference",),
    "kto": ("kto", "preference"),
    "grpo": ("prompts", *_WITH_ANSWERS),
}

# For a model with a chat template, and for one without.
SHAPES: dict[Method, tuple[RowShape, RowShape]] = {
    "sft": ("chat_answers", "plain_answers"),
    "cpt": ("plain_text", "plain_text"),
    "dpo": ("preference_chat", "preference_plain"),
    "orpo": ("preference_chat", "preference_plain"),
    "reward": ("preference_chat", "preference_plain"),
    "kto": ("judged_chat", "judged_plain"),
    "grpo": ("prompts_chat", "prompts_plain"),
}

METHOD_NAMES: dict[Method, str] = {
    "sft": "SFT",
    "cpt": "Continued pre-training",
    "dpo": "DPO",
    "orpo": "ORPO",
    "reward": "A reward model",
    "kto": "KTO",
    "grpo": "GRPO",
}

_NEEDS: dict[Method, str] = {
    "sft": "answers to learn",
    "cpt": "text to learn",
    "dpo": "a better and a worse answer in each row",
    "orpo": "a better and a worse answer in each row",
    "reward": "a better and a worse answer in each row",
    "kto": "answers with a label that says good or bad",
    "grpo": "prompts",
}


def method_misfit(method: Method, row_format: RowFormat) -> str:
    """Why a method can't be trained on rows of a format, in one sentence; empty where it can."""
    if row_format in METHOD_FORMATS[method]:
        return ""
    label = FORMAT_LABELS[row_format]
    return f"{METHOD_NAMES[method]} needs {_NEEDS[method]}, and these rows are “{label}”."


def methods_for(row_format: RowFormat) -> tuple[Method, ...]:
    """The methods that rows of a format are made for, the most fitting first."""
    fitting = [method for method, formats in METHOD_FORMATS.items() if row_format in formats]
    return tuple(sorted(fitting, key=lambda method: METHOD_FORMATS[method].index(row_format)))

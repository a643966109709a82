"""What TRL 1.16 makes of one row before it trains on it, as its trainers' `_prepare_dataset` do, in texts.

Read from trl/trainer/{sft,dpo,kto,reward}_trainer.py and trl/data_utils.py; shown right by runs of TRL itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..template_sandbox import compile_template
from .evidence import Row

CONVERSATION_KEYS = ("prompt", "chosen", "rejected", "completion", "messages")
_OPEN, _CLOSE = "\x02", "\x03"


class StopsError(Exception):
    """A row that ends the run: a code of ours, a sentence, and the trainer's own words."""

    def __init__(self, code: str, message: str, evidence: str) -> None:
        super().__init__(message)
        self.code, self.message, self.evidence = code, message, evidence


@dataclass(frozen=True)
class Learnt:
    """One text to learn from: what comes before (`prompt`), and what is trained. `whole` is both as one text."""

    prompt: str
    trained: str
    whole: str
    turns: tuple[Mapping[str, Any], ...] = ()


class Renderer:
    """A chat template as the trainer uses it. `render` raises StopsError where the template does."""

    def __init__(self, template: str | None, eos: str | None) -> None:
        self._template = template
        self.eos = eos or ""
        self._names = {"eos_token": self.eos, "bos_token": ""}
        self._render: Callable[..., str] | None = None
        self._marked: Callable[..., str] | None = None

    @property
    def missing(self) -> bool:
        """Whether there is no template at all."""
        return not self._template

    def text(self, turns: Sequence[Any], prompt_of_answer: bool = False, tools: Any = None) -> str:
        """The conversation as text."""
        if not self._template:
            raise StopsError(
                "no-chat-template",
                "This model has no chat template, and these rows are conversations.",
                "TRL stops: Cannot use chat template functions because tokenizer.chat_template is not set.",
            )
        self._render = self._render or self._compiled(self._template)
        return self._call(self._render, turns, prompt_of_answer, tools)

    def answers(self, turns: Sequence[Any], tools: Any = None) -> list[str]:
        """The parts between the marks of the template, which `assistant_only_loss` trains."""
        if self._marked is None:
            self._marked = self._compiled(marked(self._template or ""))
        text = self._call(self._marked, turns, False, tools)
        return re.findall(f"{_OPEN}(.*?){_CLOSE}", text, re.DOTALL)

    def _compiled(self, template: str) -> Callable[..., str]:
        try:
            return compile_template(template)
        except Exception as error:
            raise _refused(error) from error

    def _call(self, render: Callable[..., str], turns: Sequence[Any], prompt_of_answer: bool, tools: Any) -> str:
        said = []
        for turn in turns:
            if not isinstance(turn, Mapping):
                raise StopsError(
                    "turn-no-mapping",
                    "A turn of a conversation is no mapping with a role and a content.",
                    f"TRL stops: Chat messages should be dicts, but got {turn!r:.80}.",
                )
            # datasets 5.2 leaves out what is null in a turn, so that the template finds nothing there.
            said.append({key: value for key, value in turn.items() if value is not None})
        try:
            return render(said, prompt_of_answer, tools=tools or None, **self._names)
        except Exception as error:
            raise _refused(error) from error


def has_marks(template: str) -> bool:
    """Whether a template marks what is an answer (`{% generation %}`)."""
    return re.search(r"\{%-?\s*generation\s*-?%\}", template) is not None


def marked(template: str) -> str:
    """The template with marks that show in its text. Block tags stand for block tags, so that no line end changes."""
    opened = re.sub(r"\{%(-?)\s*generation\s*(-?)%\}", rf"{{%\1 if true %}}{_OPEN}{{% endif \2%}}", template)
    return re.sub(r"\{%(-?)\s*endgeneration\s*(-?)%\}", rf"{{%\1 if true %}}{_CLOSE}{{% endif \2%}}", opened)


def is_conversational(row: Row, key: str | None = None) -> bool:
    """`trl.data_utils.is_conversational`, which looks at one of the columns it knows: at `key` where it is given.

    Raises:
        StopsError: the conversation it looks at is empty.
    """
    present = [name for name in CONVERSATION_KEYS if name in row] if key is None else [key]
    if not present:
        return False
    value = row[present[0]]
    if not isinstance(value, list):
        return False
    if not value:
        raise StopsError(
            "empty-conversation",
            "A conversation has no turns.",
            f"TRL looks at the first turn of “{present[0]}” and stops: IndexError, list index out of range.",
        )
    return isinstance(value[0], Mapping) and "role" in value[0]


def tools_of(row: Row) -> Any:
    """The tools of a row, which may be JSON text."""
    tools = row.get("tools")
    if not isinstance(tools, str):
        return tools
    try:
        return json.loads(tools)
    except ValueError as error:
        raise StopsError("tools-unreadable", "The tools of a row are no JSON.", f"TRL stops: {error}.") from error


def shared(one: str, other: str) -> int:
    """How many characters both texts begin with."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def joined(before: Any, after: Any, column: str) -> Any:
    """`before + after`, which TRL writes without asking whether both are texts or both lists."""
    if isinstance(before, str) and isinstance(after, str):
        return before + after
    if isinstance(before, list) and isinstance(after, list):
        return before + after
    kinds = f"“prompt” is {_kind(before)} and “{column}” is {_kind(after)}"
    raise StopsError("columns-of-two-kinds", f"{kinds}: TRL can't put them together.", "TRL stops with a TypeError.")


def with_stop(value: Any, eos: str | None, column: str) -> str:
    """A plain text with the stop token after it, as TRL ends what is not a conversation."""
    if not isinstance(value, str):
        raise StopsError(
            "content-no-text",
            f"“{column}” holds {_kind(value)} where TRL needs text.",
            f"TRL stops: {type(value).__name__ if value is not None else 'NoneType'} has no attribute 'endswith'.",
        )
    if eos is None:
        raise StopsError(
            "no-eos-token",
            "The tokenizer has no stop token (eos), and TRL puts one after each text.",
            "TRL stops: endswith first arg must be str, not NoneType.",
        )
    return value if value.endswith(eos) else value + eos


def needed(row: Row, column: str) -> Any:
    """A column that TRL reads without asking whether it is there."""
    if column not in row:
        raise column_missing(column, row)
    return row[column]


def column_missing(column: str, row: Row) -> StopsError:
    """The refusal where a column is not there."""
    there = ", ".join(list(row)[:8]) or "none"
    return StopsError(
        "column-missing",
        f"The rows have no column “{column}”, which TRL reads.",
        f"TRL stops: KeyError '{column}'. The columns are {there}; it renames none.",
    )


def _kind(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else f"a {type(value).__name__}"


def _refused(error: Exception) -> StopsError:
    words = " ".join(str(error).split())[:200]
    if type(error).__name__ == "TemplateSyntaxError":
        return StopsError("chat-template-broken", "The chat template of this model is broken.", f"TRL stops: {words}.")
    return StopsError(
        "chat-template-refuses",
        "The chat template of this model refuses a conversation.",
        f"TRL stops: {type(error).__name__}, {words.rstrip('.')}.",
    )

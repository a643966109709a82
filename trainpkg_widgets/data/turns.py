"""Turns of a conversation, whoever wrote them down and how, as the standard ones: role, content, tool calls."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .rows import deeper_than

Turn = dict[str, Any]

ROLE_KEYS = ("role", "from", "speaker")
CONTENT_KEYS = ("content", "value", "text")

# What a role is called elsewhere → what chat templates call it.
_ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "customer"), "user"),
    **dict.fromkeys(
        ("assistant", "gpt", "chatgpt", "bing", "bard", "claude", "bot", "chatbot", "model", "ai"), "assistant"
    ),
    **dict.fromkeys(
        ("tool", "function", "observation", "function_response", "function_output", "tool_response", "ipython"), "tool"
    ),
    # hiyouga/LLaMA-Factory's name for a turn whose text is the call itself, as JSON.
    "function_call": "assistant",
    "tool_call": "assistant",
}
CALLERS = ("function_call", "tool_call")
STANDARD_ROLES = frozenset(_ROLES.values())

# Rows of a file are no deeper than limits.nesting, which the settings hold to this; JSON inside a cell is bounded here.
_DEEPEST = 200
_REASONING_KEYS = ("reasoning_content", "thinking", "reasoning")
# What a turn may have beside its role and its content that changes what it says.
KEYS_WITH_MEANING = frozenset({*_REASONING_KEYS, "tool_calls", "name", "tool_call_id"})
_MEDIA_TYPES = ("image", "image_url", "audio", "input_audio", "video", "video_url")
# Python's own notation of a list is longer than this in no row that is worth reading.
_LONGEST_NOTATION = 1_000_000


_NO_ROLES: Mapping[str, str] = MappingProxyType({})


class UnfitRowError(Exception):
    """A row that can't be made into an example. `code` is that of the problem, `found` what was seen."""

    def __init__(self, code: str, found: str = "") -> None:
        self.code = code
        self.found = found
        super().__init__(f"{code}: {found}")


def turns_in(value: Any) -> list[Any] | None:
    """The list of turns that a cell holds, as a list or as text of one (JSON or Python's); None where it holds none."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _parsed(value, notation=True)
    elif isinstance(value, Mapping):
        # OpenAI's preference format keeps the turns of its prompt one level down, beside the tools.
        value = value.get("messages")
    return value if isinstance(value, list) else None


def turn_keys(turn: Any) -> tuple[str, str] | None:
    """The keys under which a turn has its role and its content; None where it is no turn."""
    if not isinstance(turn, Mapping):
        return None
    role = next((key for key in ROLE_KEYS if key in turn), None)
    content = next((key for key in CONTENT_KEYS if key in turn), None)
    if role is None or (content is None and not turn.get("tool_calls")):
        return None
    return role, content or "content"


def standard_role(name: str, roles: Mapping[str, str]) -> str:
    """What chat templates call a role: as `roles` says, else as is known, else its own name."""
    return roles.get(name) or _ROLES.get(name.strip().lower()) or clean(name)


def standard_turn(turn: Any, roles: Mapping[str, str] = _NO_ROLES) -> Turn:
    """One turn with a standard role where its own is known, its content as text, and its tool fields.

    `roles` are what roles are called in these rows → what chat templates call them, before what is known anyway.

    Raises:
        UnfitRowError: it is no turn, has no content, or its content is no text.
    """
    if type(turn) is dict and len(turn) == 2:
        # Nearly all turns are such ones, and what else a turn may be takes four times as long to find out.
        role, said = turn.get("role"), turn.get("content")
        if type(role) is str and type(said) is str and role.strip().lower() not in CALLERS:
            return {"role": standard_role(role, roles), "content": clean(said)}
    keys = turn_keys(turn)
    if keys is None:
        raise UnfitRowError("no-conversation", f"a turn is {_shown(turn)}")
    named = turn[keys[0]]
    if not isinstance(named, str):
        raise UnfitRowError("no-conversation", f"a role is {_shown(named)}")
    role = standard_role(named, roles)
    calls = _standard_calls(turn.get("tool_calls"))
    content = turn.get(keys[1])
    if named.strip().lower() in CALLERS and isinstance(content, str) and (said := _calls_in(content)):
        calls, content = said, ""
    found: Turn = {"role": role, "content": "" if content is None and calls else text_of(content)}
    reasoning = next((turn[key] for key in _REASONING_KEYS if isinstance(turn.get(key), str)), None)
    if reasoning is not None:
        found["reasoning_content"] = clean(reasoning)
    if calls:
        found["tool_calls"] = calls
    if role == "tool":
        found.update({key: clean(turn[key]) for key in ("name", "tool_call_id") if isinstance(turn.get(key), str)})
    return found


def text_of(content: Any) -> str:
    """The text of a turn's content: itself, or its text parts joined.

    Raises:
        UnfitRowError: there is none, or it holds something other than text.
    """
    if isinstance(content, str):
        return clean(content)
    if content is None:
        raise UnfitRowError("missing-content", "a turn's content is empty (null)")
    if isinstance(content, list) and content:
        return "".join(_part_text(part) for part in content)
    raise UnfitRowError("content-no-text", f"a turn's content is {_shown(content)}")


def clean(text: str) -> str:
    """The text with half surrogate pairs, which no UTF-8 file can hold, replaced by “�”."""
    # datasets 5.2: a JSON escape of one ends the run with "The surrogate pair in string is invalid".
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def has_tools(turn: Turn) -> bool:
    """Whether a standard turn calls a tool or answers for one."""
    return turn["role"] == "tool" or "tool_calls" in turn


def tools_text(value: Any) -> str | None:
    """The tools of a row as JSON text, each wrapped as `{"type": "function", …}`; None where there are none.

    Raises:
        UnfitRowError: it is no list of tools.
    """
    tools = _parsed(value or "[]") if isinstance(value, str) else value or []
    if tools == []:
        return None
    if not isinstance(tools, list) or not all(isinstance(tool, Mapping) for tool in tools):
        raise UnfitRowError("tools-unreadable", f"the tools are {_shown(value)}")
    wrapped = [tool if "function" in tool else {"type": "function", "function": tool} for tool in tools]
    return json.dumps(_clean_all(wrapped), ensure_ascii=False)


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return clean(part)
    kind = part.get("type") if isinstance(part, Mapping) else None
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return clean(part["text"])
    raise UnfitRowError("media-content" if kind in _MEDIA_TYPES else "content-no-text", f"a turn holds {_shown(part)}")


def _standard_calls(calls: Any) -> list[dict[str, Any]]:
    if not isinstance(calls, (list, type(None))):
        raise UnfitRowError("tools-unreadable", f"the tool calls are {_shown(calls)}")
    return [_standard_call(call) for call in calls or []]


def _standard_call(call: Any) -> dict[str, Any]:
    function = call.get("function", call) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise UnfitRowError("tools-unreadable", f"a tool call is {_shown(call)}")
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        # OpenAI writes arguments as JSON text; a template would quote that text once more.
        arguments, text = _parsed(arguments or "{}"), arguments
        if arguments is None:
            raise UnfitRowError("tools-unreadable", f"a tool call's arguments are {_shown(text)}")
    found = {"type": "function", "function": _clean_all({"name": function["name"], "arguments": arguments or {}})}
    return {"id": call["id"], **found} if isinstance(call.get("id"), str) else found


def _clean_all(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {clean(str(key)): _clean_all(item) for key, item in value.items()}
    return [_clean_all(item) for item in value] if isinstance(value, list) else value


def _calls_in(text: str) -> list[dict[str, Any]]:
    value = _parsed(text)
    try:
        return _standard_calls(value if isinstance(value, list) else [value])
    except UnfitRowError:
        return []


def _parsed(text: str, notation: bool = False) -> Any:
    """The value of a cell that is JSON, or a list in Python's notation (`notation`); None where it is neither."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _of_notation(text) if notation else None
    return None if deeper_than(value, _DEEPEST) else value


def _of_notation(text: str) -> Any:
    # pandas' to_csv writes a cell that is a list as Python would print it: [{'role': 'user', …}].
    if len(text) > _LONGEST_NOTATION:
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _shown(value: Any) -> str:
    return repr(value)[:60]

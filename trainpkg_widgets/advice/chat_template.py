"""How a chat template behaves, found by rendering it in a sandbox: what it prints, what it leaves out, what it refuses.

The environment is the one transformers 5.23 renders templates in (`_cached_compile_jinja_template`), but for the clock:
`strftime_now` gives a fixed day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from ..facts import Frozen

Handling = Literal["printed", "left_out", "refused"]

_DAY = datetime(2026, 1, 1)
# Words that no template prints by itself.
_ASKED, _ANSWERED, _EXTRA = "qzasked", "qzanswered", "qzextra"


class TemplateBehaviour(Frozen):
    """What a template does with each kind of turn.

    `broken` says why it renders no plain conversation at all; empty where it does. `question_learnt` is whether the
    words of a question would be among what is trained, and `prompt_ends` what a prompt ends in that a whole
    conversation does not have there (a thinking mark, for one); both are about the prompt that TRL 1.16 cuts off.
    """

    broken: str = ""
    system: Handling = "printed"
    system_in_middle: Handling = "printed"
    tools: Handling = "printed"
    unknown_role: Handling = "printed"
    starts_with_answer: Handling = "printed"
    repeated_role: Handling = "printed"
    question_learnt: bool = False
    prompt_ends: str = ""


# A change of any knob asks again, and the same template behaves the same.
@lru_cache(maxsize=8)
def template_behaviour(template: str) -> TemplateBehaviour:
    """How a chat template behaves. It is rendered in a sandbox, without network, files or clock."""
    try:
        render = _compiled(template)
        whole = render([_turn("user", _ASKED), _turn("assistant", _ANSWERED)], False)
        prompt = render([_turn("user", _ASKED)], True)
    except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything
        return TemplateBehaviour(broken=f"{type(error).__name__}: {error}"[:200])
    if _ANSWERED not in whole or _ASKED not in whole:
        return TemplateBehaviour(broken="it prints no turns")
    user, answer, extra = _turn("user", _ASKED), _turn("assistant", _ANSWERED), _turn("system", _EXTRA)
    call = {"type": "function", "function": {"name": "qzname", "arguments": {"qzkey": "qzvalue"}}}
    called = [
        user,
        {**_turn("assistant", ""), "tool_calls": [call]},
        {**_turn("tool", _EXTRA), "name": "qzname"},
        answer,
    ]
    common = _shared(whole, prompt)
    return TemplateBehaviour(
        system=_handling(render, [extra, user, answer]),
        system_in_middle=_handling(render, [user, answer, extra, user, answer]),
        tools=_handling(render, called, ("qzname", "qzkey", _EXTRA)),
        unknown_role=_handling(render, [user, _turn("qzrole", _EXTRA), answer]),
        starts_with_answer=_handling(render, [_turn("assistant", _EXTRA), user, answer]),
        repeated_role=_first_bad(
            _handling(render, [_turn("user", _EXTRA), user, answer]),
            _handling(render, [user, _turn("assistant", _EXTRA), answer]),
        ),
        question_learnt=_ASKED in whole[len(common) :] or _learns_questions(render),
        prompt_ends=prompt[len(common) :] if _ANSWERED not in common else "",
    )


Render = Callable[[list[dict[str, Any]], bool], str]


def _learns_questions(render: Render) -> bool:
    """Whether the second question of a conversation is among what TRL would take for its second answer."""
    turns = [_turn("user", "qzone"), _turn("assistant", "qztwo"), _turn("user", _ASKED)]
    try:
        prompt, whole = render(turns, True), render([*turns, _turn("assistant", _ANSWERED)], False)
    except Exception:  # noqa: BLE001 - as above; what is refused isn't learnt
        return False
    return _ASKED in whole[len(_shared(prompt, whole)) :]


def _handling(render: Render, turns: list[dict[str, Any]], looked_for: Iterable[str] = (_EXTRA,)) -> Handling:
    try:
        text = render(turns, False)
    except Exception:  # noqa: BLE001 - as above
        return "refused"
    return "printed" if all(word in text for word in looked_for) else "left_out"


def _shared(one: str, other: str) -> str:
    """The characters that both texts begin with."""
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _first_bad(*found: Handling) -> Handling:
    return next((handling for handling in found if handling == "refused"), found[0])


def _turn(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def _compiled(template: str) -> Render:
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks what is trained; it prints what is in it."""

        tags = {"generation"}

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    def tojson(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = _DAY.strftime
    compiled = env.from_string(template)

    def render(turns: list[dict[str, Any]], add_generation_prompt: bool) -> str:
        return compiled.render(
            messages=turns,
            tools=None,
            documents=None,
            add_generation_prompt=add_generation_prompt,
            bos_token="",
            eos_token="",
        )

    return render

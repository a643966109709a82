"""How a chat template behaves, found by rendering it: what it prints, what it leaves out, what it refuses."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from ..facts import Frozen
from .template_sandbox import Render, compile_template

Handling = Literal["printed", "left_out", "refused"]

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
    """How a chat template behaves, from renderings that are bounded in steps and length."""
    try:
        render = compile_template(template)
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

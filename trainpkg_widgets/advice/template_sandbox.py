"""Rendering a chat template as a program of a stranger's: no clock, no files, and only so many steps and characters.

The environment is the one transformers 5.23 renders templates in (`_cached_compile_jinja_template`), but for the clock
and these bounds. jinja2's own sandbox bounds neither loops nor the length of a text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

Render = Callable[..., str]

# The longest of the recorded templates takes some hundred steps and prints some thousand characters for what is asked.
STEPS = 20_000
CHARACTERS = 1_000_000

_DAY = datetime(2026, 1, 1)


class TemplateTooLongError(RuntimeError):
    """Raised when a template takes more steps, or makes longer text, than any template that formats a few turns."""


class _Budget:
    """What is left to one rendering."""

    def __init__(self) -> None:
        self.steps = STEPS

    def spend(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TemplateTooLongError(f"it takes more than {STEPS:,} steps")


def _bounded(value: Any) -> Any:
    if isinstance(value, (str, list, tuple)) and len(value) > CHARACTERS:
        raise TemplateTooLongError(f"it makes a text of more than {CHARACTERS:,} characters")
    return value


def compile_template(template: str) -> Render:
    """What renders turns by a template, given whether to end in the prompt of an answer.

    Further names that a template may look at (`tools`, `eos_token`) are given by keyword. Rendering raises whatever
    the template raises, and TemplateTooLongError.
    """
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.visitor import NodeTransformer

    budget = _Budget()

    class Generation(Extension):
        """`{% generation %}` marks what is trained; it prints what is in it."""

        tags = {"generation"}

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    class Counting(NodeTransformer):
        """Has every loop counted, and every text that is put together looked at."""

        def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - jinja2's own naming
            self.generic_visit(node)
            node.iter = nodes.Filter(node.iter, "counted", [], [], None, None)
            return node

        def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
            self.generic_visit(node)
            return nodes.Filter(nodes.List(node.nodes), "put_together", [], [], None, None)

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            tree: nodes.Template = Counting().visit(super()._parse(source, name, filename))
            return tree

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as jinja2's
            budget.spend()
            return _bounded(super().call(__context, __obj, *args, **kwargs))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            sizes = [len(v) if isinstance(v, (str, list, tuple)) else v for v in (left, right)]
            if operator == "**" or (
                operator == "*" and all(isinstance(s, int) for s in sizes) and abs(sizes[0] * sizes[1]) > CHARACTERS
            ):
                raise TemplateTooLongError("it computes what no template needs")
            return _bounded(super().call_binop(context, operator, left, right))

    def counted(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            budget.spend()
            yield value

    def put_together(parts: Iterable[Any]) -> Any:
        return _bounded("".join(map(str, parts)))

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    def tojson(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = Environment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters.update(tojson=tojson, counted=counted, put_together=put_together)
    env.globals.update(raise_exception=raise_exception, strftime_now=_DAY.strftime)
    compiled = env.from_string(template)

    def render(turns: list[dict[str, Any]], add_generation_prompt: bool, **more: Any) -> str:
        budget.steps = STEPS
        names = {"tools": None, "documents": None, "bos_token": "", "eos_token": "", **more}
        pieces = compiled.generate(messages=turns, add_generation_prompt=add_generation_prompt, **names)
        text = ""
        for piece in pieces:
            budget.spend()
            text = _bounded(text + piece)
        return text

    return render

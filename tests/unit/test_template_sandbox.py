"""A template is a stranger's program: it renders as transformers would have it, and it can't keep anybody waiting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainpkg_widgets.advice.chat_template import template_behaviour
from trainpkg_widgets.advice.template_sandbox import TemplateTooLongError, compile_template

TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(200) %}{% endfor %}{% endfor %}",
        "{% for a in 'x' * 900000 %}{% for b in 'x' * 900000 %}{% endfor %}{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% macro twice(n) %}{% if n %}{{ twice(n - 1) }}{{ twice(n - 1) }}{% endif %}{% endmacro %}{{ twice(60) }}",
        "{{ 10 ** 1000000000 }}",
        "{% for a in range(15000) %}{{ 'x' * 900000 }}{% endfor %}",
    ],
)
def test_a_template_that_would_never_end_is_ended(template: str) -> None:
    with pytest.raises(TemplateTooLongError):
        compile_template(template)(TURNS, False)
    assert "TemplateTooLongError" in template_behaviour(template).broken


def test_what_loops_and_texts_do_in_jinja_they_do_here() -> None:
    template = (
        "{% for m in messages %}{{ loop.index }}/{{ loop.length }}{{ ' last' if loop.last }}:"
        "{{ m.role ~ '=' ~ m.content }}{% if not loop.last %}, {% endif %}{% else %}none{% endfor %}"
    )
    assert compile_template(template)(TURNS, False) == "1/2:user=Hi, 2/2 last:assistant=Hello"
    assert compile_template(template)([], False) == "none"


def test_every_recorded_template_stays_within_the_bounds() -> None:
    rows = Path(__file__).parents[1] / "recorded" / "hub_rows.json.gz"
    import gzip

    text = gzip.decompress(rows.read_bytes()).decode()
    templates = {t for t in _strings(json.loads(text)) if "{%" in t and "messages" in t}
    assert len(templates) > 20
    for template in templates:
        assert "TemplateTooLongError" not in template_behaviour(template).broken


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [s for item in value.values() for s in _strings(item)]
    return [s for item in value for s in _strings(item)] if isinstance(value, list) else []

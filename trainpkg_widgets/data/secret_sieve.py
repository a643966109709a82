"""Whether a long text may hold a secret, asked much quicker than `secret_shapes.secret_in` does, which then says."""

from __future__ import annotations

from pydantic_core import SchemaValidator, core_schema

# pydantic checks patterns with Rust's regex, which looks for many fixed texts at once; Python's re goes letter by
# letter. Few texts hold one of these, but “sk-” is in “risk-free”, so that what follows is asked for as well.
_STARTS = "hf_|api_org_|gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|AIza|xox[abeoprs]-|pypi-AgE|npm_|-----BEGIN "
_SK = "sk-(?:[a-z0-9]+-){0,2}[A-Za-z0-9]{20}"


def _finder(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


_starts, _sk = _finder(_STARTS).isinstance_python, _finder(_SK).isinstance_python


def may_hold_secret(text: str) -> bool:
    """Whether `text`, which holds no half of a surrogate pair, may hold what `secret_in` finds."""
    return _starts(text) or _sk(text)

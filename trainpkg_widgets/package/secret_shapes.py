"""What a secret looks like, so that none gets into a package. A secret with no known shape is not found here."""

from __future__ import annotations

import re

# Kind, how it starts, what follows: published prefixes of the services a fine-tune meets (Hugging Face, GitHub, GitLab,
# OpenAI and Anthropic, AWS, Google, Slack, PyPI, npm), and the header of a private key (RFC 7468).
_SHAPES: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (kind, starts, re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(starts)}){rest}"))
    for kind, starts, rest in (
        ("a Hugging Face token", ("hf_", "api_org_"), r"[A-Za-z0-9]{20,}"),
        ("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), r"[A-Za-z0-9_]{30,}"),
        ("a GitLab token", ("glpat-",), r"[A-Za-z0-9_-]{20,}"),
        ("an API key (sk-…)", ("sk-",), r"(?:[a-z0-9]+-){0,2}[A-Za-z0-9]{20,}"),
        ("an AWS access key", ("AKIA", "ASIA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("a Google API key", ("AIza",), r"[A-Za-z0-9_-]{35}"),
        ("a Slack token", ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"), r"[A-Za-z0-9-]{10,}"),
        ("a PyPI token", ("pypi-AgE",), r"[A-Za-z0-9_-]{40,}"),
        ("an npm token", ("npm_",), r"[A-Za-z0-9]{30,}"),
        ("a private key", ("-----BEGIN ",), r"(?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    )
)

# What every secret has in it: so many letters and digits after a dash or an underscore, or one of three fixed starts.
# Each pattern begins with one letter, which is what `re` finds quickly.
_DASHED = re.compile(r"-[A-Za-z0-9_-]{9}").search
_SCORED = re.compile(r"_[A-Za-z0-9_]{20}").search
_FIXED = re.compile(r"A(?:KIA|SIA|Iza)").search


def secret_in(text: str) -> str | None:
    """The kind of secret that `text` seems to hold, None where there is none. The secret itself is never returned."""
    if not (_DASHED(text) or ("_" in text and _SCORED(text)) or _FIXED(text)):
        return None
    for kind, starts, pattern in _SHAPES:
        # Fixed text is found far more quickly than a pattern, and nearly all rows hold none of it.
        for start in starts:
            if start in text and pattern.search(text):
                return kind
    return None

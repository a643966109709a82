"""What a secret looks like, so that none gets into a package. A secret with no known shape is not found here."""

from __future__ import annotations

import re

# Published prefixes of the services a fine-tune meets: Hugging Face, GitHub, GitLab, OpenAI and Anthropic, AWS, Google,
# Slack, PyPI, npm; and the header of a private key (RFC 7468).
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![A-Za-z0-9]){pattern}"))
    for kind, pattern in (
        ("a Hugging Face token", r"(?:hf|api_org)_[A-Za-z0-9]{20,}"),
        ("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
        ("a GitLab token", r"glpat-[A-Za-z0-9_-]{20,}"),
        ("an API key (sk-…)", r"sk-(?:[a-z0-9]+-){0,2}[A-Za-z0-9]{20,}"),
        ("an AWS access key", r"A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
        ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
        ("a PyPI token", r"pypi-AgE[A-Za-z0-9_-]{40,}"),
        ("an npm token", r"npm_[A-Za-z0-9]{30,}"),
        ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    )
)


def secret_in(text: str) -> str | None:
    """The kind of secret that `text` seems to hold, None where there is none. The secret itself is never returned."""
    return next((kind for kind, pattern in _SHAPES if pattern.search(text)), None)

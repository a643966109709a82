"""How a fault of a written package is said."""

from __future__ import annotations

from ..facts import Finding


def wrong(code: str, message: str, evidence: str = "") -> Finding:
    """The finding that something is wrong with a package."""
    return Finding(severity="error", step="deploy", field="package", code=code, message=message, evidence=evidence)

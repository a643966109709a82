"""The variables of the notebook that the kernel runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def notebook_variables() -> Mapping[str, Any]:
    """The variables of the notebook, without IPython's own; none outside IPython."""
    try:
        from IPython import get_ipython
    except ImportError:
        return {}
    shell = get_ipython()
    if shell is None:
        return {}
    return {k: v for k, v in dict(shell.user_ns).items() if not k.startswith("_") and k not in shell.user_ns_hidden}

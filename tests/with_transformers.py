"""Where transformers is: in this environment, or in the one that TRANSFORMERS_PYTHON names."""

from __future__ import annotations

import importlib.util
import os

import pytest

PYTHON = os.environ.get("TRANSFORMERS_PYTHON", "")

needs_transformers = pytest.mark.skipif(
    not PYTHON and importlib.util.find_spec("transformers") is None,
    reason="transformers is not installed: pip install 'trainpkg_widgets[preview]'",
)

"""Gradio's dropdown over names that are read from standard input, one a line: what `model_step.py` holds ours against.

It runs in an environment of its own, and needs nothing of ours: `python gradio_dropdown.py PORT < names`.
"""

from __future__ import annotations

import os
import sys

# Gradio reports its use to its makers unless it is told not to.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio

names = sys.stdin.read().split()
with gradio.Blocks() as blocks:
    gradio.Dropdown(choices=names, label="Model", filterable=True, interactive=True)
blocks.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, share=False)

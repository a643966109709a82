"""Scores the memory estimate against published runs: `python -m tests.bench.memory [POINTS.csv MODELS.json]`.

Any file with the columns of `data/points.csv` will do; `data/README.md` says what they mean. What a row does not say
is taken from what its framework did at the time, which is what a config of that framework would have said.
"""

from __future__ import annotations

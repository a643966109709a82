"""From a notebook cell to a training package that starts the first time."""

__version__ = "0.1.0"

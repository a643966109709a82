"""Logging on the standard library: a logger for each component, one level for all, structured entries, no secrets.

Silent until it is asked: the package logger has a NullHandler and the level `off`, and nothing here ever touches the
root logger. Context goes into `extra`: `log.info("searched", extra={"context": {"query": "qwen", "found": 12}})`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, TextIO

Level = Literal["off", "DEBUG", "INFO", "WARN", "ERROR"]

_ROOT = "trainpkg_widgets"
_LEVELS = {
    "off": logging.CRITICAL + 1,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
}

# Tokens of the Hub: hf_ and letters and digits; hf_jwt_, hf_oauth_ and hf_app_ may hold more; api_org_ is the old form.
# A name such as hf_hub_download is none.
_TOKEN = re.compile(r"\bhf_(?:(?:jwt|oauth|app)_[\w.\-]+|[A-Za-z0-9]{6,})|\bapi_org_\w+|(?i:(?<=Bearer ))[^\s'\"]+")
_SECRET_KEYS = frozenset({"token", "access_token", "authorization", "password", "secret", "api_key", "hf_token"})
_HIDDEN = "***"


def get_logger(component: str) -> logging.Logger:
    """The logger of a component, `trainpkg_widgets.<component>`; whatever it logs is freed of tokens first."""
    logger = logging.getLogger(f"{_ROOT}.{component}")
    if not any(isinstance(known, RedactionFilter) for known in logger.filters):
        logger.addFilter(RedactionFilter())
    return logger


def set_level(level: Level) -> None:
    """Set the one level of all our loggers.

    Raises:
        ValueError: there is no such level.
    """
    if level not in _LEVELS:
        raise ValueError(f"There is no log level {level!r}; choose one of {', '.join(_LEVELS)}.")
    logging.getLogger(_ROOT).setLevel(_LEVELS[level])


def show(
    where: TextIO | str | Path | None = None, *, style: Literal["readable", "json"] = "readable"
) -> logging.Handler:
    """Write our entries somewhere: a stream (standard error by default) or a file that is appended to.

    Returns the handler; `logging.getLogger("trainpkg_widgets").removeHandler(handler)` ends it.

    Raises:
        OSError: the file can't be opened.
    """
    handler: logging.Handler
    if isinstance(where, (str, Path)):
        handler = logging.FileHandler(where, encoding="utf-8")
    else:
        handler = logging.StreamHandler(where or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else ReadableFormatter())
    logging.getLogger(_ROOT).addHandler(handler)
    return handler


def redact(text: str) -> str:
    """The text with everything that looks like a token of the Hub, or follows `Bearer`, made unreadable."""
    return _TOKEN.sub(lambda found: f"hf_{_HIDDEN}" if found[0].startswith("hf_") else _HIDDEN, text)


class RedactionFilter(logging.Filter):
    """Takes tokens out of a record (message, context and traceback) before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it holds a token; every record passes."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that don't fit are reported by the handler, as logging does
            return True
        if redact(message) != message:
            record.msg, record.args = redact(message), ()
        context = getattr(record, "context", None)
        if context is not None:
            record.context = _redacted(context)
        if record.exc_info and record.exc_info[0] is not None:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            if redact(trace) != trace:
                # A formatter writes exc_text where it is set; the exception itself still holds the token.
                record.exc_text, record.exc_info = redact(trace), None
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (ISO 8601, UTC), level, logger, message, context, and the traceback where one is."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": _level(record),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if context := getattr(record, "context", None):
            entry["context"] = _redacted(context)
        if trace := _trace(self, record):
            entry["traceback"] = trace
        return json.dumps(entry, ensure_ascii=False, default=lambda value: redact(str(value)))


class ReadableFormatter(logging.Formatter):
    """One line for a person: `12:03:44 WARN hub: no answer (url=…, attempt=2)`, and the traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        context = _redacted(getattr(record, "context", None) or {})
        fields = (
            ", ".join(f"{key}={value}" for key, value in context.items()) if isinstance(context, dict) else str(context)
        )
        name = record.name.removeprefix(f"{_ROOT}.")
        line = f"{_time(record)} {_level(record)} {name}: {redact(record.getMessage())}"
        if fields:
            line += f" ({redact(fields)})"
        trace = _trace(self, record)
        return f"{line}\n{trace}" if trace else line


def _redacted(value: Any, key: Any = None) -> Any:
    if isinstance(key, str) and key.lower() in _SECRET_KEYS and value is not None:
        return _HIDDEN
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redacted(item, name) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else redact(str(value))


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [record.exc_text or (formatter.formatException(record.exc_info) if record.exc_info else "")]
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return redact("\n".join(part for part in parts if part))


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")


def _level(record: logging.LogRecord) -> str:
    return "WARN" if record.levelno == logging.WARNING else record.levelname


# A library's handler: without one, Python prints warnings to standard error. The level is set here as well, once, so
# that a program that only configures its own logging does not hear ours unasked.
logging.getLogger(_ROOT).addHandler(logging.NullHandler())
set_level("off")


def call_logged(function: Callable[..., object], *arguments: object) -> None:
    """Call a listener or a callback, which may be code of the user's: where it fails, that is logged, no more."""
    try:
        function(*arguments)
    except Exception:  # noqa: BLE001 - whatever it does, what it was told of still holds
        get_logger("callbacks").exception("a listener or a callback failed")

"""One line of JSON Lines as a row, or what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

from .errors import DataError
from .rows import Row, deeper_than


def row_of_line(line: str, nesting: int, number: int) -> Row:
    """The row that line `number` holds.

    Raises:
        DataError: it is no JSON, nests more than `nesting` deep, or is no object.
    """
    value = parse(line.rstrip("\r\n"), nesting, number)
    if not isinstance(value, dict):
        raise no_object(value, f"Line {number}", number)
    return value


def parse(text: str, nesting: int, line: int | None = None) -> Any:
    """The JSON value of `text`; `line` is where it stands, None where `text` is a whole file.

    Raises:
        DataError: it is no JSON, or it nests more than `nesting` deep.
    """
    where = f"Line {line}" if line else "The file"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        at = line or error.lineno
        near = text[max(0, error.pos - 20) : error.pos + 20]
        raise DataError(
            "broken-json",
            f"Line {at} is no complete JSON object." if line else f"The file stops being JSON in line {at}.",
            "Mend or delete that line, then choose the file again.",
            f"{error.msg.removesuffix(' at')}, character {error.colno}, near {near!r}.",
            at,
        ) from None
    except RecursionError:
        raise _too_deep(where, nesting, line) from None
    except ValueError as error:
        # Python reads no whole number of more than 4300 digits (sys.set_int_max_str_digits).
        raise DataError("broken-json", f"{where} can't be read.", "Mend or delete it.", f"{error}.", line) from None
    # It is no deeper than it has opening brackets, and those are quick to count.
    if text.count("[") + text.count("{") > nesting and deeper_than(value, nesting):
        raise _too_deep(where, nesting, line)
    return value


def no_object(value: Any, where: str, line: int | None = None) -> DataError:
    """That a value which should be a row is no object."""
    return DataError(
        "row-no-object",
        f"{where} is no JSON object.",
        'Each row must be an object with the columns as its keys, as in {"text": "…"}.',
        f"It is {shown(value)}.",
        line,
    )


def shown(value: Any) -> str:
    """The beginning of a value, as JSON."""
    return json.dumps(value, ensure_ascii=False)[:60]


def _too_deep(where: str, nesting: int, line: int | None) -> DataError:
    return DataError(
        "nested-too-deeply",
        f"{where} nests lists and objects more than {nesting} deep.",
        "Rows to train on are rarely that deep; the limit is limits.nesting in step3_dataset.yaml.",
        line=line,
    )

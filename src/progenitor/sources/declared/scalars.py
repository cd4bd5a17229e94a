"""One value of each declared type: what it may be written as, without losing anything.

Every function here raises a ValueError, which may say why, where a value cannot be of the type.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from typing import Any, Final

import orjson

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|nan|[+-]?inf(inity)?", re.IGNORECASE)
_DIGITS: Final = 40
"""Longer texts of digits are no number of any type; Python takes long over very long ones."""


def whole(value: Any) -> int:
    """Return a whole number: an integer, a float without fraction, or the text of an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value == value // 1:
        return int(value)
    if isinstance(value, str) and len(value) < _DIGITS and _INTEGER.fullmatch(value.strip()):
        return int(value)
    raise ValueError


def real(value: Any) -> float:
    """Return a number, or the number that a text writes."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number or (isinstance(value, str) and _NUMBER.fullmatch(value.strip())):
        return float(value)
    raise ValueError


def boolean(value: Any) -> bool:
    """Return a truth value: ``true`` and ``false`` in any case, or 0 and 1."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ValueError


def text(value: Any) -> str:
    """Return a text, or the text of a number, truth value, UUID, date or time."""
    if isinstance(value, str):
        value.encode()  # a lone surrogate has no UTF-8
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | uuid.UUID):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    raise ValueError("declare JSON, or a list" if isinstance(value, list | dict) else "")


def json(value: Any) -> str:
    """Return any value as JSON text, its keys sorted."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from None


def date(value: Any) -> datetime.date:
    """Return a date, or the date that a text writes as ISO 8601 does."""
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    raise ValueError


def within(low: int, high: int) -> Callable[[Any], int]:
    """Return `whole` for numbers from ``low`` to below ``high``."""

    def fit(value: Any) -> int:
        number = whole(value)
        if not low <= number < high:
            raise ValueError("out of range")
        return number

    return fit


def fit_list(fit: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Return what fits every element of a list; an element may be None."""

    def fit_elements(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValueError("it is not a list")  # noqa: TRY004 - every misfit is a ValueError
        return [None if element is None else fit(element) for element in value]

    return fit_elements


FITS: Final[dict[str, Callable[[Any], Any]]] = {
    "BOOLEAN": boolean,
    "INTEGER": within(-(2**31), 2**31),
    "BIGINT": within(-(2**63), 2**63),
    "UBIGINT": within(0, 2**64),
    "DOUBLE": real,
    "VARCHAR": text,
    "JSON": json,
    "DATE": date,
    "TIMESTAMP_NS": within(-(2**63) + 1, 2**63),
}
"""SQL type -> what fits a value to it; the times of a TIMESTAMP are read in `timestamps`."""

"""JSON as programs write it: with NaN and Infinity, halves of surrogate pairs and whole numbers of any length, too."""

from __future__ import annotations

import json
from typing import Any

import orjson


def read_json(text: bytes | bytearray | str) -> Any:
    """Read a JSON document.

    Raises
    ------
    ValueError
        If it is none, or nested too deeply.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write_json(value: object) -> bytes:
    """Write any value that `read_json` returns, so that it reads it again."""
    try:
        return orjson.dumps(value)
    except TypeError:  # half of a surrogate pair, or a whole number of more than 64 bits
        return json.dumps(value).encode()

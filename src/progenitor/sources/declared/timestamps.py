"""Times of a declared format and scale, read as UTC."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from progenitor.sources.declared.columns import Column
from progenitor.sources.declared.fitting import Misfits, fit_each
from progenitor.sources.declared.scalars import real, whole
from progenitor.sources.declared.times import EARLIEST, LATEST, from_datetime, tai_to_utc

_MJD_OF_1970: Final = 40_587
_MICROSECONDS_A_DAY: Final = 86_400_000_000


def read_times(column: Column, values: Sequence[Any]) -> tuple[pa.Array, Misfits]:
    """Return the times as UTC, to the nearest microsecond.

    Parameters
    ----------
    column
        Its format and scale are those of the values. A time with a zone is UTC whatever the zone; in a column that is
        declared TAI it is a misfit. The days of a Modified Julian Date have 86,400 seconds.
    values
        Texts, numbers, or times of Python; None is null.
    """
    readings, misfits = fit_each(column, values, reading(column))
    known = np.array([row for row, reading in enumerate(readings) if reading is not None], dtype=np.int64)
    micro = np.array([reading for reading in readings if reading is not None], dtype=np.int64)
    utc = np.full(len(values), np.datetime64("NaT", "us"))
    utc[known] = (tai_to_utc(micro) if column.scale == "tai" else micro).astype("datetime64[us]")
    return pa.array(utc, type=column.arrow), misfits


def _read_iso(value: Any, scale: str) -> int:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime.datetime):
        raise ValueError  # noqa: TRY004 - every misfit is a ValueError
    if value.tzinfo is not None and scale == "tai":
        raise ValueError("it has a zone, but is declared TAI")
    return from_datetime(value)


_READ_NUMBER: Final[dict[str, Callable[[Any], int]]] = {
    "unix": lambda value: round(real(value) * 1e6),
    "unix_ms": lambda value: whole(value) * 1000,
    "unix_us": whole,
    "unix_ns": lambda value: (whole(value) + 500) // 1000,
    "mjd": lambda value: round((real(value) - _MJD_OF_1970) * _MICROSECONDS_A_DAY),
}
"""Format -> how a value becomes microseconds since 1970 in its own scale."""


def reading(column: Column) -> Callable[[Any], int]:
    """Return what reads one value as microseconds since 1970 in its own scale; it raises a ValueError where none is."""

    def read(value: Any) -> int:
        number = _READ_NUMBER.get(column.format)
        microseconds = number(value) if number else _read_iso(value, column.scale)
        if not EARLIEST <= microseconds <= LATEST:
            raise ValueError("out of range")
        return microseconds

    return read

"""The Butler's times: nanoseconds of TAI since 1970, written as UTC and, unchanged, as TAI."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Sequence

import numpy as np
from lsst.daf.butler import Timespan
from lsst.daf.butler.time_utils import TimeConverter

_EPOCH = datetime.datetime(1970, 1, 1)  # a reading of the TAI calendar, which has no zone


def bounds(timespan: Timespan | None) -> tuple[int | None, int | None]:
    """Return begin and end as nanoseconds of TAI since 1970-01-01T00:00:00 TAI, None where unbounded."""
    if timespan is None:
        return None, None
    converter = TimeConverter()
    begin, end = timespan.nsec
    return (None if begin <= converter.min_nsec else begin), (None if end >= converter.max_nsec else end)


def tai_to_utc(nanoseconds: Sequence[int | None]) -> list[datetime.datetime | None]:
    """Convert times to UTC through astropy, to the microsecond.

    Parameters
    ----------
    nanoseconds
        TAI since 1970-01-01T00:00:00 TAI; None stays None.
    """
    from astropy.time import Time
    from astropy.utils.exceptions import AstropyWarning

    given = np.array([value for value in nanoseconds if value is not None], dtype=np.int64)
    if not given.size:
        return [None] * len(nanoseconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # leap seconds of years to come are not known
        times = Time(given // 10**9, (given % 10**9) * 1e-9, format="unix_tai", scale="tai", precision=6)
        converted = map(_calendar_time, times.utc.isot.tolist())
    return [None if value is None else next(converted) for value in nanoseconds]


def _calendar_time(text: str) -> datetime.datetime:
    """Read ISO 8601; a time within a leap second, which neither Python nor XSD can write, is the microsecond before."""
    if text[17:19] == "60":
        text = f"{text[:17]}59.999999"
    return datetime.datetime.fromisoformat(text)


def tai_text(nanoseconds: int | None) -> str | None:
    """Write a time of TAI as ISO 8601, to the microsecond."""
    if nanoseconds is None:
        return None
    return (_EPOCH + datetime.timedelta(microseconds=nanoseconds // 1000)).isoformat(timespec="microseconds")

"""Time scales: from what an outside system writes to microseconds of UTC since 1970, through astropy.time."""

from __future__ import annotations

import datetime
import warnings
from typing import Final

import numpy as np
import numpy.typing as npt

Microseconds = npt.NDArray[np.int64]

EPOCH: Final = datetime.datetime(1970, 1, 1)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)

EARLIEST: Final = (datetime.datetime(1, 1, 2) - EPOCH) // _MICROSECOND
LATEST: Final = (datetime.datetime(9999, 12, 30) - EPOCH) // _MICROSECOND
"""Microseconds since 1970 between which a time is taken for one; the calendar of Python ends a day after."""


def from_datetime(value: datetime.datetime) -> int:
    """Return microseconds since 1970-01-01T00:00:00 of the time's own scale; a time with a zone is UTC."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return (value - EPOCH) // _MICROSECOND


def to_datetime(microseconds: int) -> datetime.datetime:
    """Return the time without a zone, in the scale that the microseconds are of."""
    return EPOCH + datetime.timedelta(microseconds=microseconds)


def tai_to_utc(microseconds: Microseconds) -> Microseconds:
    """Convert readings of a TAI clock to UTC.

    Parameters
    ----------
    microseconds
        Since 1970-01-01T00:00:00 TAI.

    Returns
    -------
    microseconds
        Since 1970-01-01T00:00:00 UTC as POSIX counts them: the second 23:59:60 is the first one of the next day.
    """
    from astropy.time import Time

    if not microseconds.size:
        return microseconds
    seconds, rest = np.divmod(microseconds, 1_000_000)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ERFA function")  # leap seconds of years to come, and UTC before 1960
        fields = Time(seconds, rest * 1e-6, format="unix_tai", scale="tai").utc.ymdhms
    # Not through datetime64, which knows no second 60.
    months = (fields["year"].astype(np.int64) - 1970) * 12 + fields["month"] - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + fields["day"] - 1
    minutes = (days * 24 + fields["hour"]) * 60 + fields["minute"]
    utc: Microseconds = minutes * 60_000_000 + np.rint(fields["second"] * 1e6).astype(np.int64)
    return utc

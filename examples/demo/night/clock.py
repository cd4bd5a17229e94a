"""Times of the night: whole microseconds of TAI since 1970-01-01T00:00:00 TAI, and how the systems write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from astropy.time import Time, TimeDelta

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = Time("1970-01-01T00:00:00", scale="tai")
_UNIX_EPOCH_JD = 2440587.5


def instant(time: Time) -> int:
    """Return the instant of an astropy time."""
    since = time.tai - _EPOCH
    rest: int = round(since.jd2 * DAY)
    return int(since.jd1) * DAY + rest


def tai_instant(text: str) -> int:
    """Return the instant of an ISO 8601 time in TAI, without a zone."""
    since: timedelta = datetime.fromisoformat(text) - datetime(1970, 1, 1)
    return since // timedelta(microseconds=1)


def tai_iso(at: int, timespec: str = "microseconds") -> str:
    """Write an instant as TAI, ISO 8601 without a zone; every day of TAI has 86400 seconds, so the calendar will do."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=at)).isoformat(timespec=timespec)


def tai_seconds(at: int) -> float:
    """Write an instant as SAL does: TAI seconds, a double."""
    return at / SECOND


def utc_microseconds(instants: Sequence[int]) -> list[int]:
    """Return instants as UTC unix time, microseconds."""
    days, rest = np.divmod(np.asarray(instants, dtype=np.int64), DAY)
    utc = (_EPOCH + TimeDelta(days.astype(float), rest / DAY, format="jd")).utc
    whole = np.floor(utc.jd1 - _UNIX_EPOCH_JD)
    part = (utc.jd1 - _UNIX_EPOCH_JD - whole) + utc.jd2
    unix: list[int] = (whole.astype(np.int64) * DAY + np.rint(part * DAY).astype(np.int64)).tolist()
    return unix


def utc_iso(at: int, timespec: str = "milliseconds") -> str:
    """Write an instant as UTC, ISO 8601 without a zone."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=utc_microseconds([at])[0])).isoformat(timespec=timespec)


def mjd_tai(at: int) -> float:
    """Return the modified Julian date of an instant, TAI days."""
    return 40587 + at / DAY


def noon(day_obs: int) -> int:
    """Return when a day of observation begins: 12:00:00 TAI of its date."""
    return tai_instant(f"{_date(day_obs)}T12:00:00")


def day_obs_of(at: int) -> int:
    """Return the day of observation of an instant."""
    return int(tai_iso(at - 12 * HOUR)[:10].replace("-", ""))


def _date(day_obs: int) -> str:
    text = str(day_obs)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"

"""Observing nights as partitions: a day_obs begins at 12:00 TAI and is named by the date of its beginning."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Self

import numpy as np
import pydantic

from progenitor.errors import ConfigurationError
from progenitor.sources.declared.times import EPOCH, from_datetime, tai_to_utc, to_datetime

_NAME: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DAY: Final = datetime.timedelta(days=1)
_NOON: Final = datetime.time(12)


@dataclass(frozen=True, order=True)
class Night:
    """An observing night.

    Parameters
    ----------
    date
        The calendar date, in TAI, of its beginning at 12:00.
    """

    date: datetime.date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2025-11-01`` or ``20251101``.

        Raises
        ------
        ValueError
            If it is no date, or none with a day before and after it.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a night: it is written 2025-11-01 or 20251101")
        try:
            date = datetime.date(*map(int, match.groups()))
            _ = date - _DAY, date + 2 * _DAY
        except (ValueError, OverflowError):
            raise ValueError(f"{text!r} is not a date of the calendar") from None
        return cls(date)

    @classmethod
    def at(cls, utc: datetime.datetime) -> Self:
        """Return the night in which an instant lies.

        Parameters
        ----------
        utc
            The instant; UTC where it has no zone.
        """
        night = cls(_naive(utc).date())  # it begins on that date of UTC too: TAI is ahead by less than twelve hours
        return night if utc_of(night.start) <= _naive(utc) else cls(night.date - _DAY)

    @property
    def key(self) -> str:
        """Key of the partition: ``2025-11-01``."""
        return self.date.isoformat()

    @property
    def day_obs(self) -> int:
        """The night as a number: 20251101."""
        return int(f"{self.date:%Y%m%d}")

    @property
    def start(self) -> datetime.datetime:
        """First instant, a reading of TAI."""
        return datetime.datetime.combine(self.date, _NOON)

    @property
    def end(self) -> datetime.datetime:
        """First instant of the next night, a reading of TAI."""
        return self.next.start

    @property
    def next(self) -> Night:
        """The night after."""
        return Night(self.date + _DAY)

    @property
    def previous(self) -> Night:
        """The night before."""
        return Night(self.date - _DAY)


def utc_of(tai: datetime.datetime) -> datetime.datetime:
    """Convert a reading of TAI to UTC (both without a zone)."""
    return to_datetime(int(tai_to_utc(np.array([from_datetime(tai)]))[0]))


def _naive(utc: datetime.datetime) -> datetime.datetime:
    return EPOCH + datetime.timedelta(microseconds=from_datetime(utc))


def _parsed(given: object) -> object:
    return Night.parse(str(given)) if isinstance(given, str | int | datetime.date) else given


class NightRange(pydantic.BaseModel):
    """Options that say which nights there are, for whoever does not name them.

    Parameters
    ----------
    first, last
        Bounds, both included; the current night where no last is given.
    nights
        How many up to the last, instead of a first one.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    first: Night | None = None
    last: Night | None = None
    nights: int | None = pydantic.Field(None, ge=1)

    _parse = pydantic.field_validator("first", "last", mode="before")(_parsed)

    def choose(self, wanted: Sequence[str], now: datetime.datetime) -> Iterator[Night]:
        """List nights, the earliest first, each once.

        Parameters
        ----------
        wanted
            Names of nights, and glob patterns for names (either spelling); all of the range where none is given.
        now
            UTC; the night in which it lies is the last one where none is given.

        Raises
        ------
        ConfigurationError
            If a name is no night, or patterns are to be matched and it is not said which nights there are.
        """
        named = {_night(name) for name in wanted if not _is_pattern(name)}
        patterns = [name for name in wanted if _is_pattern(name)]
        if patterns or not wanted:
            for night in self._all(now):
                if not wanted or any(
                    fnmatchcase(name, pattern) for pattern in patterns for name in (night.key, str(night.day_obs))
                ):
                    named.add(night)
        yield from sorted(named)

    def _all(self, now: datetime.datetime) -> Iterator[Night]:
        last = self.last or Night.at(now)
        if (self.first is None) == (self.nights is None):
            raise ConfigurationError(
                "which nights there are is said neither by first nor by nights"
                if self.first is None
                else "which nights there are is said by both first and nights",
                hint="name them (--partition 2025-11-01), or give the option first=2025-11-01 or nights=7",
            )
        night = self.first or Night(last.date - datetime.timedelta(days=(self.nights or 1) - 1))
        while night <= last:
            yield night
            night = night.next


def _is_pattern(name: str) -> bool:
    return any(character in name for character in "*?[")


def _night(name: str) -> Night:
    try:
        return Night.parse(name)
    except ValueError as error:
        raise ConfigurationError(str(error), hint="a partition of this source is a night") from None

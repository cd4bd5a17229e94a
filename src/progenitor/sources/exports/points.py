"""Points of InfluxDB as exports hold them, and which of them a source wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

Tags = tuple[tuple[str, str], ...]
"""Tags of a point, by name."""

_EXACT: Final = 2**53
"""A float below this has all digits of a whole number."""


class Point(NamedTuple):
    """What an export says of a point; other lines may say more of the same one.

    Parameters
    ----------
    database, measurement, tags, time
        What tells it from other points; the time is nanoseconds of UTC since 1970.
    fields
        Those that are wanted.
    """

    database: str
    measurement: str
    tags: Tags
    time: int
    fields: dict[str, Any]


class Unreadable(NamedTuple):
    """A line of an export that is no point.

    Parameters
    ----------
    measurement
        Where it can be told.
    line
        Counted from 1.
    text
        The line, or its beginning.
    why
        What is wrong with it.
    """

    measurement: str | None
    line: int
    text: str
    why: str


@dataclass(frozen=True)
class Interest:
    """What a source wants of a measurement.

    Parameters
    ----------
    fields
        Names of fields; all where None.
    since, until
        Nanoseconds of UTC since 1970, the end not included; None for no bound.
    """

    fields: frozenset[str] | None
    since: int | None = None
    until: int | None = None

    def covers(self, time: int) -> bool:
        """Whether a point of that time is wanted."""
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


Interests = Callable[[str, str], Interest | None]
"""Tells the interest in a measurement of a database; None where there is none."""


class Lines(Protocol):
    """A file of points that is being read.

    Attributes
    ----------
    points
        How many lines were points so far, wanted or not.
    """

    points: int

    def __iter__(self) -> Iterator[Point | Unreadable]:
        """Read points that are wanted, and lines that are no points."""


def as_influxdb_gives(number: float) -> float | int:
    """Return a number as the answer of an InfluxDB has it: a whole one without a fraction, in its shortest digits."""
    if not number.is_integer() or not -(2**63) <= number < 2**64:
        return number
    return int(number) if abs(number) < _EXACT else int(Decimal(repr(number)))
